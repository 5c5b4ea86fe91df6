"""What an indicator is: a question with one query, one unit and one sentence."""

from __future__ import annotations

from dataclasses import dataclass

from kube_headroom.catalogue.metric import Unit
from kube_headroom.catalogue.vector import Vector


@dataclass(frozen=True, slots=True)
class Indicator:
    """A named question; raises ValueError for a query whose result carries labels of the scrape."""

    name: str
    sentence: str
    unit: Unit
    query: Vector

    def __post_init__(self) -> None:
        if not self.query.aggregated:
            message = (
                f"indicator {self.name}: {self.query} keeps the labels of the scrape; aggregate it by its identity"
            )
            raise ValueError(message)
