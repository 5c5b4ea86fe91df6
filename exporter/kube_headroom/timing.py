"""Time and chance, handed to whoever needs them: tests need neither, and a simulation may compress time."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from typing import NamedTuple


class Timing(NamedTuple):
    """Unix seconds, [0, 1), and a wait for an event that lasts some seconds of that clock and tells whether it was set."""

    clock: Callable[[], float] = time.time
    random: Callable[[], float] = random.random
    wait: Callable[[threading.Event, float], bool] = threading.Event.wait


REAL = Timing()
