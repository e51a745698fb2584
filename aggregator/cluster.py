"""Duplicates: what an entry is recognised by, which entries are one story, which copy leads.

Pure. Candidates come from the store by key; what only texts show is in `evidence`.
"""

from __future__ import annotations

import re
import uuid
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from hashlib import blake2b
from urllib.parse import urlsplit

from pydantic import TypeAdapter

from aggregator import links, syntax
from aggregator.model import KNOWN, Entry, Keys, LinkRules, Source, StoredEntry, Story
from aggregator.text import letters, plain

_ENTRY: TypeAdapter[Entry] = TypeAdapter(Entry)

SAME_ID = "same id"
SAME_LINK = "same link"
SAME_TEXT = "same title and text"

# ── keys ─────────────────────────────────────────────────────────────────────

_GLOBAL = re.compile(
    r"(?:https?://[^/?#]+(?:/[^?#]|/?\?[^#])|urn:[a-z0-9-]+:|tag:[^,]+,\d|(?!https?:)[a-z][a-z0-9+.-]*:.{12})",
    re.IGNORECASE,
)
_LEAST_TITLE = 4  # letters
_LEAST_TEXT = 16  # letters; less says too little: "Open thread", "图片新闻"
_TELLING = 24  # bytes of a title's letters, 24 Latin ones or 8 Chinese: few others have it
_MUCH = 60  # bytes of a text that says what it is without a title
_MOST_COMPARED = 20  # texts that an entry is held against letter by letter
_FIGURE = re.compile(r"\d+(?:[.,:]\d+)*")
_MOST_TEXT = 20_000  # letters compared when two texts are held against each other


def digest_of(entry: Entry) -> bytes:
    """Of all that the source said, before anything is made of it."""
    try:
        said = _ENTRY.dump_json(entry)
    except ValueError:  # half a surrogate pair: no JSON can hold it
        said = repr(entry).encode("utf-8", "surrogatepass")
    return blake2b(said, digest_size=16).digest()


def ids_of(entries: Sequence[Entry], *, home: Collection[str] = ()) -> list[str]:
    """What tells the entries of one document apart: their ids, where those are any good.

    An id that entries with other links share is no id (a guid that is the feed's own address,
    say): their links or texts stand in for it. Versions of one entry keep the one id. A link that
    is `home` to the whole feed, or that entries with nothing in common and no ids share (a live
    page), tells nothing either without a title.
    """
    linked: dict[str, list[Entry]] = defaultdict(list)
    for e in entries:
        if e.link and e.id in ("", e.link):
            linked[e.link].append(e)
    vague = {link for link, es in linked.items() if any(not alike(es[0], e) for e in es[1:])}
    vague.update(home)
    meant: dict[str, set[str]] = defaultdict(set)
    for e in entries:
        meant[e.id].add(_told(e, titled=e.link in vague))
    return [
        e.id if e.id and len(meant[e.id]) == 1 else stand_in(e, titled=e.link in vague)
        for e in entries
    ]


def stand_in(entry: Entry, *, titled: bool = False) -> str:
    """An id for an entry whose own is missing or shared: by its link (and title), or its text."""
    told = _told(entry, titled=titled).encode("utf-8", "replace")
    return f"{entry.id}#{blake2b(told, digest_size=12).hexdigest()}"


def _told(entry: Entry, *, titled: bool) -> str:
    title = plain(entry.title)
    if entry.link and not (titled and not title):
        return f"{entry.link}\n{title}" if titled else entry.link
    return f"{title}\n{plain(entry.html)}"


def keys_of(entry: Entry, *, source_entry_id: str, digest: bytes, rules: LinkRules = KNOWN) -> Keys:
    """The keys of a clean entry."""
    stated = source_entry_id == entry.id != entry.path
    return Keys(
        source_entry_id=source_entry_id,
        global_id=entry.id if stated and _GLOBAL.match(entry.id) else None,
        url_key=links.key_of(entry, entry.link, rules),
        title_key=_title_key(entry),
        digest=digest,
    )


def _title_key(entry: Entry) -> str | None:
    """Of its title; of title and text where the title says too little, and of a post's date where
    both do."""
    said = letters(entry.title)
    if len(said) < _LEAST_TITLE:
        text = letters(plain(entry.announced or entry.html))  # the same whenever the rest comes
        said = f"{said}\n{text}"
        if len(said.encode("utf-8", "replace")) < _MUCH:
            if not (entry.path and entry.published and said.strip()):
                return None
            said = f"{said}\n{entry.published}"
    return blake2b(said.encode("utf-8", "replace"), digest_size=12).hexdigest()


# ── one story ────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """The sighting that an entry joins, and why."""

    key: int
    source: str
    cluster: int
    title: str
    url_key: str | None
    reason: str
    detail: str = ""  # the figures behind it


def match(old: StoredEntry, reason: str) -> Match:
    return Match(
        key=old.key,
        source=old.source,
        cluster=old.cluster,
        title=old.title,
        url_key=old.keys.url_key,
        reason=reason,
    )


Gone = Callable[[StoredEntry], bool]  # whether its source's document has that entry no more


def recognise(
    new: Entry, keys: Keys, known: Iterable[StoredEntry], *, gone: Gone
) -> StoredEntry | None:
    """The same entry of the same source, as we knew it; None when it is new.

    Its id, unless the id was given to another story; or its link, when the id that the link had
    is gone from the document: then ids change at each fetch. Where the two disagree, titles tell.
    """
    own = stand_in(new)
    found = [
        old
        for old in known
        if (old.keys.source_entry_id == keys.source_entry_id and not _other_story(new, keys, old))
        # One that had to take a stand-in because its id is another's, too.
        or (old.keys.source_entry_id == own and keys.source_entry_id == new.id)
        or (_linked(keys, old) and gone(old) and _link_holds(new, old))
    ]
    return max(found, key=lambda old: _likeness(new.title, old.title), default=None)


def _linked(keys: Keys, old: StoredEntry) -> bool:
    return keys.url_key is not None and keys.url_key == old.keys.url_key


def edited(
    new: StoredEntry, candidates: Iterable[StoredEntry], *, gone: Gone
) -> StoredEntry | None:
    """What `new` was before: its title and the date that its source gives are those of an entry
    that is gone from the document. So a feed that moves to other software, with other ids and
    other links, publishes nothing again. Without dates only what has neither id nor link either.
    """
    assert new.entry is not None
    if new.keys.title_key is None:
        return None
    named = bool(new.entry.id or new.keys.url_key)
    for old in candidates:
        same = (old.source, old.keys.title_key) == (new.source, new.keys.title_key)
        if not same or old.stated != new.stated or not gone(old):
            continue
        if named and (new.entry.path or _linked(new.keys, old)):  # those are known otherwise
            continue
        if old.published == new.published if new.stated else not (named or old.keys.url_key):
            return old
    return None


def returned(new: Entry, titled: Sequence[StoredEntry], *, gone: Gone) -> StoredEntry | None:
    """Of the entries of its source that have its title: the one that is gone from the document and
    has its words, too. So `new` may be that under another id, link and date, if most are."""
    if len(titled) != 1 or not gone(titled[0]):  # a rubric has many
        return None
    (old,) = titled
    bare = not (plain(new.html) or plain(old.entry.html if old.entry else ""))
    return old if bare or _overlap(new, old.entry, 0.6) else None


def matches(
    new: StoredEntry, candidates: Iterable[StoredEntry], *, window: timedelta, gone: Gone
) -> list[Match]:
    """The candidates that tell the same story as `new`: those that an id or a link shows, and
    then those of other clusters that their texts show, the nearest in time first."""
    candidates = sorted(candidates, key=lambda old: (abs(new.published - old.published), old.key))
    strong = [match(old, reason) for old in candidates if (reason := _identity(new, old))]
    strong.sort(key=lambda m: (m.reason != SAME_ID, m.key))
    joined = {m.cluster for m in strong}
    others = [old for old in candidates if old.cluster not in joined]
    near = [old for old in others if _comparable(new, old, window, gone)]
    # Word for word is quickly seen; the rest is work.
    equal = [old for old in near if _equal_text(new, old)]
    return strong + [
        match(old, SAME_TEXT)
        for old in equal or near[:_MOST_COMPARED]
        if old in equal or _same_text(new, old)
    ]


def sameness(one: Keys, other: Keys) -> int:
    """How many of their keys two entries have in common: which of two stories that were told apart
    a third entry belongs to."""
    names = ("digest", "source_entry_id", "global_id", "url_key", "title_key")
    pairs = ((getattr(one, name), getattr(other, name)) for name in names)
    return sum(mine is not None and mine == theirs for mine, theirs in pairs)


def _identity(new: StoredEntry, old: StoredEntry) -> str | None:
    assert new.entry is not None
    keys = new.keys
    if keys.global_id and keys.global_id == old.keys.global_id and _agree(new.entry, keys, old):
        return SAME_ID
    if _linked(keys, old) and (new.source != old.source or _link_holds(new.entry, old)):
        return SAME_LINK
    return None


def _comparable(new: StoredEntry, old: StoredEntry, window: timedelta, gone: Gone) -> bool:
    """Papers reprint within days. One paper that prints the same words twice under two links
    means two: an open thread, a puzzle, a notice that comes back every week. The same post stands
    in two folders, though."""
    keys, apart = new.keys, abs(new.published - old.published)
    if not keys.title_key or keys.title_key != old.keys.title_key:
        return False
    if new.source == old.source:
        if _linked(keys, old):
            return False
        if new.stated and old.stated:
            return apart < timedelta(minutes=1)
        if not _posts(new, old) and not gone(old):
            return False
    return apart <= window


def _posts(new: StoredEntry, old: StoredEntry) -> bool:
    return bool(new.entry and new.entry.path and old.entry and old.entry.path)


def _texts(new: StoredEntry, old: StoredEntry) -> Iterator[tuple[str, str]]:
    """What of two entries is held against each other. Where the text of one was fetched from its
    page, another may have the whole as well, or only what announces it."""
    if not new.entry or not old.entry:
        return
    one, two = plain(new.entry.html), plain(old.entry.html)
    yield one, two
    ahead, before = new.entry.announced, old.entry.announced
    if ahead and before is None:
        yield plain(ahead), two
    if before and ahead is None:
        yield one, plain(before)


def _equal_text(new: StoredEntry, old: StoredEntry) -> bool:
    """Letter for letter; a few words under a common title are a rubric's, unless two posts say
    them at one time: then it is one file twice."""
    one = next((x for x, y in _letters_of(new, old) if x == y), None)
    if one is None:
        return False
    apart = abs(new.published - old.published)
    copied = _posts(new, old) and (apart < timedelta(minutes=1) or not (new.stated and old.stated))
    telling = len(letters(new.title).encode()) >= _TELLING and apart <= timedelta(days=1)
    return copied or len(one) >= _LEAST_TEXT or (bool(one) and telling)


def _letters_of(new: StoredEntry, old: StoredEntry) -> Iterator[tuple[str, str]]:
    return ((letters(one), letters(two)) for one, two in _texts(new, old))


def _same_text(new: StoredEntry, old: StoredEntry) -> bool:
    return any(_holds(*pair) for pair in _texts(new, old))


def _holds(*texts: str) -> bool:
    """The one text holds the other, but for a credit line; and no figure of the shorter is new:
    a market table that comes daily under one title is other every day."""
    short, long = sorted(map(letters, texts), key=len)
    if len(short) < _LEAST_TEXT or len(short) < 0.6 * len(long):
        return False
    one, two = _grams(short[:_MOST_TEXT], 4), _grams(long[:_MOST_TEXT], 4)
    figures = [set(_FIGURE.findall(text)) for text in sorted(texts, key=lambda t: len(letters(t)))]
    return len(one & two) >= 0.9 * len(one) and figures[0] <= figures[1]


def _agree(new: Entry, keys: Keys, old: StoredEntry) -> bool:
    """Two feeds can use one id for two things; then neither link nor title agrees."""
    return (
        not keys.url_key
        or not old.keys.url_key
        or keys.url_key == old.keys.url_key
        or _likeness(new.title, old.title) >= 0.4
    )


def _other_story(new: Entry, keys: Keys, old: StoredEntry) -> bool:
    """Whether an id was recycled: its link, its title and its text are all another's, but for
    what a site writes below all its texts."""
    return not _agree(new, keys, old) and not _overlap(new, old.entry, 0.6)


def _link_holds(new: Entry, old: StoredEntry) -> bool:
    """Whether one link in one feed means one story: some feeds give all their entries the same
    (a live page, a home page), and then titles and texts have nothing in common."""
    if old.entry is None:
        return _likeness(new.title, old.title) >= 0.4
    return alike(new, old.entry)


def alike(one: Entry, two: Entry) -> bool:
    """Whether titles or texts have something in common; without titles it must be more."""
    if letters(one.title) or letters(two.title):
        return _likeness(one.title, two.title) >= 0.4 or _overlap(one, two, 0.1)
    said = [letters(plain(x.html)) for x in (one, two)]
    return said[0] == said[1] or _overlap(one, two, 0.5)


def _likeness(a: str, b: str) -> float:
    """Dice's coefficient of the two texts' letter pairs, from 0 to 1."""
    one, two = _grams(letters(a), 2), _grams(letters(b), 2)
    if not one or not two:
        return 1.0 if letters(a) == letters(b) else 0.0
    return 2 * len(one & two) / (len(one) + len(two))


def _overlap(new: Entry, old: Entry | None, share: float) -> bool:
    one = _grams(letters(plain(new.html))[:_MOST_TEXT], 4)
    two = _grams(letters(plain(old.html if old else ""))[:_MOST_TEXT], 4)
    least = min(len(one), len(two))
    return bool(least) and len(one & two) / least >= share


def _grams(text: str, size: int) -> set[str]:
    return {text[i : i + size] for i in range(len(text) - size + 1)}


def points(entry: Entry) -> bool:
    """Whether it only says where a story is told: its link was wrapped in another's address, hides
    its target, or is not where it is discussed."""
    if not entry.link:
        return False
    if links.opaque(entry.link):
        return True
    here = _host(entry.link)
    others = [_host(url) for url in (entry.source_link, entry.comments) if url]
    return any(other and other != here for other in others)


@lru_cache(maxsize=4096)
def _host(url: str) -> str:
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return ""
    return outlet_of(links.url_key(f"https://{host}/")) or ""


def outlet_of(url_key: str | None) -> str | None:
    """Whose site a link leads to."""
    return re.split(r"[/?:#]", url_key, maxsplit=1)[0] if url_key else None


# ── which copy leads ─────────────────────────────────────────────────────────


def led(
    story: Story,
    *,
    prefer: Sequence[str],
    sources: Mapping[str, Source],
    mint: Callable[[StoredEntry], str],
) -> Story:
    """`story` with its leader and its public identity; both stay once they are there."""
    known = [s for s in story.sightings if s.source in sources] or story.sightings
    if story.leader is not None and any(s.key == story.leader for s in known):
        return story
    leader = min(known, key=_standing(prefer, sources))
    published = min((s.published for s in story.sightings if s.stated), default=leader.published)
    if story.id is not None:
        # Its leader was withdrawn, or is of a source that the config has no more and that would
        # never hear of a correction: another speaks, under the same name.
        return replace(story, leader=leader.key)
    return replace(story, leader=leader.key, id=mint(leader), published=published)


def why_leads(story: Story, *, prefer: Sequence[str], sources: Mapping[str, Source]) -> str:
    """Why the leader of a story leads, in words."""
    leader = next(s for s in story.sightings if s.key == story.leader)
    others = [s for s in story.sightings if s.key != story.leader]
    if not others:
        return "the only copy"
    others = [s for s in others if s.source in sources]
    if not others:
        return "the sources of the others are not in the config any more"
    place = _standing(prefer, sources)
    mine, best = place(leader), min(map(place, others))
    if mine > best:
        return "it led when the story was first published, and a leader stays"
    reasons = (
        "the others only point at the story",
        "posts come first",
        "the earliest",
        "its source comes first in the config",
        "its id comes first",
    )
    return next((why for why, a, b in zip(reasons, mine, best, strict=True) if a != b), reasons[-1])


def _standing(
    prefer: Sequence[str], sources: Mapping[str, Source]
) -> Callable[[StoredEntry], tuple[bool, bool, datetime, int, str]]:
    """How copies are sorted, the leader first: by the config's `dedupe.prefer` before their dates;
    an aggregator, and what only points at another's page, comes last in any case."""
    until = prefer.index("earliest") if "earliest" in prefer else len(prefer)
    posts_first = "posts" in prefer[:until]
    order = {name: position for position, name in enumerate(sources)}

    def place(s: StoredEntry) -> tuple[bool, bool, datetime, int, str]:
        source = sources.get(s.source)
        aggregated = source is not None and source.role == "aggregator"
        aggregated = aggregated or (s.entry is not None and points(s.entry))
        posted = source is not None and source.kind == "posts"
        return (
            aggregated,
            posts_first and not posted,
            s.published,
            order.get(s.source, len(order)),
            s.keys.source_entry_id,
        )

    return place


def minted(site: str, entry: StoredEntry) -> str:
    """The atom:id of an entry: its own where that is an IRI (RFC 4287 §4.2.6: republishing must
    not change it), else one made from where it comes from, the same each time it is made."""
    named = (x.href for x in entry.entry.links if x.rel == "id") if entry.entry else iter(())
    if id := next(named, None):  # the feed of its own site, which this one stands in for, has it
        return id
    own = entry.entry.id if entry.entry else ""
    if (
        syntax.written(own) == own
        and own == entry.keys.source_entry_id
        and not (entry.entry and entry.entry.path == own)
    ):
        return own
    return fallback_id(site, entry)


def fallback_id(site: str, entry: StoredEntry, number: int = 0) -> str:
    """An id of our own (RFC 9562 §5.5); another for each `number`."""
    name = f"{site}\n{entry.source}\n{entry.keys.source_entry_id}" + f"\n{number}" * bool(number)
    return f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, name)}"
