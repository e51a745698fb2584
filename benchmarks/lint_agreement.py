"""How often `lint` finds what the test cases of the W3C feed validator expect to be found.

    .venv/bin/python benchmarks/lint_agreement.py FOLDER [--missed]

FOLDER holds its test cases, each with a comment `Expect: NAME` or `Expect: !NAME`. Counted is
where NAME has a rule of ours: of those expected, that one of its rules is broken, and by an error
where it is an error there; of the others, that none is. NAME `Error` stands for any error.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections import Counter
from pathlib import Path

from aggregator import lint

_EXPECT = re.compile(rb"Expect:\s*(!?\w+)(?:\{([^}]*)\})?")
# Its name → ours. With * it is an error there.
_NAMES = {
    "SAXError*": "not-well-formed undefined-entity growing-entity",
    "UndefinedNamedEntity*": "undefined-entity",
    "UnicodeError*": "wrong-encoding unknown-encoding",
    "UnknownEncoding*": "unknown-encoding",
    "MissingNamespace*": "missing-namespace missing-div",
    "NotInANamespace*": "missing-namespace unknown-element",
    "InvalidNamespace*": "wrong-namespace",
    "ObsoleteNamespace*": "obsolete-version",
    "MediaRssNamespace*": "wrong-namespace",
    "InvalidRSSVersion*": "invalid-version",
    "UndefinedElement*": "unknown-element content-twice markup-not-escaped missing-div",
    "MissingAttribute*": "missing-attribute missing-version",
    "MissingHref*": "missing-attribute",
    "UnexpectedAttribute*": "unknown-attribute",
    "DuplicateElement*": "duplicate-element",
    "InvalidContact*": "invalid-email invalid-person",
    "InvalidAddrSpec*": "invalid-email invalid-person",
    "InvalidLink*": "invalid-address relative-address",
    "InvalidFullLink*": "invalid-address relative-address",
    "InvalidUriChar*": "invalid-address",
    "UriNotIri": "address-not-ascii",
    "InvalidIRI*": "invalid-address",
    "InvalidURLAttribute*": "invalid-address relative-address",
    "InvalidW3CDTFDate*": "invalid-date",
    "InvalidISO8601DateTime*": "invalid-date",
    "InvalidRFC2822Date*": "invalid-rss-date",
    "InvalidRFC3339Date*": "invalid-date",
    "InvalidIntegerAttribute*": "invalid-number",
    "InvalidBooleanAttribute*": "invalid-value",
    "InvalidMIMEAttribute*": "invalid-media-type",
    "InvalidMIMEType*": "invalid-media-type invalid-type",
    "InvalidTextType*": "invalid-type",
    "InvalidMediaTextType*": "invalid-value",
    "InvalidMediaMedium*": "invalid-value",
    "InvalidMediaExpression*": "invalid-value",
    "InvalidInteger*": "invalid-number",
    "InvalidNonNegativeInteger*": "invalid-number",
    "InvalidPositiveInteger*": "invalid-number",
    "InvalidWidth*": "invalid-value invalid-number",
    "InvalidHeight*": "invalid-value invalid-number",
    "InvalidHour*": "invalid-value",
    "InvalidDay*": "invalid-value",
    "InvalidHttpGUID*": "guid-not-address relative-address invalid-address",
    "InvalidPermalink*": "guid-not-address",
    "InvalidLanguage*": "invalid-language",
    "InvalidUpdatePeriod*": "invalid-value",
    "InvalidItunesEpisodeType*": "invalid-value",
    "InvalidItunesChannelType*": "invalid-value",
    "InvalidYesNoClean*": "invalid-value",
    "InvalidDuration*": "invalid-value",
    "TooLong*": "too-long",
    "InvalidTAG*": "invalid-id",
    "InvalidURN*": "invalid-id",
    "InvalidUUID*": "invalid-id",
    "InvalidLatitude*": "invalid-value invalid-number",
    "InvalidLongitude*": "invalid-value invalid-number",
    "MissingElement*": "missing-element missing-id missing-title missing-updated missing-author"
    " missing-name missing-link missing-description missing-content",
    "MissingDescription*": "missing-description",
    "MissingLink*": "missing-link",
    "MissingTitle*": "missing-title",
    "ItemMustContainTitleOrDescription*": "missing-title-or-description",
    "MissingXhtmlDiv*": "missing-div",
    "MissingContentOrAlternate*": "missing-content",
    "MissingSummary*": "missing-summary",
    "DuplicateValue*": "duplicate-id duplicate-element",
    "DuplicateAtomLink*": "duplicate-link",
    "DuplicateIds*": "duplicate-id",
    "UnexpectedText*": "unexpected-text content-twice",
    "UnexpectedWhitespace*": "space-around-value invalid-address",
    "NotEscaped*": "markup-not-escaped",
    "NotBase64*": "invalid-base64",
    "FeedRelInCompleteFeed*": "complete-with-pages",
    "CurrentNotSelfInCompleteFeed*": "complete-with-pages",
    "InvalidTrueFalse*": "invalid-value",
    "InvalidOPMLVersion*": "invalid-opml-version",
    "InvalidExpansionState*": "invalid-value",
    "UseOfExtensionAttr": "extension-attribute",
    "AvoidNamespacePrefix": "prefixed-namespace",
    "AtomLinkNotEmpty": "link-not-empty",
    "UnregisteredAtomLinkRel": "unregistered-relation",
    "DuplicateSemantics": "duplicate-meaning",
    "DuplicateItemSemantics": "duplicate-meaning",
    "DuplicateDescriptionSemantics": "duplicate-meaning",
    "ImageLinkDoesntMatch": "image-differs",
    "ImageTitleDoesntMatch": "image-differs",
    "ImageUrlFormat": "image-format",
    "ContainsRelRef": "relative-reference",
    "ImplausibleDate": "implausible-date",
    "ProblematicalRFC822Date": "questionable-date",
    "SecurityRisk": "dangerous-element",
    "SecurityRiskAttr": "dangerous-attribute",
    "DangerousStyleAttr": "dangerous-style",
    "BadCharacters": "control-character",
    "NonCanonicalURI": "uncanonical-id",
    "SameDocumentReference": "same-document-reference",
    "ContainsHTML": "markup-in-plain-text markup-in-title",
    "ContainsUndeclaredHTML": "markup-in-plain-text",
    "CharacterData": "markup-in-title",
    "MissingSelf": "missing-self-link",
    "SelfDoesntMatchLocation": "self-link-differs",
    "RelativeSelf": "relative-self-link",
    "SelfNotAtom": "self-link-type",
    "MissingSourceElement": "incomplete-source",
    "MissingTypeAttr": "missing-type",
    "MissingTextualContent": "missing-text",
    "DuplicateEntries": "repeated-id duplicate-id",
    "DuplicateUpdated": "duplicate-updated",
    "NotBlank": "blank-value",
    "AttrNotBlank": "blank-value",
    "MissingGuid": "missing-guid",
    "DuplicateEnclosure": "duplicate-enclosure",
    "MissingRealName": "person-without-name",
    "EmailFormat": "person-without-name invalid-person",
    "MisplacedItem": "entry-not-last",
    "AvoidTextInput": "text-input",
    "NeedDescriptionBeforeContent": "description-after-content",
    "MisplacedXHTMLContent": "misplaced-xhtml",
    "FeedHistoryRelInEntry": "history-in-entry",
    "MissingCurrentInArchive": "archive-without-current",
    "ArchiveIncomplete": "archive-incomplete",
    "NotInline": "escaped-xhtml missing-div",
    "NotHtml": "broken-html double-escaped",
    "MissingItunesElement": "missing-itunes",
    "MissingItunesEmail": "missing-itunes",
    "NonstdPrefix": "unusual-prefix",
    "UnknownNamespace": "unknown-namespace wrong-namespace",
    "ObscureEncoding": "other-encoding",
    "NotUTF8": "other-encoding",
    "MissingRecommendedAttribute": "missing-length",
}
_OURS = {name.rstrip("*"): set(rules.split()) for name, rules in _NAMES.items()}
_ERRORS = {name[:-1] for name in _NAMES if name.endswith("*")}
# Vocabularies that no feed reader knows: nothing is promised about them.
_OTHERS = re.compile(
    r"gbase|feedburner|geourl|icbm|_app_|modwiki|feedsync|sse|conversationsnetwork|georss|_cf_|trackback|blogChannel|admin_|rss11|"
    r"kml|opensearch|ext_app|ext_g_|ext_meta|xhtml2|pheedo|ext_taxo|ext_le_|_ulcc_|_ev_|_l_permalink|ext_access"
)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("--missed", action="store_true", help="print every disagreement")
    given = arguments.parse_args()
    counts: Counter[str] = Counter()
    for path in sorted(given.folder.glob("w3c-*/*.xml")):
        body = path.read_bytes()
        expected = _EXPECT.search(body.replace(b"\0", b""))
        if not expected or _OTHERS.search(path.name):
            counts["no expectation, or not of a vocabulary of ours"] += 1
            continue
        verdict = _verdict(expected[1].decode(), (expected[2] or b"").decode(), lint.faults(body))
        counts[verdict] += 1
        if given.missed and "MISSED" in verdict:
            print(path.name, expected[1].decode(), expected[2], verdict)
    for verdict, number in sorted(counts.items()):
        print(f"{number:5} {verdict}")
    for level in ("error", "warning", "silence"):
        right, missed = counts[f"{level}: agreed"], counts[f"{level}: MISSED"]
        if right + missed:
            sys.stdout.write(f"{level}: {100 * right / (right + missed):.1f} % agree\n")


def _verdict(name: str, of: str, faults: tuple[lint.Fault, ...]) -> str:
    silent = name.startswith("!")
    name = name.lstrip("!")
    if name in ("Error", "Warning") or name.startswith("Valid"):
        levels = ("error",) if name != "Warning" else ("error", "warning")
        found = any(x.level in levels for x in faults)
        if name.startswith("Valid"):
            return "expects something valid among others"
        return (
            f"{'silence' if silent else name.lower()}: {'agreed' if found != silent else 'MISSED'}"
        )
    if name not in _OURS:
        return "expects what has no rule of ours"
    about = re.search(r"element:(?:\w+:)*(\w+)", of)
    found = any(
        x.rule in _OURS[name]
        and (silent or name not in _ERRORS or x.level == "error")
        and (not silent or not about or re.search(rf"\b{about[1]}\b", x.text))
        for x in faults
    )
    kind = "silence" if silent else "error" if name in _ERRORS else "warning"
    return f"{kind}: {'agreed' if found != silent else 'MISSED'}"


main()
