"""The run, phase by phase: start-up, scrapes, steady churn, memory. All contenders see the same cluster."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple

from benchmarks import costs
from benchmarks.churn import Churn
from benchmarks.contenders import Contender
from benchmarks.scrapes import p99
from tests.real.client import Client
from tests.real.prometheus import Prometheus, service_monitor

QUIET_SECONDS = 4.0
QUIET_CPU = 0.06  # seconds within QUIET_SECONDS: what an idle exporter may use
SCRAPE_INTERVAL, SCRAPES, SCRAPE_CHURN = 3, 20, 20.0
STEADY_INTERVAL = 15
MEMORY_SAMPLES = 5


class Startup(NamedTuple):
    """Seconds and CPU seconds from launch until all is listed and nothing moves, and bytes then."""

    seconds: float
    cpu: float
    peak: int
    settled: int


class Durations(NamedTuple):
    """Prometheus' own `scrape_duration_seconds` in milliseconds."""

    p50: float
    p99: float
    scrapes: int


class Steady(NamedTuple):
    """CPU seconds per second of each contender at a number of patches a second."""

    patches: float
    cpu: dict[str, float]


class Memory(NamedTuple):
    peak: int
    settled: int


def startup(contender: Contender) -> Startup:
    """Start it alone, unscraped, and wait until it has come to rest."""
    began = time.monotonic()
    contender.process.start(timeout=120)
    pid, moved, last = contender.process.pid, time.monotonic(), -1.0
    while time.monotonic() - moved < QUIET_SECONDS:
        time.sleep(0.25)
        spent = costs.cpu_seconds(pid)
        if spent - last > QUIET_CPU:
            last, moved = spent, time.monotonic()
    return Startup(moved - began, costs.cpu_seconds(pid), costs.peak_bytes(pid), costs.settled_bytes(pid))


def durations(contender: Contender, client: Client, folder: Path) -> Durations:
    """Let a Prometheus of its own scrape one contender while pods restart."""
    folder.mkdir()
    server = Prometheus(folder, [service_monitor(contender.name, contender.target, interval=f"{SCRAPE_INTERVAL}s")])
    with Churn(client, SCRAPE_CHURN):
        server.process.start()
        try:
            time.sleep(SCRAPE_INTERVAL * SCRAPES)
            (found,) = server.query(f'scrape_duration_seconds{{job="{contender.name}"}}[1h]')
            failed = server.query(f'up{{job="{contender.name}"}}[1h]')[0].samples
        finally:
            server.process.discard()
    if not all(value for _, value in failed):
        raise RuntimeError(f"Prometheus could not scrape {contender.name}")
    milliseconds = [1000 * value for _, value in found.samples]
    return Durations(median(milliseconds), p99(milliseconds), len(milliseconds))


def steady(contenders: Sequence[Contender], client: Client, rate: float, seconds: float) -> Steady:
    """CPU of all contenders at once, so that they see the same events."""
    with Churn(client, rate) as churn:
        time.sleep(5)
        began, patches, before = time.monotonic(), churn.patches, _spent(contenders)
        time.sleep(seconds)
        elapsed, after = time.monotonic() - began, _spent(contenders)
        made = churn.patches - patches
    return Steady(made / elapsed, {name: (after[name] - before[name]) / elapsed for name in after})


def steady_scraper(contenders: Sequence[Contender], folder: Path) -> Prometheus:
    """One Prometheus for all, at the interval that most clusters use."""
    folder.mkdir()
    interval = f"{STEADY_INTERVAL}s"
    return Prometheus(folder, [service_monitor(one.name, one.target, interval=interval) for one in contenders])


def memory(contenders: Sequence[Contender]) -> dict[str, Memory]:
    """Memory after everything else, settled as the median of some samples."""
    samples: dict[str, list[int]] = {one.name: [] for one in contenders}
    for _ in range(MEMORY_SAMPLES):
        time.sleep(4)
        for one in contenders:
            samples[one.name].append(costs.settled_bytes(one.process.pid))
    return {one.name: Memory(costs.peak_bytes(one.process.pid), round(median(samples[one.name]))) for one in contenders}


def _spent(contenders: Sequence[Contender]) -> dict[str, float]:
    return {one.name: costs.cpu_seconds(one.process.pid) for one in contenders}
