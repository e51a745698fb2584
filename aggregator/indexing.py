"""What was published, taken into the index that `searching` asks: in steps, behind the documents.

Polls only note what changed, so that saving takes no longer for being found.
"""

from __future__ import annotations

from aggregator import access, searching
from aggregator.model import StoredEntry, Story, Words
from aggregator.stores import Store
from aggregator.text import plain

STEP = 100  # stories that are taken in together
_LONGEST = 20_000  # characters of a text


def index(store: Store) -> int:
    """Take in the next stories; how many there were."""
    due = store.unsearched(STEP)
    public = ((c, story and access.without(story, store.private)) for c, story in due)
    store.keep_words(_words(story) if story else Words(cluster=c) for c, story in public)
    return len(due)


def _words(story: Story) -> Words:
    """All titles that it was given, and of its leader the text, who wrote it and what about."""
    titles = dict.fromkeys(s.title for s in story.sightings)
    lead = next((s for s in story.sightings if s.key == story.leader), story.sightings[0])
    return Words(
        cluster=story.cluster,
        title=searching.words_of("\n.\n".join(titles)),
        text=searching.words_of(_text(lead)),
    )


def _text(lead: StoredEntry) -> str:
    if lead.entry is None:
        return ""
    people = (person.name or "" for person in lead.entry.authors)
    terms = (category.term for category in lead.entry.categories)
    return "\n.\n".join((plain(lead.entry.html)[:_LONGEST], *people, *terms))
