"""What each source says of itself: counted by its reflector, read by whoever reports; no metrics library here."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

from kube_headroom.cluster.failures import Reason


class WatchEnd(StrEnum):
    """Why a watch ended: the server's own timeout, silence, a failure, or a history that is gone."""

    CLOSED = "closed"
    SILENT = "silent"
    FAILED = "failed"
    EXPIRED = "expired"


class ListCause(StrEnum):
    """Why a kind was listed."""

    FIRST = "first"
    EXPIRED = "expired"
    FAILED = "failed"


class Flaw(StrEnum):
    """What was wrong with an object; the first four lose it, the others cost it a part."""

    MALFORMED = "malformed"
    WRONG_KIND = "wrong_kind"
    NO_IDENTITY = "no_identity"
    CONVERSION = "conversion"
    FIELDS = "fields"
    INVALID_UTF8 = "invalid_utf8"
    INVALID_QUANTITY = "invalid_quantity"
    INVALID_TIME = "invalid_time"


LOSING = frozenset({Flaw.MALFORMED, Flaw.WRONG_KIND, Flaw.NO_IDENTITY, Flaw.CONVERSION})


class SourceReport(NamedTuple):
    """One source at one instant; times are Unix seconds, counts start with the process.

    `listed` says that the whole kind was seen once; `last_success` is the last time the server sent anything
    for it, a bookmark included; `last_error` is one line for a human, "" while all is well.
    """

    kind: str
    scope: str
    listed: bool
    up: bool
    last_success: float | None
    last_error: str
    last_reason: Reason | None
    lists: Mapping[ListCause, int]
    watches: int
    watch_ends: Mapping[WatchEnd, int]
    errors: Mapping[Reason, int]
    skipped: Mapping[Flaw, int]
    repaired: Mapping[Flaw, int]


@dataclass
class SourceHealth:
    """The counts behind a SourceReport: one writer, any number of readers; `listed` is true once the whole kind was seen."""

    kind: str
    scope: str = ""
    listed: bool = False
    _up: bool = False
    _last_success: float | None = None
    _last_error: str = ""
    _last_reason: Reason | None = None
    _lists: Counter[ListCause] = field(default_factory=Counter)
    _watches: int = 0
    _watch_ends: Counter[WatchEnd] = field(default_factory=Counter)
    _errors: Counter[Reason] = field(default_factory=Counter)
    _flaws: Counter[Flaw] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def heard(self, now: float) -> bool:
        """The server sent something; true if the source was failing until now."""
        with self._lock:
            recovered = bool(self._last_error)
            self._up, self._last_success = True, now
            self._last_error, self._last_reason = "", None
            return recovered

    def list_done(self, now: float, cause: ListCause) -> None:
        """The whole kind was seen."""
        self.heard(now)
        with self._lock:
            self.listed = True
            self._lists[cause] += 1

    def watching(self) -> None:
        """A watch was opened."""
        with self._lock:
            self._watches += 1

    def watch_ended(self, end: WatchEnd) -> None:
        """A watch is over."""
        with self._lock:
            self._watch_ends[end] += 1

    def failed(self, reason: Reason, line: str) -> bool:
        """The source failed; true if this reason is news."""
        with self._lock:
            news = reason is not self._last_reason
            self._errors[reason] += 1
            self._up, self._last_error, self._last_reason = False, line, reason
            return news

    def flawed(self, flaw: Flaw) -> None:
        """An object was skipped or read in part."""
        with self._lock:
            self._flaws[flaw] += 1

    def report(self) -> SourceReport:
        """A consistent copy."""
        with self._lock:
            flaws = dict(self._flaws)
            return SourceReport(
                kind=self.kind,
                scope=self.scope,
                listed=self.listed,
                up=self._up,
                last_success=self._last_success,
                last_error=self._last_error,
                last_reason=self._last_reason,
                lists=MappingProxyType(dict(self._lists)),
                watches=self._watches,
                watch_ends=MappingProxyType(dict(self._watch_ends)),
                errors=MappingProxyType(dict(self._errors)),
                skipped=MappingProxyType({flaw: n for flaw, n in flaws.items() if flaw in LOSING}),
                repaired=MappingProxyType({flaw: n for flaw, n in flaws.items() if flaw not in LOSING}),
            )
