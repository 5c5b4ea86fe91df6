"""Compressed pieces that join without being compressed again, into one gzip member.

A body of several gzip members is legal and still a trap: curl 7.88 and httpx stop after the first.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, NamedTuple

try:
    from isal.isal_zlib import DEFLATED, Z_FULL_FLUSH, compressobj, crc32, crc32_combine, decompressobj
except ImportError:  # no wheel for this machine: the same bytes' worth, ten times slower
    from zlib import (  # type: ignore[assignment]
        DEFLATED,
        Z_FULL_FLUSH,
        compressobj,
        crc32,
        decompressobj,
    )

    from kube_headroom.exposition.crc32 import crc32_combine

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_RAW = -15
_FASTEST = 1
# No name, no time, so that equal facts give equal bytes (RFC 1952, 2.3).
GZIP_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
_LAST_BLOCK = b"\x03\x00"
_TRAILER = struct.Struct("<II")
_INFLATE_STEP = 4096


class Chunk(NamedTuple):
    """Raw deflate blocks ending on a byte, none of them the last, with the CRC-32 and size of their text."""

    deflated: bytes
    crc: int
    size: int


EMPTY = Chunk(b"", 0, 0)


def deflate(data: bytes) -> Chunk:
    """Compress bytes to a chunk that refers to nothing before it."""
    compressor = compressobj(_FASTEST, DEFLATED, _RAW)
    return Chunk(compressor.compress(data) + compressor.flush(Z_FULL_FLUSH), crc32(data), len(data))


def stitch(chunks: Iterable[Chunk]) -> Chunk:
    """Return one chunk for the concatenated text of all, without decompressing any."""
    parts = tuple(chunks)
    crc = 0
    for part in parts:
        crc = crc32_combine(crc, part.crc, part.size)
    return Chunk(b"".join(part.deflated for part in parts), crc, sum(part.size for part in parts))


def gzip_end(chunks: Iterable[Chunk]) -> bytes:
    """Return what follows the chunks in a gzip member: the last block, CRC-32 and size."""
    whole = stitch(chunk._replace(deflated=b"") for chunk in chunks)
    return _LAST_BLOCK + _TRAILER.pack(whole.crc, whole.size & 0xFFFFFFFF)


def inflate(chunk: Chunk) -> Iterator[bytes]:
    """Yield the text in pieces, so that many readers of a large page cost little memory each."""
    decompressor = decompressobj(_RAW)
    for start in range(0, len(chunk.deflated), _INFLATE_STEP):
        piece = decompressor.decompress(chunk.deflated[start : start + _INFLATE_STEP])
        if piece:
            yield piece
