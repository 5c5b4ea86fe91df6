"""Lines of a watch, whatever the borders of the chunks that carry them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from kube_headroom.cluster.failures import Failure, Reason

if TYPE_CHECKING:
    from urllib3.response import BaseHTTPResponse

READ_SIZE = 256 * 1024
# etcd holds objects up to 1.5 MB by default; JSON may swell that several times.
LONGEST_LINE = 64 * 1024 * 1024


class LineSplitter:
    """Cuts a stream of bytes at newlines; an unfinished last line is kept for the next chunk."""

    def __init__(self, longest: int = LONGEST_LINE) -> None:
        self._longest = longest
        self._pieces: list[bytes] = []
        self._length = 0

    def feed(self, chunk: bytes) -> list[bytes]:
        """The lines that this chunk completes, empty ones left out; raises Failure for a line without end."""
        if b"\n" not in chunk:
            self._keep(chunk)
            return []
        first, *rest = chunk.split(b"\n")
        self._pieces.append(first)
        lines = [b"".join(self._pieces), *rest[:-1]]
        self._pieces.clear()
        self._length = 0
        self._keep(rest[-1])
        return [line for line in lines if line.strip()]

    def _keep(self, piece: bytes) -> None:
        if piece:
            self._pieces.append(piece)
            self._length += len(piece)
        if self._length > self._longest:
            raise Failure(Reason.DECODE, f"a line of the watch is longer than {self._longest} bytes")


def batches(response: BaseHTTPResponse) -> Iterator[list[bytes]]:
    """The complete lines of each chunk as it arrives, until the server ends the stream.

    What the end cuts off is dropped: the next watch brings it again. Raises what reading raises.
    """
    splitter = LineSplitter()
    while chunk := response.read1(READ_SIZE):
        yield splitter.feed(chunk)
