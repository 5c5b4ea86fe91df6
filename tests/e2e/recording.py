"""Sources of figures read again and again, each in a thread of its own, while a story goes on."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import httpx

from tests.e2e.figures import Key, Reading, Timeline
from tests.real.processes import ProcessFailedError

# What a source answers while it is restarted, or while an emulated machine is slow.
ABSENT = (httpx.HTTPError, ProcessFailedError)


class Recorder:
    """Reads one source; a reading that fails because nobody answers is left out and counted."""

    def __init__(self, name: str, read: Callable[[], Mapping[Key, float]], *, every: float) -> None:
        self.name, self._read, self._every = name, read, every
        self.timeline = Timeline()
        self.absences = 0
        self._failure: Exception | None = None
        self._ended = threading.Event()
        self._one_at_a_time = threading.Lock()

    @contextmanager
    def running(self) -> Iterator[None]:
        """Read meanwhile; whatever went wrong besides absences is raised at the end."""
        thread = threading.Thread(target=self._run, name=self.name)
        thread.start()
        try:
            yield
        finally:
            self._ended.set()
            thread.join()
        self.check()

    def check(self) -> None:
        """Raise what ended the reading, if anything has."""
        if self._failure:
            raise self._failure

    def read(self) -> Mapping[Key, float]:
        """Read now, outside the schedule; what fails is raised."""
        with self._one_at_a_time:
            begin = time.monotonic()
            values = self._read()
            self.timeline.readings.append(Reading(begin, time.monotonic(), values))
        return values

    def _run(self) -> None:
        while not self._ended.wait(self._every):
            try:
                self.read()
            except ABSENT:
                self.absences += 1
            except Exception as failure:  # noqa: BLE001 - raised by the thread that waits
                self._failure = failure
                return
