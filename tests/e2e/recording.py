"""Sources of figures read again and again, each in a thread of its own, while a story goes on."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import httpx

from tests.e2e.figures import Key, Reading, Timeline
from tests.real.client import RefusedError
from tests.real.processes import ProcessFailedError
from tests.real.waiting import wait_until

# What a source answers while it is restarted, or while its machine is slow.
ABSENT = (httpx.HTTPError, ProcessFailedError, RefusedError)
PATIENCE_SECONDS = 240


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
        """Read meanwhile and once more at the end; whatever went wrong besides absences is raised then."""
        thread = threading.Thread(target=self._run, name=self.name)
        thread.start()
        try:
            yield
        finally:
            self._ended.set()
            thread.join()
        self.check()
        self.wait_read()

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

    def wait_read(self) -> None:
        """Read now, or as soon as somebody answers; TimeoutError with the last refusal if nobody does."""
        absences: list[Exception] = []

        def answered() -> bool:
            try:
                self.read()
            except ABSENT as absence:
                absences.append(absence)
                return False
            return True

        try:
            wait_until(answered, what=f"the {self.name} to answer", timeout=PATIENCE_SECONDS)
        except TimeoutError as error:
            error.add_note(f"the last answer: {absences[-1]!r}")
            raise

    def _run(self) -> None:
        while not self._ended.wait(self._every):
            try:
                self.read()
            except ABSENT:
                self.absences += 1
            except Exception as failure:  # noqa: BLE001 - raised by the thread that waits
                self._failure = failure
                return
