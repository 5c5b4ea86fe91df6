"""Reads every kubelet on its schedule and hands on what its pages say; a kubelet that fails costs the others nothing."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import NamedTuple, Protocol

import structlog

from kube_headroom import tracing
from kube_headroom.kubelet.addresses import Address, address_of
from kube_headroom.kubelet.client import Answer, Client, Limits
from kube_headroom.kubelet.failures import Failure, Reason, broken, described
from kube_headroom.kubelet.health import Cost, Finding, Health, KubeletReport, PageSummary, findings_of
from kube_headroom.kubelet.lines import Lines
from kube_headroom.kubelet.pages import KnownBlocks, Oddity, PageError
from kube_headroom.kubelet.parsing import PARSERS, PATHS
from kube_headroom.kubelet.schedule import PageName, Schedule, Visit
from kube_headroom.kubelet.trust import Credentials, Trust
from kube_headroom.kubelet.workers import Workers
from kube_headroom.model import Node
from kube_headroom.readings import Page
from kube_headroom.timing import REAL, Timing

log = structlog.get_logger(__name__)

SHORTEST_WAIT, LONGEST_WAIT = 0.02, 1.0
"""Seconds between two looks at the schedule: slots come in handfuls, and new nodes soon have theirs."""
READ_AT_ONCE = 1
"""Pages of some megabytes that are inflated and read; Python reads no two at once, and each thread keeps such memory."""


class Sink(Protocol):
    """Receives pages from one thread and leaves from another, one call at a time."""

    def page(self, node: str, page: Page, fetched_at: float) -> None:
        """Take a page of a node, fetched at a time of our own clock in Unix seconds."""

    def gone(self, node: str) -> None:
        """Take leave of a node: no page of it follows, unless a node of that name joins anew."""


class Options(NamedTuple):
    """What the settings say of kubelets; `intervals` in seconds, 0 for pages not to ask for."""

    intervals: Mapping[PageName, float]
    concurrency: int = 64
    limits: Limits = Limits()
    address_types: tuple[str, ...] = ("InternalIP", "ExternalIP", "Hostname")
    authority: Path | None = None
    insecure: bool = False


class Summary(NamedTuple):
    """All kubelets at one instant: nodes that have none, or no address, and what the others gave."""

    expected: int
    virtual: int
    without_address: int
    insecure: bool
    pages: Mapping[PageName, PageSummary]
    missed: Mapping[PageName, int]
    oddities: Mapping[tuple[PageName, Oddity], int]
    findings: Mapping[Finding, int]


class _Known(NamedTuple):
    node: Node
    address: Address | None


class _Fetched(NamedTuple):
    visit: Visit
    address: Address
    answer: Answer
    begun: float
    at: float
    trace: object


class Kubelets:
    """All kubelets of a cluster; raises UsageError at once for certificates that cannot be used.

    `running` tells how many containers the API says run on a node. `run` belongs on a thread of its own, all else
    may be called from any.
    """

    def __init__(
        self,
        options: Options,
        credentials: Credentials,
        sink: Sink,
        timing: Timing = REAL,
        *,
        running: Callable[[str], int] = lambda _node: 0,
    ) -> None:
        intervals = {page: seconds for page, seconds in options.intervals.items() if seconds > 0}
        self._options = options
        self._sink = sink
        self._timing = timing
        self._running = running
        self._client = Client(
            Trust(credentials, authority=options.authority, insecure=options.insecure), options.limits
        )
        self._schedule = Schedule(intervals, options.concurrency, timing.random)
        self._health = Health(intervals)
        self._lines = Lines(timing.clock)
        self._askers = Workers(self._ask)
        self._readers = Workers(self._read)
        self._known: dict[str, _Known] = {}
        self._blocks: dict[str, KnownBlocks] = {}
        self._oddities: Counter[tuple[PageName, Oddity]] = Counter()
        self._lock = threading.Lock()  # of the schedule and what is known of nodes; taken after the next one
        self._delivery = threading.Lock()
        if options.insecure:
            log.warning(
                "kubelets' certificates are not verified (kubelet-insecure-tls): whoever answers gets our token"
            )

    def nodes(self, facts: Iterable[Node]) -> None:
        """Take the whole view of the nodes; who is not in it is gone. Cheap where nothing changed."""
        now = {fact.metadata.name: fact for fact in facts}
        known = self._known
        changed = [fact for name, fact in now.items() if (one := known.get(name)) is None or one.node is not fact]
        if not changed and len(now) == len(known):
            return
        with self._delivery, self._lock:
            for name in sorted(known.keys() - now.keys()):
                del known[name]
                self._leave(name)
            for fact in changed:
                address = None if fact.virtual else address_of(fact, self._options.address_types)
                known[fact.metadata.name] = _Known(fact, address)
                self._join(fact, address)

    def run(self, stop: threading.Event) -> None:
        """Read until `stop` is set, then end every connection."""
        while not stop.is_set():
            now = self._timing.clock()
            with self._lock:
                self._schedule.advance(now)
                following = self._schedule.next_slot()
            self._begin()
            wait = LONGEST_WAIT if following is None else following - now
            self._timing.wait(stop, min(max(wait, SHORTEST_WAIT), LONGEST_WAIT))
        self._client.end()
        self._askers.end()
        self._readers.end()

    def reports(self) -> tuple[KubeletReport, ...]:
        """Each kubelet's own, by name."""
        return self._health.reports()

    def summary(self) -> Summary:
        """What the kubelets add up to."""
        with self._lock:
            expected = len(self._schedule)
            missed = dict(self._schedule.missed)
            virtual = sum(one.node.virtual for one in self._known.values())
            without_address = len(self._known) - virtual - expected
            oddities = dict(self._oddities)
        return Summary(
            expected=expected,
            virtual=virtual,
            without_address=without_address,
            insecure=self._options.insecure,
            pages=self._health.summary(),
            missed=missed,
            oddities=oddities,
            findings=self._health.findings(),
        )

    def _join(self, node: Node, address: Address | None) -> None:
        name, uid = node.metadata.name, node.metadata.uid
        target = self._schedule.find(name)
        if target is not None and (address is None or target.uid != uid):
            self._leave(name)
            target = None
        if address is None:
            return
        if target is None:
            target = self._schedule.add(name, uid, address, self._timing.clock())
        elif target.address != address:
            self._client.forget(target.address)
            target.address = address
        target.suspect = not node.ready
        self._health.joined(name, str(address))

    def _leave(self, name: str) -> None:
        target = self._schedule.remove(name)
        if target is not None:
            self._client.forget(target.address)
            self._blocks.pop(name, None)
            self._health.left(name)
            self._sink.gone(name)

    def _begin(self) -> None:
        now = self._timing.clock()
        with self._lock:
            while (visit := self._schedule.begin(now)) is not None:
                self._askers.hand_over(visit, self._schedule.running)

    def _ask(self, visit: Visit) -> None:
        """Wait for a page, on one of many threads."""
        address, begun = visit.target.address, time.monotonic()
        fetched: _Fetched | None = None
        reason: Reason | None = None
        with tracing.span(f"GET {PATHS[visit.page]}", {"k8s.node.name": visit.target.name}, client=True):
            try:
                answer = self._client.fetch(address, PATHS[visit.page])
                fetched = _Fetched(visit, address, answer, begun, self._timing.clock(), tracing.here())
            except Exception as error:  # noqa: BLE001  (a kubelet that is not asked any more in silence is the worst of failures)
                reason = self._failed(visit, error, begun)
        if fetched is None:
            self._over(visit, address, reason)
        else:
            self._readers.hand_over(fetched, READ_AT_ONCE)

    def _read(self, fetched: _Fetched) -> None:
        """Read a page and hand it on."""
        reason: Reason | None = None
        of = {"k8s.node.name": fetched.visit.target.name}
        with tracing.span(f"read page {fetched.visit.page}", of, parent=fetched.trace):
            try:
                self._take(fetched)
            except Exception as error:  # noqa: BLE001  (as above)
                reason = self._failed(fetched.visit, error, fetched.begun)
        self._over(fetched.visit, fetched.address, reason)

    def _over(self, visit: Visit, address: Address, reason: Reason | None) -> None:
        target = visit.target
        with self._lock:
            self._schedule.finish(visit, reason, self._timing.clock())
            gone = target.gone or target.address != address
        if gone:
            self._client.forget(address)
        self._begin()

    def _take(self, fetched: _Fetched) -> None:
        (target, name, _), _, answer, begun, at, _ = fetched
        oddities: Counter[Oddity] = Counter()
        text = answer.inflated()
        known = self._blocks.get(target.name) or KnownBlocks()
        page = PARSERS[name](text, oddities, known)
        with self._delivery:
            if target.gone:
                return
            self._blocks[target.name] = known
            self._sink.page(target.name, page, at)
        cost = Cost(time.monotonic() - begun, len(answer.body), len(text))
        recovered, news = self._health.read(target.name, name, at, cost, findings_of(page, self._running(target.name)))
        with self._lock:
            self._oddities.update({(name, oddity): count for oddity, count in oddities.items()})
        if recovered:
            self._lines.say("recovered", log.info, "kubelet answers again", node=target.name, page=str(name))
        for finding in sorted(news):
            self._lines.say(finding, log.info, "kubelet does not tell all", node=target.name, missing=str(finding))

    def _failed(self, visit: Visit, error: Exception, begun: float) -> Reason:
        target, page = visit.target, visit.page
        failure = Failure(Reason.PAGE, str(error)) if isinstance(error, PageError) else broken(error)
        tracing.failed(failure)
        if self._client.ended:  # we have hung up ourselves
            return failure.reason
        line = described(target.name, PATHS[page], str(target.address), failure)
        cost = Cost(time.monotonic() - begun, failure.received, 0)
        if self._health.failed(target.name, page, failure, cost, line) and not target.gone:
            trace = error if failure.reason is Reason.INTERNAL else None
            self._lines.say(failure.reason, log.warning, line, node=target.name, exc_info=trace)
        return failure.reason
