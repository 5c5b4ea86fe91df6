"""What the demo says: a live view on a terminal, plain lines elsewhere. Log lines go to stderr, past the view."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.live import Live

from kube_headroom import telemetry
from kube_headroom.demo.lines import Lines
from kube_headroom.demo.look import Look, Places
from kube_headroom.demo.view import view
from kube_headroom.settings import Settings


class Terminal(Protocol):
    """Takes what there is to show."""

    def say(self, text: str) -> None:
        """Show a line."""

    def ready(self, where: Places, seconds: float) -> None:
        """Say where to look, so many seconds after the start."""

    def show(self, look: Look) -> None:
        """Show how things stand."""


@contextmanager
def terminal(settings: Settings) -> Iterator[Terminal]:
    """Give the live view where stdout is a terminal that can be drawn on, plain lines elsewhere."""
    console = Console(highlight=False)
    if not console.is_terminal or console.is_dumb_terminal:
        yield Lines()
        return
    # What goes to a file stays there: only a terminal's stderr is led past the view.
    live = Live(console=console, auto_refresh=False, redirect_stdout=False, redirect_stderr=sys.stderr.isatty())
    try:
        yield _Screen(live, settings)
    finally:
        live.stop()
        _log(settings)


def _log(settings: Settings) -> None:
    """Send log lines to what stderr is now."""
    telemetry.configure(level=settings.log_level, log_format=settings.log_format)


class _Screen:
    """The live view, below what was said; it takes the terminal over when there is something to show, not before."""

    def __init__(self, live: Live, settings: Settings) -> None:
        self._live = live
        self._settings = settings
        self._where: Places | None = None

    def say(self, text: str) -> None:
        """Show a line above the view."""
        self._live.console.print(text)

    def ready(self, where: Places, seconds: float) -> None:
        """Begin the view."""
        self.say(f"Ready after {seconds:.1f} s; Ctrl-C ends it.")
        self._where = where
        self._live.start()
        _log(self._settings)

    def show(self, look: Look) -> None:
        """Draw the view anew."""
        if self._where is not None:
            self._live.update(view(look, self._where, self._live.console.height - 1), refresh=True)
