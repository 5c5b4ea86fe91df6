"""What the alerts of the default rules must do, in minutes of promtool's time."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from kube_headroom.catalogue.recorded import ALERTS
from tests.alerts.timeline import Exporter, Given, Phase, firing, input_series

FAST, SLOW = "HeadroomSLOFastBurn", "HeadroomSLOSlowBurn"
SPENT, NO_DATA = "HeadroomSLOBudgetSpent", "HeadroomSLONoData"
SEVERITY = {FAST: "critical", SLOW: "warning", SPENT: "warning", NO_DATA: "warning"}


class Span(NamedTuple):
    """When an alert fires: it begins and ends between two minutes each, and never stops in between."""

    alert: str
    begin: tuple[float, float]
    end: tuple[float, float] = (float("inf"), float("inf"))
    slo: str = "cart"
    owner: str = "shop"


class Scenario(NamedTuple):
    """SLOs, the alerts that fire, and those that never do."""

    sentence: str
    given: tuple[Given, ...]
    spans: tuple[Span, ...] = ()
    never: tuple[str, ...] = ()

    @property
    def slos(self) -> tuple[Given, ...]:
        """The SLOs, told apart from those of all other scenarios by their service."""
        return tuple(given._replace(service=self.sentence) for given in self.given)

    @property
    def minutes(self) -> float:
        """How long it takes."""
        return max(given.minutes for given in self.given)

    def checks(self, step: float) -> list[dict[str, Any]]:
        """Return what promtool asks at every step, in minutes, of every alert."""
        alerts = sorted({*self.never, *(span.alert for span in self.spans)})
        instants = (number * step for number in range(int(self.minutes / step)))
        found = (self._check(alert, minute) for minute in instants for alert in alerts)
        return [check for check in found if check is not None]

    def _check(self, alert: str, minute: float) -> dict[str, Any] | None:
        """Return what fires at an instant; None where the scenario leaves it open."""
        spans = [span for span in self.spans if span.alert == alert]
        if any(span.begin[0] < minute < span.begin[1] or span.end[0] < minute < span.end[1] for span in spans):
            return None
        slos = {slo.name: slo for slo in self.slos}
        asked = f'alertname="{alert}", alertstate="firing", slo_service={json.dumps(self.sentence)}'
        return {
            # vmalert names the group of rules too.
            "expr": f"max without (alertgroup) ({ALERTS.name}{{{asked}}})",
            "eval_time": f"{int(minute * 60)}s",
            "exp_samples": [
                {"labels": firing(slos[span.slo], alert, SEVERITY[alert], span.owner), "value": 1}
                for span in spans
                if span.begin[1] <= minute <= span.end[0]
            ],
        }


class Run(NamedTuple):
    """Scenarios that happen side by side in one Prometheus, scraped and evaluated every `step` minutes."""

    scenarios: tuple[Scenario, ...]
    step: float

    def document(self, rules: str) -> dict[str, Any]:
        """Return the run as promtool reads it."""
        interval = f"{int(self.step * 60)}s"
        return {
            "rule_files": [rules],
            "evaluation_interval": interval,
            "tests": [
                {
                    "interval": interval,
                    "input_series": [
                        row
                        for scenario in self.scenarios
                        for slo in scenario.slos
                        for row in input_series(slo, self.step)
                    ],
                    "promql_expr_test": [check for scenario in self.scenarios for check in scenario.checks(self.step)],
                }
            ],
        }


def outage(before: float, minutes: float, after: float, bad: float = 1.0, events: float = 60) -> tuple[Phase, ...]:
    """All is well, then a share of the events is bad, then all is well."""
    return (Phase(before, events), Phase(minutes, events, bad), Phase(after, events))


def away(*gaps: tuple[float, float], instances: str = "a") -> tuple[Exporter, ...]:
    """An exporter that is not scraped in the gaps; `instances` names what its target is called each time."""
    edges = [0.0, *(edge for gap in gaps for edge in gap), float("inf")]
    lives = list(zip(edges[::2], edges[1::2], strict=True))
    names = instances * len(lives) if len(instances) == 1 else instances
    return tuple(
        Exporter(name, tuple(life for life, own in zip(lives, names, strict=True) if own == name))
        for name in sorted({*names})
    )


PAGED = Span(FAST, (158.5, 159.5), (210, 215))
"""The page of an hour's total outage of a 99 % objective after two and a half good hours: 8.64 minutes are 14.4 %."""

HOUR = outage(150, 60, 30)
LONG = outage(150, 100, 30)

FAST_BURN = (
    Scenario("a total outage pages after nine minutes and no longer than five after it", (Given(HOUR),), (PAGED,)),
    Scenario(
        "two hours just below the threshold of 1h, too short for that of 6h, page nobody",
        (Given(outage(360, 120, 10, bad=0.142)),),
        never=(FAST,),
    ),
    Scenario(
        "what only the 6h pair sees pages, and no longer than five minutes after it",
        (Given(outage(360, 330, 30, bad=0.07)),),
        (Span(FAST, (667, 671), (690, 695)),),
    ),
    Scenario(
        "two exporters that count the same make one page at the same time",
        (Given(HOUR, (Exporter("a"), Exporter("b"))),),
        (PAGED,),
    ),
    Scenario(
        "a rollout whose two exporters overlap changes nothing",
        (Given(HOUR, (Exporter("a", ((0, 180),)), Exporter("b", ((170, 999),)))),),
        (PAGED,),
    ),
    Scenario("a restart without a gap changes nothing", (Given(HOUR, away((180, 180))),), (PAGED,)),
    Scenario("a restart a minute before the outage ends changes nothing", (Given(HOUR, away((209, 209))),), (PAGED,)),
    Scenario(
        "a restart of a healthy exporter pages nobody",
        (Given(outage(120, 0, 30), away((60, 60), (90, 92))),),
        never=(FAST, SLOW, SPENT, NO_DATA),
    ),
    Scenario(
        "an exporter dead for an hour ends no page; if the cause ended meanwhile, its return does",
        (Given(HOUR, away((170, 230))),),
        (PAGED._replace(end=(230, 235)),),
    ),
    Scenario(
        "an exporter dead for an hour ends no page whose cause goes on, and its return neither",
        (Given(LONG, away((170, 230))),),
        (PAGED._replace(end=(250, 255)),),
    ),
    Scenario(
        "nor if after its return fewer bad events are in sight than a page needs to begin",
        (Given(LONG, away((170, 230)), minimum=500, thresholds={"1h": 14.4}),),
        (PAGED._replace(end=(250, 255)),),
    ),
    Scenario(
        "neither if it comes back as another target",
        (Given(LONG, away((170, 230), instances="ab")),),
        (PAGED._replace(end=(250, 255)),),
    ),
    *(
        Scenario(
            f"a gap of {gap:g} minutes ends no page, as {'the same' if instances == 'a' else 'another'} target",
            (Given(LONG, away((190, 190 + gap), instances=instances)),),
            (PAGED._replace(end=(250, 255)),),
        )
        for gap in (0.5, 1, 2, 3, 4, 4.5, 5, 6, 8, 12)
        for instances in ("a", "ab")
    ),
    Scenario(
        "one exporter flapping ends no page",
        (Given(LONG, away((180, 182), (183, 186), (187.5, 192), (194, 199))),),
        (PAGED._replace(end=(250, 255)),),
    ),
    Scenario(
        "a dead exporter holds a page for six hours at most",
        (Given((Phase(150, 60), Phase(400, 60, 1)), away((170, 9999))),),
        (Span(FAST, (158.5, 159.5), (525, 530)),),
    ),
    Scenario(
        "data withdrawn by a living exporter end no page",
        (Given(LONG, silent=(170, 230)),),
        (PAGED._replace(end=(250, 255)),),
    ),
    Scenario(
        "with few events, bad ones below the minimum page nobody",
        (Given((Phase(150, 0.1), Phase(60, 0.1, 1), Phase(60, 0.1)), minimum=10),),
        never=(FAST, SLOW),
    ),
    Scenario(
        "a total outage of a service with few events pages once the minimum is reached, without a break",
        (Given((Phase(150, 0.1), Phase(180, 0.1, 1), Phase(30, 0.1)), minimum=5),),
        (Span(FAST, (195, 212), (330, 342)),),
    ),
    Scenario(
        "few events and a dead exporter do not break it either, though the minimum is out of sight",
        (Given((Phase(150, 0.1), Phase(240, 0.1, 1), Phase(30, 0.1)), away((230, 300)), minimum=5),),
        (Span(FAST, (195, 212), (390, 402)),),
    ),
    Scenario(
        "without thresholds nothing burns",
        (Given(HOUR, thresholds={}, ticket=None),),
        never=(FAST, SLOW, SPENT),
    ),
    Scenario(
        "a 90 % objective pages in a total outage: its threshold is one that can be reached",
        (Given(outage(150, 80, 30), objective=0.9, thresholds={"1h": 8.0, "6h": 6.0}),),
        (Span(FAST, (197, 199.5), (230, 235)),),
    ),
    Scenario(
        "what happens to one SLO is no matter of another",
        (Given(HOUR), Given(outage(150, 0, 90), name="search")),
        (PAGED,),
        never=(NO_DATA,),
    ),
    Scenario(
        "a new owner takes over the page of the old one",
        (
            Given(
                HOUR,
                (Exporter("a", ((0, 180),), owner="shop"), Exporter("b", ((180, 9999),), owner="cart")),
            ),
        ),
        (PAGED._replace(end=(180, 187)), Span(FAST, (180, 187), (210, 215), owner="cart")),
    ),
)

SLOWLY = outage(12 * 60, 8 * 60, 6 * 60, bad=0.04)
TICKET = Span(SLOW, (720 + 230, 720 + 245), (1200 + 260, 1200 + 290))
"""4 % bad of a 99 % objective: after four hours it is 1 % of all there is, and the 6h window ends it."""

SLOW_BURN = (
    Scenario(
        "four times the budget's pace makes a ticket that ends with the 6h window",
        (Given(SLOWLY),),
        (TICKET,),
        (FAST,),
    ),
    Scenario(
        "just below the budget's pace makes no ticket",
        (Given((Phase(1440, 60, 0.0098),)),),
        never=(FAST, SLOW),
    ),
    Scenario(
        "an hour without exporter ends no ticket, and the 6h window an hour's events earlier",
        (Given(SLOWLY, away((1100, 1160))),),
        (TICKET._replace(end=(1200 + 210, 1200 + 240)),),
    ),
    Scenario(
        "what the 1d pair sees first makes a ticket that ends with the 2h window",
        (Given(outage(12 * 60, 9 * 60, 4 * 60, bad=0.08), thresholds={"1d": 3.0}),),
        (Span(SLOW, (720 + 420, 720 + 440), (1260 + 65, 1260 + 85)),),
    ),
)

TOLD = (
    Scenario(
        "an outage that paged makes no ticket while the windows remember it",
        (Given(outage(1440, 60, 500)),),
        (Span(FAST, (1446, 1454), (1500, 1507)),),
        (SLOW,),
    ),
)
"""Apart from slow burn, which vmalert plays too: what it records is there a step later, here too late for what pages.

A day comes before the outage: with less of it, 1 % of all there is may be bad before 14.4 % of an hour is."""

FAILED_JOB = (Phase(120, 0.2), Phase(20, 0.2, 1), Phase(200, 0.2))
SPENDING = ((0.0, 1.0), (130.0, 0.7))

BUDGET_SPENT = (
    Scenario(
        "a rare SLI makes a ticket once its budget is spent to a share, until budget is back",
        (Given(FAILED_JOB, thresholds={}, remaining=(*SPENDING, (240.0, 0.9))),),
        (Span(SPENT, (129, 131), (239, 246)),),
        (FAST, SLOW, NO_DATA),
    ),
    Scenario(
        "just above the share makes none",
        (Given(FAILED_JOB, thresholds={}, remaining=((0.0, 1.0), (130.0, 0.801))),),
        never=(SPENT,),
    ),
    Scenario(
        "no ticket is wanted, none is made",
        (Given(FAILED_JOB, thresholds={}, ticket=None, remaining=SPENDING),),
        never=(SPENT,),
    ),
    Scenario(
        "what was spent long ago makes none",
        (Given((Phase(200, 0.05),), thresholds={}, remaining=((0.0, 0.5),)),),
        never=(SPENT,),
    ),
    Scenario(
        "what the minimum of bad events holds back from a page becomes a ticket",
        (Given(FAILED_JOB, minimum=10, remaining=SPENDING),),
        (Span(SPENT, (129, 131)),),
        (FAST, SLOW),
    ),
    Scenario(
        "what burn alerts see makes none beside them",
        (Given(outage(120, 20, 60), remaining=SPENDING),),
        never=(SPENT,),
    ),
    Scenario(
        "a dead exporter ends no ticket",
        (Given(FAILED_JOB, away((150, 210)), thresholds={}, remaining=SPENDING),),
        (Span(SPENT, (129, 131)),),
    ),
)

WITHOUT_DATA = (
    Scenario(
        "an SLO without data is told of after a quarter of an hour, until data are back",
        (Given((Phase(120, 60),), silent=(30, 80)),),
        (Span(NO_DATA, (44, 46), (79, 81)),),
    ),
    Scenario("less than that is not told of", (Given((Phase(120, 60),), silent=(30, 44)),), never=(NO_DATA,)),
    Scenario(
        "a new SLO that never had data is", (Given((Phase(60, 60),), silent=(0, 60)),), (Span(NO_DATA, (14, 16)),)
    ),
    Scenario(
        "a dead exporter is the matter of another alert", (Given((Phase(120, 60),), away((30, 80))),), never=(NO_DATA,)
    ),
    Scenario("an SLO without events has data", (Given((Phase(120, 0),)),), never=(NO_DATA, FAST, SLOW)),
)

DELETED = (
    Scenario(
        "an SLO that is deleted while it pages ends its page, as a living exporter declares it no more",
        (Given(LONG, deleted=190.0),),
        (PAGED._replace(end=(193, 200)),),
    ),
)
"""Alone: what a living exporter tells of the cluster would speak for the dead ones of other scenarios."""

SHORT = 290
"""Minutes; what ends sooner does not wait for the others, whose every evaluation would read its samples again."""

RUNS = {
    "fast burn": Run(tuple(scenario for scenario in FAST_BURN if scenario.minutes <= SHORT), 0.5),
    "fast burn, for long": Run(tuple(scenario for scenario in FAST_BURN if scenario.minutes > SHORT), 0.5),
    "slow burn": Run(SLOW_BURN, 2),
    "slow burn after a page": Run(TOLD, 2),
    "budget spent": Run(BUDGET_SPENT, 0.5),
    "no data": Run(WITHOUT_DATA, 0.5),
    "a deleted SLO": Run(DELETED, 0.5),
}
