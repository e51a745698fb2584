"""Request to Response: over HTTP through httpx, or from a file; every failure a FetchError.

httpx's own pool scans all its connections for each request, so its API stands on aiohttp's
connector here (docs/decisions/0002-http-transport.md).
"""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
import stat
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from http import HTTPStatus
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Self
from urllib.parse import urljoin, urlsplit

import aiohttp
import httpx
from aiohttp import http_exceptions

from aggregator import bodies, pace
from aggregator.bodies import Enlarge
from aggregator.errors import FetchError
from aggregator.guard import Guard, Network, Refused, allowed, literal, refusal
from aggregator.hosts import GAP, Hosts
from aggregator.model import Request, Response, Slowdown
from aggregator.places import path_of
from aggregator.robots import Robots, Shelf
from aggregator.room import Room
from aggregator.syntax import confidential
from aggregator.wire import Transport, octets, text

_REDIRECTS = {301, 302, 303, 307, 308}
_SAME_METHOD = {307, 308}  # RFC 9110 §15.4: by the others a form would get lost
_MOST_REDIRECTS = 5
_MOST_HEADER = 16 * 1024  # one of them; aiohttp takes 128
_MOST_HEADERS = 64 * 1024  # all of them
_MOST_LARGE = 6  # bodies in memory at a time
_SECRET = {"authorization", "cookie", "proxy-authorization"}
_CONDITIONS = {"if-none-match", "if-modified-since"}
# Lists they are none: what was sent twice and put together would be what nobody said.
_SINGLE = {"age", "content-type", "date", "etag", "expires", "last-modified", "retry-after"}

_NO_ADDRESS = "not an address that can be asked"
_LARGE_HEADERS = f"headers larger than {_MOST_HEADERS // 1024} kB, or too many"


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchOptions:
    """`max_size` in bytes after decompression; `timeout` for one poll, redirects and all."""

    user_agent: str
    timeout: timedelta = timedelta(seconds=30)
    max_size: int = 10_000_000
    concurrency: int = 64
    per_host: int = 2
    gap: timedelta = GAP  # between two requests to one host, unless its address is private
    allow_private: tuple[Network, ...] = ()
    robots: bool = True  # whether robots.txt is asked before a page


def _now() -> datetime:
    return datetime.now(UTC)


class Fetcher:
    """Call it with a Request; use it as a context, which keeps the connections.

    It asks no one while there is no `room` for the answer, and for no page that is not for robots;
    it leaves those hosts alone that had enough of us, by the `clock`; `slowdowns` are those that
    are known. What hosts tell robots is kept on the `shelf`.
    """

    def __init__(
        self,
        options: FetchOptions,
        room: Room | None = None,
        *,
        clock: Callable[[], datetime] = _now,
        slowdowns: Iterable[Slowdown] = (),
        shelf: Shelf | None = None,
    ) -> None:
        self._options = options
        self._clock = clock
        self._room = room or Room(options.max_size)
        self._large = asyncio.Semaphore(_MOST_LARGE)
        self.hosts = Hosts(
            concurrency=options.concurrency,
            per_host=options.per_host,
            room=self._room,
            clock=clock,
            gap=options.gap,
            slowdowns=slowdowns,
        )
        product = options.user_agent.partition("/")[0].lower()
        self._robots = Robots(self, product=product, clock=clock, asks=options.robots, shelf=shelf)

    async def __aenter__(self) -> Self:
        networks = self._options.allow_private
        self._client = self._connected(networks)
        # A connection that is open already is checked no more, so each has its own.
        self._public = self._connected(()) if networks else self._client
        return self

    def _connected(self, networks: tuple[Network, ...]) -> httpx.AsyncClient:
        """A client that asks public addresses, and those in `networks`."""
        tls = httpx.create_ssl_context()
        connector = aiohttp.TCPConnector(
            resolver=Guard(networks, threads=self._options.concurrency),
            ssl=tls,
            limit=0,  # the semaphores count: waiting for a place must not eat a poll's time
        )
        session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            max_line_size=_MOST_HEADER,
            max_field_size=_MOST_HEADER,
        )
        return httpx.AsyncClient(
            transport=Transport(verify=tls, client=session),
            headers={"user-agent": self._options.user_agent, "accept-encoding": bodies.ACCEPTED},
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),  # none: httpx keeps them
            timeout=None,  # ours is for the whole of a poll
            trust_env=False,
        )

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()
        await self._public.aclose()

    async def __call__(self, request: Request) -> Response:
        """The answer: 200 or 304, or any 2xx, without its body, to what is posted; FetchError for
        everything else that can happen."""
        if request.url.startswith("file:"):
            return await asyncio.to_thread(read_file, request, self._options.max_size)
        host = _host(request.url)
        try:
            return await self._follow(request)
        except TimeoutError as error:
            seconds = self._options.timeout.total_seconds()
            raise FetchError(f"{host}: no complete answer within {seconds:g} s") from error
        except (httpx.InvalidURL, aiohttp.InvalidURL, ValueError) as error:
            raise FetchError(f"{host}: {_NO_ADDRESS}") from error
        except (httpx.HTTPError, aiohttp.ClientError, OSError) as error:
            raise FetchError(f"{host}: {_reason(error)}") from error

    async def _follow(self, request: Request) -> Response:
        """The answer where the redirects end; it tells of them, and so does an error."""
        redirects: list[int] = []
        try:
            answer = await self._ask_on(request, redirects)
        except FetchError as error:
            error.redirects = tuple(redirects)
            raise
        return replace(answer, redirects=tuple(redirects))

    async def _ask_on(self, request: Request, redirects: list[int]) -> Response:
        """Each address waits for places of its own; only asking takes time from the poll's."""
        address, headers = request.url, dict(request.headers)
        asked: set[tuple[str, bytes, bytes]] = set()
        left = self._options.timeout.total_seconds()
        clock = asyncio.get_running_loop().time
        for _ in range(_MOST_REDIRECTS + 1):
            url = self._checked(address, public=request.public)
            resource = (url.scheme, url.netloc, url.raw_path)
            if resource in asked:  # we keep no cookies: the answer would be the same
                raise FetchError(f"{_host(address)}: redirects in a circle")
            asked.add(resource)
            if request.confidential and not confidential(str(url)):
                raise FetchError(f"{_host(address)}: refused, a secret is sent over https alone")
            if request.page:
                await self._robots.admit(str(url), public=request.public)
            async with self.hosts.place(_place(url), own=_own(url.host)) as most:
                started = clock()
                async with asyncio.timeout(min(left, most)) as limit:
                    client = self._public if request.public else self._client
                    told = headers if _is_known(url, request.copy_of) else _plain(headers)
                    answer = await self._ask(client, url, told, request.body, limit)
                left -= clock() - started
            if answer.status not in _REDIRECTS:
                return answer
            address, headers = _redirected(url, answer.headers["location"], headers)
            redirects.append(answer.status)
        raise FetchError(f"{_host(address)}: more than {_MOST_REDIRECTS} redirects")

    def _checked(self, address: str, *, public: bool) -> httpx.URL:
        """The address as it is asked: what is checked here is not read anew by anyone else."""
        url = httpx.URL(address)
        if url.scheme not in ("http", "https") or not url.host:
            raise FetchError(f"{_host(address)}: {_NO_ADDRESS}, only http and https can")
        written = literal(url.host)  # of a name, the resolver checks what it stands for
        networks = () if public else self._options.allow_private
        if written and not allowed(written, networks):
            raise FetchError(refusal(url.host))
        return url

    async def _ask(
        self,
        client: httpx.AsyncClient,
        url: httpx.URL,
        headers: Mapping[str, str],
        posted: bytes | None,
        limit: asyncio.Timeout,
    ) -> Response:
        """The answer of one server, which may be where else to ask."""
        asked = url.copy_with(userinfo=b"", fragment=None)
        auth = httpx.BasicAuth(url.username, url.password) if url.userinfo else None
        raw = {name.encode(): octets(value) for name, value in headers.items()}
        async with AsyncExitStack() as stack:
            method = "GET" if posted is None else "POST"
            asking = client.stream(method, asked, headers=raw, auth=auth, content=posted)
            answer = await stack.enter_async_context(asking)
            if sum(len(k) + len(v) for k, v in answer.headers.raw) > _MOST_HEADERS:
                raise FetchError(f"{_host(str(url))}: {_LARGE_HEADERS}")
            redirects = _REDIRECTS if posted is None else _SAME_METHOD
            if answer.status_code in redirects and "location" in answer.headers:
                where = {"location": answer.headers.get_list("location")[0]}
                return Response(url=str(asked), status=answer.status_code, headers=where)
            if posted is not None and answer.is_success:
                return Response(url=str(asked), status=answer.status_code, headers=_headers(answer))
            return await self._answer(str(asked), answer, partial(self._enlarge, stack, limit))

    async def _enlarge(self, stack: AsyncExitStack, limit: asyncio.Timeout) -> None:
        """Few large bodies are in memory at a time; to wait for that takes nothing from a poll's
        time."""
        clock = asyncio.get_running_loop().time
        started, until = clock(), limit.when() or 0.0
        limit.reschedule(None)
        await stack.enter_async_context(self._large)
        await self._room.wait()
        limit.reschedule(until + clock() - started)

    async def _answer(self, url: str, answer: httpx.Response, enlarge: Enlarge) -> Response:
        headers = _headers(answer)
        status = answer.status_code
        if status == 304 and answer.request.method == "GET":
            return Response(url=url, status=304, headers=headers)
        if status != 200:
            raise self._refused(url, status, pace.retry_after(headers, self._clock()))
        try:
            body = await bodies.read(answer, self._options.max_size, enlarge)
        except FetchError as error:
            raise FetchError(f"{_host(url)}: {error}") from error
        return Response(url=url, status=200, headers=headers, body=body)

    def _refused(self, url: str, status: int, retry_after: timedelta | None) -> FetchError:
        """Here, and not with whoever hears of it: those who wait for the host are next."""
        said = f"{_host(url)}: HTTP {status} {_phrase(status)}".rstrip()
        error = FetchError(said, status=status, retry_after=retry_after)
        if status == 429:
            error.slowdown = self.hosts.slow(_place(httpx.URL(url)), retry_after)
        return error


def _headers(answer: httpx.Response) -> dict[str, str]:
    """By lower-case name. Bytes that are no UTF-8 are kept as Python escapes them, so that nobody
    takes them for something that was said."""
    found: dict[str, list[str]] = defaultdict(list)
    for name, value in answer.headers.raw:
        found[name.decode("latin-1").lower()].append(text(value))
    return {
        name: values[0] if name in _SINGLE else ", ".join(values) for name, values in found.items()
    }


def _redirected(url: httpx.URL, where: str, headers: dict[str, str]) -> tuple[str, dict[str, str]]:
    """The next address, and the headers for it: what is secret stays with its host."""
    new = httpx.URL(urljoin(str(url), where))
    if (new.scheme, new.host, new.port) == (url.scheme, url.host, url.port):
        return str(new if new.userinfo else new.copy_with(userinfo=url.userinfo)), headers
    return str(new), {k: v for k, v in headers.items() if k.lower() not in _SECRET}


def _is_known(url: httpx.URL, copy_of: str | None) -> bool:
    """Whether we may have a copy of what is there: validators mean something to their own resource
    alone (RFC 9110 §8.8). Its query may be a signature, which is another each time."""
    if copy_of is None:  # nobody said what they are about
        return True
    theirs = httpx.URL(copy_of)
    return (url.host, url.port, url.path) == (theirs.host, theirs.port, theirs.path)


def _plain(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name not in _CONDITIONS}


def read_file(request: Request, max_size: int) -> Response:
    """The file behind a file: address; its time and size are its validator."""
    path = path_of(request.url)
    try:
        # Not a file that never ends: opening a pipe would wait for whoever writes to it.
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise FetchError(f"{path.name}: not a file")
        etag = f"{status.st_mtime_ns}-{status.st_ctime_ns}-{status.st_size}-{status.st_ino}"
        if request.headers.get("if-none-match") == etag:
            return Response(url=request.url, status=304, headers={"etag": etag})
        if status.st_size > max_size:
            raise FetchError(f"{path.name}: larger than {max_size:,} bytes; raise fetch.max_size")
        return Response(url=request.url, headers={"etag": etag}, body=path.read_bytes())
    except ValueError as error:
        raise FetchError("no file can have this name") from error
    except OSError as error:
        raise FetchError(f"{path.name}: {(error.strerror or str(error)).lower()}") from error


# ── words ────────────────────────────────────────────────────────────────────


def _reason(error: Exception) -> str:
    """In our words, by what it was at the bottom: what libraries say may hold an address."""
    causes: list[BaseException] = [error]
    while cause := causes[-1].__cause__:
        causes.append(cause)
    return next((said for cause in reversed(causes) if (said := _said(cause))), "no answer")


def _said(cause: BaseException) -> str | None:
    match cause:
        case Refused():
            return str(cause)
        case socket.gaierror():
            return "no such host; check the address, or the network"
        case ssl.SSLCertVerificationError():
            return f"its certificate is not valid: {cause.verify_message}"
        case ssl.SSLError():
            return "no secure connection can be made; is it http: instead of https:?"
        case http_exceptions.LineTooLong():
            return _LARGE_HEADERS
        case http_exceptions.BadHttpMessage() if "many" in cause.message.lower():
            return _LARGE_HEADERS
        case aiohttp.InvalidURL():
            return _NO_ADDRESS
        case aiohttp.ClientPayloadError() | http_exceptions.PayloadEncodingError():
            return "the answer was cut short"
        case aiohttp.ClientResponseError() | http_exceptions.HttpProcessingError():
            return "what it answered is not HTTP"
        case httpx.RemoteProtocolError():  # also a Location that httpx cannot read
            return "what it answered is not HTTP"
        case aiohttp.ServerDisconnectedError():
            return "it hung up before it had answered"
        case OSError() if cause.errno and cause.errno > 0:
            return os.strerror(cause.errno).lower()
    return None


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def _place(url: httpx.URL) -> str:
    """Whom a connection counts for: a host, over http and https alike."""
    return f"{url.host}:{url.port or 'web'}"


def _own(host: str) -> bool:
    """A machine of this network, by its name alone: it needs no rest from us."""
    address = literal(host)
    return host == "localhost" if address is None else not address.is_global


def _host(url: str) -> str:
    """What may be shown of an address: no credentials, no query."""
    try:
        return urlsplit(url).netloc.rpartition("@")[2] or "no host"
    except ValueError:
        return "no host"
