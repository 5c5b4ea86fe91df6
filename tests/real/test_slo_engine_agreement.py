"""What the engine says of its windows, beside what a real Prometheus makes of the counters that the engine shows."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import pytest

from alerts.__main__ import FILE
from kube_headroom.catalogue import slo as series
from kube_headroom.catalogue.recorded import burn_rate
from kube_headroom.signals.slo import slo
from kube_headroom.slo.engine.ring import LEVEL_OF, LEVELS
from kube_headroom.slo.windows import WINDOWS
from tests.alerts.timeline import series_of, values_of
from tests.real.test_slo_rules import PROMTOOLS, output
from tests.slo.engine.objectives import ALONE, engine, objective, stretch
from tools.build import program

SCRAPE = 30
EVALUATION = 1_800
LENGTH = 4 * 86_400
TARGET = Fraction(99, 100)
COMPARED = (series.EVENTS, series.BAD_EVENTS, series.OBJECTIVE)
START = 1_760_000_400.0
MOST, LEAST = 90, 40
"""Events per scrape."""


def incidents() -> Iterator[tuple[float, float]]:
    """Four days of events and bad events per scrape: mostly good, with incidents of minutes to hours."""
    chance = random.Random(6)
    left, share = 0, 0.0
    for _ in range(LENGTH // SCRAPE):
        if not left:
            left, share = chance.choice([(20, 0.5), (8, 1.0), (240, 0.05), (480, 0.002), (480, 0.001)])
        left -= 1
        events = chance.randint(LEAST, MOST)
        yield events, round(events * share, 3)


def bound(window: str) -> float:
    """How far two burn rates may be apart: the engine looks back to a bucket's edge, Prometheus to its first sample.

    What lies between holds at most this share of the window's events. At worst all of them are bad and no other is; of
    that, a third is allowed (a fifth was found).
    """
    bucket = LEVELS[LEVEL_OF[window]][0]
    share = (bucket + SCRAPE) * MOST / (WINDOWS[window] * (LEAST + MOST) / 2)
    return min(1.0, share) / 3 / float(1 - TARGET)


@pytest.fixture(scope="module")
def run() -> dict[str, object]:
    """What promtool reads: the engine's own series, and its burn rates as the answers to expect."""
    counting = engine(objective(target=TARGET), now=START)
    told: dict[str, dict[int, float]] = {}
    checks = []
    for index, (events, bad) in enumerate(incidents()):
        now = START + (index + 1) * SCRAPE
        counting.add(ALONE[1:3], [stretch(now - SCRAPE, now, events, bad)])
        counting.changes(now)
        snapshot = counting.snapshot(ALONE, now)
        assert snapshot is not None
        for sample in slo(snapshot):
            if sample.metric in COMPARED:
                told.setdefault(series_of(sample, "a"), {})[index] = sample.value
        minute = index * SCRAPE
        if minute >= EVALUATION and minute % EVALUATION == 0:
            checks += [
                {
                    "expr": f"abs(max by () ({burn_rate(window).name}) - {rate!r}) <= bool {bound(window)!r}",
                    "eval_time": f"{minute}s",
                    "exp_samples": [{"labels": "{}", "value": 1}],
                }
                for window, rate in snapshot.burn_rates
            ]
    rows = [{"series": name, "values": values_of(values, index + 1)} for name, values in told.items()]
    test = {"interval": f"{SCRAPE}s", "input_series": rows, "promql_expr_test": checks}
    return {"rule_files": [str(FILE)], "evaluation_interval": f"{EVALUATION}s", "tests": [test]}


@pytest.mark.parametrize("promtool", PROMTOOLS)
def test_prometheus_agrees_with_the_engine(run: dict[str, object], promtool: str, tmp_path: Path) -> None:
    file = tmp_path / "run.yaml"
    file.write_text(json.dumps(run))

    output(program(promtool), "test", "rules", file)
