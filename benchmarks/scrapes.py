"""Scrapes without a server in between: what one answer costs the exporter, and what it holds."""

from __future__ import annotations

import gzip
import http.client
import time
from statistics import median, quantiles
from typing import NamedTuple

from benchmarks.contenders import Contender
from benchmarks.costs import cpu_seconds

# Prometheus 3 without protobuf.
ACCEPT = (
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
    "application/openmetrics-text;version=0.0.1;q=0.5,"
    "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
)
SECONDS = 8.0
MOST = 1000


class Answers(NamedTuple):
    """One encoding: milliseconds, CPU milliseconds a scrape, bytes on the wire, how many were made."""

    p50: float
    p99: float
    cpu: float
    size: int
    scrapes: int


class Content(NamedTuple):
    series: int
    families: int


def answers(contender: Contender, encoding: str) -> Answers:
    """Scrape over one connection, one after the other."""
    connection = http.client.HTTPConnection(contender.target, timeout=60)
    _scrape(connection, encoding)
    pid, began, durations, size = contender.process.pid, time.monotonic(), list[float](), 0
    spent = cpu_seconds(pid)
    while time.monotonic() - began < SECONDS and len(durations) < MOST:
        start = time.perf_counter()
        size = len(_scrape(connection, encoding)[0])
        durations.append(1000 * (time.perf_counter() - start))
    spent = cpu_seconds(pid) - spent
    connection.close()
    return Answers(median(durations), p99(durations), 1000 * spent / len(durations), size, len(durations))


def content(contender: Contender) -> Content:
    """How much one answer says."""
    connection = http.client.HTTPConnection(contender.target, timeout=60)
    body, encoding = _scrape(connection, "gzip")
    connection.close()
    lines = (gzip.decompress(body) if encoding == "gzip" else body).split(b"\n")
    return Content(
        sum(1 for line in lines if line and not line.startswith(b"#")),
        sum(1 for line in lines if line.startswith(b"# TYPE")),
    )


def p99(values: list[float]) -> float:
    """The 99th percentile; of fewer than a hundred values the largest."""
    return quantiles(values, n=100)[98] if len(values) >= 100 else max(values)


def _scrape(connection: http.client.HTTPConnection, encoding: str) -> tuple[bytes, str]:
    connection.request("GET", "/metrics", headers={"Accept": ACCEPT, "Accept-Encoding": encoding})
    response = connection.getresponse()
    body = response.read()
    if response.status != http.client.OK:
        raise RuntimeError(f"a scrape was answered with {response.status}: {body[:200]!r}")
    return body, response.headers.get("Content-Encoding", "identity")
