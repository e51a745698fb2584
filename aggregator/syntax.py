"""What has a syntax of its own: addresses, media types, languages. Each function gives what may be
written in a document, or None where nothing of the kind was given.
"""

from __future__ import annotations

import ipaddress
import re
from contextlib import suppress
from urllib.parse import quote, urlsplit

import idna

from aggregator.text import ILLEGAL, line

_SCHEME = re.compile(
    r"(?!https?:(?!//[^/?#\s])|javascript:|vbscript:|data:)[a-z][a-z0-9+.-]*:(?=\S)", re.IGNORECASE
)
_NOT_IN_IRI = re.compile(r"%(?![0-9A-Fa-f]{2})|[\s<>\"{}|\\^`]")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8})*")
_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]*/[a-z0-9][a-z0-9!#$&^_.+-]*")
_BRACKET = re.compile(r"[\[\]]")
_AUTHORITY = re.compile(r"(?s)([^:]*:)((?://[^/?#]*)?)(.*)")
_HOST = re.compile(r"(?s)((?://)?)(.*?)((?::\d*)?)\Z")
_OUTSIDE = re.compile(r"[^\x00-\x7f]+")
_EMAIL = re.compile(r"[\w!#$%&'*+/=?^`{|}~.-]+@[\w-]+(?:\.[\w-]+)*")


def iri(text: str | None) -> str | None:
    """An absolute IRI (RFC 3987), in which what must not stand is escaped. What is an IRI stays as
    it is, byte for byte; but what is run (javascript:) or holds what it names (data:) is none."""
    text = ILLEGAL.sub("", text or "").strip()
    if not _SCHEME.match(text):
        return None
    try:
        parts = urlsplit(text)  # ValueError: in brackets, and none
        host, _ = parts.netloc.rpartition("@")[2], parts.port  # ValueError: no number
    except ValueError:
        return None
    if parts.scheme in ("http", "https") and (
        not parts.hostname or "%" in host or _NOT_IN_IRI.search(host)
    ):
        return None  # nobody is there: what would be escaped is part of no host
    rest, mark, fragment = text.partition("#")
    return _NOT_IN_IRI.sub(_escape, rest + mark + fragment.replace("#", "%23"))


def written(text: str | None) -> str | None:
    """An absolute IRI to the letter. Brackets mean a host of numbers and nothing else (RFC 3986
    §3.2.2): browsers let them stand anywhere, and validators do not."""
    found = iri(text)
    if found is None or not _BRACKET.search(found):
        return found
    head, host, rest = _AUTHORITY.match(found).groups()  # type: ignore[union-attr]  # always does
    return head + host + _BRACKET.sub(_escape, rest)


def uri(text: str | None) -> str | None:
    """The same, in ASCII (RFC 3987 §3.1): RSS, media and podcasts know no IRIs."""
    found = written(text)
    if found is None or found.isascii():
        return found
    head, host, rest = _AUTHORITY.match(found).groups()  # type: ignore[union-attr]  # always does
    user, at, name = host.rpartition("@")
    return head + _OUTSIDE.sub(_escape, user) + at + _ascii(name) + _OUTSIDE.sub(_escape, rest)


def _ascii(host: str) -> str:
    """As registries have it; escaped where it is no name (RFC 3986 §3.2.2)."""
    if host.isascii():
        return host
    slashes, name, port = _HOST.match(host).groups()  # type: ignore[union-attr]  # always does
    try:
        return slashes + idna.encode(name, uts46=True).decode() + port
    except UnicodeError:
        return _OUTSIDE.sub(_escape, host)


def _escape(found: re.Match[str]) -> str:
    return quote(found[0], safe="")


def media_type(text: str | None) -> str | None:
    """A media type (RFC 6838), without parameters."""
    name = (text or "").partition(";")[0].strip().lower()
    return name if _MEDIA_TYPE.fullmatch(name) else None


def language(tag: str | None) -> str | None:
    """A language tag as RFC 5646 spells it: `zh_CN` is zh-CN."""
    tag = (tag or "").strip().replace("_", "-")
    return tag if _LANGUAGE.fullmatch(tag) else None


def email(address: str | None) -> str | None:
    address = line(address or "")
    return address if _EMAIL.fullmatch(address) else None


def confidential(url: str) -> bool:
    """Whether what is sent there is read by nobody on the way: over https, or to this machine by
    its address (a name is whatever a resolver says)."""
    with suppress(ValueError):
        parts = urlsplit(url)
        return parts.scheme == "https" or ipaddress.ip_address(parts.hostname or "").is_loopback
    return False
