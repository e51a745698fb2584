"""How the pages of a config look, with what it has of its own for that; and its front page."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from aggregator import blogroll, compose, files, pages
from aggregator.config import Config
from aggregator.errors import OutputError
from aggregator.layout import PAGE, Layout
from aggregator.model import EVERYTHING, Feed, Output
from aggregator.pages import Theme


def theme_of(given: Config, folder: Path) -> Theme:
    """How pages look. What of one's own cannot be read is told by each page that is made."""
    site, output = given.site, given.output
    theme = Theme(
        title=site.title,
        url=given.site_url,
        language=site.language,
        timezone=site.timezone,
        images=output.images,
    )
    try:
        templates = output.templates
        own = files.texts(folder / templates, (".html", ".css")) if templates else ()
        css = files.text(folder / output.css) if output.css else ""
    except OutputError as error:
        return replace(theme, trouble=str(error))
    return replace(theme, templates=own, css=css)


def front_page(
    layout: Layout,
    theme: Theme,
    feed: Feed,
    outputs: Iterable[Output],
    has_list: bool,
    months: Iterable[str] = (),
) -> bytes:
    """The newest stories of all, and the outputs: that of all stories first. `has_list`: the
    sources are listed beside it. `months`: archive pages that it leads to, one a month."""
    listed = sorted(outputs, key=lambda x: (x.name != EVERYTHING, x.slug))
    linked = replace(feed, links=layout.front_links(compose.ALL, months))
    opml = layout.address(blogroll.ALL) if has_list else None
    return pages.index(linked, [_listed(layout, x) for x in listed], theme=theme, opml=opml)


def _listed(layout: Layout, output: Output) -> pages.Listed:
    at = {name: layout.address(layout.path(output.slug, name)) for name in layout.formats}
    return pages.Listed(
        title=None if output.name == EVERYTHING else output.title,
        page=at.get(PAGE),
        feeds=tuple(
            pages.Reference(href=at[name], name=name, type=form.media_type)
            for name, form in layout.formats.items()
            if name != PAGE
        ),
    )
