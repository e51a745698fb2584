"""The folder of documents over HTTP (RFC 9110, 9111, 3229), an ASGI application: validators, packed
forms, parts, and what a page of another host may read of it. Headers and bodies stand ready in
memory; a request costs a look at the file's time, and nothing is packed or digested for it.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from pathlib import Path

from starlette.types import Receive, Scope, Send

from aggregator import conditions, delta, forms
from aggregator.access import may_read
from aggregator.heads import FEEDS, OPEN, Header, Headers, Kept, Serving, media_type, ready

_METHODS = b"GET, HEAD, OPTIONS"
_PREFLIGHT: Headers = [
    (b"allow", _METHODS),
    (b"access-control-allow-origin", b"*"),
    (b"access-control-allow-methods", _METHODS),
    (
        b"access-control-allow-headers",
        b"A-IM, Authorization, If-Modified-Since, If-None-Match, If-Range, Range",
    ),
    (b"access-control-max-age", b"86400"),
]
_INSTANCES = 8  # older instances of a document that are known
_TIMES = 3  # so often a large document may be replaced while it is opened
_PIECE = 1 << 18
_HEARD = frozenset(
    (
        b"accept-encoding",
        b"a-im",
        b"if-match",
        b"if-modified-since",
        b"if-none-match",
        b"if-range",
        b"if-unmodified-since",
        b"range",
        b"sec-fetch-dest",
    )
)
_CONDITIONS = _HEARD - {b"accept-encoding", b"a-im", b"sec-fetch-dest"}


_ASK: Headers = [
    (b"www-authenticate", b'Basic realm="private", charset="UTF-8"'),
    (b"cache-control", b"no-store"),
]


class Documents:
    """Answers for the documents of one folder."""

    def __init__(self, how: Serving) -> None:
        self._how = how
        self._memory = forms.Memory[Kept](lambda kept: kept.document.room)
        self._loading: dict[str, asyncio.Task[Kept | None]] = {}
        self._instances: OrderedDict[str, OrderedDict[str, delta.Parts]] = OrderedDict()

    def __contains__(self, path: object) -> bool:
        """Whether a document is known to be at this path of an address."""
        return path in self._memory

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not await self.answered(scope, send):
            await _say(send, 404, "not found")

    async def answered(self, scope: Scope, send: Send) -> bool:
        """False when there is no such document; nothing was sent then."""
        method, path = scope["method"], scope["path"]
        if method not in ("GET", "HEAD"):
            await _refuse(send, method)
            return True
        asked: dict[bytes, bytes] = {}
        for name, value in scope["headers"]:
            if name in _HEARD:
                asked[name] = asked[name] + b", " + value if name in asked else value
        for _ in range(_TIMES):
            kept = self._memory.get(path)
            if kept is None or not kept.document.current() or kept.incomplete():
                kept = await self._load(path)
            if kept is None:
                return False
            if kept.token is not None and not may_read(scope, kept.token):
                await _say(send, 401, "a token is needed", _ASK)
                return True
            try:
                await self._answer(kept, path, asked, method, send)
                return True
            except FileNotFoundError:  # a large one, replaced just now
                self._memory.drop(path)
        await _say(send, 503, "it is being replaced", ((b"retry-after", b"10"),))
        return True

    # ── to memory ────────────────────────────────────────────────────────────

    async def _load(self, path: str) -> Kept | None:
        """As many as ask for a document at once, it is read once."""
        task = self._loading.get(path)
        if task is None:
            task = asyncio.create_task(self._loaded(path))
            self._loading[path] = task
            task.add_done_callback(lambda _: self._loading.pop(path, None))
        return await asyncio.shield(task)

    async def _loaded(self, path: str) -> Kept | None:
        name = path.removeprefix("/")
        name = f"{name}index.html" if not name or name.endswith("/") else name
        kept, parts = await asyncio.to_thread(self._read, self._how.folder, name, None)
        private = self._how.private
        if kept is None and private and await asyncio.to_thread(forms.find, private, name):
            token = await self._how.token(name)
            if token is not None:
                kept, parts = await asyncio.to_thread(self._read, private, name, token)
        if kept is None:
            self._memory.drop(path)
            return None
        if parts is not None:
            self._remember(path, kept.document.digest, parts)
        self._memory.keep(path, kept)
        return kept

    def _read(
        self, folder: Path, name: str, token: str | None
    ) -> tuple[Kept | None, delta.Parts | None]:
        file = forms.find(folder, name)
        document = forms.read(file, self._how.codings) if file else None
        if document is None:
            return None, None
        kept = ready(document, name, self._how, token=token)
        body = document.plain.body
        wanted = self._how.delta and body and media_type(document.file) in FEEDS
        return kept, delta.parts(body) if wanted and body else None

    def _remember(self, path: str, digest: str, parts: delta.Parts) -> None:
        known = self._instances.setdefault(path, OrderedDict())
        self._instances.move_to_end(path)
        known[digest] = parts
        known.move_to_end(digest)
        if len(known) > _INSTANCES:
            known.popitem(last=False)
        if len(self._instances) > 1000:
            self._instances.popitem(last=False)

    # ── from memory ──────────────────────────────────────────────────────────

    async def _answer(
        self, kept: Kept, path: str, asked: Mapping[bytes, bytes], method: str, send: Send
    ) -> None:
        same = kept.same.get(asked.get(b"if-none-match", b""))
        if same is not None and b"if-match" not in asked and b"if-unmodified-since" not in asked:
            await _send(send, 304, same)
            return
        if not _CONDITIONS.isdisjoint(asked):
            decided = _decided(kept, asked)
            if decided is not None:
                await _send(send, *decided)
                return
            if b"a-im" in asked and await self._tell_news(kept, path, asked, send):
                return
        await _send_form(kept, asked, method, send)

    async def _tell_news(
        self, kept: Kept, path: str, asked: Mapping[bytes, bytes], send: Send
    ) -> bool:
        """Answer with what is new since an instance that is known, if there is one."""
        known: Mapping[str, delta.Parts] = self._instances.get(path, {})
        named = conditions.tags(asked.get(b"if-none-match", b"").decode("latin-1"))
        digests = [tag.strip('"').partition("-")[0] for tag in named]
        since = next((x for x in digests if x in known), None)
        wanted = conditions.wanted(asked[b"a-im"].decode("latin-1")).get(delta.NAME, 0)
        body = kept.document.plain.body
        if since is None or not wanted or body is None:
            return False
        if since not in kept.deltas:
            kept.deltas[since] = await asyncio.to_thread(delta.since, body, known[since])
        news = kept.deltas[since]
        told: Headers = [
            (b"content-type", media_type(kept.document.file).encode()),
            (b"content-length", b"%d" % len(news)),
            (b"etag", kept.document.plain.etag.encode()),
            (b"im", delta.NAME.encode()),
            (b"delta-base", f'"{since}"'.encode()),
            # Not for a cache: one that does not know of deltas would give it to everyone.
            *((n, b"no-store" if n == b"cache-control" else v) for n, v in kept.common),
        ]
        await _send(send, 226, told, news)
        return True


# ── what a request decides ───────────────────────────────────────────────────


def _decided(kept: Kept, asked: Mapping[bytes, bytes]) -> tuple[int, Headers] | None:
    """304 or 412 with its headers, in the order of RFC 9110 §13.2.2; None when neither is due."""
    told = {name: value.decode("latin-1") for name, value in asked.items()}
    form = _chosen(kept, told.get(b"accept-encoding"))
    modified = kept.document.modified
    if (match := told.get(b"if-match")) is not None:
        if not any(conditions.matched(match, x.etag) for x in kept.document.forms):
            return 412, OPEN
    elif modified > _moment(told.get(b"if-unmodified-since"), modified):
        return 412, OPEN
    if (named := told.get(b"if-none-match")) is not None:
        # Whoever has another coding of it has it: nothing need be sent again.
        first = [form] if form else []
        tags = [x.etag for x in (*first, *kept.document.forms)]
        tag = conditions.known(named, tags)
        return (304, kept.same[tag.encode()]) if tag else None
    if modified <= _moment(told.get(b"if-modified-since"), 0):
        current = form or kept.document.plain
        return 304, kept.same[current.etag.encode()]
    return None


def _moment(header: str | None, default: int) -> int:
    found = None if header is None else conditions.moment(header)
    return default if found is None else found


def _chosen(kept: Kept, accepted: str | None) -> forms.Form | None:
    coding = conditions.coding(accepted, kept.offered)
    return None if coding is None else kept.forms[coding]


def _span(
    kept: Kept, form: forms.Form, asked: Mapping[bytes, bytes], method: str
) -> tuple[int, int] | None:
    """The part that is to be sent; None for all of it. ValueError when there is no such part."""
    if method != "GET" or b"range" not in asked:
        return None
    known = asked.get(b"if-range", b"").decode("latin-1").strip()
    if known and known != form.etag and conditions.moment(known) != kept.document.modified:
        return None
    return conditions.span(asked[b"range"].decode("latin-1"), form.size)


# ── sending ──────────────────────────────────────────────────────────────────


async def _send_form(kept: Kept, asked: Mapping[bytes, bytes], method: str, send: Send) -> None:
    accepted = asked.get(b"accept-encoding")
    form = _chosen(kept, None if accepted is None else accepted.decode("latin-1"))
    if form is None:
        await _say(send, 406, "there is no such coding of it", OPEN)
        return
    headers = kept.whole[form.coding, asked.get(b"sec-fetch-dest") == b"document"]
    try:
        span = _span(kept, form, asked, method)
    except ValueError as error:
        headers = [*OPEN, (b"content-range", b"bytes */%d" % form.size)]
        await _say(send, 416, str(error), headers)
        return
    begin, end = span or (0, form.size)
    if span:
        size, said = b"%d" % (end - begin), b"bytes %d-%d/%d" % (begin, end - 1, form.size)
        headers = [(n, size if n == b"content-length" else v) for n, v in headers]
        headers.append((b"content-range", said))
    status = 206 if span else 200
    if form.body is None and method == "GET":
        await _send_pieces(send, status, headers, form, begin, end)
    else:
        body = form.body or b""
        await _send(send, status, headers, body[begin:end] if span else body)


async def _send_pieces(
    send: Send, status: int, headers: Headers, form: forms.Form, begin: int, end: int
) -> None:
    with forms.opened(form) as file:
        file.seek(begin)
        await send({"type": "http.response.start", "status": status, "headers": headers})
        while begin < end:
            piece = await asyncio.to_thread(file.read, min(_PIECE, end - begin))
            begin += len(piece)
            more = bool(piece) and begin < end
            await send({"type": "http.response.body", "body": piece, "more_body": more})
            if not piece:
                return


async def _send(send: Send, status: int, headers: Iterable[Header], body: bytes = b"") -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _refuse(send: Send, method: str) -> None:
    if method == "OPTIONS":
        await _send(send, 204, _PREFLIGHT)
    else:
        await _say(send, 405, "documents are only read", ((b"allow", _METHODS),))


async def _say(send: Send, status: int, text: str, more: Iterable[Header] = ()) -> None:
    body = f"{text}\n".encode()
    told: Headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", b"%d" % len(body)),
        *more,
    ]
    await _send(send, status, told, body)
