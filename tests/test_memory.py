"""What is freed between things that live on goes back to the system."""

from __future__ import annotations

import platform
import threading

import pytest

from benchmarks.costs import anonymous_bytes
from kube_headroom import memory

PIECE, PIECES = 64 * 1024, 1024


class Once(threading.Event):
    """Set from the second wait on."""

    def wait(self, timeout: float | None = None) -> bool:
        assert timeout == memory.EVERY_SECONDS
        waited = self.is_set()
        self.set()
        return waited


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library has no malloc_trim")
def test_memory_between_what_lives_on_goes_back() -> None:
    pieces = [bytes(PIECE) for _ in range(PIECES)]
    full = anonymous_bytes()
    living = pieces[::16]
    del pieces
    memory.give_back(Once())
    assert anonymous_bytes() < full - PIECE * PIECES / 2
    assert len(living) == PIECES // 16


def test_a_c_library_without_it_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ctypes.CDLL", lambda _: object())
    memory.give_back(threading.Event())
