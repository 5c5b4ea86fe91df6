"""What a page is made from: one node's machine, what its cAdvisor read, and the moment of the request."""

from __future__ import annotations

from dataclasses import dataclass, field

from kube_headroom.simulator.kubelet.housekeeping import Housekeeping
from kube_headroom.simulator.kubelet.runtime import Machine

_AFTER_BOOT = 18.0
"""Seconds from a machine's boot to its kubelet's start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A node as its kubelet sees it at `now` (Unix seconds); `kubernetes` is its version, such as v1.36.3."""

    machine: Machine
    housekeeping: Housekeeping
    now: float
    kubernetes: str
    node_info: dict[str, str] = field(default_factory=dict)
    """`status.nodeInfo` of the node's object."""

    @property
    def kubelet_started(self) -> float:
        """When the kubelet's process began, in Unix seconds."""
        return self.machine.kubelet_started or self.machine.boot + _AFTER_BOOT

    @property
    def minor(self) -> int:
        """The kubelet's minor release."""
        return int(self.kubernetes.split(".")[1])
