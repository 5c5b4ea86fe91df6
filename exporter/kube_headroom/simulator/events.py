"""Events as client-go's recorder writes them: repeated ones are counted, floods are dropped, old ones expire."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from kube_headroom.simulator.store import Object, Store, timestamp

KEPT_SECONDS = 3600.0
"""The API server's usual `--event-ttl`."""
BURST = 25
REFILL_SECONDS = 300.0
"""A source may write 25 events of one object at once, then one every five minutes (client-go, events_cache.go)."""


class Reporter(NamedTuple):
    """Who writes: a component, on a node if it is a kubelet."""

    component: str
    host: str = ""


class _Bucket(NamedTuple):
    tokens: float
    at: float


class Recorder:
    """Writes events into the store; a part of the world, which forgets what is older than `kept_seconds`."""

    def __init__(self, store: Store, clock: Callable[[], float]) -> None:
        self._store = store
        self._clock = clock
        self._known: dict[tuple[str, ...], tuple[str, str]] = {}
        self._last: dict[tuple[str, str], float] = {}
        """When each event was last written, the one untouched for longest first."""
        self._buckets: dict[tuple[str, ...], _Bucket] = {}
        self.dropped = 0
        self.kept_seconds = KEPT_SECONDS

    def record(  # noqa: PLR0913  an event has these parts
        self, involved: Object, type_: str, reason: str, message: str, reporter: Reporter, *, field_path: str = ""
    ) -> None:
        """Write an event of an object, or count it onto the one that says the same."""
        reference = _reference(involved, field_path)
        identity = (*reporter, reference["uid"], field_path)
        now = self._clock()
        if not self._admitted(identity[:-1], now):
            self.dropped += 1
            return
        key = (*identity, type_, reason, message)
        name = self._known.get(key)
        known = self._store.get("events", *name) if name else None
        if known is not None:
            written = self._store.replace(
                "events", {**known, "count": known["count"] + 1, "lastTimestamp": timestamp(now)}
            )
        else:
            written = self._create(reference, type_, reason, message, reporter)
        place = (written["metadata"]["namespace"], written["metadata"]["name"])
        self._known[key] = place
        self._last.pop(place, None)
        self._last[place] = now

    def step(self, now: float) -> None:
        """Forget what is old: events, and who wrote how much."""
        while self._last:
            place, at = next(iter(self._last.items()))
            if now - at < self.kept_seconds:
                break
            del self._last[place]
            event = self._store.get("events", *place)
            if event is not None:
                self._store.delete("events", event)
        if len(self._known) > 2 * len(self._last) + 100:
            self._known = {key: place for key, place in self._known.items() if place in self._last}
            full_after = BURST * REFILL_SECONDS
            self._buckets = {key: bucket for key, bucket in self._buckets.items() if now - bucket.at < full_after}

    def _admitted(self, key: tuple[str, ...], now: float) -> bool:
        bucket = self._buckets.get(key, _Bucket(BURST, now))
        tokens = min(BURST, bucket.tokens + (now - bucket.at) / REFILL_SECONDS)
        admitted = tokens >= 1
        self._buckets[key] = _Bucket(tokens - admitted, now)
        return admitted

    def _create(self, reference: Object, type_: str, reason: str, message: str, reporter: Reporter) -> Object:
        now = timestamp(self._clock())
        source = {"component": reporter.component, **({"host": reporter.host} if reporter.host else {})}
        return self._store.create(
            "events",
            {
                "metadata": {
                    "name": f"{reference['name']}.{self._store.suffix(16)}",
                    "namespace": reference.get("namespace", "default"),
                },
                "involvedObject": reference,
                "type": type_,
                "reason": reason,
                "message": message,
                "source": source,
                "reportingComponent": reporter.component,
                "reportingInstance": reporter.host,
                "firstTimestamp": now,
                "lastTimestamp": now,
                "eventTime": None,
                "count": 1,
            },
        )


def _reference(involved: Object, field_path: str) -> Object:
    metadata = involved["metadata"]
    reference = {
        "apiVersion": involved["apiVersion"],
        "kind": involved["kind"],
        "name": metadata["name"],
        "uid": metadata["uid"],
        "resourceVersion": metadata["resourceVersion"],
    }
    if "namespace" in metadata:
        reference["namespace"] = metadata["namespace"]
    if field_path:
        reference["fieldPath"] = field_path
    return reference
