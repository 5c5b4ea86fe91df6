"""Gives freed memory back to the system, which the C library by itself does only where nothing lives behind it."""

from __future__ import annotations

import ctypes
import threading

EVERY_SECONDS = 60
"""A call takes milliseconds, and the next page has to fault its buffers in again: too little to see once a minute."""


def give_back(stop: threading.Event) -> None:
    """Call malloc_trim(3) once a minute until `stop`; does nothing where the C library has none, as musl.

    One kubelet's endless body leaves tens of megabytes behind, and every coincidence of large buffers some more.
    """
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    while trim is not None and not stop.wait(EVERY_SECONDS):
        trim(0)
