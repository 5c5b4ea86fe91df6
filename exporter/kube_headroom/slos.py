"""SLOs between the rooms: what is declared is counted, what is counted is published and kept."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

import structlog

from kube_headroom import slo_prometheus, tracing
from kube_headroom.catalogue import slo_engine as series
from kube_headroom.catalogue.labels import Nothing, SloReason
from kube_headroom.catalogue.metric import Sample
from kube_headroom.overview.content import Source
from kube_headroom.prometheus.reader import Reader
from kube_headroom.settings import Settings
from kube_headroom.slo.engine.counters import Limits
from kube_headroom.slo.engine.engine import Engine
from kube_headroom.slo.intake import Key, Stretch
from kube_headroom.slo.measures import Measures
from kube_headroom.slo.objective import ClusterIndicator, Definitions, Objective, Severity
from kube_headroom.slo_declared import Declared
from kube_headroom.state.inventory import Inventory
from kube_headroom.state.slo_file import SloFile
from kube_headroom.timing import Timing

log = structlog.get_logger(__name__)

SAVE_SECONDS = 120.0
"""Between two writes of the state file: they hold every SLO's windows, and Prometheus has what a kill costs."""

PAST_SECONDS = 900.0
"""Between two looks for gaps that evaluations did not catch up with; younger ones they still may."""

CATCHING_UP = 240.0
"""The last seconds before now are no gap yet: the next evaluations still bring them."""


class Slos:
    """All SLOs of one exporter: an origin of the page's snapshots, and a listener that learns of the cluster's.

    `stale` names the kinds of objects that were not heard of for too long. The publisher's thread calls what it
    publishes from; `run` belongs on a thread of its own, all else may be called from any.
    """

    def __init__(
        self,
        settings: Settings,
        inventory: Inventory,
        cluster: str,
        timing: Timing,
        *,
        stale: Callable[[], AbstractSet[str]],
    ) -> None:
        self._settings = settings
        self._inventory = inventory
        self._timing = timing
        self._stale = stale
        self._lock = threading.Lock()
        self._engine = Engine(Limits(counter_hold=settings.counter_hold, missing_after=settings.slo_missing_after))
        self._measures = Measures(self)
        self._declared = Declared(settings, inventory)
        self._definitions = Definitions((), (), ())
        self._reader = Reader(slo_prometheus.options(settings), self, timing) if settings.prometheus_url else None
        self._file = SloFile(settings.slo_state_file, cluster) if settings.slo_state_file else None
        self._restored = False
        self._stepped_at: float | None = None
        self._filled_until: float | None = None
        self._seconds = 0.0
        self._saved_at: float | None = None
        self._save_errors = 0

    # the intake of those who measure

    def add(self, key: Key, stretches: list[Stretch]) -> None:
        """Take new stretches of an objective."""
        with self._lock:
            self._engine.add(key, stretches)

    def fill(self, key: Key, stretches: list[Stretch]) -> None:
        """Take stretches of the past."""
        with self._lock:
            self._engine.fill(key, stretches)

    def flaw(self, key: Key, reason: str, times: int = 1) -> None:
        """Count what could not be used of an objective's data."""
        with self._lock:
            self._engine.flaw(key, reason, times)

    # what the publisher asks

    def put(self, key: tuple[str, ...], snapshot: object | None, samples: Sequence[Sample], now: float) -> None:
        """Learn of what is published of the cluster."""
        self._measures.put(key, snapshot, samples, now)

    def changes(self) -> list[tuple[str, ...]]:
        """Return the SLOs whose snapshot may differ, after a step if one is due."""
        now = self._timing.clock()
        if self._stepped_at is None or now - self._stepped_at >= self._settings.slo_step:
            self._step(now)
        with self._lock:
            return list(self._engine.changes(now))

    def snapshots(self, keys: Iterable[tuple[str, ...]]) -> list[tuple[tuple[str, ...], Any]]:
        """View what the keys name now, None for what is gone."""
        now = self._timing.clock()
        with self._lock:
            return [(key, self._engine.snapshot((*key,), now)) for key in keys]  # type: ignore[arg-type]  # changes gave it

    # the wiring's

    def run(self, stop: threading.Event) -> None:
        """Ask Prometheus and keep the state file until `stop` is set; the last write is at the end."""
        if self._reader is not None:
            threading.Thread(target=self._reader.run, args=(stop,), name="prometheus", daemon=True).start()
        while not self._timing.wait(stop, SAVE_SECONDS):
            self._save()
        self._save()
        if self._file is not None:
            self._file.close()

    def samples(self) -> Iterator[Sample]:
        """Report what is declared, and what of it could not be counted."""
        problems = self._definitions.problems
        errors = sum(problem.severity is Severity.ERROR for problem in problems)
        yield series.OBJECTIVES.at(Nothing(), len(self._definitions.objectives))
        yield series.DEFINITION_ERRORS.at(Nothing(), errors)
        yield series.DEFINITION_WARNINGS.at(Nothing(), len(problems) - errors)
        yield series.EVALUATION_SECONDS.at(Nothing(), self._seconds)
        with self._lock:
            flaws = sorted(self._engine.flaws().items())
        for labels, count in flaws:
            yield series.FLAWS.at(SloReason(*labels), count)
        if self._reader is not None:
            yield from slo_prometheus.samples(self._reader.summary())
        if self._file is not None:
            yield series.STATE_ERRORS.at(Nothing(), self._save_errors)
        if self._saved_at is not None:
            yield series.STATE_LAST_SUCCESS.at(Nothing(), self._saved_at)

    def sources(self) -> Iterator[Source]:
        """Say what the overview shows of the Prometheus that is asked."""
        if self._reader is not None:
            yield from slo_prometheus.shown(self._reader.summary())

    def _step(self, now: float) -> None:
        begun = time.perf_counter()
        with tracing.span("evaluate SLOs") as span:
            found = self._declared.read()
            if found is not None:
                self._define(found, now)
            self._measures.step(now, self._stale())
            self._fill_gaps(now)
            span.note({"headroom.slo.objectives": len(self._definitions.objectives)})
        self._stepped_at = now
        self._seconds = time.perf_counter() - begun

    def _define(self, found: Definitions, now: float) -> None:
        known = {one.key for one in self._definitions.objectives}
        self._definitions = found
        with self._lock:
            self._engine.define(found.objectives, found.maintenance, now)
        if not self._restored:
            self._restore(now)
        self._inventory.show_again(self._measures.define(found.objectives))
        if self._reader is not None:
            new = [one for one in found.objectives if one.key not in known]
            self._reader.define(found.objectives, self._counted_until(new, now))
            self._ask_for_past(new, now - self._settings.prometheus_back_fill, now - CATCHING_UP)

    def _restore(self, now: float) -> None:
        self._restored = True
        try:
            rows = [] if self._file is None else self._file.load()
        except (OSError, sqlite3.Error) as error:
            self._save_failed(error)
            return
        with self._lock:
            self._engine.restore(rows, now)

    def _counted_until(self, objectives: Iterable[Objective], now: float) -> dict[Key, float]:
        """Say of objectives with a history up to when they were counted before this process began."""
        began = now - self._settings.prometheus_back_fill
        return {one.key: gaps[-1][0] for one in objectives if (gaps := self._gaps(one, began)) and gaps[-1][0] > began}

    def _fill_gaps(self, now: float) -> None:
        """Look for gaps of PromQL SLOs once in a while; those of cluster state stay gaps while we live."""
        if self._reader is None or now - (self._filled_until or 0.0) < PAST_SECONDS:
            return
        since, self._filled_until = self._filled_until, now
        if since is not None:
            queried = [one for one in self._definitions.objectives if not isinstance(one.sli, ClusterIndicator)]
            self._ask_for_past(queried, since - PAST_SECONDS, now - PAST_SECONDS)

    def _ask_for_past(self, objectives: Iterable[Objective], since: float, until: float) -> None:
        """Have gaps filled by the SLI's own query, or by what our counters told an earlier process's Prometheus."""
        if self._reader is None or self._settings.prometheus_back_fill <= 0:
            return
        for one in objectives:
            gaps = [(start, min(end, until)) for start, end in self._gaps(one, since) if start < until]
            if gaps:
                ask = self._reader.from_counters if isinstance(one.sli, ClusterIndicator) else self._reader.back_fill
                ask(one.key, gaps)

    def _gaps(self, objective: Objective, since: float) -> list[tuple[float, float]]:
        with self._lock:
            return self._engine.gaps(objective.key, since)

    def _save(self) -> None:
        if self._file is None or not self._restored:
            return
        now = self._timing.clock()
        with self._lock:
            rows = self._engine.rows(now)
        try:
            self._file.save(rows, now)
        except (OSError, sqlite3.Error) as error:
            with self._lock:
                self._engine.give_back(rows)
            self._save_failed(error)
        else:
            self._saved_at = now

    def _save_failed(self, error: Exception) -> None:
        if not self._save_errors:
            log.warning("the SLOs' state cannot be kept", file=str(self._settings.slo_state_file), why=str(error))
        self._save_errors += 1
