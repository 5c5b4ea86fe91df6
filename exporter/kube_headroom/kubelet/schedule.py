"""When which page of which kubelet is asked for, and who waits for whom; pure: the clock and chance are given.

Every page has its slots on a grid of its interval, at a place that the node's name gives it, so that kubelets are
not asked together and a node is asked when it was before a restart. Not safe to share among threads.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import StrEnum
from hashlib import blake2b
from math import floor
from typing import NamedTuple

from kube_headroom.kubelet.addresses import Address
from kube_headroom.kubelet.failures import OF_NODE, Reason

JITTER = 0.1
"""Of the interval: two kubelets with neighbouring places do not stay neighbours."""
RARER_AT_MOST = 4
"""A failing page is still tried in every fourth of its slots..."""
MISSING_RARER_AT_MOST = 20
"""...and one that a kubelet does not have in every twentieth: an upgrade may bring it."""


PATIENCE = 1.0
"""Seconds after which a visit no longer stands in the way of the next."""
SLOW_VISITS = 3
"""Times the concurrency: how many visits may be out of the way at once."""


class PageName(StrEnum):
    """The pages, by the names that metrics and logs give them."""

    RESOURCE = "resource"
    CADVISOR = "cadvisor"
    PROBES = "probes"
    VOLUMES = "volumes"


class PageState:
    """A page's place in its interval, its failures in a row, and the time before which its slots pass by."""

    __slots__ = ("failures", "place", "retry_at")

    def __init__(self, place: float) -> None:
        self.place = place
        self.failures = 0
        self.retry_at = 0.0


class Target:
    """A kubelet: where it is asked and how that went; a suspect is one that is expected not to answer."""

    __slots__ = (
        "address",
        "failures",
        "gone",
        "name",
        "pages",
        "retry_at",
        "suspect",
        "timed_out",
        "uid",
        "visit",
        "waiting",
    )

    def __init__(self, name: str, uid: str, address: Address, pages: Iterable[PageName]) -> None:
        self.name = name
        self.uid = uid
        self.address = address
        self.gone = False
        self.failures = 0
        self.retry_at = 0.0
        self.suspect = False
        self.timed_out = False
        self.pages = {page: PageState(place_of(name, page)) for page in pages}
        self.visit: Visit | None = None
        self.waiting: deque[PageName] = deque()


class Visit(NamedTuple):
    """A page of a kubelet that is queued or being read; of a doubtful one a failure is more likely than not."""

    target: Target
    page: PageName
    doubtful: bool


class _Slot(NamedTuple):
    """A page's turn: `number` counts intervals since the epoch, equal times are taken in the order they were made."""

    at: float
    serial: int
    number: int
    page: PageName
    target: Target


class Schedule:
    """Slots become visits, visits take turns: one at a time per kubelet, `concurrency` in all.

    Kubelets that hang do not keep the others waiting: doubtful visits have a quarter of the room to themselves and
    never more, and a visit that takes longer than a second gives its room back, up to three times the concurrency.
    `intervals` in seconds, pages that are not asked for left out; `missed` counts slots that came while the page's
    visit before was not over.
    """

    def __init__(self, intervals: Mapping[PageName, float], concurrency: int, random: Callable[[], float]) -> None:
        self._intervals = dict(intervals)
        self._shortest = min(self._intervals.values(), default=0.0)
        self._random = random
        doubtful = max(1, concurrency // 4)
        self._room = {True: doubtful, False: max(1, concurrency - doubtful)}
        self._young: dict[Target, float] = {}  # visits in their first second and when they began, the oldest first
        self._slow_room = concurrency * SLOW_VISITS
        self._queues: dict[bool, deque[Visit]] = {True: deque(), False: deque()}
        self._slots: list[_Slot] = []
        self._serial = 0
        self._targets: dict[str, Target] = {}
        self._now = 0.0
        self.running = 0
        self.missed = dict.fromkeys(self._intervals, 0)

    def __iter__(self) -> Iterator[Target]:
        return iter(self._targets.values())

    def __len__(self) -> int:
        return len(self._targets)

    def find(self, name: str) -> Target | None:
        """Return the kubelet of a node."""
        return self._targets.get(name)

    def add(self, name: str, uid: str, address: Address, now: float) -> Target:
        """Begin to ask a kubelet, each page within its first interval; replaces one of the same name."""
        self.remove(name)
        target = self._targets[name] = Target(name, uid, address, self._intervals)
        self._place(target, now)
        return target

    def remove(self, name: str) -> Target | None:
        """Ask a kubelet no more; a visit that is under way ends by itself."""
        target = self._targets.pop(name, None)
        if target is not None:
            target.gone = True
            target.waiting.clear()
        return target

    def advance(self, now: float) -> None:
        """Turn the slots that have come into visits."""
        if now < self._now - self._shortest:  # the clock was set back: what was due then is far away now
            self._slots.clear()
            for target in self._targets.values():
                target.retry_at = 0.0
                for state in target.pages.values():
                    state.retry_at = 0.0
                self._place(target, now)
        self._now = now
        self._lose_patience(now)
        slots = self._slots
        while slots and slots[0].at <= now:
            slot = heapq.heappop(slots)
            number, page, target = slot.number, slot.page, slot.target
            if target.gone:
                continue
            following = max(number + 1, self._following(target, page, now))
            self.missed[page] += following - number - 1
            self._push(target, page, following)
            if now >= max(target.retry_at, target.pages[page].retry_at):
                self._demand(target, page)

    def next_slot(self) -> float | None:
        """Return when the next slot comes, None without kubelets."""
        return self._slots[0].at if self._slots else None

    def begin(self, now: float) -> Visit | None:
        """Take the next visit that has room to run; the caller must `finish` it."""
        for doubtful, queue in self._queues.items():
            while queue and self._room[doubtful] > 0:
                visit = queue.popleft()
                if not visit.target.gone:
                    self._room[doubtful] -= 1
                    self._young[visit.target] = now
                    self.running += 1
                    return visit
        return None

    def finish(self, visit: Visit, reason: Reason | None, now: float) -> None:
        """Take note of how a visit ended, None for well."""
        target, state = visit.target, visit.target.pages[visit.page]
        self.running -= 1
        if self._young.pop(target, None) is None:
            self._slow_room += 1
        else:
            self._room[visit.doubtful] += 1
        target.timed_out = reason is Reason.TIMEOUT
        if reason in OF_NODE:
            target.failures += 1
            target.retry_at = now + _pause(target.failures, RARER_AT_MOST, self._shortest)
        else:
            target.failures, target.retry_at = 0, 0.0
            state.failures = 0 if reason is None else state.failures + 1
            rarer = MISSING_RARER_AT_MOST if reason is Reason.NOT_FOUND else RARER_AT_MOST
            state.retry_at = now + _pause(state.failures, rarer, self._intervals[visit.page]) if reason else 0.0
        target.visit = None
        if target.waiting:
            self._demand(target, target.waiting.popleft())

    def _lose_patience(self, now: float) -> None:
        while self._young and self._slow_room > 0:
            target, begun = next(iter(self._young.items()))
            if abs(now - begun) < PATIENCE:
                return
            del self._young[target]
            self._slow_room -= 1
            if target.visit is not None:
                self._room[target.visit.doubtful] += 1

    def _demand(self, target: Target, page: PageName) -> None:
        if target.visit is None:
            failed = target.failures > 0 or target.pages[page].failures > 0
            doubtful = failed or target.suspect or target.timed_out
            target.visit = Visit(target, page, doubtful)
            self._queues[doubtful].append(target.visit)
        elif target.visit.page is page or page in target.waiting:
            self.missed[page] += 1
        else:
            target.waiting.append(page)

    def _place(self, target: Target, now: float) -> None:
        for page in self._intervals:
            self._push(target, page, self._following(target, page, now))

    def _following(self, target: Target, page: PageName, now: float) -> int:
        """The number of the first slot after `now`, counted from the epoch."""
        return floor(now / self._intervals[page] - target.pages[page].place) + 1

    def _push(self, target: Target, page: PageName, number: int) -> None:
        at = (number + target.pages[page].place + JITTER * self._random()) * self._intervals[page]
        self._serial += 1
        heapq.heappush(self._slots, _Slot(at, self._serial, number, page, target))


def place_of(name: str, page: PageName) -> float:
    """Return the place of a page in its interval, in [0, 1): the same in every process."""
    digest = blake2b(f"{name}/{page}".encode(), digest_size=6).digest()
    return int.from_bytes(digest, "big") / 2**48


def _pause(failures: int, rarer: int, interval: float) -> float:
    """Seconds that let 0, 1, 3... slots pass by: half an interval short, since slots jitter."""
    return (min(1 << min(failures - 1, 8), rarer) - 0.5) * interval
