"""The tables, as numbered migrations: append, never edit. Times are microseconds since 1970.

source ─┬─ file                 one row a post file: what it was like when last read
        ├─ lease                what we asked of a hub that pushes its news
        ├─ outline              one row a feed in a subscription list
        └─ entry ─── cluster    an entry is a sighting; a cluster is the story it tells
                        └─ listing ─── output    in which documents the story stands
"""

import sqlite3

MIGRATIONS = (
    """
    CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

    CREATE TABLE source (
        id TEXT PRIMARY KEY,
        kind TEXT NOT NULL,
        url TEXT NOT NULL,
        rules TEXT,                    -- digest of what decides on its entries
        due INTEGER NOT NULL,
        etag TEXT, last_modified TEXT, digest BLOB,  -- a letter for each byte of a header
        failures INTEGER NOT NULL DEFAULT 0,
        error TEXT,
        polled INTEGER, succeeded INTEGER,
        feed TEXT,                     -- the feed's own metadata, JSON
        position INTEGER NOT NULL,     -- in the config
        retired INTEGER NOT NULL DEFAULT 0
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX source_due ON source (due) WHERE NOT retired;

    CREATE TABLE cluster (
        key INTEGER PRIMARY KEY,
        id TEXT UNIQUE,                -- atom:id, minted or taken over at first publication
        leader INTEGER,                -- chosen at first publication
        published INTEGER NOT NULL,    -- never moves once id is set
        surfaced INTEGER NOT NULL,     -- when the story came up: the newest page is chosen by it
        release INTEGER,               -- not published before this moment
        merged INTEGER                 -- into which cluster this one went
    ) STRICT;
    CREATE INDEX cluster_release ON cluster (release) WHERE release IS NOT NULL;

    CREATE TABLE entry (
        key INTEGER PRIMARY KEY,
        source TEXT NOT NULL,
        source_entry_id TEXT NOT NULL,
        global_id TEXT, url_key TEXT, title_key TEXT,
        digest BLOB NOT NULL,
        cluster INTEGER NOT NULL,
        title TEXT NOT NULL,
        first_seen INTEGER NOT NULL,
        published INTEGER NOT NULL,
        stated INTEGER NOT NULL,       -- whether the source gave that date
        updated INTEGER NOT NULL,
        surfaced INTEGER NOT NULL,     -- when it came up: its date for what was there at first
        feed_updated INTEGER NOT NULL, -- of its feed when it was last saved: atom:source's updated
        reason TEXT,
        dropped TEXT,                  -- by which rule
        outputs TEXT NOT NULL,         -- JSON list of names
        document TEXT,                 -- model.Entry as JSON; NULL once pruned
        UNIQUE (source, source_entry_id)
    ) STRICT;
    CREATE INDEX entry_cluster ON entry (cluster);
    CREATE INDEX entry_url_key ON entry (url_key) WHERE url_key IS NOT NULL;
    CREATE INDEX entry_global_id ON entry (global_id) WHERE global_id IS NOT NULL;
    CREATE INDEX entry_title_key ON entry (title_key) WHERE title_key IS NOT NULL;

    CREATE TABLE listing (
        output TEXT NOT NULL,
        cluster INTEGER NOT NULL,
        surfaced INTEGER NOT NULL,
        PRIMARY KEY (output, cluster)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX listing_newest ON listing (output, surfaced DESC, cluster);
    CREATE INDEX listing_cluster ON listing (cluster);

    CREATE TABLE output (
        name TEXT PRIMARY KEY,
        slug TEXT UNIQUE,              -- set at first publication, then fixed
        dirty INTEGER NOT NULL DEFAULT 1
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE file (
        source TEXT NOT NULL,
        path TEXT NOT NULL,
        stamp TEXT NOT NULL,
        problems TEXT NOT NULL DEFAULT '[]',
        PRIMARY KEY (source, path)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE ledger (
        entry INTEGER NOT NULL,
        at INTEGER NOT NULL,
        event TEXT NOT NULL,
        detail TEXT NOT NULL
    ) STRICT;
    CREATE INDEX ledger_entry ON ledger (entry);
    """,
    """
    DROP INDEX entry_title_key;        -- a title can be a rubric's: only the days around count
    CREATE INDEX entry_title_key ON entry (title_key, published) WHERE title_key IS NOT NULL;
    """,
    """
    ALTER TABLE source ADD COLUMN problems TEXT NOT NULL DEFAULT '[]';  -- of the feed, JSON
    """,
    """
    ALTER TABLE output ADD COLUMN updated INTEGER;  -- as its document says; NULL: it had no entry
    ALTER TABLE output ADD COLUMN stamp TEXT;       -- what its file was like when we left it
    -- The output of every story has a name that no category can have.
    UPDATE output SET name = '' WHERE name = 'all';
    UPDATE listing SET output = '' WHERE output = 'all';
    CREATE INDEX source_polled ON source (polled) WHERE NOT retired;
    """,
    """
    -- What a source's pace follows from (model.PollState); spans are microseconds, too.
    ALTER TABLE source ADD COLUMN failing INTEGER;
    ALTER TABLE source ADD COLUMN hints TEXT;       -- model.Hints as JSON
    ALTER TABLE source ADD COLUMN lifetime INTEGER;
    ALTER TABLE source ADD COLUMN asked INTEGER;
    ALTER TABLE source ADD COLUMN rhythm INTEGER;
    ALTER TABLE source ADD COLUMN shown INTEGER;
    ALTER TABLE source ADD COLUMN news INTEGER;
    DROP INDEX source_polled;
    CREATE TABLE host (
        name TEXT PRIMARY KEY,
        until INTEGER NOT NULL,        -- not asked before
        strikes INTEGER NOT NULL       -- how often it had enough of us
    ) STRICT, WITHOUT ROWID;
    """,
    """
    ALTER TABLE source ADD COLUMN gone INTEGER;     -- when it said that it is, for good
    ALTER TABLE source ADD COLUMN held INTEGER NOT NULL DEFAULT 0;  -- another feed stands there
    ALTER TABLE source ADD COLUMN move TEXT;        -- model.Move as JSON; NULL: none
    """,
    """
    ALTER TABLE source ADD COLUMN topic TEXT;   -- what its hubs know the feed by
    ALTER TABLE source ADD COLUMN hubs TEXT NOT NULL DEFAULT '[]';  -- JSON list, the best first
    CREATE TABLE lease (
        token TEXT PRIMARY KEY,        -- the end of the callback's address
        callback TEXT NOT NULL,
        source TEXT NOT NULL,
        hub TEXT NOT NULL,
        topic TEXT NOT NULL,
        secret TEXT,                   -- what pushes are signed with
        state TEXT NOT NULL,           -- model.LeaseState
        made INTEGER NOT NULL,
        due INTEGER NOT NULL,          -- when something is to be done about it
        until INTEGER,                 -- when the hub forgets it
        attempts INTEGER NOT NULL,
        error TEXT
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX lease_active ON lease (source, until) WHERE state = 'active';
    """,
    """
    CREATE TABLE outline (             -- what the subscription lists name
        list TEXT NOT NULL,            -- a source
        position INTEGER NOT NULL,     -- in it
        url TEXT NOT NULL,
        title TEXT NOT NULL,
        categories TEXT NOT NULL,      -- JSON list of names
        includes INTEGER NOT NULL,     -- whether it is another list
        PRIMARY KEY (list, position)
    ) STRICT, WITHOUT ROWID;
    """,
    """
    ALTER TABLE source ADD COLUMN copy_of TEXT;  -- the address that gave etag and last_modified
    -- Were UTF-8 before, and are bytes now: what is not ASCII is asked for anew.
    UPDATE source SET etag = NULL, last_modified = NULL
        WHERE etag GLOB '*[^ -~]*' OR last_modified GLOB '*[^ -~]*';
    """,
    """
    -- What entries are compared by (prints, near): weeks are counted from 1970.
    CREATE TABLE print (
        entry INTEGER PRIMARY KEY,
        tokens BLOB NOT NULL,
        points INTEGER NOT NULL        -- whether it only points at what others tell
    ) STRICT;
    CREATE TABLE sketch (
        week INTEGER NOT NULL,
        hash INTEGER NOT NULL,
        entry INTEGER NOT NULL,
        PRIMARY KEY (week, hash, entry)
    ) STRICT, WITHOUT ROWID;
    -- What an operator told apart: no cluster holds both.
    CREATE TABLE parted (
        one INTEGER NOT NULL,
        other INTEGER NOT NULL,
        PRIMARY KEY (one, other)
    ) STRICT, WITHOUT ROWID;
    """,
    """
    CREATE TABLE robots (              -- what is told to robots
        origin TEXT NOT NULL,
        public INTEGER NOT NULL,       -- asked as one that must have a public address
        until INTEGER NOT NULL,        -- asked again after that
        text TEXT,                     -- NULL: it has no such file
        PRIMARY KEY (origin, public)
    ) STRICT;
    """,
    """
    CREATE TABLE origin (              -- what pages say of their addresses: each is asked once
        address TEXT PRIMARY KEY,
        better TEXT,                   -- NULL: none
        asked INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    """,
    """
    CREATE INDEX cluster_merged ON cluster (merged) WHERE merged IS NOT NULL;
    """,
    """
    -- Archive pages (filing): a story of an output stands on one of them, or on none yet.
    ALTER TABLE listing ADD COLUMN page INTEGER;
    CREATE INDEX listing_unfiled ON listing (output, surfaced DESC, cluster) WHERE page IS NULL;
    CREATE INDEX listing_page ON listing (output, page) WHERE page IS NOT NULL;
    CREATE TABLE page (
        output TEXT NOT NULL,
        number INTEGER NOT NULL,       -- in the order in which they were filled, from 1
        name TEXT NOT NULL,            -- 2026-03, 2026-03-2
        stale INTEGER NOT NULL,        -- whether its documents are to be written
        PRIMARY KEY (output, number)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX page_stale ON page (output, number) WHERE stale;
    CREATE TABLE document (
        path TEXT PRIMARY KEY,         -- below the folder
        output TEXT NOT NULL,
        page INTEGER,                  -- NULL: the current document
        stamp TEXT                     -- what the file was like when we left it
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX document_current ON document (path) WHERE page IS NULL;
    CREATE TABLE withdrawn (           -- published once, and in no document any more (RFC 6721)
        id TEXT NOT NULL,              -- atom:id
        output TEXT NOT NULL,
        at INTEGER NOT NULL,
        PRIMARY KEY (id, output)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX withdrawn_newest ON withdrawn (output, at DESC, id);
    ALTER TABLE output DROP COLUMN stamp;
    """,
    """
    CREATE TABLE post (                -- stories as posts (postings)
        cluster INTEGER PRIMARY KEY,
        name TEXT,                     -- of its file, for good; NULL: it never had one
        due INTEGER NOT NULL           -- whether it may have to be written or removed
    ) STRICT;
    CREATE UNIQUE INDEX post_name ON post (name) WHERE name IS NOT NULL;
    CREATE INDEX post_due ON post (cluster) WHERE due;
    """,
    """
    CREATE TABLE announcement (        -- what hubs know of our documents
        hub TEXT NOT NULL,
        topic TEXT NOT NULL,
        told TEXT,                     -- what the file was like when the hub took the news
        failing INTEGER,               -- since when it does not
        due INTEGER,
        attempts INTEGER NOT NULL,
        error TEXT,
        PRIMARY KEY (hub, topic)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE intent (              -- what our own hub was asked for, not yet confirmed
        callback TEXT NOT NULL,
        topic TEXT NOT NULL,
        mode TEXT NOT NULL,
        secret TEXT,
        lease INTEGER NOT NULL,        -- seconds
        known TEXT,
        due INTEGER NOT NULL,
        attempts INTEGER NOT NULL,
        PRIMARY KEY (callback, topic)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE listener (            -- whom our own hub sends news to
        callback TEXT NOT NULL,
        topic TEXT NOT NULL,
        secret TEXT,                   -- what is sent is signed with it
        until INTEGER NOT NULL,        -- the end of the lease
        known TEXT,                    -- digest of the document that they have
        failing INTEGER,               -- since when they do not take the news
        due INTEGER,                   -- not sent before
        attempts INTEGER NOT NULL,
        error TEXT,
        PRIMARY KEY (callback, topic)
    ) STRICT, WITHOUT ROWID;
    """,
    """
    -- What published stories are searched by (searching). Every letter beyond ASCII counts: words
    -- come folded and in rows.
    CREATE VIRTUAL TABLE search_index USING fts5 (
        title, text, content = '', tokenize = 'ascii'
    );
    INSERT INTO search_index (search_index, rank) VALUES ('rank', 'bm25(8.0, 1.0)');
    CREATE TABLE search_words (
        cluster INTEGER PRIMARY KEY,
        words BLOB NOT NULL            -- what the index has of it: it must be told to forget it
    ) STRICT;
    CREATE TABLE search_due (cluster INTEGER PRIMARY KEY) STRICT;  -- changed since
    CREATE TABLE search_fill (below INTEGER NOT NULL) STRICT;  -- those before it never were in it
    INSERT INTO search_fill SELECT coalesce(max(key), 0) + 1 FROM cluster;
    """,
    """
    CREATE INDEX document_output ON document (output);
    """,
)


def too_new(db: sqlite3.Connection) -> bool:
    """Whether a later aggregator made these tables."""
    return _version(db) > len(MIGRATIONS)


def too_old(db: sqlite3.Connection) -> bool:
    """Whether `migrate` has something to do."""
    return _version(db) < len(MIGRATIONS)


def empty(db: sqlite3.Connection) -> bool:
    return _version(db) == 0


def migrate(db: sqlite3.Connection) -> None:
    version = _version(db)
    for number, script in enumerate(MIGRATIONS[version:], version + 1):
        db.executescript(f"BEGIN; {script}; PRAGMA user_version = {number}; COMMIT;")


def _version(db: sqlite3.Connection) -> int:
    return int(db.execute("PRAGMA user_version").fetchone()[0])
