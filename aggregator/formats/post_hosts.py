"""Whose a link in a post is: of the posts' own site, or of another."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlsplit

import idna

from aggregator.model import PostOptions


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """The posts' own site."""

    hosts: frozenset[str]
    named: bool  # in site_hosts, and not only guessed from where the output is served
    base: str | None  # what is relative in a post is relative to it

    def foreign(self, link: str) -> bool:
        host = host_of(link)
        return bool(host) and host not in self.hosts


def home(options: PostOptions) -> str | None:
    """The front page of the posts' own site, as far as the config tells."""
    return site_of(options).base


@lru_cache(maxsize=64)
def site_of(options: PostOptions) -> Site:
    hosts = [*options.site_hosts, host_of(options.site or "")]
    base = f"https://{options.site_hosts[0]}/" if options.site_hosts else options.site
    return Site(
        hosts=frozenset(filter(None, map(_bare, hosts))),
        named=bool(options.site_hosts),
        base=base,
    )


def host_of(url: str) -> str:
    """Lower case, without port and www.; "" where there is none."""
    try:
        return _bare(urlsplit(url).netloc.rpartition("@")[2])
    except ValueError:  # an IPv6 address without its bracket
        return ""


def _bare(host: str) -> str:
    host = re.sub(r":\d*$", "", host.lower()).removesuffix(".").removeprefix("www.")
    if host.isascii():
        return host
    try:
        return idna.encode(host, uts46=True).decode()
    except idna.IDNAError:
        return host
