"""What a kubelet's server answers, byte for byte: pages, refusals, and nothing at all."""

from __future__ import annotations

import zlib
from typing import NamedTuple

from aiohttp import web

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8; escaping=underscores"
HEALTH = "/healthz"

_USER = "system:serviceaccount:monitoring:kube-headroom"
_VERBS = {"GET": "get", "POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}
_GZIP = 31
"""zlib's window bits of a gzip stream, whose head then names no time."""
_FAST = 1


class Page(NamedTuple):
    """A page, uncompressed, and the second in which the kubelet's process began."""

    body: bytes
    started: int


def served(request: web.Request, page: Page) -> web.Response:
    """Return a page as promhttp serves it: compressed if the client takes gzip."""
    headers = page_headers(page)
    body = page.body
    if takes_gzip(request):
        headers["Content-Encoding"] = "gzip"
        body = compressed(body)
    response = web.Response(body=body, headers=headers)
    response.enable_chunked_encoding()
    return response


def page_headers(page: Page) -> dict[str, str]:
    """Return the headers of a page."""
    return {"Content-Type": CONTENT_TYPE, "Process-Start-Time-Unix": str(page.started)}


def takes_gzip(request: web.Request) -> bool:
    """Tell whether the client accepts gzip."""
    return "gzip" in request.headers.get("Accept-Encoding", "")


def compressed(body: bytes) -> bytes:
    """Return a gzip stream."""
    deflate = compressor()
    return deflate.compress(body) + deflate.flush()


def compressor() -> zlib._Compress:
    """Return what makes a gzip stream piece by piece."""
    return zlib.compressobj(_FAST, wbits=_GZIP)


def text(status: int, said: str) -> web.Response:
    """Return an answer as Go's `http.Error` writes it."""
    return web.Response(
        body=said.encode(),
        status=status,
        headers={"Content-Type": "text/plain; charset=utf-8", "X-Content-Type-Options": "nosniff"},
    )


def refusal(status: int, said: str) -> web.Response:
    """Return an answer of the kubelet's authentication filter."""
    return web.Response(body=said.encode(), status=status, headers={"Content-Type": "text/plain; charset=utf-8"})


def forbidden(request: web.Request) -> web.Response:
    """Return the refusal of a user without the right that the request needs."""
    verb = _VERBS.get(request.method, "")
    resources = "healthz proxy" if request.path == HEALTH else "metrics"
    return refusal(403, f"Forbidden (user={_USER}, verb={verb}, resource=nodes, subresource(s)=[{resources}])\n")


def no_answer(request: web.Request) -> web.Response:
    """End the connection without a word; the response returned is never sent."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
