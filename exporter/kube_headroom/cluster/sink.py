"""Where facts go: what the reflectors promise to whoever keeps the state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from kube_headroom.model import Change, Fact


class Sink(Protocol):
    """Receives facts from one thread per kind and scope; calls for one kind and scope never overlap."""

    def replace(self, kind: str, scope: str, facts: Mapping[str, Fact]) -> None:
        """Take the whole view of a kind, keyed by uid; `scope` is a namespace, "" for the cluster.

        What is not in it is gone.
        """

    def apply(self, kind: str, facts: Sequence[tuple[Change, Fact]]) -> None:
        """Take watch events in the order they happened; a DELETE carries the last state."""
