"""The settings of this room."""

from __future__ import annotations

from typing import NamedTuple


class UsageLimits(NamedTuple):
    """Durations in seconds.

    Rows older than `stale_after` are no longer shown; peaks reach back over `peak_window`. Usage is published at
    most every `publish_every` and written to the check-point at most every `save_every`, node by node: kubelets
    measure every 10 to 20 s, and a page touches every workload that the node runs.
    """

    stale_after: float = 120.0
    peak_window: float = 600.0
    publish_every: float = 10.0
    save_every: float = 30.0
    read: bool = True
