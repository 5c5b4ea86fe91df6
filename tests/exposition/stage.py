"""What the tests of this room share: metrics to emit, ways to read a page back, a server to ask."""

from __future__ import annotations

import time
import zlib
from typing import TYPE_CHECKING, TypeVar

import httpx
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text

from kube_headroom.catalogue.labels import Node, Workload, WorkloadReason
from kube_headroom.catalogue.metric import Aggregation, Counter, Gauge, Unit
from kube_headroom.exposition.channel import Publication
from kube_headroom.exposition.deflate import GZIP_HEADER, Chunk, gzip_end
from kube_headroom.exposition.page import EMPTY_BODY, Body, Page

if TYPE_CHECKING:
    from collections.abc import Callable

    from prometheus_client import Metric as ParsedFamily

    from kube_headroom.exposition.server import Server

Result = TypeVar("Result")
PATIENT = 60.0  # seconds; a busy machine starts a server process slowly

MEMORY = Gauge(
    name="headroom_workload_memory_request_bytes",
    help="Memory requested, from .spec.containers[].resources.requests.",
    labels=Workload,
    unit=Unit.BYTES,
    aggregation=Aggregation.SUM,
)
RESTARTS = Counter(
    name="headroom_workload_container_restarts_total",
    help='Restarts, from .status "restartCount" \\ RestartCount\nof containers.',
    labels=WorkloadReason,
    unit=Unit.NONE,
    aggregation=Aggregation.SUM,
)
CPU_SECONDS = Counter(
    name="headroom_workload_cpu_usage_seconds_total",
    help="CPU time, from container_cpu_usage_seconds_total.",
    labels=Workload,
    unit=Unit.SECONDS,
    aggregation=Aggregation.SUM,
)
NODE_CREATED = Gauge(
    name="headroom_node_created_timestamp_seconds",
    help="Creation time, from .metadata.creationTimestamp.",
    labels=Node,
    unit=Unit.TIMESTAMP_SECONDS,
    aggregation=Aggregation.NONE,
)
SERIES = (MEMORY.name, (("namespace", "shop"), ("workload", "cart"), ("workload_kind", "Deployment")))
METRICS = (MEMORY, RESTARTS, CPU_SECONDS, NODE_CREATED)

CART = Workload("shop", "Deployment", "cart")
DATABASE = Workload("shop", "StatefulSet", "database")


def member(*chunks: Chunk) -> bytes:
    """Return chunks as the gzip member that a scrape is answered with."""
    return GZIP_HEADER + b"".join(chunk.deflated for chunk in chunks) + gzip_end(chunks)


def one_member(content: bytes) -> bytes:
    """Decode a gzip body; fails unless it is exactly one member with nothing after it."""
    decoder = zlib.decompressobj(wbits=31)
    text = decoder.decompress(content)
    assert decoder.eof, "the member has no end"
    assert decoder.unused_data == b"", "something follows the first member"
    return text


def text_of(body: Body) -> str:
    """Return a body as text 0.0.4."""
    return one_member(member(body.text)).decode()


def openmetrics_of(body: Body) -> str:
    """Return a body as OpenMetrics, its end mark added."""
    return one_member(member(body.openmetrics)).decode() + "# EOF\n"


def series(families: list[ParsedFamily]) -> dict[tuple[str, tuple[tuple[str, str], ...]], str]:
    """Return every parsed sample; values as text, so that NaN equals NaN."""
    found: dict[tuple[str, tuple[tuple[str, str], ...]], str] = {}
    for family in families:
        for sample in family.samples:
            key = sample.name, tuple(sorted(sample.labels.items()))
            assert key not in found, f"{key} is exposed twice"
            found[key] = repr(float(sample.value))
    return found


def text_series(text: str) -> dict[tuple[str, tuple[tuple[str, str], ...]], str]:
    """Return what prometheus_client reads in a text page."""
    return series(list(parse_text(text)))


def openmetrics_series(text: str) -> dict[tuple[str, tuple[tuple[str, str], ...]], str]:
    """Return what prometheus_client reads in an OpenMetrics page."""
    return series(list(parse_openmetrics(text)))  # type: ignore[no-untyped-call]


def until(condition: Callable[[], Result], what: str, seconds: float = PATIENT) -> Result:
    """Poll until the condition holds and return what it gave; the only wait in these tests."""
    deadline = time.monotonic() + seconds
    while True:
        result = condition()
        if result:
            return result
        assert time.monotonic() < deadline, f"waited {seconds:g} s in vain: {what}"
        time.sleep(0.02)


def page(value: float, workloads: int = 1) -> Body:
    """Return a page where the cart has this value, with as many workloads."""
    made = Page(METRICS)
    made.put(("workload", *CART), [MEMORY.at(CART, value)])
    for number in range(1, workloads):
        workload = CART._replace(workload=f"cart-{number * 2654435761 % 2**32:x}")
        made.put(("workload", *workload), [MEMORY.at(workload, number * 7919.5)])
    return made.body()


def publication(body: Body = EMPTY_BODY, *, ready: bool = True, reason: str = "") -> Publication:
    """Return a publication of this page."""
    return Publication(ready, reason, 1.7e9, body)


def client(server: Server) -> httpx.Client:
    """Return a client of this server; to be closed."""
    return httpx.Client(base_url=f"http://{server.addresses[0]}", timeout=PATIENT)


def serving(server: Server, value: float) -> None:
    """Wait until scrapes see this value."""
    with client(server) as http:
        until(lambda: text_series(http.get("/metrics").text).get(SERIES) == repr(float(value)), f"value {value}")
