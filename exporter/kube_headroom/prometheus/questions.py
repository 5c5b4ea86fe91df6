"""What an evaluation asks and gives, whatever its method."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from kube_headroom.prometheus.answers import Row
from kube_headroom.slo.intake import Stretch

Question = Callable[[str, float], list[Row]]
"""Asks for a query's value at a Unix time; raises Failure."""


class Evaluation(NamedTuple):
    """What was counted, and what could not be used of it, by reason."""

    stretches: Sequence[Stretch] = ()
    flaws: Mapping[str, int] = MappingProxyType({})
