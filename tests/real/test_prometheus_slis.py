"""PromQL SLIs against a real Prometheus: exact through restarts of what it scrapes, whichever of two answers."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from kube_headroom.prometheus.client import Client
from kube_headroom.prometheus.history import FINE
from kube_headroom.prometheus.options import Options
from kube_headroom.prometheus.reader import Reader
from kube_headroom.slo.amount import SCALE
from kube_headroom.slo.objective import RawRatio
from kube_headroom.timing import REAL
from tests.prometheus.stage import Remembering, events, objective, query
from tests.real.prometheus import Prometheus, ScrapeConfig
from tests.real.waiting import wait_until

RATIO = objective(
    events("sum by (route) (rate(requests_total[{{.window}}]))", bad='requests_total{code=~"5.."}'),
    "requests",
    ("route",),
)
LATENCY = objective(events("took_seconds_count", good='took_seconds_bucket{le=~"1(\\\\.0)?"}'), "latency")
NATIVE = objective(
    RawRatio(query("histogram_fraction(0, 1, sum(rate(native_seconds[{{.window}}])))"), success=True), "native"
)
BOUNDS = (0.5, 1.0)


class Shop:
    """A program with counters: they begin at 0 whenever it starts."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: Counter[tuple[str, str]] = Counter()
        self._took: list[float] = []

    def serve(self, route: str, code: str, times: int, took: float = 0.1) -> None:
        with self._lock:
            self._requests[route, code] += times
            self._took += [took] * times

    def restart(self) -> None:
        with self._lock:
            self._requests = Counter(dict.fromkeys(self._requests, 0))
            self._took = []

    def page(self) -> str:
        with self._lock:
            lines = ["# TYPE requests_total counter"]
            lines += [
                f'requests_total{{route="{route}",code="{code}"}} {count}'
                for (route, code), count in self._requests.items()
            ]
            for name in ("took_seconds", "native_seconds"):
                lines.append(f"# TYPE {name} histogram")
                lines += [
                    f'{name}_bucket{{le="{bound}"}} {sum(one <= bound for one in self._took)}' for bound in BOUNDS
                ]
                lines += [f'{name}_bucket{{le="+Inf"}} {len(self._took)}']
                lines += [f"{name}_sum {sum(self._took)}", f"{name}_count {len(self._took)}"]
        return "\n".join(lines) + "\n"


@contextmanager
def listening(shop: Shop) -> Iterator[str]:
    """The shop's page on a port; gives host:port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            page = shop.page().encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.send_header("Content-Length", str(len(page)))
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def scraping(target: str, interval: str) -> list[ScrapeConfig]:
    """Classic histograms as they are, and the one of another name as a native one."""
    common = {"scrape_interval": interval, "scrape_timeout": interval, "static_configs": [{"targets": [target]}]}
    keep = {"source_labels": ["__name__"], "action": "drop"}
    return [
        {**common, "job_name": "shop", "metric_relabel_configs": [{**keep, "regex": "native_.*"}]},
        {
            **common,
            "job_name": "native",
            "convert_classic_histograms_to_nhcb": True,
            "metric_relabel_configs": [{**keep, "regex": "requests_total|took_.*"}],
        },
    ]


@contextmanager
def running(reader: Reader) -> Iterator[None]:
    stop = threading.Event()
    thread = threading.Thread(target=reader.run, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(30)
        assert not thread.is_alive()


def asking(server: Prometheus, intake: Remembering) -> Reader:
    options = Options(server.url, step=2.0, scrape_interval=1.0, delay=1.0)
    return Reader(options, intake, REAL)


@pytest.fixture
def shop() -> Iterator[tuple[Shop, str]]:
    made = Shop()
    made.serve("/cart", "200", 1_000)
    made.serve("/pay", "200", 50)
    with listening(made) as address:
        yield made, address


def live(shop: Shop, scraped: Callable[[], None]) -> dict[str, tuple[float, float]]:
    """Requests, restarts and the first errors of a route, all of them scraped; gives the truth."""
    shop.serve("/cart", "200", 50)
    shop.serve("/cart", "500", 3, took=2.0)
    scraped()
    shop.restart()
    shop.serve("/cart", "200", 7)
    shop.serve("/pay", "200", 5)
    scraped()
    shop.serve("/pay", "503", 4, took=0.7)
    scraped()
    shop.restart()
    shop.serve("/cart", "200", 1)
    scraped()
    return {"route=/cart": (61.0, 3.0), "route=/pay": (9.0, 4.0)}


def test_counts_are_exact_through_restarts_of_what_is_scraped(
    shop: tuple[Shop, str], prometheus: Callable[[list[ScrapeConfig]], Prometheus]
) -> None:
    program, address = shop
    server = prometheus(scraping(address, "1s"))
    server.wait_scraped("shop")
    intake = Remembering()
    reader = asking(server, intake)
    # What happens between two scrapes across a border of pieces is in neither of them.
    wait_until(lambda: time.time() % FINE < FINE - 45, what="pieces of the past that do not end meanwhile")
    begun = time.time()
    reader.define([RATIO, LATENCY])
    with running(reader):
        wait_until(lambda: RATIO.key in intake.added and LATENCY.key in intake.added, what="baselines and a step")

        truth = live(program, lambda: server.wait_scraped("shop"))

        wait_until(lambda: intake.sums(RATIO.key) == truth, what=f"counts of {truth}")
        wait_until(lambda: intake.sums(LATENCY.key) == {"": (70.0, 3.0)}, what="70 requests, 3 of them slower than 1 s")
        reader.back_fill(RATIO.key, [(begun, time.time())])
        wait_until(lambda: RATIO.key in intake.filled, what="the past")

    assert intake.sums(RATIO.key) == truth
    assert 0.5 < sum(one.amount.events for one in intake.filled[RATIO.key]) / SCALE / 70 < 1.5
    assert {reason for _, reason in intake.flaws} <= {"retention_short", "nan"}, "15 days are less than a month"
    assert intake.reasons(RATIO.key) == {"retention_short": 1}
    assert (reader.summary().up, reader.summary().errors, reader.summary().failing) == (True, {}, 0)


def test_a_native_histogram_is_counted_by_an_expression(
    shop: tuple[Shop, str], prometheus: Callable[[list[ScrapeConfig]], Prometheus]
) -> None:
    program, address = shop
    server = prometheus(scraping(address, "1s"))
    server.wait_scraped("native")
    intake = Remembering()
    reader = asking(server, intake)
    reader.define([NATIVE])

    def slow_ones() -> bool:
        # Served anew until one is seen: a turn that comes late looks at the last four scrapes only.
        program.serve("/pay", "503", 1, took=1.5)
        return intake.sums(NATIVE.key).get("", (0.0, 0.0))[1] > 0

    with running(reader):
        wait_until(slow_ones, what="slow ones in the native histogram")


def test_two_servers_that_answer_in_turn_count_once(
    shop: tuple[Shop, str], prometheus: Callable[[list[ScrapeConfig]], Prometheus]
) -> None:
    program, address = shop
    servers = [prometheus(scraping(address, interval)) for interval in ("1s", "2s")]
    intake = Remembering()

    def scraped() -> None:
        since = time.time()
        for server in servers:
            server.wait_scraped("shop", since=since)
        for client in clients:
            reader._client = client
            reader.evaluate(time.time() + 1)

    clients = [Client(Options(server.url)) for server in servers]
    reader = asking(servers[0], intake)
    reader.define([RATIO, LATENCY])
    scraped()

    truth = live(program, scraped)

    assert intake.sums(RATIO.key) == truth
    assert intake.sums(LATENCY.key) == {"": (70.0, 3.0)}
