"""What `{% post_url %}` and `{% link %}` lead to, and what `{% include %}` includes.

A page's address is told from its front matter or its path; that of another collection's is not.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from posixpath import basename, dirname, join, normpath, splitext
from typing import TYPE_CHECKING

from aggregator.errors import ParseError
from aggregator.formats.jekyll import psych
from aggregator.formats.jekyll.document import decoded, parts
from aggregator.formats.jekyll.rubytext import to_s, truthy
from aggregator.formats.jekyll.tree import FOLDER

if TYPE_CHECKING:
    from aggregator.formats.jekyll import Site

Source = Callable[[str], bytes | None]  # a file of the site; None when it cannot be read

INCLUDES = "_includes"
_SPECIAL = re.compile(r"(?:^|/)_")


class References:
    """Of one site, at one time."""

    def __init__(self, site: Site, source: Source, *, now: datetime) -> None:
        self._site = site
        self._source = source
        self._now = now
        self._found: dict[tuple[str, str], str | None] = {}
        self._posts: dict[str, str] = {}  # by path without folder and suffix, and by name

    def included(self, tag: str, name: str, within: str) -> str | None:
        """The text of a file of `_includes`, or for include_relative beside the post `within`."""
        folder = to_s(self._site.settings.config.get("includes_dir", INCLUDES))
        place = dirname(within) if tag == "include_relative" else folder
        path = normpath(join(place, name))
        body = self._source(path) if path.startswith(f"{place}/") else None
        return None if body is None else decoded(body, self._site.settings.encoding)

    def address(self, tag: str, words: str) -> str | None:
        """From the root of the site's host: with baseurl."""
        if (tag, words) not in self._found:
            path = self._post(words) if tag == "post_url" else words.strip().removeprefix("/")
            url = self._url(path) if path else None
            base = self._site.settings.baseurl
            self._found[tag, words] = f"/{base}{url}" if base and url else url
        return self._found[tag, words]

    def _post(self, words: str) -> str | None:
        if not self._posts:
            for path in self._site.paths():
                place = splitext(re.sub(rf"(?:^|/){FOLDER}/", "/", path, count=1))[0].lstrip("/")
                self._posts.setdefault(place, path)
                self._posts.setdefault(basename(place), path)
        return self._posts.get(words.strip().strip("\"'").removeprefix("/"))

    def _url(self, path: str) -> str | None:
        if path in self._site.paths():
            return self._post_url(path)
        if path not in self._site.files or _SPECIAL.search(path):
            return None
        body = self._source(path) if self._may_be_page(path) else None
        text = None if body is None else decoded(body, self._site.settings.encoding)
        head = parts(text)[0] if text is not None else None
        return f"/{path}" if head is None else self._page_url(path, head)

    def _post_url(self, path: str) -> str | None:
        body = self._source(path)
        try:
            post = None if body is None else self._site.post(body, path=path, now=self._now)
        except ParseError:
            return None
        return post.url if post else None

    def _may_be_page(self, path: str) -> bool:
        suffix = splitext(path)[1].lower()
        return suffix in {".html", ".htm", ".xml"} or suffix in self._site.settings.markdown

    def _page_url(self, path: str, head: str) -> str:
        try:
            data = psych.load(head, self._site.settings.zone)
        except psych.Unreadable:
            data = None
        permalink = data.get("permalink") if isinstance(data, dict) else None
        if truthy(permalink):
            return f"/{to_s(permalink).lstrip('/')}"
        name, suffix = splitext(path)
        suffix = ".html" if suffix.lower() in self._site.settings.markdown else suffix
        if suffix != ".html":
            return f"/{name}{suffix}"
        if basename(name) == "index":
            return f"/{dirname(name)}/" if dirname(name) else "/"
        style = self._site.settings.permalink
        ending = "/" if style.endswith("/") else suffix if style.endswith(":output_ext") else ""
        return f"/{name}{ending}"
