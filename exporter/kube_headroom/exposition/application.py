"""What the server process answers: a plain ASGI application over the latest publication."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any, NamedTuple

from kube_headroom.exposition.deflate import GZIP_HEADER, Chunk, deflate, gzip_end, inflate
from kube_headroom.exposition.formats import accepts_gzip, choose_format
from kube_headroom.exposition.overview_page import answer as overview_answer
from kube_headroom.exposition.overview_page import document, entity_tag
from kube_headroom.exposition.traffic import Traffic

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence

    from kube_headroom.exposition.channel import Publication, Setup

    Scope = dict[str, Any]
    Receive = Callable[[], Awaitable[dict[str, Any]]]
    Send = Callable[[dict[str, Any]], Awaitable[None]]

_BLOCK = 64 * 1024
_END_OF_OPENMETRICS = deflate(b"# EOF\n")
_PLAIN = "text/plain; charset=utf-8"
_VARY = ("Vary", "Accept-Encoding")
# What is shown is of now: nothing keeps it without asking again.
_FRESH = ("Cache-Control", "no-cache")


class Answer(NamedTuple):
    """A response; `pieces` are its `length` bytes, made as they are sent."""

    status: int
    content_type: str
    length: int
    pieces: Iterable[bytes]
    headers: tuple[tuple[str, str], ...] = ()


class Application:
    """Answers from the latest publication; what it knows is swapped whole, so no answer mixes two."""

    def __init__(
        self,
        setup: Setup,
        monotonic: Callable[[], float] = time.monotonic,
        fetched: Callable[[float], None] = lambda _: None,
    ) -> None:
        """`fetched` is told of when each page was published that somebody fetched with the cluster's series."""
        self._setup = setup
        self._fetched = fetched
        self._monotonic = monotonic
        self._publication: Publication | None = None
        self._heard_at = monotonic()
        self._traffic = Traffic()
        self._document = document(setup)
        self._handlers: dict[str, tuple[str, Callable[[dict[str, str]], Answer]]] = {
            "/": ("index", self._index),
            "/overview.json": ("overview", self._overview),
            "/-/healthy": ("healthy", self._healthy),
            "/-/ready": ("ready", self._ready),
            setup.metrics_path: ("metrics", self._metrics),
        }

    def hear(self, publication: Publication | None) -> None:
        """Take a publication, or None for a heartbeat; either is a sign of life."""
        self._heard_at = self._monotonic()
        if publication is not None:
            self._publication = publication

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI's signature
        """Answer one request; GET and HEAD only, their bodies are not read."""
        name, handle = self._handlers.get(scope["path"], ("other", _not_found))
        self._traffic.begin(name)
        publication = self._publication
        status = 500
        try:
            answer = handle(_headers(scope)) if scope["method"] in {"GET", "HEAD"} else _not_allowed()
            status = answer.status
            await _respond(answer, send, with_body=scope["method"] != "HEAD")
            if name == "metrics" and scope["method"] == "GET" and publication is not None and publication.ready:
                self._fetched(publication.published_at)
        finally:
            self._traffic.end(name, status)

    def _metrics(self, headers: dict[str, str]) -> Answer:
        chosen = choose_format(headers.get("accept", ""))
        publication = self._publication
        own = self._traffic.body(publication.published_at if publication else None)
        bodies = (publication.body, own) if publication else (own,)
        chunks = [body.openmetrics if chosen.openmetrics else body.text for body in bodies]
        if chosen.openmetrics:
            chunks.append(_END_OF_OPENMETRICS)
        return _encoded(headers, chunks, chosen.content_type, (("Vary", "Accept, Accept-Encoding"),))

    def _healthy(self, _headers: dict[str, str]) -> Answer:
        age, limit = self._monotonic() - self._heard_at, self._setup.silence_limit
        if age > limit:
            return _text(503, f"no sign of life from the collector for {age:.0f} s (limit {limit:g} s)\n")
        return _text(200, "healthy\n")

    def _ready(self, _headers: dict[str, str]) -> Answer:
        publication = self._publication
        if publication is None:
            return _text(503, "starting\n")
        if not publication.ready:
            return _text(503, f"{publication.reason}\n")
        return _text(200, "ready\n")

    def _index(self, headers: dict[str, str]) -> Answer:
        before, after, policy = self._document
        chunks = [before, *overview_answer(self._publication), after]
        extra = (_VARY, _FRESH, ("Content-Security-Policy", policy), ("Referrer-Policy", "no-referrer"))
        return _encoded(headers, chunks, "text/html; charset=utf-8", extra)

    def _overview(self, headers: dict[str, str]) -> Answer:
        """Answer with what changed; the Age tells, in either case, how long the collector has been silent."""
        chunks = overview_answer(self._publication)
        tag = entity_tag(chunks)
        extra = (_VARY, _FRESH, ("ETag", tag), ("Age", f"{self._monotonic() - self._heard_at:.0f}"))
        if tag in {known.strip() for known in headers.get("if-none-match", "").split(",")}:
            return Answer(304, "", 0, (), extra)
        return _encoded(headers, chunks, "application/json", extra)


def _encoded(
    headers: dict[str, str], chunks: Sequence[Chunk], content_type: str, extra: tuple[tuple[str, str], ...]
) -> Answer:
    """Return the chunks as one gzip member, or inflated for a client that wants none."""
    if not accepts_gzip(headers.get("accept-encoding", "")):
        length = sum(chunk.size for chunk in chunks)
        return Answer(200, content_type, length, _inflated(chunks), extra)
    pieces = [GZIP_HEADER, *(chunk.deflated for chunk in chunks), gzip_end(chunks)]
    length = sum(map(len, pieces))
    return Answer(200, content_type, length, pieces, (*extra, ("Content-Encoding", "gzip")))


def _text(status: int, text: str, headers: tuple[tuple[str, str], ...] = ()) -> Answer:
    content = text.encode("utf-8", "replace")
    return Answer(status, _PLAIN, len(content), (content,), headers)


def _not_found(_headers: dict[str, str]) -> Answer:
    return _text(404, "not found; the paths are listed at /\n")


def _not_allowed() -> Answer:
    return _text(405, "method not allowed; use GET or HEAD\n", (("Allow", "GET, HEAD"),))


def _headers(scope: Scope) -> dict[str, str]:
    """Return the request's headers; a repeated one is a list, as RFC 9110, 5.3 has it."""
    headers: dict[str, str] = {}
    for name, value in scope["headers"]:
        key, text = name.decode("latin-1"), value.decode("latin-1")
        headers[key] = f"{headers[key]},{text}" if key in headers else text
    return headers


def _inflated(chunks: Iterable[Chunk]) -> Iterator[bytes]:
    for chunk in chunks:
        yield from inflate(chunk)


def _blocks(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Yield blocks of one size: a slow client holds one or two of them, never a copy of the page."""
    pending = bytearray()
    for piece in pieces:
        for start in range(0, len(piece), _BLOCK):
            pending += piece[start : start + _BLOCK]
            if len(pending) >= _BLOCK:
                yield bytes(pending)
                pending.clear()
    yield bytes(pending)


async def _respond(answer: Answer, send: Send, *, with_body: bool) -> None:
    headers = [("X-Content-Type-Options", "nosniff"), *answer.headers]
    if answer.status != 304:  # which describes no content of its own (RFC 9110, 15.4.5)
        headers += [("Content-Type", answer.content_type), ("Content-Length", str(answer.length))]
    await send(
        {
            "type": "http.response.start",
            "status": answer.status,
            "headers": [(name.lower().encode(), value.encode()) for name, value in headers],
        }
    )
    if with_body:
        for block in _blocks(answer.pieces):
            await send({"type": "http.response.body", "body": block, "more_body": True})
            # A client that reads fast, or is gone, never makes `send` wait; others must have their turn.
            await asyncio.sleep(0)
    await send({"type": "http.response.body", "body": b"", "more_body": False})
