"""What counts one workload for one objective: shown every state, asked to count up to now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from kube_headroom.catalogue.metric import Sample


class Meter(Protocol):
    """Adds to its member's account what it counts; `now` is in Unix seconds and seldom goes back."""

    def see(self, snapshot: Any, samples: Sequence[Sample], now: float) -> bool:  # noqa: ANN401  by the scope it asks for
        """Take the workload's state as it is from now on; False if it says nothing to this SLI."""

    def settle(self, now: float) -> None:
        """Count what time alone brought up to now, in the state that was seen last."""
