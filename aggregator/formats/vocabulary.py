"""What `media:`, `itunes:` and `thr:` elements may say: one faulty value makes a whole document
invalid to validators. What is wrong is mended where it is clear what was meant, else left out.

To pass on another element of these: a line in ELEMENTS. Other namespaces pass as they are.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from aggregator import syntax
from aggregator.model import Extension
from aggregator.text import line, plain

_Check = Callable[[str], str | None]

_DECIMAL = re.compile(r"\d+(?:\.\d+)?", re.ASCII)
_WHOLE = re.compile(r"\d+", re.ASCII)
_DURATION = re.compile(r"\d+(?::[0-5]\d){0,2}", re.ASCII)
_PARTS = re.compile(r"(?:(?:(\d{1,6}):)?(\d{1,6}):)?(\d{1,9})(?:\.\d*)?", re.ASCII)
_PLAY_TIME = re.compile(r"now|\d+(?:\.\d+)?|\d+:\d\d:\d\d(?:\.\d+)?", re.ASCII)
_URN = re.compile(r"urn:[a-z0-9][a-z0-9-]{1,31}:\S+", re.IGNORECASE)
_COUNTRY = re.compile(r"[a-z]{2}(?: [a-z]{2})*", re.IGNORECASE)
_LONGEST = 255  # characters of a subtitle or of keywords


def _fully(pattern: re.Pattern[str]) -> _Check:
    return lambda said: said if pattern.fullmatch(said) else None


def _one_of(*words: str) -> _Check:
    return lambda said: said.lower() if said.lower() in words else None


def _positive(said: str) -> str | None:
    return said if _WHOLE.fullmatch(said) and said.strip("0") else None


def _scheme(said: str) -> str | None:
    found = syntax.uri(said)
    if found and found.lower().startswith("urn:") and not _URN.fullmatch(found):
        return None
    return found


def _web(said: str) -> str | None:
    found = syntax.uri(said)
    return found if found and found.lower().startswith("http") else None


def _truth(said: str) -> str | None:
    """Podcasts said yes, explicit, no and clean before they said true and false."""
    word = said.lower()
    return {"yes": "true", "explicit": "true", "no": "false", "clean": "false"}.get(
        word, word if word in ("true", "false") else None
    )


def _length(said: str) -> str | None:
    """Hours, minutes and seconds; where there are more than sixty of one, all in seconds."""
    if _DURATION.fullmatch(said):
        return said
    parts = _PARTS.fullmatch(said)
    if not parts:
        return None
    hours, minutes, seconds = (int(x or 0) for x in parts.groups())
    return str(hours * 3600 + minutes * 60 + seconds)


def _short(said: str) -> str | None:
    said = plain(said)
    return said if len(said) <= _LONGEST else said[: _LONGEST - 1] + "…"


def _any(said: str) -> str | None:
    return said


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """`text` is None where there is none; without the attributes `needs` it says nothing."""

    attributes: Mapping[str, _Check] = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    text: _Check | None = None
    once: bool = False


_PLAIN = _one_of("plain", "html")
_SIZE: dict[str, _Check] = {"height": _positive, "width": _positive}
_BOTH: dict[str, _Check] = {"type": _PLAIN}

ELEMENTS: dict[str, Element] = {
    "itunes:block": Element(text=_one_of("yes", "no", "clean"), once=True),
    "itunes:duration": Element(text=_length, once=True),
    "itunes:episode": Element(text=_positive, once=True),
    "itunes:episodeType": Element(text=_one_of("full", "trailer", "bonus"), once=True),
    "itunes:explicit": Element(text=_truth, once=True),
    "itunes:image": Element(attributes={"href": _web}, needs=("href",), once=True),
    "itunes:keywords": Element(text=_short, once=True),
    "itunes:season": Element(text=_positive, once=True),
    "itunes:subtitle": Element(text=_short, once=True),
    "itunes:title": Element(text=plain, once=True),
    "media:adult": Element(text=_truth, once=True),
    "media:category": Element(attributes={"label": plain, "scheme": _scheme}, text=_any),
    "media:content": Element(
        attributes={
            **_SIZE,
            **dict.fromkeys(("bitrate", "duration", "framerate", "samplingrate"), _fully(_DECIMAL)),
            "channels": _fully(_WHOLE),
            "expression": _one_of("sample", "full", "nonstop"),
            "fileSize": _positive,
            "isDefault": _truth,
            "lang": syntax.language,
            "medium": _one_of("image", "audio", "video", "document", "executable"),
            "type": syntax.media_type,
            "url": syntax.uri,
        }
    ),
    "media:copyright": Element(attributes={"url": syntax.uri}, text=_any, once=True),
    "media:credit": Element(attributes={"role": str.lower, "scheme": _scheme}, text=_any),
    "media:group": Element(),
    "media:hash": Element(attributes={"algo": _one_of("md5", "sha-1")}, text=_any),
    "media:keywords": Element(text=_any),
    "media:player": Element(attributes={"url": syntax.uri, **_SIZE}, needs=("url",)),
    "media:rating": Element(attributes={"scheme": _any}, text=_any),
    "media:restriction": Element(
        attributes={
            "relationship": _one_of("allow", "deny"),
            "type": _one_of("country", "uri"),
        },
        needs=("relationship",),
        text=_any,
    ),
    "media:text": Element(
        attributes={
            **_BOTH,
            "end": _fully(_PLAY_TIME),
            "lang": syntax.language,
            "start": _fully(_PLAY_TIME),
        },
        text=_any,
    ),
    "media:thumbnail": Element(
        attributes={"time": _fully(_PLAY_TIME), "url": syntax.uri, **_SIZE}, needs=("url",)
    ),
    "media:title": Element(attributes=_BOTH, text=_any, once=True),
    "thr:in-reply-to": Element(
        attributes={
            "href": syntax.uri,
            "ref": syntax.iri,
            "source": syntax.uri,
            "type": syntax.media_type,
        },
        needs=("ref",),
    ),
    "thr:total": Element(text=_fully(_WHOLE), once=True),
}
_KNOWN = {name.partition(":")[0] for name in ELEMENTS}


def sound(found: Iterable[Extension]) -> tuple[Extension, ...]:
    """Those of an entry or a feed that may be written, as they may be written."""
    return tuple(_once(y for x in found for y in _sound(x, ("media:group", "media:content"))))


def _once(found: Iterable[Extension]) -> Iterator[Extension]:
    seen = set()
    for x in found:
        if x.name in ELEMENTS and ELEMENTS[x.name].once:
            if x.name in seen:
                continue
            seen.add(x.name)
        yield x


def _sound(x: Extension, holders: tuple[str, ...]) -> Iterator[Extension]:
    """`holders` are the elements that may hold others here; any other says what it says alone."""
    known = ELEMENTS.get(x.name)
    if known is None:
        if x.name.partition(":")[0] not in _KNOWN:
            yield x
        return
    if x.name in ("media:group", "media:content"):
        if x.name in holders:
            inner = holders[holders.index(x.name) + 1 :]
            children = tuple(_once(z for y in x.children for z in _sound(y, inner)))
            x = replace(x, children=children, text="", attributes=_attributes(x, known))
            yield from _ungrouped(x) if x.name == "media:group" else [x]
        return
    x = _agreed(replace(x, children=(), attributes=_attributes(x, known)))
    text = known.text(x.text) if known.text and x.text else None
    if all(x.get(name) for name in known.needs) and (text or known.needs):
        yield replace(x, text=text or "")


def _attributes(x: Extension, known: Element) -> tuple[tuple[str, str], ...]:
    checked = ((name, check(line(x.get(name)))) for name, check in known.attributes.items())
    return tuple(sorted((name, value) for name, value in checked if value))


def _ungrouped(group: Extension) -> Iterator[Extension]:
    """A group is one work in several forms (Media RSS): without, what is in it stands for itself,
    and what is said of the one form in it is said there."""
    forms = [x for x in group.children if x.name == "media:content"]
    others = tuple(x for x in group.children if x.name != "media:content")
    if len(forms) > 1:
        yield group
    elif forms:
        yield replace(forms[0], children=tuple(_once((*forms[0].children, *others))))
    else:
        yield from others


# ── where one value hangs on another ─────────────────────────────────────────

_RATINGS = {
    "urn:simple": {"adult", "nonadult"},
    "urn:mpaa": {"g", "m", "nc-17", "pg", "pg-13", "r", "x"},
    "urn:v-chip": {
        *("14+", "18+", "c", "c8", "g", "pg", "tv-14", "tv-g", "tv-ma", "tv-pg", "tv-y"),
        *("tv-y7", "tv-y7-fv"),
    },
}
# Of the roles of the European Broadcasting Union, which are meant where no scheme is named, those
# that are met.
_ROLES = {
    *("actor", "announcer", "artist", "author", "choir", "choreographer", "composer"),
    *("conductor", "correspondent", "director", "editor", "ensemble", "executive producer"),
    *("expert", "illustrator", "interviewer", "librettist", "lyricist", "musician"),
    *("news reader", "participant", "performer", "photographer", "producer"),
    *("production company", "publishing company", "reporter", "singer", "translation"),
}
_HASHES = {"": 32, "md5": 32, "sha-1": 40}


def _agreed(x: Extension) -> Extension:
    told = _AGREED.get(x.name)
    return told(x) if told else x


def _credit(x: Extension) -> Extension:
    if x.get("scheme") not in ("", "urn:ebu") or x.get("role") in _ROLES:
        return x
    return _less(x, "role")


def _rating(x: Extension) -> Extension:
    scheme = x.get("scheme") or "urn:simple"
    if scheme in _RATINGS:
        word = x.text.lower()
        return replace(x, text=word if word in _RATINGS[scheme] else "")
    if scheme == "urn:icra" or not _scheme(scheme):
        return replace(x, text="")
    return x


def _hash(x: Extension) -> Extension:
    digits = x.text.isascii() and x.text.isalnum()
    right = digits and len(x.text) == _HASHES[x.get("algo")]
    return x if right else replace(x, text="")


def _restriction(x: Extension) -> Extension:
    kind, said = x.get("type"), x.text
    if not kind:
        right = said in ("", "all", "none")
    elif kind == "country":
        right = bool(_COUNTRY.fullmatch(said))
    else:
        right = kind == "uri" and syntax.uri(said) == said
    return x if right else replace(x, attributes=())


def _reply(x: Extension) -> Extension:
    """RFC 4685 §3: what has no id is known by its address."""
    href = x.get("href")
    if x.get("ref") or not href:
        return x
    return replace(x, attributes=tuple(sorted((*x.attributes, ("ref", href)))))


def _less(x: Extension, name: str) -> Extension:
    return replace(x, attributes=tuple(y for y in x.attributes if y[0] != name))


_AGREED: dict[str, Callable[[Extension], Extension]] = {
    "media:credit": _credit,
    "media:hash": _hash,
    "media:rating": _rating,
    "media:restriction": _restriction,
    "thr:in-reply-to": _reply,
}
