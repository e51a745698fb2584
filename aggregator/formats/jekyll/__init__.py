"""A Jekyll site's posts as Jekyll 4 itself decides about them: which, url, date, title, lists.

    paths ─ tree ─────────────┐
    _config.yml ─ settings ───┼─ document ─ Post
    defaults, psych, ruby* ───┘      └ address

`references` finds what a post names of its site: other posts, pages, what it includes.

No plugin is run, nothing is rendered. `rubydate`, `rubytime` and `rubytext` do what Ruby's
library does where Python's does otherwise. Drafts are left out whatever the config says.
"""

from __future__ import annotations

from collections.abc import Iterable, KeysView, Set
from datetime import UTC, datetime, tzinfo

from aggregator.errors import ParseError
from aggregator.formats.jekyll import document, settings
from aggregator.formats.jekyll.defaults import values_for
from aggregator.formats.jekyll.document import Post
from aggregator.formats.jekyll.tree import Choice, Tree

__all__ = ["CONFIGS", "Post", "Site"]

CONFIGS = ("_config.yml", "_config.yaml", "_config.toml")  # the first that there is
_BELOW = ("", "/2000-01-01-a.md", "/_posts/2000-01-01-a.md")


class Site:
    """`files` are all paths below the site's folder, `/` between names: defaults look at them."""

    def __init__(
        self,
        files: Iterable[str],
        config: bytes | None = None,
        *,
        name: str = CONFIGS[0],
        zone: tzinfo | None = None,
        otherwise: tzinfo = UTC,
    ) -> None:
        """`zone` overrules the config's, `otherwise` is for one that has none.

        ParseError for a config that Jekyll refuses.
        """
        self.settings = settings.read(config, name=name, zone=zone, otherwise=otherwise)
        self._tree = Tree(files)
        self._choice = Choice(self._tree, self.settings.include, self.settings.exclude)
        self._paths = dict.fromkeys(self._choice.posts(self.settings.collections_dir))

    @property
    def files(self) -> Set[str]:
        return self._tree.files

    def paths(self) -> KeysView[str]:
        """The files that may be posts, sorted."""
        return self._paths.keys()

    def may_hold(self, path: str) -> bool:
        """Whether a post may be at or below a path that cannot be looked into."""
        within = self.settings.collections_dir
        return any(self._choice.takes(path + more, within) for more in _BELOW)

    def text(self, body: bytes) -> str | None:
        """None for what is not text to Jekyll: such a file is left out."""
        return document.decoded(body, self.settings.encoding)

    def post(self, body: bytes, *, path: str, now: datetime) -> Post | None:
        """None if it is not published; ParseError if Jekyll would stop or stumble at it.

        A post of the future is a post: see `settings.future` and its date.
        """
        relative, within = self.settings.relative(path), self.settings.collections_dir
        try:
            defaults = values_for(relative, self.settings.defaults, self._tree, within)
        except ValueError as error:
            raise ParseError(f"{path}: {error}") from error
        return document.read(body, path=path, defaults=defaults, settings=self.settings, now=now)

    def newest(self, posts: Iterable[Post], now: datetime) -> list[Post]:
        """In Jekyll's order, oldest first; only the newest where the config has limit_posts."""
        ordered = sorted(posts, key=lambda post: (post.date or now, post.path))
        return ordered[-self.settings.limit :]

    def link(self, post: Post) -> str:
        """The post's address on the web, or from the root where the config has no url."""
        return self.settings.address + post.url
