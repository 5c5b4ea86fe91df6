"""What annotations say: on an SLO where OpenSLO has no field for it, and on a workload whose SLOs are stated in one line."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from fractions import Fraction
from typing import Any, NamedTuple

from kube_headroom.catalogue.labels import Workload
from kube_headroom.slo.definitions import values
from kube_headroom.slo.definitions.alerting import PAGE, TICKET
from kube_headroom.slo.definitions.cluster_indicators import indicator, misplaced
from kube_headroom.slo.definitions.defaults import Defaults
from kube_headroom.slo.definitions.periods import parse_periods
from kube_headroom.slo.definitions.reading import Part, Refused, attempt, entries, nearest, shown, whole
from kube_headroom.slo.objective import Alerting, ClusterIndicator, Objective, Place, Problem, Selector

LARGEST_GROUP_LIMIT = 10_000


class Options(NamedTuple):
    """Annotations of an SLO; None where it has none."""

    owner: str | None = None
    periods: str | None = None
    group_by: tuple[str, ...] | None = None
    group_limit: int | None = None
    minimum_bad_events: Fraction | None = None
    budget_ticket: Fraction | None = None
    alerts: frozenset[str] | None = None
    freeze: bool | None = None


def group_limit(text: str) -> int:
    """Parse a whole number of groups."""
    if not text.isdecimal() or not text.isascii() or not 1 <= int(text[:9]) <= LARGEST_GROUP_LIMIT:
        raise ValueError(f"expected a whole number from 1 to {LARGEST_GROUP_LIMIT}, found {shown(text)}")
    return int(text)


def minimum_bad_events(text: str) -> Fraction:
    """Parse a number of events, 0 for no minimum."""
    value = values.number(text)
    if value < 0:
        raise ValueError(f"expected a number of events, 0 or more, found {text}")
    return value


def budget_ticket(text: str) -> Fraction:
    """Parse a share of the budget, or `none`, which is 0."""
    return Fraction(0) if text in {"none", "0"} else values.share(text)


def alerts(text: str) -> frozenset[str]:
    """Parse which default alerts apply: `page, ticket`, one of them, or `none`."""
    asked = [part.strip() for part in text.split(",")]
    if asked == ["none"]:
        return frozenset()
    if not {*asked} <= {PAGE, TICKET}:
        raise ValueError(f"expected `page, ticket`, page, ticket or none, found {shown(text)}")
    return frozenset(asked)


def _periods(text: str) -> str:
    parse_periods(text)
    return text


KEYS: dict[str, Callable[[str], Any]] = {
    "owner": values.words,
    "periods": _periods,
    "group-by": values.label_names,
    "group-limit": group_limit,
    "minimum-bad-events": minimum_bad_events,
    "budget-ticket": budget_ticket,
    "alerts": alerts,
    "freeze": values.truth,
}
"""Annotations of an SLO after the prefix, in the order of `Options`."""


def options(part: Part, prefix: str) -> Options:
    """Read `metadata.annotations`: ours are checked, an unknown one among them is an error, others are nobody's business."""
    given: dict[str, Any] = {}
    with whole(part):
        for name, value in entries(part):
            key = str(name.node.value)
            if not key.startswith(prefix):
                continue
            parse = KEYS.get(key.removeprefix(prefix))
            if parse is None:
                hint = nearest(key.removeprefix(prefix), KEYS)
                name.error(f"unknown annotation{hint.replace('mean ', f'mean {prefix}')}")
                continue
            with suppress(Refused):
                given[key.removeprefix(prefix).replace("-", "_")] = attempt(values.on_text(parse), value)
    return Options(**given)


def from_annotation(
    text: str, workload: Workload, owner: str, defaults: Defaults
) -> tuple[list[Objective], list[Problem]]:
    """Objectives of a workload's annotation such as `availability=99.9, probe-success=99.5` (percent).

    The service is `NAMESPACE/WORKLOAD`, since a name alone may stand in many namespaces and labels may be missing;
    the name is the indicator's.
    """
    place = Place(f"{workload.workload_kind.lower()} {workload.namespace}/{workload.workload}", 0)
    objectives: dict[str, Objective] = {}
    problems = []
    for item in text.split(","):
        try:
            objective = _stated(item.strip(), workload, defaults)
        except ValueError as error:
            problems.append(Problem(place, f"{defaults.annotation_prefix}slo", str(error)))
            continue
        if objective.name in objectives:
            twice = f"{objective.name} is stated twice; the first one counts"
            problems.append(Problem(place, f"{defaults.annotation_prefix}slo", twice))
        objectives.setdefault(objective.name, objective._replace(owner=owner, place=place))
    return list(objectives.values()), problems


def _stated(item: str, workload: Workload, defaults: Defaults) -> Objective:
    name, equals, percent = (part.strip() for part in item.partition("="))
    if not equals:
        found = shown(item) if item else "nothing"
        raise ValueError(f"expected SLOs such as `availability=99.9, probe-success=99.5`, found {found}")
    asked = indicator(name)
    why = misplaced(asked, workload.workload_kind)
    if why:
        raise ValueError(why)
    target = values.target_percent(percent.removesuffix("%").rstrip())
    if target < Fraction(1, 100):
        raise ValueError(f"{item}: targets are percentages; write {name}={float(target * 10_000):g} for {percent}")
    return Objective(
        service=f"{workload.namespace}/{workload.workload}",
        name=asked.value,
        target=target,
        sli=ClusterIndicator(asked, Selector(*workload)),
        periods=defaults.periods,
        place=Place("", 0),
        group_limit=defaults.group_limit,
        alerting=Alerting(minimum_bad_events=defaults.minimum_bad_events, budget_ticket=defaults.budget_ticket),
    )
