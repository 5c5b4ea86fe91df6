"""What the SLO engine costs: a step of many objectives, a save and its rows, memory per member with full rings.

`python -m benchmarks.slo_engine [OBJECTIVES]` needs no other program and prints a JSON object.
"""

from __future__ import annotations

import gc
import json
import sys
import time
import tracemalloc
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from kube_headroom.slo.amount import SCALE, Amount
from kube_headroom.slo.engine.counters import Limits
from kube_headroom.slo.engine.engine import Engine
from kube_headroom.slo.intake import Member, Stretch
from kube_headroom.slo.objective import EventRatio, Objective, Period, Place, Query
from kube_headroom.state.slo_file import SloFile

NOW = 1_770_000_000.0
STEP = 30.0
STEPS = 20
MONTH = 30 * 86_400
PLACE = Place("slo.yaml", 1)


class Figures(NamedTuple):
    """With 30 days of history in every ring; milliseconds of CPU (of the worst of the steps) and bytes as the names say."""

    objectives: int
    retained_bytes_per_objective: float
    add_milliseconds: float
    changes_milliseconds: float
    snapshots_milliseconds: float
    step_milliseconds: float
    rows_milliseconds: float
    row_bytes_per_objective: float
    save_milliseconds: float
    load_and_restore_milliseconds: float


def declared(number: int) -> Objective:
    """One objective over 30 days."""
    ratio = EventRatio(Query("total", PLACE), bad=Query("bad", PLACE))
    return Objective("shop", f"route-{number}", Fraction(999, 1000), ratio, (Period("30d", MONTH),), PLACE)


def begun(objectives: list[Objective]) -> Engine:
    """Return an engine whose rings are full, of events that differ from bucket to bucket."""
    engine = Engine(Limits())
    engine.define(objectives, (), NOW)
    edges = [NOW - MONTH + hours * 3_600 for hours in range(0, 27 * 24, 6)]
    edges += [NOW - 3 * 86_400 + hour * 3_600 for hour in range(71)]
    edges += [NOW - 3_600 + step * STEP for step in range(int(3_600 / STEP) + 1)]
    for at, objective in enumerate(objectives):
        stretches = [
            Stretch(Member(), start, end, Amount((1_000 + (at * 7 + index) % 991) * SCALE, index % 5 * SCALE))
            for index, (start, end) in enumerate(pairwise(edges))
        ]
        engine.fill(objective.key, stretches)
    engine.changes(NOW)
    return engine


def timed_step(engine: Engine, objectives: list[Objective], now: float) -> tuple[float, float, float]:
    """Return the milliseconds of adding a stretch to each objective, of closing the step, and of all snapshots."""
    batches = [
        (objective.key, [Stretch(Member(), now - STEP, now, Amount(1_234 * SCALE + at, at % 9 * SCALE))])
        for at, objective in enumerate(objectives)
    ]
    marks = [time.process_time()]
    for key, stretches in batches:
        engine.add(key, stretches)
    marks.append(time.process_time())
    keys = engine.changes(now)
    marks.append(time.process_time())
    shown = [engine.snapshot(key, now) for key in keys]
    marks.append(time.process_time())
    assert all(each and each.counters and len(each.burn_rates) == 7 for each in shown)
    assert len(shown) == len(objectives)
    added, closed, told = ((end - begin) * 1e3 for begin, end in pairwise(marks))
    return added, closed, told


def retained_bytes(count: int) -> float:
    """Return what an objective costs in memory, its definition left out; tracing is slow, so of a few."""
    objectives = [declared(number) for number in range(count)]
    gc.collect()
    tracemalloc.start()
    engine = begun(objectives)
    for step in range(STEPS):
        timed_step(engine, objectives, NOW + STEP * (step + 1))
    gc.collect()
    retained = tracemalloc.get_traced_memory()[0] / count
    tracemalloc.stop()
    return retained


def measure(count: int) -> Figures:
    """Return the figures for a number of objectives."""
    objectives = [declared(number) for number in range(count)]
    engine = begun(objectives)
    steps = [timed_step(engine, objectives, NOW + STEP * (number + 1)) for number in range(STEPS)]
    now = NOW + STEP * STEPS
    worst = max(steps, key=sum)
    begin = time.process_time()
    rows = engine.rows(now)
    encoded = time.process_time()
    with TemporaryDirectory() as folder:
        file = SloFile(Path(folder) / "slo.db", "benchmark")
        file.save(rows, now)
        saved = time.process_time()
        other = Engine(Limits())
        other.define(objectives, (), now)
        again = time.process_time()
        other.restore(file.load(), now)
        restored = time.process_time()
        file.close()
    assert not other.flaws()
    return Figures(
        objectives=count,
        retained_bytes_per_objective=round(retained_bytes(50)),
        add_milliseconds=round(worst[0], 1),
        changes_milliseconds=round(worst[1], 1),
        snapshots_milliseconds=round(worst[2], 1),
        step_milliseconds=round(sum(worst), 1),
        rows_milliseconds=round((encoded - begin) * 1e3, 1),
        row_bytes_per_objective=round(sum(len(value) for _, value in rows) / count),
        save_milliseconds=round((saved - encoded) * 1e3, 1),
        load_and_restore_milliseconds=round((restored - again) * 1e3, 1),
    )


if __name__ == "__main__":
    print(json.dumps(measure(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000)._asdict(), indent=1))
