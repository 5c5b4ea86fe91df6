"""An answer's body, whole and as it was sent; refuses what is too large, cut short, or without an end.

Chunks are read here because http.client believes a chunk of size -1, which has no end, and takes twice the CPU for
the 2 KiB chunks of Go's servers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from http.client import HTTPResponse, IncompleteRead
from io import BufferedIOBase
from typing import cast

from kube_headroom.kubelet.failures import Failure, Reason

_SIZE = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;[^\r\n]*)?\r?\n")
_LONGEST_LINE = 4096  # bytes of a chunk's head or a trailer
_MOST_TRAILERS = 100


def whole(response: HTTPResponse, limit: int, setting: str) -> bytes:
    """Return the body; raises Failure over `limit` bytes, which `setting` sets, and IncompleteRead if it is cut short."""
    source = cast("BufferedIOBase", response.fp)
    if response.chunked:
        return b"".join(_chunks(source, limit, setting))
    if response.length is None:
        raise Failure(Reason.HTTP, "the answer has neither a length nor chunks, so its end cannot be told")
    if response.length > limit:
        raise Failure(Reason.TOO_LARGE, f"{response.length} bytes, more than {limit} ({setting})")
    return _exactly(source, response.length)


def _chunks(source: BufferedIOBase, limit: int, setting: str) -> Iterator[bytes]:
    received = 0
    while True:
        line = source.readline(_LONGEST_LINE)
        head = _SIZE.fullmatch(line)
        if head is None:
            raise Failure(Reason.HTTP, "the answer's chunks are damaged", received) if line else IncompleteRead(b"")
        size = int(head[1], 16)
        if size == 0:
            break
        if received + size > limit:
            raise Failure(Reason.TOO_LARGE, f"more than {limit} bytes ({setting})", received)
        received += size
        yield _exactly(source, size)
        if source.readline(2) != b"\r\n":
            raise Failure(Reason.HTTP, "the answer's chunks are damaged", received)
    for _ in range(_MOST_TRAILERS):
        if source.readline(_LONGEST_LINE) in (b"\r\n", b"\n"):
            return
    raise Failure(Reason.HTTP, "the answer's trailers do not end", received)


def _exactly(source: BufferedIOBase, size: int) -> bytes:
    read = source.read(size)
    if len(read) < size:
        raise IncompleteRead(read, size - len(read))
    return read
