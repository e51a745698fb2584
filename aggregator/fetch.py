"""Request to Response: over HTTP through httpx, or from a file; every failure a FetchError.

httpx's own pool scans all its connections for each request, so its API stands on aiohttp's
connector here (docs/decisions/0002-http-transport.md).
"""

from __future__ import annotations

import asyncio
import email.utils
import ipaddress
import os
import socket
import stat
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Self
from urllib.parse import unquote, urljoin, urlsplit

import aiohttp
import httpx
from aiohttp.abc import AbstractResolver, ResolveResult
from httpx_aiohttp import AiohttpTransport

from aggregator.errors import FetchError
from aggregator.model import Request, Response

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_REDIRECTS = {301, 302, 303, 307, 308}
_MOST_REDIRECTS = 5
_MOST_HEADERS = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchOptions:
    """`max_size` in bytes after decompression; `timeout` for one poll, redirects and all."""

    user_agent: str
    timeout: timedelta = timedelta(seconds=30)
    max_size: int = 10_000_000
    concurrency: int = 64
    per_host: int = 2
    allow_private: tuple[Network, ...] = ()


class Fetcher:
    """Call it with a Request; use it as a context, which keeps the connections."""

    def __init__(self, options: FetchOptions) -> None:
        self._options = options
        self._hosts: dict[str, asyncio.Semaphore] = defaultdict(
            lambda: asyncio.Semaphore(options.per_host)
        )
        self._places = asyncio.Semaphore(options.concurrency)

    async def __aenter__(self) -> Self:
        tls = httpx.create_ssl_context()
        connector = aiohttp.TCPConnector(
            resolver=_Guard(self._options.allow_private),
            ssl=tls,
            limit=0,  # the semaphores count: waiting for a place must not eat a poll's time
        )
        session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            max_line_size=_MOST_HEADERS,
            max_field_size=_MOST_HEADERS,
        )
        self._client = httpx.AsyncClient(
            transport=AiohttpTransport(verify=tls, client=session),
            headers={"user-agent": self._options.user_agent, "accept-encoding": "gzip"},
            timeout=self._options.timeout.total_seconds(),
            trust_env=False,
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()

    async def __call__(self, request: Request) -> Response:
        """The answer, 200 or 304; FetchError for everything else that can happen."""
        scheme = urlsplit(request.url).scheme
        if scheme == "file":
            return await asyncio.to_thread(read_file, request, self._options.max_size)
        host = urlsplit(request.url).netloc.rpartition("@")[2].lower()
        async with self._hosts[host], self._places:
            seconds = self._options.timeout.total_seconds()
            try:
                async with asyncio.timeout(seconds):
                    return await self._follow(request)
            except TimeoutError as error:
                raise FetchError(f"{host}: no complete answer within {seconds:g} s") from error
            except (httpx.HTTPError, httpx.InvalidURL, aiohttp.ClientError, OSError) as error:
                raise FetchError(f"{host}: {_reason(error)}") from error
            except (ValueError, UnicodeError) as error:
                raise FetchError(f"{host}: not an address that can be asked: {error}") from error

    async def _follow(self, request: Request) -> Response:
        url, headers = request.url, dict(request.headers)
        for _ in range(_MOST_REDIRECTS + 1):
            self._check(url)
            async with self._client.stream("GET", url, headers=headers) as answer:
                if answer.status_code not in _REDIRECTS or "location" not in answer.headers:
                    return await self._answer(url, answer)
                url = urljoin(url, answer.headers["location"])
        raise FetchError(f"{_host(url)}: more than {_MOST_REDIRECTS} redirects")

    def _check(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise FetchError(f"refused to follow a redirect to {parts.scheme or 'no'}: address")
        try:
            address = ipaddress.ip_address(parts.hostname)
        except ValueError:
            return  # a name: the resolver checks what it stands for
        if not allowed(address, self._options.allow_private):
            raise FetchError(_refusal(parts.hostname))

    async def _answer(self, url: str, answer: httpx.Response) -> Response:
        headers = {k.lower(): v for k, v in answer.headers.items()}
        status = answer.status_code
        if status == 304:
            return Response(url=url, status=304, headers=headers)
        if status != 200:
            raise FetchError(
                f"{_host(url)}: HTTP {status} {_phrase(status)}".rstrip(),
                status=status,
                retry_after=retry_after(headers, datetime.now(UTC)),
            )
        body = bytearray()
        async for chunk in answer.aiter_bytes():
            body += chunk
            if len(body) > self._options.max_size:
                raise FetchError(
                    f"{_host(url)}: larger than {self._options.max_size:,} bytes;"
                    " raise fetch.max_size if that is wanted"
                )
        return Response(url=url, status=200, headers=headers, body=bytes(body))


def retry_after(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """How long the server asks us to wait (RFC 9110 §10.2.3): seconds, or a date."""
    value = headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit():
        return timedelta(seconds=min(int(value[:9]), 86_400))
    try:
        return max(email.utils.parsedate_to_datetime(value) - now, timedelta())
    except (TypeError, ValueError):
        return None


def read_file(request: Request, max_size: int) -> Response:
    """The file behind a file: address; its time and size are its validator."""
    path = Path(unquote(urlsplit(request.url).path))
    try:
        # Not a file that never ends: opening a pipe would wait for whoever writes to it.
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise FetchError(f"{path.name}: not a file")
        etag = f"{status.st_mtime_ns}-{status.st_size}"
        if request.headers.get("if-none-match") == etag:
            return Response(url=request.url, status=304, headers={"etag": etag})
        if status.st_size > max_size:
            raise FetchError(f"{path.name}: larger than {max_size:,} bytes; raise fetch.max_size")
        return Response(url=request.url, headers={"etag": etag}, body=path.read_bytes())
    except OSError as error:
        raise FetchError(f"{path.name}: {(error.strerror or str(error)).lower()}") from error


# ── who may be asked ─────────────────────────────────────────────────────────


def allowed(address: Address, networks: Sequence[Network]) -> bool:
    """Public addresses, and those that the config allows although they are private."""
    mapped = getattr(address, "ipv4_mapped", None)
    if mapped is not None:
        address = mapped
    if any(address in network for network in networks):
        return True
    return address.is_global and not address.is_multicast


class _Guard(AbstractResolver):
    """Resolves names, and gives only addresses that may be asked: what was checked is what is
    connected to."""

    def __init__(self, networks: Sequence[Network]) -> None:
        self._networks = networks
        self._resolver: AbstractResolver = aiohttp.ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self._resolver.resolve(host, port, family)
        kept = [r for r in found if allowed(ipaddress.ip_address(r["host"]), self._networks)]
        if found and not kept:
            raise _Refused(_refusal(host))
        return kept

    async def close(self) -> None:
        await self._resolver.close()


class _Refused(OSError):
    """Its message is ours, and fit to be shown."""


def _refusal(host: str) -> str:
    return f"refused: {host} is a private address; fetch.allow_private can name its network"


# ── words ────────────────────────────────────────────────────────────────────


def _reason(error: Exception) -> str:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, _Refused):
            return str(cause)
        if isinstance(cause, socket.gaierror):
            return "no such host; check the address, or the network"
        if (
            isinstance(cause, OSError)
            and cause.errno
            and not isinstance(cause, aiohttp.ClientError)
        ):
            return os.strerror(cause.errno).lower() if cause.errno > 0 else str(cause)
        cause = cause.__cause__
    text = " ".join(str(error).split())
    return text or type(error).__name__


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def _host(url: str) -> str:
    """What may be shown of an address: no credentials, no query."""
    return urlsplit(url).netloc.rpartition("@")[2]


Fetch = Callable[[Request], "asyncio.Future[Response]"]
