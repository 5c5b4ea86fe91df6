"""Whether the default alerts can do their work with an objective: what they are lowered or raised to is said once."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from kube_headroom.slo.objective import RARE, ClusterIndicator, Objective
from kube_headroom.slo.windows import PAIRS, REACHABLE, WINDOWS, Pair

NEARLY = Fraction(9, 10)
"""Burn rates from here on are close enough to 1 to be raised to it without a word: 28 days make 0.93 over three."""


def limits(objective: Objective) -> Iterator[str]:
    """Say which burn rates an outage cannot reach, which spend less than the budget, which windows exceed the period."""
    if isinstance(objective.sli, ClusterIndicator) and objective.sli.indicator in RARE:
        return
    period = objective.periods[0]
    pairs = [pair for pair in PAIRS if (objective.alerting.page if pair.page else objective.alerting.ticket)]
    wanted = {pair: pair.budget * period.seconds / WINDOWS[pair.long] for pair in pairs}
    outage = 1 / (1 - objective.target)
    highest = REACHABLE * outage
    capped = [pair for pair in pairs if max(wanted[pair], Fraction(1)) > highest]
    slow = [pair for pair in pairs if wanted[pair] < NEARLY and pair not in capped]
    beyond = [pair.long for pair in pairs if WINDOWS[pair.long] > period.seconds]
    if capped:
        yield (
            f"a total outage burns at {_rate(outage)}: the burn rate {_listed(capped, wanted)} is lowered to "
            f"{_rate(highest)} so that it can be reached"
        )
    if slow:
        yield (
            f"in {period.name} the burn rate {_listed(slow, wanted)} is below 1, which spends no more than the budget: "
            "it is raised to 1"
        )
    if beyond:
        yield f"the default alerts' window {', '.join(beyond)} is longer than the period {period.name}"


def _listed(pairs: list[Pair], wanted: dict[Pair, Fraction]) -> str:
    return ", ".join(f"{_rate(wanted[pair])} over {pair.long}" for pair in pairs)


def _rate(rate: Fraction) -> str:
    return f"{float(rate):.4g}"
