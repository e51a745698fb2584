"""Every rule by its name: how grave it is to break it, where it stands, and what to do.

To add a rule: a row here, a check that names it, and a document that breaks it in
`tests/lint_documents.py`. docs/lint.md has the same table, and a test holds the two together.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Level = Literal["error", "warning", "info"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    level: Level
    reference: str
    advice: str


_ATOM, _RSS, _BEST = "RFC 4287", "RSS 2.0", "RSS Best Practices Profile"
_JSON, _OPML, _HTML = "JSON Feed 1.1", "OPML 2.0", "HTML"
_SAFE = "RFC 4287 §8.1"

_ROWS: tuple[tuple[str, Level, str, str], ...] = (
    # ── any document ──
    ("empty", "error", "", "a document needs content"),
    ("not-a-feed", "error", "", "give Atom, RSS, JSON Feed, OPML or an HTML page"),
    ("wrong-kind", "error", "", "write the format that its name promises"),
    ("too-large", "error", "", "make it smaller: readers stop at some megabytes"),
    ("too-deep", "error", "", "no reader goes that deep: flatten it"),
    ("too-much-markup", "error", "", "make it smaller: only its beginning was looked at"),
    ("more-faults", "info", "", "mend these first"),
    ("unknown-encoding", "error", "XML 1.0 §4.3.3", "use UTF-8"),
    ("wrong-encoding", "error", "XML 1.0 §4.3.3", "declare the encoding that it is in, or use UTF-8"),
    ("other-encoding", "info", "XML 1.0 §2.2", "UTF-8 is the one that every reader knows"),
    ("byte-order-mark", "info", "XML 1.0 §F.1", "leave it out: some readers stumble over it"),
    ("control-character", "warning", "XML 1.0 §2.2", "leave it out: what was meant is lost"),
    # ── XML ──
    ("not-well-formed", "error", "XML 1.0 §2.1", "escape & and <, and close what is opened"),
    ("undefined-entity", "error", "XML 1.0 §4.1", "write the character itself, or its number"),
    ("document-type", "warning", "XML 1.0 §2.8", "leave it out: many readers refuse it"),
    ("growing-entity", "error", "XML 1.0 §4.4", "write out what it means: readers refuse it"),
    ("wrong-namespace", "error", "XML Namespaces", "use the namespace of the specification"),
    ("missing-namespace", "error", "XML Namespaces", "declare its namespace"),
    ("obsolete-version", "error", "", "use the version that readers expect today"),
    ("prefixed-namespace", "warning", "RFC 4287 §1.2", "make it the default: some readers look for bare names"),
    ("unusual-prefix", "info", "XML Namespaces", "use the usual one: some readers know only that"),
    ("unknown-namespace", "info", "RFC 4287 §6", "readers pass over it"),
    ("unknown-element", "error", _ATOM, "leave it out, or give it a namespace of its own"),
    ("unknown-attribute", "error", _ATOM, "leave it out, or give it a namespace of its own"),
    ("misplaced-extension", "warning", "RFC 4287 §6", "put it where its specification has it"),
    ("extension-attribute", "warning", "RFC 4287 §6", "few readers look at it"),
    ("unexpected-text", "error", _ATOM, "put it into an element"),
    ("duplicate-element", "error", _ATOM, "leave one"),
    ("missing-element", "error", _ATOM, "add it"),
    ("missing-attribute", "error", _ATOM, "add it"),
    ("blank-value", "warning", _ATOM, "say something, or leave it out"),
    # ── values ──
    ("invalid-date", "error", "RFC 3339", "write 2026-01-02T03:04:05Z"),
    ("invalid-rss-date", "error", "RFC 822 §5", "write Fri, 02 Jan 2026 03:04:05 GMT"),
    ("questionable-date", "warning", _BEST, "write Fri, 02 Jan 2026 03:04:05 GMT"),
    ("implausible-date", "warning", "RFC 4287 §3.3", "give the time when it happened"),
    ("invalid-address", "error", "RFC 3987", "escape what must not stand in an address"),
    ("relative-address", "error", "RFC 3986 §4.3", "give the whole address, with its scheme"),
    ("uncanonical-id", "warning", "RFC 4287 §4.2.6.1", "mint ids in normal form; leave those that are out as they are"),
    ("invalid-id", "error", "RFC 4287 §4.2.6", "mint an id that its scheme allows"),
    ("invalid-media-type", "error", "RFC 6838", "write type/subtype"),
    ("invalid-language", "error", "RFC 5646", "write a tag such as en or zh-Hans"),
    ("invalid-email", "error", "RFC 2822 §3.4.1", "write name@host, and nothing else"),
    ("invalid-number", "error", _ATOM, "write digits only"),
    ("invalid-value", "error", _ATOM, "use a value that is allowed"),
    ("space-around-value", "error", "RFC 4287 §3", "leave out the white space around it"),
    # ── Atom ──
    ("missing-id", "error", "RFC 4287 §4.2.6", "give it an id that never changes"),
    ("missing-title", "error", "RFC 4287 §4.2.14", "give it a title"),
    ("missing-updated", "error", "RFC 4287 §4.2.15", "give the time of its last change"),
    ("missing-author", "error", "RFC 4287 §4.1.2", "name an author in the entry, its source or the feed"),
    ("missing-name", "error", "RFC 4287 §3.2.1", "a person needs a name"),
    ("missing-content", "error", "RFC 4287 §4.1.2", "give it a link rel=alternate, or content"),
    ("missing-summary", "error", "RFC 4287 §4.1.2", "say in a summary what is elsewhere or encoded"),
    ("missing-text", "warning", "RFC 4287 §4.1.1.1", "give it a summary or content"),
    ("missing-self-link", "warning", "RFC 4287 §4.1.1", "add link rel=self with its own address"),
    ("self-link-differs", "warning", "RFC 4287 §4.2.7.2", "rel=self is the address where it is fetched"),
    ("relative-self-link", "warning", "RFC 4287 §4.2.7.2", "give the whole address: readers that saved it know no other"),
    ("self-link-type", "warning", "RFC 4287 §4.2.7.3", "say application/atom+xml, application/rss+xml or leave it out"),
    ("duplicate-link", "error", "RFC 4287 §4.1.1", "leave one alternate of each type and hreflang"),
    ("unregistered-relation", "warning", "RFC 4287 §4.2.7.2", "use a registered name, or an IRI"),
    ("link-not-empty", "warning", "RFC 4287 §4.2.7", "what is in a link is read by nobody"),
    ("missing-length", "warning", "RFC 4287 §4.2.7.6", "say how many bytes it has"),
    ("missing-type", "warning", "RFC 4287 §4.2.7.3", "say of which media type it is"),
    ("same-document-reference", "warning", "RFC 4287 §4.2.7.1", "give the address of something else"),
    ("duplicate-id", "error", "RFC 4287 §4.2.6", "give each its own id"),
    ("repeated-id", "warning", "RFC 4287 §4.1.1", "readers show one of them only"),
    ("duplicate-updated", "warning", "RFC 4287 §4.2.15", "give each entry the time of its own change"),
    ("incomplete-source", "warning", "RFC 4287 §4.2.11", "a source says id, title and updated of its feed"),
    ("missing-div", "error", "RFC 4287 §3.1.1.3", "put all of it into one XHTML div"),
    ("invalid-type", "error", "RFC 4287 §3.1.1", "say text, html or xhtml; of content also a media type"),
    ("markup-not-escaped", "error", "RFC 4287 §3.1.1", "escape it, or say type=xhtml"),
    ("escaped-xhtml", "warning", "RFC 4287 §3.1.1.3", "say type=html, or do not escape it"),
    ("invalid-base64", "error", "RFC 4287 §4.1.3.3", "encode what is neither text nor XML in base64"),
    ("content-twice", "error", "RFC 4287 §4.1.3.2", "content with src is empty"),
    ("misplaced-xhtml", "warning", "RFC 4287 §6", "XHTML belongs into text constructs"),
    # ── text and HTML in any format ──
    ("markup-in-plain-text", "warning", "RFC 4287 §3.1.1.1", "say type=html, or leave the markup out"),
    ("double-escaped", "warning", "RFC 4287 §3.1.1.2", "escape once"),
    ("broken-html", "warning", "RFC 4287 §3.1.1.2", "close what is opened, and escape < and &"),
    ("dangerous-element", "warning", _SAFE, "leave it out: readers remove it, or the whole text"),
    ("dangerous-attribute", "warning", _SAFE, "leave it out: readers remove it"),
    ("dangerous-style", "warning", _SAFE, "leave it out: readers remove it"),
    ("relative-reference", "warning", "RFC 4287 §2", "give the whole address: many readers do not resolve it"),
    # ── RFC 5005, 4685, 6721, WebSub ──
    ("history-in-entry", "warning", "RFC 5005 §3", "move it to the feed"),
    ("complete-with-pages", "error", "RFC 5005 §2", "a complete feed has no other pages"),
    ("archive-without-current", "warning", "RFC 5005 §4", "add link rel=current: where the newest entries are"),
    ("archive-incomplete", "warning", "RFC 5005 §4", "mark an archive with fh:archive, and link it by prev-archive"),
    ("deleted-entry-shown", "error", "RFC 6721 §3", "an entry is there or withdrawn, not both"),
    ("reply-without-target", "warning", "RFC 4685 §3", "name the entry by ref, and its page by href"),
    # ── RSS ──
    ("missing-version", "error", _RSS, "write version=\"2.0\""),
    ("invalid-version", "error", _RSS, "write version=\"2.0\""),
    ("missing-link", "error", _RSS, "give the address of the page"),
    ("missing-description", "error", _RSS, "say what it is about"),
    ("missing-title-or-description", "error", _RSS, "an entry needs one of the two"),
    ("missing-guid", "warning", _BEST, "give it a guid: readers know by it what is new"),
    ("guid-not-address", "error", _RSS, "write isPermaLink=\"false\", or an address"),
    ("address-not-ascii", "warning", _BEST, "write other letters as %XX: RSS knows no IRIs"),
    ("person-without-name", "warning", _BEST, "write name@host (Name), or use dc:creator"),
    ("invalid-person", "error", _RSS, "write name@host (Name)"),
    ("duplicate-enclosure", "warning", _BEST, "one an entry: many readers take only one"),
    ("duplicate-meaning", "warning", _BEST, "say it once: which of them counts differs among readers"),
    ("text-input", "warning", _BEST, "leave it out: no reader shows it"),
    ("image-differs", "warning", _BEST, "title and link of the image are those of the channel"),
    ("image-format", "warning", _RSS, "give a GIF, JPEG or PNG"),
    ("description-after-content", "warning", _BEST, "put description before content:encoded"),
    ("entry-not-last", "warning", _BEST, "put all entries behind what is said of the channel"),
    ("markup-in-title", "warning", _BEST, "titles are plain text: write < and & as &#x3C; and &#x26;"),
    # ── podcasts and media ──
    ("missing-itunes", "warning", "Podcasts", "directories want it"),
    ("too-long", "error", "Podcasts", "make it shorter"),
    ("media-without-source", "error", "Media RSS", "give url, or a player"),
    # ── JSON Feed ──
    ("not-json", "error", "RFC 8259", "write JSON"),
    ("duplicate-key", "error", "RFC 8259 §4", "leave one: which of them counts differs among readers"),
    ("wrong-type", "error", _JSON, "use the type of the specification"),
    ("missing-key", "error", _JSON, "add it"),
    ("missing-feed-url", "warning", _JSON, "add feed_url with its own address"),
    ("missing-home-page", "warning", _JSON, "add home_page_url"),
    ("missing-language", "info", _JSON, "say in which language it is"),
    ("unknown-key", "warning", _JSON, "extensions begin with an underscore"),
    ("deprecated-key", "info", _JSON, "use authors"),
    ("endless-pages", "error", _JSON, "next_url leads to another page"),
    # ── OPML ──
    ("invalid-opml-version", "error", _OPML, "write version=\"2.0\""),
    ("missing-outline-text", "error", _OPML, "give every outline a text"),
    ("missing-feed-address", "error", _OPML, "a subscription needs xmlUrl"),
    ("missing-include-address", "error", _OPML, "a link or an include needs url"),
    ("duplicate-subscription", "warning", _OPML, "subscribe once"),
    # ── HTML pages ──
    ("html-syntax", "error", _HTML, "write it as HTML has it"),
    ("missing-doctype", "error", "HTML §13.1.1", "begin with <!doctype html>"),
    ("missing-charset", "warning", "HTML §4.2.5", "add <meta charset=\"utf-8\"> in the first kilobyte"),
    ("missing-lang", "warning", "WCAG 3.1.1", "add lang to <html>"),
    ("missing-viewport", "info", _HTML, "add <meta name=\"viewport\" content=\"width=device-width\">"),
    ("missing-page-title", "error", "HTML §4.2.2", "add <title>"),
    ("headings", "warning", "WCAG 1.3.1", "one h1, and no level left out"),
    ("missing-alt", "error", "HTML §4.8.4", "add alt; empty where the image says nothing"),
    ("duplicate-html-id", "error", "HTML §3.2.6", "use an id once"),
    ("broken-fragment", "warning", "HTML §7.4", "link to an id that is there"),
    ("stray-end-tag", "error", "HTML §13.1.2", "close only what is open"),
    ("unclosed-element", "error", "HTML §13.1.2", "close it"),
    ("script", "warning", _SAFE, "a reading page needs none"),
    ("foreign-request", "warning", "", "serve it yourself: it tells another host who reads"),
    ("missing-feed-link", "info", _HTML, "add <link rel=\"alternate\"> with the feed of the page"),
    # ── how it is served ──
    ("wrong-content-type", "warning", "RFC 9110 §8.3", "serve it with the media type of its format"),
    ("charset-conflict", "warning", "RFC 7303 §3", "let header and document say the same"),
    # ── what our own parser makes of it ──
    ("unreadable", "error", "", "our own reader finds no feed in it"),
    ("reads-differently", "error", "", "what is read is not what was written"),
)  # fmt: skip

RULES = {
    name: Rule(level=level, reference=reference, advice=advice)
    for name, level, reference, advice in _ROWS
}
