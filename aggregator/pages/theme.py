"""How pages look: templates, ours or a site's own, filled with values.

A template of one's own takes the place of ours with the same name; ours is still there under
`default/`, to be extended.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from traceback import extract_tb
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from aggregator.errors import TemplateError
from aggregator.model import Link
from aggregator.pages.content import Images
from aggregator.pages.languages import spoken
from aggregator.pages.views import Voice
from aggregator.pages.words import words_of

if TYPE_CHECKING:
    import jinja2

_FOLDER = "templates"  # what messages call the place of a site's own


@dataclass(frozen=True, slots=True, kw_only=True)
class Theme:
    """How a site's pages look."""

    title: str  # the site's
    url: str  # where the folder is served; ends in a slash
    language: str | None = None
    timezone: str = "UTC"
    images: Images = "link"
    templates: tuple[tuple[str, str], ...] = ()  # own ones: file name and text
    css: str = ""  # own rules, behind ours
    feeds: tuple[Link, ...] = ()  # of all stories, for pages that no folder holds
    trouble: str | None = None  # why these could not be read: no page is made then

    @property
    def voice(self) -> Voice:
        return Voice(
            words=words_of(self.language),
            zone=ZoneInfo(self.timezone),
            images=self.images,
            language=spoken(self.language),
        )

    @property
    def policy(self) -> str:
        """What a browser may load for a page, wherever the page stands: our stylesheet, and
        pictures only where they are wanted."""
        pictures = " https: http:" if self.images == "show" else ""
        return (
            "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none';"
            f" img-src data:{pictures}"
        )


def filled(name: str, theme: Theme, values: Mapping[str, Any]) -> bytes:
    """The template of that name with these values. TemplateError when it cannot be filled."""
    if theme.trouble:
        raise TemplateError(theme.trouble)
    import jinja2  # noqa: PLC0415  # only where pages are wanted

    try:
        text = _environment(theme).get_template(name).render(values)
    except jinja2.TemplateSyntaxError as error:
        raise TemplateError(f"{_place(error.name, error.lineno)}: {error.message}") from error
    except jinja2.TemplateNotFound as error:
        raise TemplateError(f"{_at(error, name)}: there is no template {error.name!r}") from error
    except Exception as error:  # a template of one's own may do anything
        raise TemplateError(f"{_at(error, name)}: {error}") from error
    return text.encode("utf-8", "replace")


def stylesheet(name: str, theme: Theme) -> bytes:
    """style.css or feed.css: ours or the site's own of that name, and behind it its own rules."""
    text = dict(theme.templates).get(name) or _ours()[name]
    own = f"\n{theme.css}" if theme.css and name == "style.css" else ""
    return (text + own).encode()


def faults(theme: Theme) -> list[str]:
    """What is wrong with a site's own templates, as far as one sees without values."""
    if theme.trouble:
        return [theme.trouble]
    if not theme.templates:
        return []
    import jinja2  # noqa: PLC0415  # as above

    found = []
    for name, _ in theme.templates:
        try:
            if name.endswith(".html"):
                _environment(theme).get_template(name)
        except jinja2.TemplateSyntaxError as error:
            found.append(f"{_place(error.name, error.lineno)}: {error.message}")
    return found


@cache
def _ours() -> Mapping[str, str]:
    found = resources.files("aggregator.pages").joinpath("templates")
    return {x.name: x.read_text("utf-8") for x in found.iterdir() if x.is_file()}


@lru_cache(4)
def _environment(theme: Theme) -> jinja2.Environment:
    """A sandbox: themes are handed about, and one is to be text, not a program."""
    import jinja2  # noqa: PLC0415  # as above
    from jinja2.sandbox import ImmutableSandboxedEnvironment  # noqa: PLC0415  # as above

    ours = _ours()
    known = {f"default/{name}": text for name, text in ours.items()} | {
        **ours,
        **dict(theme.templates),
    }

    def load(name: str) -> tuple[str, str, Callable[[], bool]] | None:
        return (known[name], name, lambda: True) if name in known else None

    return ImmutableSandboxedEnvironment(
        loader=jinja2.FunctionLoader(load),
        undefined=jinja2.StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def _at(error: Exception, name: str) -> str:
    """The innermost line of a template that it was raised in."""
    lines = [x for x in extract_tb(error.__traceback__) if not x.filename.endswith(".py")]
    return _place(lines[-1].filename, lines[-1].lineno) if lines else _place(name, None)


def _place(name: str | None, line: int | None) -> str:
    return f"{_FOLDER}/{name}" + (f":{line}" if line else "")
