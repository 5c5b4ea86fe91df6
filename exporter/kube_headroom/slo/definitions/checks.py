"""Whether the default alerts can do their work with an objective: what they are lowered or raised to is said once."""

from __future__ import annotations

from fractions import Fraction

from kube_headroom.slo.definitions.reading import Part
from kube_headroom.slo.objective import RARE, ClusterIndicator, Objective
from kube_headroom.slo.windows import PAIRS, REACHABLE, WINDOWS, Pair


def check_alerting(objective: Objective, part: Part) -> None:
    """Warn of burn rates that an outage cannot reach, that spend less than the budget, or of windows beyond the period."""
    if isinstance(objective.sli, ClusterIndicator) and objective.sli.indicator in RARE:
        return
    period = objective.periods[0]
    pairs = [pair for pair in PAIRS if (objective.alerting.page if pair.page else objective.alerting.ticket)]
    wanted = {pair: pair.budget * period.seconds / WINDOWS[pair.long] for pair in pairs}
    highest = REACHABLE / (1 - objective.target)
    capped = [pair for pair in pairs if max(wanted[pair], Fraction(1)) > highest]
    slow = [pair for pair in pairs if wanted[pair] < 1 and pair not in capped]
    if capped:
        part.warn(
            f"a total outage burns at {_rate(1 / (1 - objective.target))}: the burn rate of {_listed(capped, wanted)} "
            f"is lowered to {_rate(highest)} so that it can be reached"
        )
    if slow:
        part.warn(
            f"over {period.name} the burn rate of {_listed(slow, wanted)} is below 1, which spends no more than the "
            "budget: it is raised to 1"
        )
    long = [pair.long for pair in pairs if WINDOWS[pair.long] > period.seconds]
    if long:
        part.warn(f"the window {', '.join(long)} of the default alerts is longer than the period {period.name}")


def _listed(pairs: list[Pair], wanted: dict[Pair, Fraction]) -> str:
    return ", ".join(f"{_rate(wanted[pair])} over {pair.long}" for pair in pairs)


def _rate(rate: Fraction) -> str:
    return f"{float(rate):.4g}"
