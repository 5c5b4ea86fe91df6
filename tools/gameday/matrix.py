"""Who was told what, when and how often: one line for each object of each incident."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.table import Table

from tools.gameday.expectations import Expected
from tools.gameday.messages import Message, messages
from tools.gameday.play import Told

HEADINGS = ("incident", "about", "told", "alerts", "firing at minute", "over at", "messages")


def rows(expected: Expected, told: Told) -> Iterator[tuple[str, ...]]:
    """Yield the lines of one incident; of who was told nothing there is one line that says so."""
    of_all: dict[str, list[Message]] = {}
    for message in messages(told):
        of_all.setdefault(message.about, []).append(message)
    if not of_all:
        yield (expected.name, "", "nobody", "", "", "", "0")
    for about, sent in of_all.items():
        yield (
            expected.name,
            about,
            "page" if any(message.paged for message in sent) else "ticket",
            ", ".join(dict.fromkeys(name for message in sent for name in message.names)),
            _minutes(message for message in sent if message.alerts),
            _minutes(message for message in sent if not message.alerts),
            str(len(sent)),
        )


def table(lines: Sequence[tuple[str, ...]]) -> Table:
    """Return the matrix for a terminal."""
    found = Table(*HEADINGS, box=None, padding=(0, 2, 0, 0), header_style="bold")
    for line in lines:
        found.add_row(*line)
    return found


def show(lines: Sequence[tuple[str, ...]]) -> None:
    """Print the matrix, as wide as it needs where nobody watches."""
    console = Console()
    if not console.is_terminal:
        console = Console(width=240)
    console.print(table(lines))


def _minutes(sent: Iterator[Message]) -> str:
    return ", ".join(f"{message.minute:.0f}" for message in sent)
