"""The one fixed set of rules for all SLOs: what differs between them are series that the rules join.

Every side is aggregated by the SLO's identity before it is matched, so that neither a second exporter nor a rollout
splits or doubles an alert. Burn rates follow the SRE Workbook, chapter 5 (multi-window, multi-burn-rate).
"""

from __future__ import annotations

from functools import reduce
from typing import Any, Final

from alerts import texts
from alerts.held import EVERYWHERE
from alerts.parameters import CLUSTER
from alerts.rules import Alert, Group, Recording
from alerts.selection import increase, present, settled, value
from kube_headroom.catalogue import exporter, slo, workloads
from kube_headroom.catalogue.labels import Slo, SloPeriod
from kube_headroom.catalogue.metric import Gauge
from kube_headroom.catalogue.promql import (
    above,
    and_,
    at_least,
    complement,
    count_over_time,
    highest_by,
    join,
    last_over_time,
    max_by,
    min_by,
    or_,
    ratio,
    sum_by,
    unless,
)
from kube_headroom.catalogue.recorded import ALERTS, bad_events_increase, burn_rate, events_increase
from kube_headroom.catalogue.selection import label_is
from kube_headroom.catalogue.vector import Vector
from kube_headroom.slo.windows import PAIRS, Pair

IDENTITY: Final = (CLUSTER, *Slo._fields)
PERIOD: Final = (CLUSTER, *SloPeriod._fields)
OWNED: Final = (*IDENTITY, "owner")

FAST, MIDDLE, SLOW = "30s", "2m", "10m"
RECORDED: Final = {FAST: ("5m", "30m", "1h"), MIDDLE: ("2h", "6h"), SLOW: ("1d", "3d")}
"""The windows by how often they are evaluated: the long ones read a thousand times more samples and move as slowly."""

MEMORY: Final = {FAST: "75s", MIDDLE: "5m", SLOW: "21m"}
"""How long what was recorded counts: two evaluations and a bit, so that a late one leaves no hole."""

DECLARED: Final = "5m"
"""How long what an exporter declared counts after its last scrape: as long as Prometheus' own memory."""

PROVEN: Final = "3m"
"""How long counters must have been back before they end an alert: held at 0 for the first minute, then two of events."""

SOON: Final = "5m"
"""Every page ends within this window of its cause's end, also what only the 6h pair sees: at what 30m remembers of an
outage, it would go on for half an hour."""

SILENT: Final = "1h"
"""How long counters that are back without a single event are believed to be idle."""

LONGEST_HOLD: Final = "6h"
"""As long as this window still has counters in it, an alert without data holds itself."""


PAGE: Final = "HeadroomSLOFastBurn"

TOLD: Final = "6h"
"""How long after a page the same SLO makes no ticket: as long as the longest of the short windows remembers."""


def groups() -> tuple[Group, ...]:
    """Return all rules about SLOs, three groups by cost."""
    alerts: dict[str, tuple[Alert, ...]] = {
        FAST: (Alert(PAGE, _burns(PAGE, page=True), "critical", texts.fast_burn()),),
        MIDDLE: (
            Alert("HeadroomSLOSlowBurn", _burns("HeadroomSLOSlowBurn", page=False), "warning", texts.slow_burn()),
            Alert("HeadroomSLOBudgetSpent", _budget_spent("HeadroomSLOBudgetSpent"), "warning", texts.budget_spent()),
            Alert("HeadroomSLONoData", _no_data(), "warning", texts.no_data(), wait="15m"),
        ),
    }
    return tuple(
        Group(
            f"headroom-slo-{interval}",
            interval,
            (*(recording for window in windows for recording in _recordings(window)), *alerts.get(interval, ())),
        )
        for interval, windows in RECORDED.items()
    )


def _recordings(window: str) -> tuple[Recording, ...]:
    """Events, bad events and burn rate of a window.

    Two exporters that count the same double both sums and leave their ratio; each may restart or take over.
    """
    events, bad = (sum_by(increase(counter, window), *IDENTITY) for counter in (slo.EVENTS, slo.BAD_EVENTS))
    share = ratio(
        max_by(value(bad_events_increase(window)), *IDENTITY),
        max_by(value(events_increase(window)), *IDENTITY),
        on=IDENTITY,
    )
    allowed = complement(_declared(slo.OBJECTIVE))
    return (
        Recording(events_increase(window), events),
        Recording(bad_events_increase(window), bad),
        Recording(burn_rate(window), ratio(share, allowed, on=IDENTITY)),
    )


def _burns(alert: str, *, page: bool) -> Vector:
    """Either pair of windows burns, or what fired has no data yet that could end it.

    What a page told of makes no ticket while the long windows still remember it: people know, and it is over.
    """
    pairs = _any([_pair_burns(pair, alert) for pair in PAIRS if pair.page is page])
    if not page:
        pairs = unless(pairs, max_by(last_over_time(_firing(PAGE), TOLD), *IDENTITY), on=IDENTITY)
    return or_(_owned(pairs), _held(alert), on=IDENTITY)


def _pair_burns(pair: Pair, alert: str) -> Vector:
    """Burn above the long window's threshold in every window of the pair.

    The minimum of bad events is asked for once, when the alert begins: after a hole in the data the long window counts
    fewer of them, and that must not end what goes on.
    """
    limit, firing = _threshold(pair), max_by(_firing(alert), *IDENTITY)
    burning = above(_recorded(burn_rate(pair.long)), limit, on=IDENTITY)
    if pair.short != SOON:
        burning = and_(burning, above(_recorded(burn_rate(pair.short)), limit, on=IDENTITY), on=IDENTITY)
    if pair.page:
        burning = and_(burning, _burns_now(limit, firing), on=IDENTITY)
    return and_(burning, or_(_enough(pair), firing, on=IDENTITY), on=IDENTITY)


def _burns_now(limit: Vector, firing: Vector) -> Vector:
    """The shortest window burns, or tells nothing: with an event every few minutes it is often empty."""
    now = _recorded(burn_rate(SOON))
    return or_(above(now, limit, on=IDENTITY), unless(firing, now, on=IDENTITY), on=IDENTITY)


def _enough(pair: Pair) -> Vector:
    """Bad events in the long window reach the minimum; of all events, a gate would mute a total outage."""
    return at_least(_recorded(bad_events_increase(pair.long)), _declared(slo.MINIMUM_BAD_EVENTS), on=IDENTITY)


def _held(alert: str) -> Vector:
    """What fired goes on, labels and all, until its counters have been back for long enough to tell.

    They tell with their first event; without any, an hour of silence is an end as well. So is that an exporter, back
    for as long, does not declare the SLO any more.
    """
    firing = max_by(_firing(alert), *OWNED)
    back, quiet = (max_by(settled(slo.EVENTS, age), *IDENTITY) for age in (PROVEN, SILENT))
    telling = and_(back, or_(_recorded(burn_rate(SILENT)), quiet, on=IDENTITY), on=IDENTITY)
    recent = max_by(value(events_increase(LONGEST_HOLD)), *IDENTITY)
    told = and_(
        max_by(value(workloads.INFO), CLUSTER), max_by(settled(exporter.SOURCE_WATCHES, PROVEN), CLUSTER), on=EVERYWHERE
    )
    deleted = and_(unless(firing, _declared(slo.OBJECTIVE), on=IDENTITY), told, on=EVERYWHERE)
    ended = or_(telling, max_by(deleted, *IDENTITY), on=IDENTITY)
    return and_(unless(firing, ended, on=IDENTITY), recent, on=IDENTITY)


def _budget_spent(alert: str) -> Vector:
    """The share that makes a ticket is spent, lately too, and no burn alert may speak: withheld or none declared."""
    spent = at_least(
        complement(min_by(last_over_time(value(slo.BUDGET_REMAINING), DECLARED), *PERIOD)),
        min_by(last_over_time(value(slo.BUDGET_TICKET), DECLARED), *PERIOD),
        on=PERIOD,
    )
    lately = _recorded(bad_events_increase("3d")).above(0)
    withheld = _any(
        [
            unless(above(_recorded(burn_rate(pair.long)), _threshold(pair), on=IDENTITY), _enough(pair), on=IDENTITY)
            for pair in PAIRS
        ]
    )
    burn_alerts = min_by(last_over_time(value(slo.THRESHOLD), DECLARED), *IDENTITY)
    silent = unless(
        and_(max_by(spent, *IDENTITY), lately, on=IDENTITY),
        unless(burn_alerts, withheld, on=IDENTITY),
        on=IDENTITY,
    )
    return or_(_owned(silent), _held(alert), on=IDENTITY)


def _no_data() -> Vector:
    """The SLO is declared and not counted; without the exporter it is not declared either."""
    return unless(_owners(), max_by(present(slo.EVENTS), *IDENTITY), on=IDENTITY)


def _owned(vector: Vector) -> Vector:
    return join(vector, _owners(), on=IDENTITY, include=("owner",))


def _owners() -> Vector:
    """1 for each SLO, with the one owner that was told most often lately: two at once would break the join of all."""
    told = max_by(count_over_time(value(slo.INFO), DECLARED), *OWNED)
    return highest_by(told, *IDENTITY).above(0, flag=True)


def _firing(alert: str) -> Vector:
    return value(ALERTS, label_is("alertname", alert), label_is("alertstate", "firing"), target_labels=OWNED)


def _threshold(pair: Pair) -> Vector:
    limits = value(slo.THRESHOLD, label_is("window", pair.long))
    return min_by(last_over_time(limits, DECLARED), *IDENTITY)


def _declared(gauge: Gauge[Any]) -> Vector:
    return max_by(last_over_time(value(gauge), DECLARED), *IDENTITY)


def _recorded(gauge: Gauge[Slo]) -> Vector:
    return max_by(last_over_time(value(gauge), _MEMORIES[gauge.name]), *IDENTITY)


def _any(vectors: list[Vector]) -> Vector:
    return reduce(lambda left, right: or_(left, right, on=IDENTITY), vectors)


_MEMORIES: Final = {
    kind(window).name: MEMORY[interval]
    for interval, windows in RECORDED.items()
    for window in windows
    for kind in (bad_events_increase, burn_rate)
}
