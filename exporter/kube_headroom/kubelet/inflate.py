"""Gzip answers, inflated no further than a limit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kube_headroom.kubelet.failures import Failure, Reason

if TYPE_CHECKING:
    import zlib as codec
else:
    try:
        from isal import isal_zlib as codec
    except ImportError:  # no wheel for this machine: the same bytes at three times the CPU
        import zlib as codec

_GZIP = 31  # zlib's window bits of a gzip stream, whose checksum and length are then checked


def inflate(body: bytes, limit: int) -> bytes:
    """Return what a gzip stream holds; raises Failure if it is damaged, not whole, or holds more than `limit` bytes."""
    stream = codec.decompressobj(_GZIP)
    try:
        text = stream.decompress(body, limit + 1)
    except codec.error as error:
        raise Failure(Reason.GZIP, f"not gzip, or damaged: {error}", len(body)) from None
    if len(text) > limit:
        raise Failure(Reason.TOO_LARGE, f"more than {limit} bytes once inflated (kubelet-body-size-limit)", len(body))
    if not stream.eof:
        raise Failure(Reason.GZIP, "the answer ends before its gzip stream does", len(body))
    if stream.unused_data:
        raise Failure(Reason.GZIP, "the answer goes on after the end of its gzip stream", len(body))
    return text
