"""What the demo's terminal shows at one instant, and where else to look."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from kube_headroom.overview.content import Overview
from kube_headroom.simulator.incidents.board import Running


class Places(NamedTuple):
    """Where to look: base URLs without a slash at the end, and the kubeconfig's path."""

    page: str
    metrics: str
    control: str
    kubeconfig: Path


class Look(NamedTuple):
    """One instant; `now` is simulated Unix time and `speed` how many of its seconds shall pass in a real one.

    `behind` is how many simulated seconds the world is late: a busy machine plays it slower.
    """

    now: float
    speed: float
    behind: float
    overview: Overview
    incidents: tuple[Running, ...]
