"""How reading is going: what failed, whether that is news, and what it all adds up to."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

import structlog

from kube_headroom.prometheus.failures import OF_SERVER, Failure, Reason
from kube_headroom.slo.intake import Key

log = structlog.get_logger(__name__)

LINES = 10
"""Objectives that fail at once whose failures are logged each; all are counted."""
MOST_REMARKS = 20
"""Different remarks of the server that are kept per objective."""


class Summary(NamedTuple):
    """The server at one instant.

    `up` if it answered last, None before the first answer; `last_success` in Unix seconds; `seconds` were spent on
    `requests`. `failing` objectives have a query that was refused or was too large at its last turn, `series` are
    those whose last sample is kept. `pending` chunks of the past are still to be read.
    """

    up: bool | None
    last_success: float | None
    errors: Mapping[Reason, int]
    requests: int
    seconds: float
    objectives: int
    failing: int
    series: int
    pending: int


class Health:
    """Takes every outcome, from any thread; one line for each change."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._errors: Counter[Reason] = Counter()
        self._up: bool | None = None
        self._reason: Reason | None = None
        self._failing: dict[Key, str] = {}
        self._remarks: dict[Key, set[str]] = {}
        self._last_success: float | None = None

    def answered(self, now: float) -> None:
        """The server answered a question."""
        with self._lock:
            recovered = self._reason is not None
            self._up, self._reason, self._last_success = True, None, now
        if recovered:
            log.info("prometheus answers again")

    def failed(self, key: Key, failure: Failure) -> None:
        """A question of an objective has no answer."""
        reason = failure.reason
        with self._lock:
            self._errors[reason] += 1
            if reason in OF_SERVER:
                news = reason is not self._reason
                self._up, self._reason = False, reason
            else:
                self._up = reason not in (Reason.TIMEOUT, Reason.OVERLOADED)
                news = self._failing.get(key) != failure.message
                self._failing[key] = failure.message
                news = news and len(self._failing) <= LINES
        if not news:
            return
        what = "prometheus does not answer" if reason in OF_SERVER else f"SLO {'/'.join(key)} is not counted"
        line = f"{what}: {failure}"
        log.warning(line)

    def failed_past(self, key: Key, failure: Failure) -> None:
        """A question about an objective's past has no answer."""
        with self._lock:
            self._errors[failure.reason] += 1
        log.info("the past of an SLO cannot be read now", service=key[0], slo=key[1], why=str(failure))

    def evaluated(self, key: Key) -> None:
        """An objective's questions were all answered."""
        with self._lock:
            recovered = self._failing.pop(key, None) is not None and len(self._failing) < LINES
        if recovered:
            log.info("SLO is counted again", service=key[0], slo=key[1])

    def remarked(self, key: Key, remark: str) -> bool:
        """The server remarked something about an answer; true if that is new."""
        with self._lock:
            known = self._remarks.setdefault(key, set())
            if remark in known or len(known) >= MOST_REMARKS:
                return False
            known.add(remark)
        log.warning("prometheus remarks on a query of an SLO", service=key[0], slo=key[1], remark=remark[:500])
        return True

    def forget(self, key: Key) -> None:
        """An objective is no longer defined."""
        with self._lock:
            self._failing.pop(key, None)
            self._remarks.pop(key, None)

    def summary(self, *, requests: int, seconds: float, objectives: int, series: int, pending: int) -> Summary:
        """What it adds up to, with what others count."""
        with self._lock:
            return Summary(
                up=self._up,
                last_success=self._last_success,
                errors=MappingProxyType(dict(self._errors)),
                requests=requests,
                seconds=seconds,
                objectives=objectives,
                failing=len(self._failing),
                series=series,
                pending=pending,
            )
