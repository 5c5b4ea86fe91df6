"""What a kubelet's page can be when something between it and the reader is broken, by name."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import cache

from aiohttp import web

from kube_headroom.simulator.kubelet import replies
from kube_headroom.simulator.kubelet.replies import Page

Fault = Callable[[web.Request, Page], Awaitable[web.StreamResponse]]

HUGE_BYTES = 2**30
BOMB_BYTES = 2**28
_PIECE = 2**20
_HTML = "<!doctype html>\n<html><head><title>Sign in</title></head><body><h1>Sign in to continue</h1></body></html>\n"


async def _slow(request: web.Request, page: Page) -> web.StreamResponse:
    """One byte a second."""
    response = await _begun(request, page)
    for position in range(len(page.body)):
        await response.write(page.body[position : position + 1])
        await asyncio.sleep(1.0)
    return response


async def _hanging(request: web.Request, page: Page) -> web.StreamResponse:
    """Headers, then nothing."""
    response = await _begun(request, page)
    await asyncio.Event().wait()
    return response


async def _truncated_gzip(_request: web.Request, page: Page) -> web.StreamResponse:
    """A gzip stream that ends in the middle, though the answer as such is whole."""
    body = replies.compressed(page.body)
    headers = {**replies.page_headers(page), "Content-Encoding": "gzip"}
    return web.Response(body=body[: len(body) // 2], headers=headers)


async def _cut(request: web.Request, page: Page) -> web.StreamResponse:
    """A connection that ends in the middle."""
    response = await _begun(request, page)
    await response.write(page.body[: len(page.body) // 2])
    return replies.no_answer(request)


async def _html(_request: web.Request, _page: Page) -> web.StreamResponse:
    """A proxy's sign-in page."""
    return web.Response(text=_HTML, content_type="text/html")


async def _garbage(_request: web.Request, page: Page) -> web.StreamResponse:
    """Bytes that are no text, as long as the page."""
    noise = bytes(range(256)) * (len(page.body) // 256 + 1)
    return web.Response(body=noise, headers=replies.page_headers(page))


async def _huge(request: web.Request, page: Page) -> web.StreamResponse:
    """The page again and again, up to a gibibyte."""
    response = await _begun(request, page)
    piece = page.body * (_PIECE // max(1, len(page.body)) + 1)
    for _ in range(HUGE_BYTES // len(piece) + 1):
        await response.write(piece)
        await asyncio.sleep(0)  # or the end of the connection is not noticed, and all the rest is written to nobody
    return response


async def _bomb(_request: web.Request, page: Page) -> web.StreamResponse:
    """Spaces that are a thousand times smaller on the wire."""
    return web.Response(body=_blown_up(), headers={**replies.page_headers(page), "Content-Encoding": "gzip"})


@cache
def _blown_up() -> bytes:
    deflate = replies.compressor()
    return b"".join(deflate.compress(b" " * _PIECE) for _ in range(BOMB_BYTES // _PIECE)) + deflate.flush()


async def _forbidden(request: web.Request, _page: Page) -> web.StreamResponse:
    """A role without nodes/metrics."""
    return replies.forbidden(request)


async def _unauthorized(_request: web.Request, _page: Page) -> web.StreamResponse:
    """A token that the kubelet's webhook does not know."""
    return replies.refusal(401, "Unauthorized")


async def _failing(_request: web.Request, _page: Page) -> web.StreamResponse:
    """A kubelet that cannot make its page."""
    return replies.text(500, "An error has occurred while serving metrics:\n\ncollected before with the same name\n")


async def _begun(request: web.Request, page: Page) -> web.StreamResponse:
    response = web.StreamResponse(headers=replies.page_headers(page))
    response.enable_chunked_encoding()
    await response.prepare(request)
    return response


FAULTS: Mapping[str, Fault] = {
    "slow": _slow,
    "hanging": _hanging,
    "truncated gzip": _truncated_gzip,
    "cut": _cut,
    "HTML": _html,
    "garbage": _garbage,
    "huge": _huge,
    "gzip bomb": _bomb,
    "forbidden": _forbidden,
    "unauthorized": _unauthorized,
    "failing": _failing,
}
