"""Everything raised on purpose.

AggregatorError
├── ConfigError          the config is wrong; says file, line and column (exit 78)
├── SourceError          one source failed; the others go on
│   ├── FetchError       it could not be reached, or answered with an error
│   │   └── Disallowed   it asks robots not to read that page
│   ├── HostRests        it was not asked: its host wants to be left alone, or is silent
│   ├── Held             it sends another feed than it did; nothing of that is taken
│   └── ParseError       what it sent is no feed, or a post that cannot be read
├── StoreError           the store cannot be opened or written
│   ├── StoreEmpty       there is nothing in it yet to be read
│   ├── StoreLocked      another process has it (exit 75)
│   └── TookTooLong      a search was given up: it asks for too much
└── OutputError          a document could not be written; the last good one stays
    └── TemplateError    a template of the site's own cannot be filled
"""

from datetime import datetime, timedelta

from aggregator.model import Slowdown


class AggregatorError(Exception):
    """The message says what, where and what to do; lower case, no full stop."""


class ConfigError(AggregatorError):
    """One line of message for each fault, as `config.yaml:6:5: sources.hn: …`."""


class SourceError(AggregatorError):
    """One source failed; never the run."""


class FetchError(SourceError):
    """`status` is the HTTP status where there was one; `retry_after` what the server asked for,
    and `slowdown` what that means for its host; `redirects` the statuses of the redirects that
    led to where it failed."""

    def __init__(
        self, message: str, *, status: int | None = None, retry_after: timedelta | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.retry_after = retry_after
        self.slowdown: Slowdown | None = None
        self.redirects: tuple[int, ...] = ()


class HostRests(SourceError):
    """No failure: `until` is when its turn comes."""

    def __init__(self, host: str, until: datetime) -> None:
        super().__init__(
            f"{host}: not asked before {until:%H:%M:%S} UTC, it wants to be left alone or is silent"
        )
        self.until = until


class Held(SourceError):
    """What the source sends is another feed than it was: its message says how it differs."""


class Disallowed(FetchError):
    """To ask again is no use: robots are not to read that page."""


class ParseError(SourceError):
    """The bytes are no feed; the message says what they are."""


class StoreError(AggregatorError):
    """The store cannot be opened, read or written."""


class StoreEmpty(StoreError):
    """Nobody has written into it yet: whoever reads finds nothing."""


class StoreLocked(StoreError):
    """Another process works on this store."""


class TookTooLong(StoreError):
    """What was searched is in too many stories to be found in the time there was."""


class OutputError(AggregatorError):
    """A document could not be written."""


class TemplateError(OutputError):
    """It says which template, and which line of it."""
