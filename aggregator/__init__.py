"""aggregator: many feeds and a folder of posts in, each story once, one Atom feed a category out.

The map, in reading order; imports point only upward in this list:

    model       every value that flows
    errors      everything raised on purpose
    formats     bytes to and from Feed: Atom, RSS, JSON Feed, posts
    rules       Entry to Entry or None: clean, keep or drop, categories
    links       the canonical link of an entry, and the key links are compared by
    cluster     which entries are one story, and which copy leads it
    pace        what servers and documents ask of us
    polling     when to ask a source, and how
    compose     stored entries to feed documents
    opml        subscription lists to and from outlines
    config      the text of config.yaml to Config, or where it is wrong
    hosts       whose turn it is
    fetch       Request to Response, over HTTP or from a file
    files       the post folder in, feeds/ out
    stores      what we know, in SQLite
    ingest      recognise, cluster, save
    reading     what a source sent to what is to be saved
    pipeline    fetch, read, ingest: a poll
    publish     select, compose, render, write
    schedule    the tick
    status      answers: how the sources are, what is known of an entry
    server      feeds/ over HTTP
    report      an Outcome to log lines and summaries
    app         joins the parts
    cli         the commands
"""

__version__ = "0.1.0"
