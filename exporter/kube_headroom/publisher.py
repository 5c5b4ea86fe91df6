"""What changed becomes the page, at most once per interval; runs on one thread and never waits for a scrape."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple, Protocol

import structlog
from prometheus_client import CollectorRegistry

from kube_headroom import signals, tracing
from kube_headroom.catalogue import exporter as series
from kube_headroom.catalogue.labels import Family, Nothing
from kube_headroom.catalogue.metric import Metric, Sample
from kube_headroom.catalogue.metrics import CLUSTER_METRICS
from kube_headroom.exposition.channel import Publication
from kube_headroom.exposition.page import EMPTY_BODY, Page, join
from kube_headroom.exposition.registry import registry_body
from kube_headroom.exposition.server import Server
from kube_headroom.overview.content import Overview
from kube_headroom.overview_feed import OverviewFeed

log = structlog.get_logger(__name__)

AT_ONCE = 200
"""Snapshots per hold of the inventory's lock: readers wait at most this long, some milliseconds."""
OWN_INTERVAL = 10.0
"""Seconds between two readings of our own metrics, unless the standing changes: a reading costs more than a small publication."""


Key = tuple[str, ...]


class Origin(Protocol):
    """Where snapshots come from: the cluster's state, the SLO engine."""

    def changes(self) -> list[Key]:
        """Return the keys whose snapshot changed since the last call."""

    def snapshots(self, keys: Iterable[Key]) -> list[tuple[Key, Any]]:
        """View what the keys name now, None for what is gone."""


class Listener(Protocol):
    """Who learns of every key that is rendered, with what was made of it."""

    def put(self, key: Key, snapshot: object | None, samples: Sequence[Sample], now: float) -> None:
        """Take a key's snapshot, None for what is gone, and the samples made of it."""


class Standing(NamedTuple):
    """How the sources stand: what is missing before anything of the cluster may be shown, what is too old, who is up."""

    waiting: str
    withdrawn: frozenset[Metric[Any]]
    sources: tuple[tuple[str, str, bool, bool], ...]


class Publisher:
    """Keeps the page up to date with what the origins tell, in their order, and hands it to the server."""

    def __init__(
        self,
        origins: Sequence[Origin],
        server: Server,
        own: CollectorRegistry,
        *,
        feed: OverviewFeed,
        clock: Callable[[], float],
    ) -> None:
        self._origins = origins
        self._listeners: list[Listener] = [feed]
        self._server = server
        self._own = own
        self._feed = feed
        self._clock = clock
        self._page = Page(CLUSTER_METRICS)
        self._own_body = EMPTY_BODY
        self._own_read = -OWN_INTERVAL
        self._duration = 0.0
        self._errors = 0
        self._shown: Standing | None = None

    def listen(self, listener: Listener) -> None:
        """Tell another one of every key from now on."""
        self._listeners.append(listener)

    def publish(self, standing: Standing) -> None:
        """Publish what changed in the cluster or in the standing, and our own metrics every few seconds anyway."""
        started, began = time.perf_counter(), time.time_ns()
        errors = self._errors
        changed = False if standing.waiting else self._refresh()
        now = self._clock()
        own_due = standing != self._shown or errors != self._errors or now - self._own_read >= OWN_INTERVAL
        feed_due = own_due or self._feed.due(now)
        if not (changed or feed_due):
            self._server.heartbeat()
            return
        # Begun in retrospect: most seconds bring nothing to publish, and no span.
        with tracing.span("publish", {"headroom.changed": changed}, began=began):
            body = EMPTY_BODY if standing.waiting else self._page.body(standing.withdrawn)
            if own_due:
                self._own_body, self._own_read = registry_body(self._own), now
            if feed_due:
                self._feed.look(now)
            page = join((body, self._own_body))
            self._server.publish(Publication(not standing.waiting, standing.waiting, now, page, self._feed.chunk))
        self._shown = standing
        self._duration = time.perf_counter() - started

    def overview(self) -> Overview | None:
        """Return what the overview page shows, None before the first publication; any thread may ask."""
        return self._feed.latest

    def samples(self) -> Iterator[Sample]:
        """Report the size of the page and the time it took."""
        yield series.PUBLISH_DURATION.at(Nothing(), self._duration)
        yield series.PUBLISH_ERRORS.at(Nothing(), self._errors)
        yield series.SERVER_RESTARTS.at(Nothing(), self._server.restarts)
        for metric, count, size in self._page.sizes():
            if count:
                yield series.EXPOSITION_SERIES.at(Family(metric.name), count)
                yield series.EXPOSITION_BYTES.at(Family(metric.name), size)

    def _refresh(self) -> bool:
        changed = False
        for origin in self._origins:
            keys, now = origin.changes(), self._clock()
            for some in _slices(keys, AT_ONCE):
                for key, snapshot in origin.snapshots(some):
                    self._put(key, snapshot, now)
            changed = changed or bool(keys)
        return changed

    def _put(self, key: Key, snapshot: object | None, now: float) -> None:
        """One object that no signal understands must not cost the others their series."""
        samples: tuple[Sample, ...] = ()
        try:
            samples = () if snapshot is None else tuple(signals.samples(key[0], snapshot))
            self._page.put(key, samples)
            for listener in self._listeners:
                listener.put(key, snapshot, samples, now)
        except Exception:
            self._page.drop(key)
            self._feed.drop(key, now)
            if not self._errors:
                log.exception("series could not be made and are left out", of="/".join(key))
            self._errors += 1


def _slices(keys: Sequence[Key], size: int) -> Iterator[list[Key]]:
    remaining = iter(keys)
    while some := [*islice(remaining, size)]:
        yield some
