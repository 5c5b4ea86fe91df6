"""What changed becomes the page, at most once per interval; runs on one thread and never waits for a scrape."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any

from prometheus_client import CollectorRegistry

from kube_headroom import signals
from kube_headroom.catalogue import exporter as series
from kube_headroom.catalogue.labels import Family, Nothing
from kube_headroom.catalogue.metric import Metric, Sample
from kube_headroom.catalogue.metrics import CLUSTER_METRICS
from kube_headroom.exposition.channel import Publication
from kube_headroom.exposition.page import EMPTY_BODY, Page, join
from kube_headroom.exposition.registry import registry_body
from kube_headroom.exposition.server import Server
from kube_headroom.state.inventory import Inventory, Key

AT_ONCE = 200
"""Snapshots per hold of the inventory's lock: readers wait at most this long, some milliseconds."""
OWN_INTERVAL = 10.0
"""Seconds after which our own metrics are published though nothing in the cluster changed."""


class Publisher:
    """Keeps the page up to date with the inventory and hands it to the server."""

    def __init__(
        self, inventory: Inventory, server: Server, own: CollectorRegistry, clock: Callable[[], float]
    ) -> None:
        self._inventory = inventory
        self._server = server
        self._own = own
        self._clock = clock
        self._page = Page(CLUSTER_METRICS)
        self._last = -OWN_INTERVAL
        self._duration = 0.0
        self._shown: tuple[str, frozenset[Metric[Any]]] | None = None

    def publish(self, waiting: str, withdrawn: frozenset[Metric[Any]]) -> None:
        """Publish what changed; `waiting` says what is missing before anything of the cluster may be shown."""
        started = time.perf_counter()
        changed = False if waiting else self._refresh()
        now = self._clock()
        state = (waiting, withdrawn)
        if not changed and state == self._shown and now - self._last < OWN_INTERVAL:
            self._server.heartbeat()
            return
        body = EMPTY_BODY if waiting else self._page.body(withdrawn)
        own = registry_body(self._own)
        self._server.publish(Publication(not waiting, waiting, now, join((body, own))))
        self._last, self._shown = now, state
        self._duration = time.perf_counter() - started

    def samples(self) -> Iterator[Sample]:
        """Report the size of the page and the time it took."""
        yield series.PUBLISH_DURATION.at(Nothing(), self._duration)
        yield series.SERVER_RESTARTS.at(Nothing(), self._server.restarts)
        for metric, count, size in self._page.sizes():
            if count:
                yield series.EXPOSITION_SERIES.at(Family(metric.name), count)
                yield series.EXPOSITION_BYTES.at(Family(metric.name), size)

    def _refresh(self) -> bool:
        keys = self._inventory.changes()
        for some in _slices(keys, AT_ONCE):
            for key, snapshot in self._inventory.snapshots(some):
                if snapshot is None:
                    self._page.drop(key)
                else:
                    self._page.put(key, signals.samples(key[0], snapshot))
        return bool(keys)


def _slices(keys: Sequence[Key], size: int) -> Iterator[list[Key]]:
    remaining = iter(keys)
    while some := [*islice(remaining, size)]:
        yield some
