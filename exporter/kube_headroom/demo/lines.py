"""The demo without a terminal: where to look, then a line for what changed."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

from kube_headroom.demo.look import Look, Places
from kube_headroom.demo.words import named, places
from kube_headroom.overview.content import Severity
from kube_headroom.overview.words import listed

LINES_SECONDS = 10.0
"""Real seconds between two lines."""
WORST = 3
_COUNTED = {Severity.BROKEN: "broken", Severity.RISK: "at risk", Severity.NOTE: "to note"}


def attention(counts: dict[Severity, int]) -> str:
    """Say how many subjects need attention, by severity."""
    return ", ".join(f"{counts[severity]} {words}" for severity, words in _COUNTED.items() if counts[severity])


def changes(before: Look | None, now: Look) -> str:
    """Return the line, "" where neither the incidents nor what needs attention differ."""
    if before is not None and _state(before) == _state(now):
        return ""
    running = listed([f"{each.name} on {each.target}" for each in now.incidents]) or "none"
    worst = [f"{named(subject)}: {subject.findings[0].text}" for subject in now.overview.subjects[:WORST]]
    parts = [
        datetime.fromtimestamp(now.now, UTC).strftime("%H:%M:%S"),
        f"incidents: {running};",
        f"attention: {attention(now.overview.counts) or 'none'}",
        *([f"({'; '.join(worst)})"] if worst else []),
    ]
    return " ".join(parts)


def _state(look: Look) -> tuple[object, ...]:
    subjects = ((each.kind, each.namespace, each.name, each.severity) for each in look.overview.subjects)
    return (*((each.name, each.target) for each in look.incidents), *sorted(subjects))


class Lines:
    """Plain lines: what changed since the last one, every ten seconds at most; `monotonic` gives real seconds."""

    def __init__(
        self,
        write: Callable[[str], None] = lambda line: print(line, flush=True),  # noqa: T201  its purpose
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._write = write
        self._monotonic = monotonic
        self._before: Look | None = None
        self._said_at = -LINES_SECONDS

    def say(self, text: str) -> None:
        """Write a line."""
        self._write(text)

    def ready(self, where: Places, seconds: float) -> None:
        """Write where to look."""
        self._write(f"Ready after {seconds:.1f} s; Ctrl-C ends it.")
        for what, how in places(where):
            self._write(f"  {what}: {how}")

    def show(self, look: Look) -> None:
        """Write what changed, if it did and the last line is long enough ago."""
        now = self._monotonic()
        if now - self._said_at < LINES_SECONDS:
            return
        line = changes(self._before, look)
        if line:
            self._before, self._said_at = look, now
            self._write(line)
