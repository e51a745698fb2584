"""Stories as posts of a Jekyll site: each that is published has a file, its name given for good.

Only stories that changed are looked at. A file that is not as we left it is somebody else's now: it
is neither replaced nor removed, and that is told.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from hashlib import blake2b
from pathlib import Path

from aggregator import access, compose, files
from aggregator.errors import AggregatorError
from aggregator.formats import post_files
from aggregator.model import Entry, Posting, Source, Story
from aggregator.stores import Store
from aggregator.text import letters

_AT_ONCE = 200  # stories that are in memory together


@dataclass(frozen=True, slots=True, kw_only=True)
class Posts:
    """Which stories become posts, and what these are like."""

    folder: Path
    zone: tzinfo  # of their dates
    layout: str  # of the theme
    categories: frozenset[str] | None  # only what is published in one of these; None: everything
    own: bool  # whether stories that a folder of posts tells are posts once more
    settings: str  # a digest: other settings, other posts


@dataclass(frozen=True, slots=True, kw_only=True)
class Hand:
    """How files are changed: or only what would be, for whoever looks ahead."""

    write: Callable[[Path, bytes], bool]
    remove: Callable[[Path], bool]


class Poster:
    """One round: what was written and removed, what could not be, what was left alone."""

    def __init__(
        self,
        store: Store,
        wanted: Posts,
        sources: Mapping[str, Source],
        *,
        told: Callable[[Story], Entry],
        hand: Hand,
        private: Collection[str] = (),
    ) -> None:
        """`told` gives what is published of a story, under the identity that it keeps. What stands
        in `private` outputs only is no post."""
        self._store = store
        self._wanted = wanted
        self._sources = sources
        self._told = told
        self._hand = hand
        self._private = private
        self.written: list[str] = []
        self.failed: list[str] = []
        self.notes: list[str] = []

    def post(self) -> None:
        """Bring the files up to date with the stories that changed."""
        for due in self._due():
            with self._store.transaction():
                pages = list(self._pages(due))
            done = [posting.story for posting, body in pages if self._put(posting, body)]
            with self._store.transaction():
                self._store.posted(done)

    def _due(self) -> Iterator[Sequence[Posting]]:
        last = 0
        while due := self._store.due_posts(after=last, most=_AT_ONCE):
            yield due
            last = due[-1].story

    def _pages(self, due: Sequence[Posting]) -> Iterator[tuple[Posting, bytes | None]]:
        """Each with what its file is to hold; None: it is to have none."""
        found = {s.cluster: s for s in self._store.shown([posting.story for posting in due])}
        # Whose name is the plain one must not hang on whose source answered first.
        for posting in sorted(due, key=lambda posting: _place(found.get(posting.story))):
            story = found.get(posting.story)
            story = story and access.without(story, self._private)
            if story is None or not self._is_wanted(story):
                yield posting, None
                continue
            try:
                entry = self._told(story)
                yield self._named(posting, entry), self._body(story, entry)
            except (AggregatorError, OSError):
                raise
            except Exception as error:  # one entry's oddity, or our bug: the others go on
                self.failed.append(f"post of {story.id!r} left out, please report it: {error!r}")

    def _is_wanted(self, story: Story) -> bool:
        sources = (self._sources.get(s.source) for s in story.sightings)
        if not self._wanted.own and any(x and x.kind == "posts" for x in sources):
            return False
        chosen = self._wanted.categories
        return chosen is None or not chosen.isdisjoint(_sections(story))

    def _body(self, story: Story, entry: Entry) -> bytes:
        return post_files.rendered(
            entry,
            sections=_sections(story),
            zone=self._wanted.zone,
            layout=self._wanted.layout,
        )

    # ── names ──

    def _named(self, posting: Posting, entry: Entry) -> Posting:
        if posting.name:
            return posting
        named = Posting(story=posting.story, name=self._name(entry))
        self._store.name_post(named)
        return named

    def _name(self, entry: Entry) -> str:
        """Jekyll's kind of name, that no other story has, nor a file of somebody else."""
        day = post_files.day_of(entry, self._wanted.zone)
        slug = compose.slug_of(entry.title, ()) if letters(entry.title) else "entry"
        digest = blake2b(entry.id.encode(), digest_size=16).hexdigest()
        names = [f"{day}-{x}{post_files.SUFFIX}" for x in (slug, f"{slug}-{digest[:8]}", digest)]
        return next((name for name in names if self._is_free(name, entry)), names[-1])

    def _is_free(self, name: str, entry: Entry) -> bool:
        """One that was written here, for this entry, was written out of another store."""
        if self._store.post_named(name):
            return False
        there = files.held(self._wanted.folder / name)
        if there is None:
            return True
        return post_files.untouched(there) and post_files.id_of(there) == entry.id

    # ── files ──

    def _put(self, posting: Posting, body: bytes | None) -> bool:
        """Whether the file is as it should be, or no more ours."""
        if posting.name is None:
            return True
        file = self._wanted.folder / posting.name
        try:
            there = files.held(file)
            if there is not None and there != body and not post_files.untouched(there):
                self._leave(posting.name, body)
            elif body is None:
                if self._hand.remove(file):
                    self.written.append(self._shown(posting.name))
            elif self._hand.write(file, body):
                self.written.append(self._shown(posting.name))
            return True
        except AggregatorError as error:
            self.failed.append(str(error))
            return False

    def _leave(self, name: str, body: bytes | None) -> None:
        lost = "its story is published no more" if body is None else "its story has changed"
        self.notes.append(
            f"{self._shown(name)} was changed by hand and is left as it is, though {lost};"
            " remove the file"
        )

    def _shown(self, name: str) -> str:
        return f"{self._wanted.folder.name}/{name}"


def _sections(story: Story) -> list[str]:
    """The outputs that it stands in."""
    return sorted({name for s in story.sightings for name in s.outputs})


def _place(story: Story | None) -> tuple[str, list[tuple[str, str]]]:
    """Among those of a round: by date, then by what its sources call it."""
    if story is None:
        return "", []
    told = sorted((s.source, s.keys.source_entry_id) for s in story.sightings)
    return story.published.isoformat(), told
