"""What each kubelet's pages say of it, and what all of them add up to; counted by the reader, no metrics library here."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

from kube_headroom.kubelet.failures import OF_NODE, Failure, Reason
from kube_headroom.kubelet.schedule import PageName
from kube_headroom.readings import CadvisorPage, Page, ResourcePage


class Finding(StrEnum):
    """What a kubelet cannot tell, so that it must not be read as zero."""

    NO_CONTAINER_ROWS = "no_container_rows"
    """Pods run there and none of their containers has a row (R43)."""
    NO_POD_LABELS = "no_pod_labels"
    """Rows of containers say neither namespace nor pod nor container."""
    NO_PRESSURE = "no_pressure"
    """PSI is absent, or 0 in every row, the root's included (R42)."""
    RESOURCE_ERROR = "resource_error"
    """`/metrics/resource` says of itself that it is not whole."""
    NO_RESOURCE_PAGE = "no_resource_page"
    NO_CADVISOR_PAGE = "no_cadvisor_page"
    NO_PROBES_PAGE = "no_probes_page"
    NO_VOLUMES_PAGE = "no_volumes_page"


MISSING_PAGE = MappingProxyType({page: Finding(f"no_{page}_page") for page in PageName})
NOTHING: frozenset[Finding] = frozenset()


def findings_of(page: Page, running: int) -> frozenset[Finding]:
    """Return what a page does not tell of a node on which the API says that `running` containers run."""
    found: dict[Finding, bool] = {}
    if isinstance(page, CadvisorPage):
        found = {
            Finding.NO_CONTAINER_ROWS: not page.containers and bool(page.pods or running),
            Finding.NO_POD_LABELS: bool(page.containers) and not page.labelled,
            Finding.NO_PRESSURE: not page.pressure,
        }
    elif isinstance(page, ResourcePage):
        found = {Finding.RESOURCE_ERROR: page.failed}
    return frozenset(finding for finding, true in found.items() if true)


class Cost(NamedTuple):
    """What a page took: seconds from the request to the last byte used, bytes over the wire and inflated."""

    seconds: float
    received: int
    inflated: int


class PageReport(NamedTuple):
    """A page of one kubelet: when it was last read, and why not since, None for no reason."""

    last_success: float | None
    reason: Reason | None


class KubeletReport(NamedTuple):
    """One kubelet at one instant; times are Unix seconds.

    `up` is false from the first failure that all its pages share until a page is read again; `last_error` is one
    line for a human, "" while all is well.
    """

    node: str
    address: str
    up: bool
    last_error: str
    pages: Mapping[PageName, PageReport]
    findings: frozenset[Finding]


class PageSummary(NamedTuple):
    """A page of all kubelets; counts start with the process and outlive the nodes.

    `read` are the nodes whose last reading succeeded, `oldest` the earliest of these readings.
    """

    read: int
    oldest: float | None
    readings: int
    seconds: float
    received: int
    inflated: int
    errors: Mapping[Reason, int]


@dataclass(slots=True)
class _Page:
    last_success: float | None = None
    reason: Reason | None = None
    findings: frozenset[Finding] = NOTHING


@dataclass(slots=True)
class _Kubelet:
    address: str
    pages: dict[PageName, _Page]
    reason: Reason | None = None  # of a failure that all pages share
    last_error: str = ""
    heard: bool = False


@dataclass(slots=True)
class _Totals:
    readings: int = 0
    seconds: float = 0.0
    received: int = 0
    inflated: int = 0
    errors: Counter[Reason] = field(default_factory=Counter)


class Health:
    """The counts behind the reports, safe to share among threads; what is told of a node that has left is only added up."""

    def __init__(self, pages: Collection[PageName]) -> None:
        self._pages = tuple(pages)
        self._kubelets: dict[str, _Kubelet] = {}
        self._totals = {page: _Totals() for page in pages}
        self._lock = threading.Lock()

    def joined(self, node: str, address: str) -> None:
        """A kubelet is to be read from now on, or at another address."""
        with self._lock:
            known = self._kubelets.get(node)
            if known is None:
                self._kubelets[node] = _Kubelet(address, {page: _Page() for page in self._pages})
            else:
                known.address = address

    def left(self, node: str) -> None:
        """A kubelet is to be read no more."""
        with self._lock:
            self._kubelets.pop(node, None)

    def read(
        self, node: str, page: PageName, now: float, cost: Cost, findings: frozenset[Finding]
    ) -> tuple[bool, frozenset[Finding]]:
        """A page was read; tells whether it, or its node, was failing until now, and which findings are new."""
        with self._lock:
            self._spent(page, cost)
            known = self._kubelets.get(node)
            if known is None:
                return False, NOTHING
            state = known.pages[page]
            recovered = known.reason is not None or state.reason is not None
            news = findings - state.findings
            state.last_success, state.reason, state.findings = now, None, findings
            known.reason, known.heard = None, True
            if not any(each.reason for each in known.pages.values()):
                known.last_error = ""
            return recovered, news

    def failed(self, node: str, page: PageName, failure: Failure, cost: Cost, line: str) -> bool:
        """A page was not read; true if this reason is news of the page, or of its node if all pages share it."""
        with self._lock:
            self._spent(page, cost)
            self._totals[page].errors[failure.reason] += 1
            known = self._kubelets.get(node)
            if known is None:
                return False
            known.last_error = line
            state = known.pages[page]
            if failure.reason in OF_NODE:
                news = failure.reason is not known.reason
                known.reason = failure.reason
            else:
                news = failure.reason is not state.reason
                known.reason, known.heard = None, True
                state.reason = failure.reason
                if failure.reason is Reason.NOT_FOUND:
                    state.findings = frozenset({MISSING_PAGE[page]})
            return news

    def reports(self) -> tuple[KubeletReport, ...]:
        """Each kubelet, by name; of a node that cannot be reached, every page has that reason."""
        with self._lock:
            return tuple(
                KubeletReport(
                    node=node,
                    address=known.address,
                    up=known.heard and known.reason is None,
                    last_error=known.last_error,
                    pages=MappingProxyType(
                        {
                            page: PageReport(one.last_success, known.reason or one.reason)
                            for page, one in known.pages.items()
                        }
                    ),
                    findings=frozenset().union(*(one.findings for one in known.pages.values())),
                )
                for node, known in sorted(self._kubelets.items())
            )

    def findings(self) -> Mapping[Finding, int]:
        """Nodes by what their kubelet cannot tell."""
        with self._lock:
            return Counter(
                finding for known in self._kubelets.values() for one in known.pages.values() for finding in one.findings
            )

    def summary(self) -> Mapping[PageName, PageSummary]:
        """Each page that is asked for."""
        with self._lock:
            return {page: self._page_summary(page) for page in self._pages}

    def _page_summary(self, page: PageName) -> PageSummary:
        times = [
            one.last_success
            for known in self._kubelets.values()
            if known.reason is None and (one := known.pages[page]).reason is None and one.last_success is not None
        ]
        totals = self._totals[page]
        return PageSummary(
            read=len(times),
            oldest=min(times, default=None),
            readings=totals.readings,
            seconds=totals.seconds,
            received=totals.received,
            inflated=totals.inflated,
            errors=MappingProxyType(dict(totals.errors)),
        )

    def _spent(self, page: PageName, cost: Cost) -> None:
        totals = self._totals[page]
        totals.readings += 1
        totals.seconds += cost.seconds
        totals.received += cost.received
        totals.inflated += cost.inflated
