"""SLO detail: budget left, burn rates against the thresholds of the alerts, events, policy state and coverage."""

from __future__ import annotations

from functools import partial, reduce
from typing import Any, Final

from dashboards.panels import Board, Panel, Row, graph, stat, states, table
from dashboards.questions import GREEN, ORANGE, RED, Column, Limits, Question, Role, Series, Variable
from dashboards.uids import SLO
from kube_headroom.catalogue import slo, slo_indicators
from kube_headroom.catalogue.indicator import Indicator
from kube_headroom.catalogue.labels import Slo, SloInfo, SloPeriod, SloWindow
from kube_headroom.catalogue.metric import Counter, Unit
from kube_headroom.catalogue.promql import complement, max_by, min_by, or_, ratio, seconds_since, sum_by
from kube_headroom.catalogue.selection import increase, label_is, label_matches, rate, value
from kube_headroom.catalogue.vector import RATE_INTERVAL, Vector
from kube_headroom.slo.windows import PAIRS, Pair

_IDENTITY: Final = Slo._fields
_OF_ALL_GROUPS: Final = ("slo_service", "slo")
_OF_PERIOD: Final = (*_OF_ALL_GROUPS, "period")
_IN_GROUPS: Final = (*_OF_ALL_GROUPS, "slo_group", "period")
THIS: Final = (
    label_is("slo_service", "$slo_service"),
    label_is("slo", "$slo"),
    label_matches("slo_group", "$slo_group"),
)

VARIABLES: Final = (
    Variable("slo_service", value(slo.INFO), "Service"),
    Variable("slo", value(slo.INFO, *THIS[:1]), "SLO"),
    Variable("slo_group", value(slo.INFO, *THIS[:2]), "Group", all_of_them=True),
)

NO_DATA: Final = "No data: nothing of this SLO is known"
STATES: Final = (
    ("healthy", GREEN),
    ("slow_burn", ORANGE),
    ("fast_burn", RED),
    ("exhausted", "dark-red"),
    ("frozen", "dark-blue"),
)


def board() -> Board:
    """Return the dashboard of one SLO, or of one in all its groups."""
    return Board(
        SLO,
        "Headroom / SLO",
        "One SLO: what is left of its error budget, how fast it burns against the thresholds of the alerts, and of how "
        "much of the time anything is known.",
        VARIABLES,
        rows=(
            Row("Budget", (*_budget(), _policy(), _budget_over_time())),
            Row("Burn rates", tuple(_burn(pair) for pair in PAIRS)),
            Row("Events", _events()),
            Row("What is promised", (_promise(),)),
        ),
    )


def _budget() -> tuple[Panel, ...]:
    age = Question(
        "Events counted up to",
        "Time since the last event counted; data are missing where it grows.",
        Unit.SECONDS,
        NO_DATA,
    )
    objective = Question("Objective", "Share of events that are to be good.", Unit.RATIO, "No such SLO is declared")
    return (
        stat(
            _of_the_worst(slo_indicators.BUDGET_LEFT),
            Series(min_by(value(slo.BUDGET_REMAINING, *THIS), *_OF_PERIOD), "{{period}}"),
            limits=Limits(0.5, 0.1),
        ),
        stat(
            _of_the_worst(slo_indicators.SLO_COVERAGE),
            Series(min_by(value(slo.COVERAGE, *THIS), *_OF_PERIOD), "{{period}}"),
        ),
        stat(objective, Series(_objective(), "objective")),
        stat(
            age,
            Series(seconds_since(max_by(value(slo.LAST_EVALUATION, *THIS), *_OF_ALL_GROUPS)), "age"),
            limits=Limits(180, 900),
        ),
    )


def _of_the_worst(indicator: Indicator) -> Question:
    asked = Question.of(indicator, NO_DATA)
    return asked._replace(sentence=f"{asked.sentence} Where it is grouped, of the group that fares worst.")


def _objective() -> Vector:
    """One definition's groups share its objective."""
    return max_by(value(slo.OBJECTIVE, *THIS), *_OF_ALL_GROUPS)


def _policy() -> Panel:
    question = Question(
        "State of the error budget policy",
        "healthy, slow_burn or fast_burn by the windows and thresholds of the alerts, exhausted once the budget is "
        "spent, frozen where the policy asks for it.",
        Unit.NONE,
        NO_DATA,
    )
    in_force = [
        max_by(value(slo.POLICY_STATE, *THIS, label_is("state", state)), *_IDENTITY).above(0).times(number)
        for number, (state, _) in enumerate(STATES, start=1)
    ]
    numbers = reduce(partial(or_, on=_IDENTITY), in_force)
    return states(question, Series(numbers, "{{slo_group}}"), STATES)


def _budget_over_time() -> Panel:
    question = Question(
        "Error budget over time",
        "What is left of each period's budget; it comes back as bad events leave a rolling period, and below 0 it is "
        "overspent.",
        Unit.RATIO,
        NO_DATA,
    )
    return graph(question, Series(_left(), "{{slo_group}} {{period}}"), limits=Limits(0.5, 0.1), width=24)


def _burn(pair: Pair) -> Panel:
    """Both windows of a pair against their one threshold."""
    outcome = "pages" if pair.page else "makes a ticket"
    question = Question(
        f"Burn rate over {pair.long} and {pair.short}",
        f"The alert {outcome} while both windows burn above the threshold; at 1 the budget lasts exactly its period. "
        "Without a threshold line this SLO has no such alert.",
        Unit.NONE,
        NO_DATA,
    )
    threshold = min_by(value(slo.THRESHOLD, *THIS, label_is("window", pair.long)), *_OF_ALL_GROUPS)
    return graph(
        question,
        Series(_burn_rate(pair.long), f"{{{{slo_group}}}} {pair.long}"),
        Series(_burn_rate(pair.short), f"{{{{slo_group}}}} {pair.short}"),
        Series(threshold, "threshold", Role.LIMIT),
    )


def _events() -> tuple[Panel, ...]:
    rates = Question(
        "Events",
        "Events and bad events per second, in the unit of the SLI, outside maintenance.",
        Unit.NONE,
        NO_DATA,
        per_second=True,
    )
    share = Question(
        "Bad events of all",
        "Share of the events that were bad; the dashed line is what the objective allows in the long run.",
        Unit.RATIO,
        "No events in this time, or no data",
    )
    period = Question(
        "Events of the period",
        "Events and bad ones of each period so far, outside maintenance.",
        Unit.NONE,
        NO_DATA,
    )
    excluded = Question(
        "Events during maintenance",
        "Events and bad ones that count against no budget, per second.",
        Unit.NONE,
        "There was no maintenance",
        per_second=True,
    )
    bad, events = (
        sum_by(increase(counter, RATE_INTERVAL, *THIS), *_IDENTITY) for counter in (slo.BAD_EVENTS, slo.EVENTS)
    )
    return (
        graph(
            rates,
            Series(_rate(slo.EVENTS), "{{slo_group}} events", Role.USED),
            Series(_rate(slo.BAD_EVENTS), "{{slo_group}} bad events", Role.BAD),
        ),
        graph(
            share,
            Series(ratio(bad, events, on=_IDENTITY), "{{slo_group}} bad", Role.BAD),
            Series(complement(_objective()), "allowed", Role.LIMIT),
        ),
        table(
            period,
            Column("Bad events", max_by(value(slo.PERIOD_BAD_EVENTS, *THIS), *_IN_GROUPS), Unit.NONE),
            Column("Events", max_by(value(slo.PERIOD_EVENTS, *THIS), *_IN_GROUPS), Unit.NONE),
            width=16,
        ),
        graph(
            excluded,
            Series(_rate(slo.EXCLUDED_EVENTS), "{{slo_group}} events", Role.USED),
            Series(_rate(slo.EXCLUDED_BAD_EVENTS), "{{slo_group}} bad events", Role.BAD),
            width=8,
        ),
    )


def _promise() -> Panel:
    question = Question(
        "Who owns it, and what is counted",
        "The SLO's identity, owner, SLI and the unit of its events. It leads to the workload, where the SLO has one.",
        Unit.NONE,
        "No such SLO is declared",
    )
    return table(
        question,
        Column("Declared", max_by(value(slo.INFO, *THIS), *SloInfo._fields), Unit.NONE),
        width=24,
    )


def _left() -> Vector:
    return min_by(value(slo.BUDGET_REMAINING, *THIS), *SloPeriod._fields)


def _burn_rate(window: str) -> Vector:
    return max_by(value(slo.BURN_RATE, *THIS, label_is("window", window)), *SloWindow._fields)


def _rate(counter: Counter[Any]) -> Vector:
    return sum_by(rate(counter, RATE_INTERVAL, *THIS), *_IDENTITY)
