"""What is still to be read of the past, newest first; what cannot be read is tried again and then counted as a flaw."""

from __future__ import annotations

import heapq
import itertools
import threading
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from kube_headroom.durations import parse_duration
from kube_headroom.prometheus.answers import Row
from kube_headroom.prometheus.client import Client
from kube_headroom.prometheus.failures import OF_SERVER, Failure, Reason
from kube_headroom.prometheus.health import Health
from kube_headroom.prometheus.history import Past, Piece, counters_of, past_of, pieces, stretches_of, within
from kube_headroom.prometheus.options import Options
from kube_headroom.slo.intake import Intake, Key
from kube_headroom.slo.objective import Objective

PAUSE = 60.0
"""Seconds without questions about the past after one that failed."""
ATTEMPTS = 3
"""For one piece, while the server answers others."""
REFRESHED = 3600.0
"""Seconds for which the server's word on its retention is believed."""


class _Item(NamedTuple):
    key: Key
    piece: Piece
    objective: Objective | None
    """None for a past that is told by our own counters."""
    attempts: int = 0


class Backlog:
    """Pieces of the past to ask for, one question at a time; any thread may add, any may read."""

    def __init__(self, options: Options, client: Client, intake: Intake, health: Health) -> None:
        self._options = options
        self._client = client
        self._intake = intake
        self._health = health
        self._lock = threading.Lock()
        self._items: list[tuple[float, int, _Item]] = []
        self._numbers = itertools.count()
        self._reading = threading.Lock()
        self._quiet_until = 0.0
        self._retention: tuple[float, float | None] | None = None

    def __len__(self) -> int:
        """Chunks that are still to be read."""
        with self._lock:
            return sum(round((item.piece.end - item.piece.start) / item.piece.chunk) for _, _, item in self._items)

    def add(self, key: Key, gaps: Iterable[tuple[float, float]], objective: Objective | None, now: float) -> None:
        """Read these gaps (Unix seconds), as far back as the settings allow."""
        reach = now - self._options.back_fill
        wanted = [(max(start, reach), end) for start, end in gaps if end > reach]
        with self._lock:
            for piece in pieces(wanted, now, 2 * self._options.scrape_interval):
                self._push(_Item(key, piece, objective))

    def drop(self, key: Key) -> None:
        """An objective is no longer defined."""
        with self._lock:
            self._items = [entry for entry in self._items if entry[2].key != key]
            heapq.heapify(self._items)

    def read(self, now: float) -> bool:
        """Ask for one piece; false if there is none, or another thread asks, or it is better to wait."""
        if now < self._quiet_until or not self._reading.acquire(blocking=False):
            return False
        try:
            with self._lock:
                item = heapq.heappop(self._items)[2] if self._items else None
            if item is not None:
                self._read(item, now)
            return item is not None
        finally:
            self._reading.release()

    def retention(self, now: float) -> float | None:
        """How many seconds the server keeps, None where it does not tell."""
        if self._retention is None or now - self._retention[0] > REFRESHED:
            try:
                told = self._client.retention()
            except Failure:
                told = ""  # many compatible servers have no such page
            self._retention = now, seconds_of(told)
        return self._retention[1]

    def _push(self, item: _Item) -> None:
        heapq.heappush(self._items, (-item.piece.end, next(self._numbers), item))

    def _read(self, item: _Item, now: float) -> None:
        key, piece, objective, _ = item
        kept = self.retention(now)
        if kept is not None and piece.end <= now - kept:
            return
        flaws: Counter[str] = Counter()
        try:
            past = counters_of(key) if objective is None else past_of(objective, self._options, piece.chunk)
            answers = self._answers(within(past, piece.chunk), piece)
            self._health.answered(now)
            groups = None if objective is None else objective.group_by
            stretches = stretches_of(answers, past, piece, groups, flaws)
        except (Failure, ValueError) as error:
            failure = error if isinstance(error, Failure) else Failure(Reason.QUERY, str(error))
            self._failed(item, failure, now)
            return
        if stretches:
            self._intake.fill(key, stretches)
        for reason, times in flaws.items():
            if times:
                self._intake.flaw(key, reason, times)

    def _answers(self, past: Past, piece: Piece) -> tuple[list[Row], list[Row]]:
        first = piece.start + piece.chunk
        total, part = (
            self._client.between(text, first, piece.end, piece.chunk).rows for text in (past.total, past.part)
        )
        return total, part

    def _failed(self, item: _Item, failure: Failure, now: float) -> None:
        self._health.failed_past(item.key, failure)
        self._quiet_until = now + PAUSE
        attempts = item.attempts + (failure.reason not in OF_SERVER)
        if attempts >= ATTEMPTS:
            self._intake.flaw(item.key, "past_unread")
            return
        with self._lock:
            self._push(item._replace(attempts=attempts))


def seconds_of(retention: str) -> float | None:
    """The time in a server's retention such as `15d`, `15d or 10GB`, or `10GB` (None)."""
    for word in retention.split(" or "):
        try:
            return parse_duration(word.strip()) or None
        except ValueError:
            continue
    return None
