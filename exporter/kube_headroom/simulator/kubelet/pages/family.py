"""What a family of `/metrics/cadvisor` is: a name, what it says, and where each cgroup's row gets its value."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from kube_headroom.simulator.kubelet.housekeeping import Reading, Row
from kube_headroom.simulator.kubelet.pages.text import Kind
from kube_headroom.simulator.kubelet.runtime import Machine

Plain = Callable[[Row, Reading], float | None]
Labelled = Callable[[Row, Reading, Machine], Iterable[tuple[tuple[str, ...], float]]]


class Family(NamedTuple):
    """One family: its values for a cgroup, either one (None: no row) or several with labels of their own."""

    name: str
    kind: Kind
    said: str
    value: Plain | None = None
    labels: tuple[str, ...] = ()
    values: Labelled | None = None
    stamped: bool = True
    """Whether rows carry the moment of the reading; what is read from the spec does not."""


def counter(name: str, said: str, value: Plain) -> Family:
    """Return a family of counters with one row for each cgroup."""
    return Family(name, "counter", said, value)


def gauge(name: str, said: str, value: Plain) -> Family:
    """Return a family of gauges with one row for each cgroup."""
    return Family(name, "gauge", said, value)


def spec(name: str, said: str, value: Plain) -> Family:
    """Return a family of gauges that tell what was asked for: without timestamps."""
    return Family(name, "gauge", said, value, stamped=False)


def nothing(_row: Row, _reading: Reading) -> float:
    """Return 0: the family is there, the simulated kernel has nothing to count in it."""
    return 0.0


def runs(row: Row) -> bool:
    """Tell whether processes live in this very cgroup, not only below it."""
    return row.kind in ("pause", "container", "unknown")
