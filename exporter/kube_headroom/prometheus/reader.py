"""Asks Prometheus for every PromQL SLI at its turn; an objective that fails costs the others nothing."""

from __future__ import annotations

import heapq
import itertools
import math
import threading
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence

from kube_headroom import tracing
from kube_headroom.prometheus.answers import Row
from kube_headroom.prometheus.backlog import Backlog
from kube_headroom.prometheus.client import Client
from kube_headroom.prometheus.counters import Counters
from kube_headroom.prometheus.expressions import OPERATORS, Expressions
from kube_headroom.prometheus.failures import Failure, Reason, TooManySeries, broken
from kube_headroom.prometheus.health import Health, Summary
from kube_headroom.prometheus.options import Options
from kube_headroom.prometheus.selectors import counted
from kube_headroom.slo.intake import Intake, Key
from kube_headroom.slo.objective import ClusterIndicator, EventRatio, Objective, Threshold
from kube_headroom.timing import REAL, Timing

LONGEST_WAIT = 1.0
"""Seconds between two looks at what is due."""
TOGETHER = 5.0
"""Seconds of a step whose objectives have their turn at one moment: the page is made once for all of them."""


class _Task:
    """An objective and how it is measured."""

    def __init__(self, objective: Objective, method: Counters | Expressions) -> None:
        self.objective = objective
        self.method = method
        self.gone = False
        self.checked = False


class Reader:
    """The SLIs that are PromQL; raises UsageError at once for an address or a file that cannot be used.

    `run` belongs on a thread of its own, all else may be called from any.
    """

    def __init__(self, options: Options, intake: Intake, timing: Timing = REAL) -> None:
        self._options = options
        self._intake = intake
        self._timing = timing
        self._client = Client(options)
        self._health = Health()
        self._backlog = Backlog(options, self._client, intake, self._health)
        self._lock = threading.Lock()
        self._tasks: dict[Key, _Task] = {}
        self._turns: list[tuple[float, int, _Task]] = []  # a heap, without the tasks that are at work
        self._numbers = itertools.count()  # two turns at the same moment are taken in any order

    def define(self, objectives: Iterable[Objective], since: Mapping[Key, float] | None = None) -> None:
        """Take all objectives that there are; those measured from cluster state are left to others.

        `since` tells up to when each was counted before this process began (Unix seconds): what happened in the last
        two minutes then counts, the rest is a gap. An objective that did not change goes on.
        """
        wanted = {one.key: one for one in objectives if not isinstance(one.sli, ClusterIndicator)}
        now = self._timing.clock()
        with self._lock:
            for key in [*self._tasks]:
                if wanted.get(key) != self._tasks[key].objective:
                    self._tasks.pop(key).gone = True
                    self._health.forget(key)
                    self._backlog.drop(key)
            for key, objective in wanted.items():
                if key not in self._tasks:
                    self._begin(objective, now, (since or {}).get(key))

    def run(self, stop: threading.Event) -> None:
        """Ask until `stop` is set, with some threads at once, each objective at its moment of the step."""
        others = [
            threading.Thread(target=self._work, args=(stop,), name=f"prometheus-{index}", daemon=True)
            for index in range(1, self._options.concurrency)
        ]
        for thread in others:
            thread.start()
        self._work(stop)

    def evaluate(self, at: float) -> None:
        """Give every objective its turn, as if it were `at` (Unix seconds)."""
        with self._lock:
            tasks = [*self._tasks.values()]
        for task in tasks:
            self._evaluate(task, at)

    def back_fill(self, key: Key, gaps: Iterable[tuple[float, float]]) -> None:
        """Read an objective's gaps (Unix seconds), also those before it was defined, when there is time for it."""
        with self._lock:
            task = self._tasks.get(key)
        if task is not None:
            self._backlog.add(key, gaps, task.objective, self._timing.clock())

    def from_counters(self, key: Key, gaps: Iterable[tuple[float, float]]) -> None:
        """Read the gaps of an objective that is measured from cluster state from our own two counters, where they were scraped."""
        self._backlog.add(key, gaps, None, self._timing.clock())

    def read_past(self, now: float) -> bool:
        """Ask for one piece of the past, as `run` does between turns; false if there is nothing to ask for now."""
        return self._backlog.read(now)

    def summary(self) -> Summary:
        """How reading is going."""
        with self._lock:
            tasks = [*self._tasks.values()]
        return self._health.summary(
            requests=self._client.requests,
            seconds=self._client.seconds,
            objectives=len(tasks),
            series=sum(task.method.series for task in tasks),
            pending=len(self._backlog),
        )

    def _begin(self, objective: Objective, now: float, since: float | None) -> None:
        key = objective.key
        try:
            method = _method(objective, self._options, since)
        except ValueError as error:
            self._health.failed(key, Failure(Reason.QUERY, f"{objective.place}: {error}"))
            return
        task = self._tasks[key] = _Task(objective, method)
        heapq.heappush(self._turns, (self._turn(key, now), next(self._numbers), task))

    def _turn(self, key: Key, after: float) -> float:
        """The next moment of this objective, which has the same place in every step."""
        step = self._options.step
        places = max(1, round(step / TOGETHER))
        place = zlib.crc32("/".join(key).encode()) % places * step / places
        return math.floor((after - place) / step + 1) * step + place

    def _work(self, stop: threading.Event) -> None:
        while not stop.is_set():
            now = self._timing.clock()
            task, wait = self._due(now)
            if task is None:
                if not self._backlog.read(now):
                    self._timing.wait(stop, wait)
                continue
            self._evaluate(task, now)
            key = task.objective.key
            with self._lock:
                heapq.heappush(self._turns, (self._turn(key, self._timing.clock()), next(self._numbers), task))

    def _due(self, now: float) -> tuple[_Task | None, float]:
        """The task whose turn it is, or how long to wait for one."""
        with self._lock:
            while self._turns and self._turns[0][2].gone:
                heapq.heappop(self._turns)
            if not self._turns:
                return None, LONGEST_WAIT
            if (wait := self._turns[0][0] - now) > 0:
                return None, min(wait, LONGEST_WAIT)
            return heapq.heappop(self._turns)[2], 0.0

    def _evaluate(self, task: _Task, at: float) -> None:
        with tracing.span("measure SLI", {"headroom.slo": "/".join(task.objective.key)}):
            self._measure(task, at)

    def _measure(self, task: _Task, at: float) -> None:
        key = task.objective.key
        try:
            evaluation = task.method.evaluate(self._asking(key), at)
            if task.gone:
                return
            if evaluation.stretches:
                self._intake.add(key, [*evaluation.stretches])
            for reason, times in evaluation.flaws.items():
                if times:
                    self._intake.flaw(key, reason, times)
        except Exception as error:  # noqa: BLE001  (an objective that is not counted any more in silence is the worst of failures)
            failure = broken(error)
            tracing.failed(failure)
            self._health.failed(key, failure)
            if isinstance(error, TooManySeries):
                self._intake.flaw(key, "series_over_limit")
        else:
            self._health.evaluated(key)
            self._check_retention(task, at)

    def _check_retention(self, task: _Task, now: float) -> None:
        if task.checked:
            return
        task.checked = True
        kept = self._backlog.retention(now)
        needed = max(period.seconds for period in task.objective.periods)
        if kept is not None and kept < needed:
            self._intake.flaw(task.objective.key, "retention_short")

    def _asking(self, key: Key) -> Callable[[str, float], list[Row]]:
        def ask(query: str, at: float) -> list[Row]:
            answer = self._client.at(query, at)
            self._take(key, answer.remarks)
            return answer.rows

        return ask

    def _take(self, key: Key, remarks: Sequence[str]) -> None:
        self._health.answered(self._timing.clock())
        for remark in remarks:
            if self._health.remarked(key, remark):
                self._intake.flaw(key, "warning")


def _method(objective: Objective, options: Options, since: float | None) -> Counters | Expressions:
    """How an objective is measured: exactly, if both its queries are counters."""
    sli = objective.sli
    if isinstance(sli, EventRatio):
        part = sli.good or sli.bad
        queries = (counted(sli.total.text), counted(part.text) if part else None)
        if queries[0] and queries[1]:
            return Counters(objective, (queries[0], queries[1]), options, since)
    if isinstance(sli, Threshold) and sli.operator not in OPERATORS:
        raise ValueError(f"{objective.place}: operator {sli.operator!r}; expected one of {', '.join(OPERATORS)}")
    return Expressions(objective, options, since)
