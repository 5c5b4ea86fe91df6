"""What `kubectl get` shows of each resource: the API server's columns (kubernetes, printers/internalversion)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kube_headroom.simulator.apiserver.printing import objects, pods, storage, workloads
from kube_headroom.simulator.apiserver.printing.cells import NAME, Column, Printer
from kube_headroom.simulator.store import Object

__all__ = ["Printer", "printer"]


def _standard(stored: Object, _: float) -> list[Any]:
    metadata = stored["metadata"]
    return [metadata["name"], metadata["creationTimestamp"]]


_STANDARD = Printer((NAME, Column("Created At", "date")), _standard)
_PRINTERS: Mapping[str, Printer] = {
    **pods.PRINTERS,
    **workloads.PRINTERS,
    **objects.PRINTERS,
    **storage.PRINTERS,
}


def printer(resource: str) -> Printer:
    """Return a resource's printer; without one of its own it shows name and creation time."""
    return _PRINTERS.get(resource, _STANDARD)
