"""What a step of many PromQL SLOs costs from Prometheus' answers to the page, and the memory of all that is kept for them.

`python -m benchmarks.slo_page [OBJECTIVES]` needs no other program and prints a JSON object.
"""

from __future__ import annotations

import gc
import json
import sys
import time
import tracemalloc
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, cast

from prometheus_client import CollectorRegistry

from benchmarks.slo_engine import NOW, STEP, STEPS, begun, declared
from kube_headroom.exposition.channel import Publication
from kube_headroom.exposition.server import Server
from kube_headroom.overview_feed import OverviewFeed
from kube_headroom.prometheus.answers import Row, rows_of
from kube_headroom.prometheus.counters import Counters
from kube_headroom.prometheus.options import Options
from kube_headroom.prometheus.reader import TOGETHER
from kube_headroom.prometheus.selectors import Counted, counted
from kube_headroom.publisher import Key, Publisher, Standing
from kube_headroom.slo.engine.engine import Engine
from kube_headroom.slo.objective import Objective

MOMENTS = round(STEP / TOGETHER)
READY = Standing("", frozenset(), ())


class Figures(NamedTuple):
    """Milliseconds of CPU of the median step, and bytes.

    `at_once` has all answers at hand at the same moment, `spread` at the moments of the step at which the exporter asks
    for some of them, with a publication after each.
    """

    objectives: int
    counted_at_once_milliseconds: float
    published_at_once_milliseconds: float
    spread_milliseconds: float
    page_bytes: int
    retained_bytes_per_objective: float


class _Server:
    """Stands where the server does: what it does with a page is the same for a thousand SLOs and none."""

    restarts = 0

    def __init__(self) -> None:
        self.last: Publication | None = None

    def publish(self, publication: Publication) -> None:
        self.last = publication

    def heartbeat(self) -> None:
        """Nothing new."""


class Path:
    """Everything between an answer and the page; `now` is Unix seconds."""

    def __init__(self, objectives: Sequence[Objective]) -> None:
        self.now = NOW
        self.engine: Engine = begun([*objectives])
        queries = cast("tuple[Counted, Counted]", (counted("total"), counted("bad")))
        self.counters = [Counters(one, queries, Options(""), NOW - 5) for one in objectives]
        self.server = _Server()
        self._publisher = Publisher(
            (self,),
            cast("Server", self.server),
            CollectorRegistry(),
            feed=OverviewFeed(lambda: ()),
            clock=lambda: self.now,
        )

    def changes(self) -> list[Key]:
        """Return what the engine would have rendered."""
        return list(self.engine.changes(self.now))

    def snapshots(self, keys: Iterable[Key]) -> list[tuple[Key, Any]]:
        """View what the keys name now."""
        return [(key, self.engine.snapshot((*key,), self.now)) for key in keys]  # type: ignore[arg-type]  # changes gave it

    def count(self, some: Iterable[Counters], answers: dict[str, bytes]) -> None:
        """Count what the answers hold, by query."""
        for each in some:
            found = each.evaluate(lambda query, _: _rows(answers, query), self.now)
            self.engine.add(each._objective.key, [*found.stretches])  # noqa: SLF001  (what the reader knows beside)

    def publish(self) -> None:
        """Render what changed."""
        self._publisher.publish(READY)


def _rows(answers: dict[str, bytes], query: str) -> list[Row]:
    return rows_of(answers["bad" if '"bad"' in query else "total"]).rows


def answered(now: float) -> dict[str, bytes]:
    """Return what Prometheus says of both counters, scraped every 30 seconds for the last 4 minutes, as it writes it."""
    times = range(int(now - 5) // 30 * 30 - 210, int(now - 4), 30)
    rates = {"total": 12, "bad": 0.01}
    return {
        name: json.dumps(
            {
                "status": "success",
                "data": {
                    "resultType": "matrix",
                    "result": [
                        {
                            "metric": {"__name__": name, "job": "shop", "instance": "10.0.0.1:80", "namespace": "shop"},
                            "values": [[at, str(int((at - NOW + 600) * rate))] for at in times],
                        }
                    ],
                },
            }
        ).encode()
        for name, rate in rates.items()
    }


def at_once(path: Path) -> tuple[float, float]:
    """Return the CPU seconds of counting all objectives and of publishing them."""
    path.now += STEP
    answers = answered(path.now)
    begin = time.process_time()
    path.count(path.counters, answers)
    between = time.process_time()
    path.publish()
    return between - begin, time.process_time() - between


def spread(path: Path) -> float:
    """Return the CPU seconds of a step in which every objective has its moment."""
    spent = 0.0
    for moment in range(MOMENTS):
        path.now += TOGETHER
        answers = answered(path.now)
        begin = time.process_time()
        path.count(path.counters[moment::MOMENTS], answers)
        path.publish()
        spent += time.process_time() - begin
    return spent


def measure(count: int) -> Figures:
    """Return the figures for a number of objectives."""
    objectives = [declared(number) for number in range(count)]
    path = Path(objectives)
    for _ in range(2):
        at_once(path)
    counting, publishing = zip(*(at_once(path) for _ in range(STEPS)), strict=True)
    spread(path)
    apart = [spread(path) for _ in range(STEPS // 2)]
    assert path.server.last is not None
    size = path.server.last.body.text.size
    return Figures(
        count,
        round(_median(counting), 1),
        round(_median(publishing), 1),
        round(_median(apart), 1),
        size,
        round(retained_bytes(20, 120)),
    )


def retained_bytes(few: int, more: int) -> float:
    """Return what one more objective costs: definition, last samples, rings, page, overview; of few, as tracing is slow."""
    held = []
    for count in (few, more):
        gc.collect()
        tracemalloc.start()
        path = Path([declared(number) for number in range(count)])
        for _ in range(3):
            at_once(path)
        gc.collect()
        held.append(tracemalloc.get_traced_memory()[0])
        tracemalloc.stop()
        assert path.server.last is not None
    return (held[1] - held[0]) / (more - few)


def _median(seconds: Iterable[float]) -> float:
    return sorted(seconds)[STEPS // 4] * 1e3


if __name__ == "__main__":
    print(json.dumps(measure(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000)._asdict(), indent=1))
