"""All kubelets together: each on its own schedule, whatever the others do."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
import pytest
import structlog

from kube_headroom import model
from kube_headroom.kubelet.client import Limits
from kube_headroom.kubelet.failures import Reason
from kube_headroom.kubelet.health import Finding, KubeletReport
from kube_headroom.kubelet.reader import Kubelets, Options
from kube_headroom.kubelet.schedule import PageName
from kube_headroom.readings import CadvisorPage, Page, ProbesPage, ResourcePage, VolumesPage
from kube_headroom.timing import Timing
from tests import facts
from tests.kubelet.conftest import Cluster, Start
from tests.kubelet.fake_kubelet import Answer, Exchange, FakeKubelet
from tests.spans import attributes, recorded

FASTER = 50  # an interval of 15 s lasts 0.3 s
PATIENCE_SECONDS = 90.0
BOTH = Timing(clock=lambda: time.time() * FASTER, wait=lambda event, seconds: event.wait(seconds / FASTER))
INTERVALS = {PageName.RESOURCE: 15.0, PageName.CADVISOR: 30.0, PageName.PROBES: 30.0, PageName.VOLUMES: 60.0}
ONLY_RESOURCE = {PageName.RESOURCE: 15.0}

CONTAINER = (
    'container="app",id="/kubepods/pod11111111-1111-1111-1111-111111111111/'
    + "a" * 64
    + '",image="app:1",name="app",namespace="shop",pod="web-1"'
)
POD = (
    'container="",id="/kubepods/pod11111111-1111-1111-1111-111111111111",image="",name="",namespace="shop",pod="web-1"'
)
CPU = "# HELP container_cpu_usage_seconds_total CPU.\n# TYPE container_cpu_usage_seconds_total counter\n"
TEXTS = {
    "/metrics/resource": "# HELP node_cpu_usage_seconds_total CPU.\n# TYPE node_cpu_usage_seconds_total counter\n"
    "node_cpu_usage_seconds_total 12.5 1780000000000\n"
    "# HELP resource_scrape_error 1 if there was an error\n# TYPE resource_scrape_error gauge\nresource_scrape_error 0\n",
    "/metrics/cadvisor": f'{CPU}container_cpu_usage_seconds_total{{{POD},cpu="total"}} 3 1780000000000\n'.replace(
        'cpu="total",', ""
    )
    + f"container_cpu_usage_seconds_total{{{CONTAINER}}} 2 1780000000000\n",
    "/metrics/probes": "# HELP prober_probe_total Probes.\n# TYPE prober_probe_total counter\n"
    'prober_probe_total{container="app",namespace="shop",pod="web-1",pod_uid="u",probe_type="Liveness",result="successful"} 7\n',
    "/metrics": "# HELP kubelet_volume_stats_capacity_bytes Bytes.\n# TYPE kubelet_volume_stats_capacity_bytes gauge\n"
    'kubelet_volume_stats_capacity_bytes{namespace="shop",persistentvolumeclaim="data"} 1024\n',
}


def well(exchange: Exchange) -> None:
    exchange.page(TEXTS[exchange.asked.path].encode())


class Collected:
    """A sink that remembers, and finds out if it is told two things at once."""

    def __init__(self) -> None:
        self.pages: list[tuple[str, Page]] = []
        self.told: list[str] = []
        self.overlapped = False
        self._busy = threading.Lock()
        self._news = threading.Condition()

    def page(self, node: str, page: Page, fetched_at: float) -> None:
        assert fetched_at <= BOTH.clock()
        self._take(node, lambda: self.pages.append((node, page)))

    def gone(self, node: str) -> None:
        self._take(node, lambda: self.told.append(f"gone {node}"))

    def _take(self, node: str, note: Callable[[], None]) -> None:
        if not self._busy.acquire(blocking=False):
            self.overlapped = True
            return
        with self._news:
            note()
            self.told.append(node)
            self._news.notify_all()
        self._busy.release()

    def counts(self) -> Counter[str]:
        return Counter(node for node, _ in self.pages)

    def wait(self, met: Callable[[], bool]) -> None:
        with self._news:
            assert self._news.wait_for(met, PATIENCE_SECONDS), self.counts()


def until(met: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not met():
        assert time.monotonic() < deadline
        threading.Event().wait(0.01)


def node(name: str, fake: FakeKubelet | None = None, **fields: Any) -> model.Node:
    where = {"addresses": (("InternalIP", fake.address.host),), "kubelet_port": fake.address.port} if fake else {}
    return facts.node(name, **(where | fields))


def other(fact: model.Node) -> model.Node:
    """A node of the same name."""
    return msgspec.structs.replace(fact, metadata=msgspec.structs.replace(fact.metadata, uid="another"))


@contextmanager
def reading(kubelets: Kubelets) -> Iterator[None]:
    stop = threading.Event()
    thread = threading.Thread(target=kubelets.run, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def report(kubelets: Kubelets, name: str) -> KubeletReport:
    return next(one for one in kubelets.reports() if one.node == name)


Make = Callable[..., tuple[Kubelets, Collected]]


@pytest.fixture
def make(cluster: Cluster) -> Make:
    def made(*, running: int = 0, **options: Any) -> tuple[Kubelets, Collected]:
        sink = Collected()
        chosen = Options(**({"intervals": INTERVALS, "limits": Limits(deadline=20.0)} | options))
        return Kubelets(chosen, cluster, sink, BOTH, running=lambda _node: running), sink

    return made


def test_every_page_is_read_and_handed_on(start: Start, make: Make) -> None:
    kubelets, sink = make()
    kubelets.nodes([node("node-1", start(well))])

    with reading(kubelets):
        sink.wait(
            lambda: {type(page) for _, page in sink.pages} == {ResourcePage, CadvisorPage, ProbesPage, VolumesPage}
        )
        until(lambda: all(page.read == 1 for page in kubelets.summary().pages.values()))

    found = {type(page): page for _, page in sink.pages}
    assert [cgroup.container for cgroup in found[CadvisorPage].containers] == ["app"]  # type: ignore[union-attr]
    summary, one = kubelets.summary(), report(kubelets, "node-1")
    assert (summary.expected, one.up, one.last_error) == (1, True, "")
    assert all(page.received > 0 and page.inflated > 0 and page.seconds > 0 for page in summary.pages.values())
    assert all(page.oldest is not None and page.errors == {} for page in summary.pages.values())
    assert not sink.overlapped


def reset(_exchange: Exchange) -> None:
    raise OSError


BAD: dict[str, tuple[Answer, Reason]] = {
    "hangs": (Exchange.hang, Reason.TIMEOUT),
    "drips": (lambda exchange: exchange.drip(b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 1000), Reason.TIMEOUT),
    "hangs up": (reset, Reason.CONNECTION),
    "refuses": (lambda exchange: exchange.whole(b"no", status="403 Forbidden"), Reason.FORBIDDEN),
    "knows nobody": (lambda exchange: exchange.whole(b"who?", status="401 Unauthorized"), Reason.UNAUTHORIZED),
    "fails": (lambda exchange: exchange.whole(b"collected before", status="500 Oh"), Reason.HTTP),
    "sends elsewhere": (lambda exchange: exchange.whole(b"", "Location: /x", status="302 Found"), Reason.REDIRECT),
    "signs in": (lambda exchange: exchange.page(b"<html></html>", kind="text/html"), Reason.PAGE),
    "signs in as text": (lambda exchange: exchange.page(b"<html></html>"), Reason.PAGE),
    "talks nonsense": (lambda exchange: exchange.send(b"\0\xff\r\n" * 100), Reason.CONNECTION),
    "talks binary": (lambda exchange: exchange.page(bytes(range(256)) * 16), Reason.PAGE),
    "cuts gzip": (lambda exchange: exchange.whole(b"\x1f\x8b\x08\0", "Content-Encoding: gzip"), Reason.GZIP),
    "talks for ever": (lambda exchange: exchange.page(b"x" * 100_000, compressed=False), Reason.TOO_LARGE),
}  # fmt: skip


@pytest.mark.parametrize("fault", BAD)
def test_a_bad_kubelet_is_told_apart_and_costs_the_others_nothing(start: Start, make: Make, fault: str) -> None:
    answer, reason = BAD[fault]
    deadline = 2.0 if reason is Reason.TIMEOUT else 20.0
    kubelets, sink = make(intervals=ONLY_RESOURCE, concurrency=4, limits=Limits(deadline=deadline, body=50_000))
    good = [node(f"good-{number}", start(well)) for number in range(3)]
    kubelets.nodes([node("bad", start(answer)), *good])

    with reading(kubelets):
        until(lambda: report(kubelets, "bad").pages[PageName.RESOURCE].reason is not None)
        sink.wait(lambda: all(sink.counts()[one.metadata.name] >= 3 for one in good))
        until(lambda: kubelets.summary().pages[PageName.RESOURCE].read == 3)

    summary = kubelets.summary().pages[PageName.RESOURCE]
    assert (report(kubelets, "bad").pages[PageName.RESOURCE].reason, set(summary.errors)) == (reason, {reason})
    assert sink.counts()["bad"] == 0


def test_others_are_read_on_while_kubelets_hang_and_hold_all_they_may(start: Start, make: Make) -> None:
    kubelets, sink = make(intervals=ONLY_RESOURCE, concurrency=4, limits=Limits(deadline=60.0))
    hanging = [start(Exchange.hang) for _ in range(8)]
    kubelets.nodes([*(node(f"bad-{number}", fake) for number, fake in enumerate(hanging)), node("good", start(well))])

    with reading(kubelets):
        until(lambda: all(fake.asked for fake in hanging))
        seen = sink.counts()["good"]
        sink.wait(lambda: sink.counts()["good"] >= seen + 3)

        assert [len(fake.asked) for fake in hanging] == [1] * 8, "none has reached its deadline"


def test_hanging_up_at_the_end_is_no_failure_of_a_kubelet(start: Start, make: Make) -> None:
    hanging = start(Exchange.hang)
    kubelets, _ = make(intervals=ONLY_RESOURCE, limits=Limits(deadline=60.0))
    kubelets.nodes([node("node-1", hanging)])

    with structlog.testing.capture_logs() as logs, reading(kubelets):
        until(lambda: len(hanging.asked) == 1)

    assert (logs, kubelets.summary().pages[PageName.RESOURCE].errors) == ([], {})


def test_a_kubelet_that_recovers_is_read_again_and_said_to_be_back(start: Start, make: Make) -> None:
    fake = start(BAD["fails"][0])
    kubelets, sink = make(intervals=ONLY_RESOURCE)
    kubelets.nodes([node("node-1", fake)])

    with structlog.testing.capture_logs() as logs, reading(kubelets):
        until(lambda: len(fake.asked) >= 3)
        fake.answer = well
        sink.wait(lambda: sink.counts()["node-1"] >= 2)

    lines = [(line["log_level"], line["event"]) for line in logs]
    assert lines == [
        ("warning", "kubelet of node-1: /metrics/resource: http: answered 500: collected before"),
        ("info", "kubelet answers again"),
    ]
    assert report(kubelets, "node-1").last_error == ""


def test_the_token_is_in_no_line_and_no_report(start: Start, make: Make, cluster: Cluster) -> None:
    def echo(exchange: Exchange) -> None:
        exchange.whole(str(exchange.asked.headers).encode(), status="403 Forbidden")

    kubelets, _ = make(intervals=ONLY_RESOURCE)
    kubelets.nodes([node("node-1", start(echo))])

    with structlog.testing.capture_logs() as logs, reading(kubelets):
        until(lambda: report(kubelets, "node-1").last_error != "")

    assert logs
    assert cluster.token not in f"{logs} {kubelets.reports()} {kubelets.summary()}"


def test_nodes_come_and_go_and_come_back_as_others(start: Start, make: Make) -> None:
    first, second = start(well), start(well)
    kubelets, sink = make(intervals=ONLY_RESOURCE)
    leaves, stays = node("node-1", first), node("node-2", second)

    with reading(kubelets):
        kubelets.nodes([leaves, stays])
        sink.wait(lambda: sink.counts().keys() == {"node-1", "node-2"})
        kubelets.nodes([stays])
        told = len(sink.told)
        sink.wait(lambda: sink.told.count("node-2") > 3)
        assert "node-1" not in sink.told[told:]
        kubelets.nodes([other(node("node-1", second)), stays])
        sink.wait(lambda: "node-1" in sink.told[told:])

    assert sink.told.count("gone node-1") == 1
    assert kubelets.summary().expected == 2


def test_a_node_of_the_same_name_and_another_uid_is_another_node(start: Start, make: Make) -> None:
    kubelets, sink = make(intervals=ONLY_RESOURCE)
    fake = start(well)
    kubelets.nodes([node("node-1", fake)])

    kubelets.nodes([other(node("node-1", fake))])

    assert sink.told == ["gone node-1", "node-1"]


def test_a_page_that_comes_after_its_node_has_gone_is_dropped(start: Start, make: Make) -> None:
    asked, go_on = threading.Event(), threading.Event()

    def late(exchange: Exchange) -> None:
        asked.set()
        assert go_on.wait(30)
        well(exchange)

    kubelets, sink = make(intervals=ONLY_RESOURCE)
    kubelets.nodes([node("node-1", start(late))])
    with reading(kubelets):
        assert asked.wait(30)
        kubelets.nodes([])
        go_on.set()

    assert sink.pages == []


def test_a_node_that_moves_is_asked_at_its_new_address(start: Start, make: Make) -> None:
    first, second = start(well), start(well)
    kubelets, sink = make(intervals=ONLY_RESOURCE)

    with reading(kubelets):
        kubelets.nodes([node("node-1", first)])
        until(lambda: bool(first.asked))
        kubelets.nodes([node("node-1", second)])
        until(lambda: len(second.asked) >= 2)

    assert "gone node-1" not in sink.told
    assert report(kubelets, "node-1").address == str(second.address)


def test_nodes_without_kubelet_or_address_are_counted_and_not_asked(start: Start, make: Make) -> None:
    fake = start(well)
    kubelets, _ = make(intervals=ONLY_RESOURCE)

    kubelets.nodes([node("node-1", fake), node("virtual", fake, virtual=True), node("nowhere")])

    summary = kubelets.summary()
    assert (summary.expected, summary.virtual, summary.without_address) == (1, 1, 1)


def test_a_page_whose_interval_is_0_is_not_asked_for(start: Start, make: Make) -> None:
    fake = start(well)
    kubelets, _ = make(intervals={**INTERVALS, PageName.CADVISOR: 0.0, PageName.VOLUMES: 0.0})
    kubelets.nodes([node("node-1", fake)])

    with reading(kubelets):
        until(lambda: len(fake.asked) >= 6)

    assert {asked.path for asked in fake.asked} == {"/metrics/resource", "/metrics/probes"}


FINDINGS = [
    pytest.param(TEXTS["/metrics/cadvisor"], 1, {Finding.NO_PRESSURE}, id="a page of cgroup v1"),
    pytest.param(
        TEXTS["/metrics/cadvisor"].rpartition("container_cpu")[0], 0, {Finding.NO_PRESSURE, Finding.NO_CONTAINER_ROWS},
        id="pod rows without container rows",
    ),
    pytest.param(
        CPU + 'container_cpu_usage_seconds_total{container="",id="/",image="",name="",namespace="",pod=""} 3 1780000000000\n', 2,
        {Finding.NO_PRESSURE, Finding.NO_CONTAINER_ROWS}, id="no rows where the API says that containers run",
    ),
    pytest.param(
        CPU + 'container_cpu_usage_seconds_total{container="",id="/",image="",name="",namespace="",pod=""} 3 1780000000000\n', 0,
        {Finding.NO_PRESSURE}, id="no rows where none are expected",
    ),
    pytest.param(
        TEXTS["/metrics/cadvisor"].replace("cpu_usage_seconds", "pressure_cpu_waiting_seconds")
        + TEXTS["/metrics/cadvisor"].replace("cpu_usage_seconds", "pressure_cpu_stalled_seconds"),
        1, set(), id="a page that tells all",
    ),
    pytest.param(None, 1, {Finding.NO_CADVISOR_PAGE}, id="no page"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "running", "expected"), FINDINGS)
def test_what_a_kubelet_cannot_tell_is_found_and_said_once(
    start: Start, make: Make, text: str | None, running: int, expected: set[Finding]
) -> None:
    def answer(exchange: Exchange) -> None:
        if text is None:
            exchange.whole(b"404 page not found\n", status="404 Not Found")
        else:
            exchange.page(text.encode())

    fake = start(answer)
    kubelets, _ = make(intervals={PageName.CADVISOR: 15.0}, running=running)
    kubelets.nodes([node("node-1", fake)])
    with structlog.testing.capture_logs() as logs, reading(kubelets):
        until(lambda: kubelets.summary().pages[PageName.CADVISOR].readings >= 2)

    assert report(kubelets, "node-1").findings == expected
    assert kubelets.summary().findings == dict.fromkeys(expected, 1)
    assert len(logs) == max(len(expected), 0)


def test_insecure_is_said_once_and_shown(make: Make) -> None:
    with structlog.testing.capture_logs() as logs:
        kubelets, _ = make(insecure=True)

    assert [line["log_level"] for line in logs] == ["warning"]
    assert kubelets.summary().insecure


def test_a_thousand_kubelets_that_fail_alike_are_a_handful_of_lines(start: Start, make: Make) -> None:
    kubelets, _ = make(intervals=ONLY_RESOURCE)
    fake = start(BAD["refuses"][0])
    kubelets.nodes([node(f"node-{number}", fake) for number in range(40)])
    begun = BOTH.clock()
    with structlog.testing.capture_logs() as logs, reading(kubelets):
        until(lambda: kubelets.summary().pages[PageName.RESOURCE].readings >= 40)

    minutes = (BOTH.clock() - begun) / 60
    assert 10 <= len(logs) <= 10 * (minutes + 1)


def test_asking_a_page_and_reading_it_are_two_spans_of_one_trace(start: Start, make: Make) -> None:
    kubelets, sink = make(intervals=ONLY_RESOURCE)
    kubelets.nodes([node("node-1", start(well)), node("node-2", start(reset))])

    with recorded() as spans, reading(kubelets):
        sink.wait(lambda: bool(sink.pages))
        until(lambda: report(kubelets, "node-2").last_error != "")

    asked, read = (
        next(one for one in spans if one.name == name and attributes(one)["k8s.node.name"] == "node-1")
        for name in ("GET /metrics/resource", "read page resource")
    )
    assert read.parent == asked.context
    failed = next(one for one in spans if attributes(one)["k8s.node.name"] == "node-2")
    assert (failed.name, "error.type" in attributes(failed)) == ("GET /metrics/resource", True)
