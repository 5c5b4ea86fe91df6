"""The columns of `kubectl get`: what the API server prints of each resource (printers/internalversion)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from kube_headroom.simulator.store import Object

Cells = Callable[[Object, float], list[Any]]


class Column(NamedTuple):
    """A column; `priority` 1 shows with `-o wide` only."""

    name: str
    type: str = "string"
    priority: int = 0
    format: str = ""

    @property
    def definition(self) -> Object:
        """Its TableColumnDefinition; the description is what `kubectl` never shows."""
        return {**self._asdict(), "description": self.name}


class Printer(NamedTuple):
    """A resource's columns, and a row's cells of an object at a time in Unix seconds."""

    columns: tuple[Column, ...]
    cells: Cells


NAME = Column("Name", format="name")
AGE = Column("Age")


def _standard(stored: Object, _: float) -> list[Any]:
    metadata = stored["metadata"]
    return [metadata["name"], metadata["creationTimestamp"]]


_STANDARD = Printer((NAME, Column("Created At", "date")), _standard)
_PRINTERS: Mapping[str, Printer] = {}


def printer(resource: str) -> Printer:
    """Return a resource's printer, for those without one of their own name and creation time."""
    return _PRINTERS.get(resource, _STANDARD)
