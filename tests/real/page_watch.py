"""Every page that a test's course of events gave out, held against one claim."""

import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

from tests.real.exporter import Exporter, Page

PACE_SECONDS = 0.05


class PageWatch:
    """While entered, reads page after page on a thread; `claim` returns what is wrong with one, "" if nothing is.

    Leaving raises AssertionError with the first words of the claim, or for a page that could not be had.
    """

    def __init__(self, exporter: Exporter, claim: Callable[[Page], str]) -> None:
        self.pages = 0
        self._exporter = exporter
        self._claim = claim
        self._wrong = ""
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="page-watch")

    def __enter__(self) -> Self:
        """Begin."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End, and judge if nothing else failed already."""
        self._stop.set()
        self._thread.join()
        if error is None:
            assert not self._wrong, f"page {self.pages}: {self._wrong}"
            assert self.pages > 0

    def _run(self) -> None:
        while not self._wrong and not self._stop.is_set():
            self.pages += 1
            try:
                self._wrong = self._claim(self._exporter.page())
            except Exception as error:  # noqa: BLE001  (a page that cannot be had is the news)
                self._wrong = repr(error)
            self._stop.wait(PACE_SECONDS)


def all_of(namespace: str, expected: set[str]) -> Callable[[Page], str]:
    """The claim that a page shows exactly these workloads (KIND/NAME) in a namespace."""

    def missing(page: Page) -> str:
        shown = page.workloads(namespace)
        return f"missing {expected - shown}, phantoms {shown - expected}" if shown != expected else ""

    return missing


def none_but(namespace: str, known: set[str]) -> Callable[[Page], str]:
    """The claim that a page shows no workload (KIND/NAME) in a namespace beside these."""

    def phantoms(page: Page) -> str:
        return ", ".join(sorted(page.workloads(namespace) - known))

    return phantoms
