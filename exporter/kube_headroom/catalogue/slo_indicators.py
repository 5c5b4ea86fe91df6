"""The questions about SLOs: what is left of their error budgets, how fast these burn, and how much of it is known."""

from __future__ import annotations

from typing import Final

from kube_headroom.catalogue import slo
from kube_headroom.catalogue.indicator import Indicator
from kube_headroom.catalogue.labels import Slo, SloPeriod, SloWindow
from kube_headroom.catalogue.metric import Unit
from kube_headroom.catalogue.promql import max_by, min_by, unless
from kube_headroom.catalogue.selection import value

_SLO: Final = Slo._fields

BUDGET_LEFT = Indicator(
    "Error budget left",
    "Share of the period's error budget that is left: 1 with nothing spent, negative once overspent; absent without data.",
    Unit.RATIO,
    min_by(value(slo.BUDGET_REMAINING), *SloPeriod._fields),
)
BURN_RATE = Indicator(
    "Burn rate",
    "How many times too fast the error budget is spent in the window: at 1 it lasts exactly its period, at 14 a "
    "fourteenth of it; absent without data.",
    Unit.NONE,
    max_by(value(slo.BURN_RATE), *SloWindow._fields),
)
SLO_COVERAGE = Indicator(
    "SLO coverage",
    "Share of the period's time so far of which there are data; what happened in the rest counts neither way.",
    Unit.RATIO,
    min_by(value(slo.COVERAGE), *SloPeriod._fields),
)
SLO_WITHOUT_DATA = Indicator(
    "SLO without data",
    "1 for a declared SLO of which nothing is known now: its budget is neither whole nor spent.",
    Unit.NONE,
    unless(
        max_by(value(slo.OBJECTIVE), *_SLO).above(0, flag=True),
        max_by(value(slo.BURN_RATE), *_SLO),
        on=_SLO,
    ),
)

SLO_INDICATORS = (BUDGET_LEFT, BURN_RATE, SLO_COVERAGE, SLO_WITHOUT_DATA)
