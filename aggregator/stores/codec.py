"""Values to and from the columns of a table: entries as JSON, moments as microseconds."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from pydantic import TypeAdapter

from aggregator.model import Entry, Feed, Hints, Move

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_ENTRY: TypeAdapter[Entry] = TypeAdapter(Entry)
_FEED: TypeAdapter[Feed] = TypeAdapter(Feed)
_HINTS: TypeAdapter[Hints] = TypeAdapter(Hints)
_MOVE: TypeAdapter[Move] = TypeAdapter(Move)


def from_entry(entry: Entry) -> str:
    return _ENTRY.dump_json(entry, exclude_defaults=True).decode()


def to_entry(text: str) -> Entry:
    return _ENTRY.validate_json(text)


def readable(text: str | None) -> Entry | None:
    """None where there is none, and where somebody else's hand or a bad disk left no entry: that
    one cannot be shown, and all others can."""
    try:
        return to_entry(text) if text else None
    except ValueError:
        return None


def from_feed(feed: Feed) -> str:
    """The feed's own metadata, without entries."""
    left_out = {"entries", "problems", "hints"}
    return _FEED.dump_json(feed, exclude_defaults=True, exclude=left_out).decode()


def from_hints(hints: Hints) -> str | None:
    return None if hints == Hints() else _HINTS.dump_json(hints, exclude_defaults=True).decode()


def to_hints(text: str | None) -> Hints:
    return _HINTS.validate_json(text) if text else Hints()


def to_feed(text: str | None) -> Feed:
    return _FEED.validate_json(text) if text else Feed()


def from_move(move: Move) -> str | None:
    return None if move == Move() else _MOVE.dump_json(move, exclude_defaults=True).decode()


def to_move(text: str | None) -> Move:
    return _MOVE.validate_json(text) if text else Move()


def from_octets(value: str | None) -> str | None:
    """A header's value, whose bytes need not be UTF-8 (wire), as a text that a column can hold:
    each byte is a letter of it."""
    return value and value.encode("utf-8", "surrogateescape").decode("latin-1")


def to_octets(letters: str | None) -> str | None:
    return letters and letters.encode("latin-1").decode("utf-8", "surrogateescape")


def from_moment(when: datetime) -> int:
    return (when - _EPOCH) // _MICROSECOND


def to_moment(microseconds: int) -> datetime:
    return _EPOCH + timedelta(microseconds=microseconds)


def maybe_from(when: datetime | None) -> int | None:
    return None if when is None else from_moment(when)


def maybe_to(microseconds: int | None) -> datetime | None:
    return None if microseconds is None else to_moment(microseconds)


def from_names(names: Iterable[str]) -> str:
    return json.dumps(list(names), ensure_ascii=False)


def to_names(text: str) -> tuple[str, ...]:
    return tuple(json.loads(text))


def from_span(span: timedelta | None) -> int | None:
    return None if span is None else span // _MICROSECOND


def to_span(microseconds: int | None) -> timedelta | None:
    return None if microseconds is None else timedelta(microseconds=microseconds)
