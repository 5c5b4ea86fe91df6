"""Error budgets for people: what is left of each, how fast it burns, and which of them need attention."""

from __future__ import annotations

import heapq
from typing import NamedTuple

from kube_headroom.catalogue import slo_indicators
from kube_headroom.overview.conditions import Condition
from kube_headroom.overview.content import RANK, Burn, ErrorBudget, PeriodLeft, Severity
from kube_headroom.overview.words import percent
from kube_headroom.snapshot import BudgetSnapshot, SloSnapshot

SHOWN = 50
"""Budgets that are listed; the others are counted."""
PATIENCE = 300.0
"""Seconds without data before it is worth a look: longer than an exporter or a Prometheus takes to start."""
ALWAYS = ("1h", "6h")
"""Windows whose burn is always told."""
PAGES = (("1h", "5m"), ("6h", "30m"))
"""Windows that must burn together for a page (SRE Workbook, chapter 5)."""
LONG = {"1h": "hour", "6h": "6 hours", "1d": "day", "3d": "3 days"}
"""The long windows of all alerts, in words."""
TENTHS_BELOW = 10
"""Burn rates from which whole numbers are exact enough."""

BROKEN, RISK, NOTE = Severity
STATES = {"fast_burn": BROKEN, "exhausted": RISK, "frozen": RISK, "slow_burn": RISK, "": NOTE}
"""How much each state of the policy matters, worst first; no state is no data, and every other one needs nobody."""
SPENT = frozenset({"exhausted", "frozen"})
ORDER = {state: place for place, state in enumerate(STATES)}

Key = tuple[str, ...]
Rank = tuple[int, int, float, float, Key]


class Told(NamedTuple):
    """What people read of an SLO; two of them are equal if nobody sees a difference."""

    row: ErrorBudget
    conditions: tuple[Condition, ...]


def told(snapshot: SloSnapshot, owner: str) -> Told:
    """Reduce a snapshot to what is shown, rounded as it is shown."""
    state = snapshot.state
    rates = dict(snapshot.burn_rates)
    severity = STATES.get(state)
    window = _alarming(snapshot, rates) if severity else None
    if state in SPENT and _pages(snapshot, rates):
        severity = BROKEN
    service, slo, group, namespace, kind, workload = snapshot.slo
    windows = ALWAYS if window is None or window in ALWAYS else (*ALWAYS, window)
    row = ErrorBudget(
        service=service,
        slo=slo,
        group=group,
        namespace=namespace,
        kind=kind,
        workload=workload,
        owner=owner,
        objective=snapshot.objective,
        state=state,
        severity=severity,
        periods=tuple(_left(budget) for budget in snapshot.budgets),
        burns=tuple(Burn(each, _rate(rates[each])) for each in windows if each in rates),
        silent_since=None if state else snapshot.evaluated_at,
    )
    return Told(row, () if severity is None else (_condition(row, severity, window),))


class ErrorBudgets:
    """All of them, and the worst in order; costs what changed."""

    def __init__(self) -> None:
        self._known: dict[Key, Told] = {}
        self._worst: tuple[ErrorBudget, ...] | None = ()

    def put(self, key: Key, said: Told | None) -> bool:
        """Take an SLO, None for one that is gone, and say whether anybody sees a difference."""
        if self._known.get(key) == said:
            return False
        if said is None:
            del self._known[key]
        else:
            self._known[key] = said
        self._worst = None
        return True

    @property
    def worst(self) -> tuple[ErrorBudget, ...]:
        """The worst ones: by state, then by what is left of the first period, then by the burn of the last hour."""
        if self._worst is None:
            ranked = heapq.nsmallest(SHOWN, ((_rank(key, said.row), said.row) for key, said in self._known.items()))
            self._worst = tuple(row for _, row in ranked)
        return self._worst

    @property
    def more(self) -> int:
        """How many are not among the worst."""
        return len(self._known) - len(self.worst)


def title(service: str, slo: str, group: str) -> str:
    """Return the name that people call it by."""
    return f"{service}/{slo} {group}" if group else f"{service}/{slo}"


def pace(rate: float) -> str:
    """Say how fast a budget burns."""
    if not rate:
        return "nothing"
    return f"{rate:g}× too fast" if rate > 1 else f"slowly enough ({rate:g}×)"  # noqa: RUF001  meant


def left(period: PeriodLeft) -> str:
    """Say what is left of a period's budget."""
    if period.left > 0:
        return f"{percent(period.left)} of its {period.period} budget left"
    by = f"overspent by {percent(-period.left)}" if period.left else "used up"
    return f"its {period.period} budget is {by}"


def _rank(key: Key, row: ErrorBudget) -> Rank:
    severity = len(RANK) if row.severity is None else RANK[row.severity]
    first = row.periods[0].left if row.periods else 0.0
    hour = next((burn.rate for burn in row.burns if burn.window == ALWAYS[0]), 0.0)
    return severity, ORDER.get(row.state, len(ORDER)), first, -hour, key


def _left(budget: BudgetSnapshot) -> PeriodLeft:
    # A negative zero would read as overspent by nothing.
    return PeriodLeft(budget.period, round(budget.remaining, 3) + 0.0, round(budget.coverage, 2))


def _rate(rate: float) -> float:
    """What burns at all is not told as nothing."""
    if rate >= TENTHS_BELOW:
        return float(round(rate))
    return max(0.1, round(rate, 1)) if rate else 0.0


def _alarming(snapshot: SloSnapshot, rates: dict[str, float]) -> str | None:
    """Return the shortest long window that burns above its threshold: the newest news."""
    return next((window for window, bound in snapshot.thresholds if rates.get(window, 0.0) > bound), None)


def _pages(snapshot: SloSnapshot, rates: dict[str, float]) -> bool:
    """Whether a spent budget burns on as fast as what is paged for: the policy's state tells the spent budget only."""
    bounds = dict(snapshot.thresholds)
    return any(
        long in bounds and min(rates.get(long, 0.0), rates.get(short, 0.0)) > bounds[long] for long, short in PAGES
    )


def _condition(row: ErrorBudget, severity: Severity, window: str | None) -> Condition:
    if not row.state:
        text = "no data: what is left of its error budget is not known"
        return Condition(slo_indicators.SLO_WITHOUT_DATA, severity, text, 1, patience=PATIENCE)
    rate = next((burn.rate for burn in row.burns if burn.window == window), 0.0)
    burns = f"burns {pace(rate)} in the last {LONG.get(window, window)}" if window else ""
    remains = left(row.periods[0]) if row.periods else ""
    if row.state in SPENT:
        frozen = "frozen" if row.state == "frozen" else ""
        text = ", ".join(filter(None, (frozen, remains, burns)))
        value = row.periods[0].left if row.periods else 0.0
        return Condition(slo_indicators.BUDGET_LEFT, severity, text, value, detail=row.state)
    text = ", ".join(filter(None, (burns, remains)))
    return Condition(slo_indicators.BURN_RATE, severity, text, rate, detail=row.state)
