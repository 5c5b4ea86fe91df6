"""Chunks compressed apart join into one gzip member that every decoder reads to its end."""

from __future__ import annotations

import gzip
import subprocess
import sys
import zlib

from hypothesis import given
from hypothesis import strategies as st
from isal import isal_zlib

from kube_headroom.exposition.crc32 import crc32_combine
from kube_headroom.exposition.deflate import EMPTY, Chunk, deflate, inflate, stitch
from tests.exposition.stage import member, one_member

WITHOUT_ISAL = """
import sys, zlib
sys.modules["isal"] = sys.modules["isal.isal_zlib"] = None
from kube_headroom.exposition.deflate import GZIP_HEADER, deflate, gzip_end, inflate, stitch
parts = [b"a" * 100_000, b"", bytes(range(256)) * 300]
chunk = stitch(map(deflate, parts))
decoder = zlib.decompressobj(wbits=31)
assert decoder.decompress(GZIP_HEADER + chunk.deflated + gzip_end([chunk])) == b"".join(parts)
assert decoder.eof and not decoder.unused_data
assert b"".join(inflate(chunk)) == b"".join(parts)
assert "isal.igzip" not in sys.modules
"""


@given(st.lists(st.binary(max_size=5000)))
def test_stitched_chunks_are_one_member_of_the_joined_text(parts: list[bytes]) -> None:
    chunks = [deflate(part) for part in parts]
    text = b"".join(parts)
    assert one_member(member(*chunks)) == text
    assert one_member(member(stitch(chunks))) == text
    assert gzip.decompress(member(*chunks)) == text


@given(st.lists(st.binary(max_size=5000)))
def test_a_stitched_chunk_knows_its_size_and_checksum(parts: list[bytes]) -> None:
    text = b"".join(parts)
    whole = stitch([deflate(part) for part in parts])
    assert (whole.size, whole.crc) == (len(text), zlib.crc32(text))
    assert b"".join(inflate(whole)) == text


def test_a_large_page_inflates_in_small_pieces() -> None:
    text = b"".join(b'headroom_x{workload="w-%d"} %d\n' % (index, index) for index in range(50_000))
    pieces = list(inflate(stitch([deflate(text), deflate(text)])))
    assert b"".join(pieces) == text + text
    assert max(map(len, pieces)) < len(text) / 10


def test_nothing_stitches_to_nothing() -> None:
    assert stitch([]) == EMPTY
    assert one_member(member(Chunk(b"", 0, 0))) == b""


@given(st.binary(), st.binary())
def test_the_checksum_of_a_whole_follows_from_its_parts(first: bytes, second: bytes) -> None:
    assert crc32_combine(zlib.crc32(first), zlib.crc32(second), len(second)) == zlib.crc32(first + second)


@given(st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1), st.integers(0, 2**40))
def test_our_checksum_arithmetic_is_isals(first: int, second: int, length: int) -> None:
    assert crc32_combine(first, second, length) == isal_zlib.crc32_combine(first, second, length)


def test_a_machine_without_isal_writes_members_too() -> None:
    subprocess.run([sys.executable, "-c", WITHOUT_ISAL], check=True, timeout=60)
