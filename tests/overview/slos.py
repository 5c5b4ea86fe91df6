"""SLOs as the engine tells them."""

from __future__ import annotations

from collections.abc import Mapping

from kube_headroom.catalogue.labels import Slo
from kube_headroom.snapshot import BudgetSnapshot, SloSnapshot

THRESHOLDS = (("1h", 14.4), ("6h", 6.0), ("1d", 3.0), ("3d", 1.0))
WINDOWS = ("5m", "30m", "1h", "2h", "6h", "1d", "3d")
CART = Slo("cart", "availability", "", "shop", "Deployment", "cart")


def key(slo: Slo = CART) -> tuple[str, ...]:
    return "slo", *slo


def slo(
    state: str = "healthy",
    labels: Slo = CART,
    *,
    owner: str = "storefront",
    left: Mapping[str, float] | None = None,
    rates: Mapping[str, float] | None = None,
    coverage: float = 1.0,
) -> SloSnapshot:
    """An SLO of 99.9%; `left` is by period, and `rates` are the burn rates that are not 0, by window."""
    burning = dict.fromkeys(WINDOWS, 0.0) | dict(rates or {})
    return SloSnapshot(
        slo=labels,
        owner=owner,
        sli="availability",
        unit="seconds",
        objective=0.999,
        thresholds=THRESHOLDS,
        minimum_bad_events=0.0,
        budget_ticket=0.2,
        counters=(1000.0, 1.0, None, None),
        burn_rates=tuple(burning.items()),
        budgets=tuple(
            BudgetSnapshot(period, 1000.0, 1.0, remaining, coverage)
            for period, remaining in (left or {"30d": 0.9}).items()
        ),
        state=state,
        evaluated_at=1.0e9,
    )


def silent(labels: Slo = CART, *, evaluated_at: float | None = None) -> SloSnapshot:
    """An SLO without data."""
    known = slo("", labels)
    return known._replace(counters=None, burn_rates=(), budgets=(), evaluated_at=evaluated_at)


OUTAGE = dict.fromkeys(WINDOWS, 60.0)
"""Burn rates in the middle of one."""
