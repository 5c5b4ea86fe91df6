"""The exporter as its users run it: the installed command in a process, its page read over HTTP."""

import json
import re
import sys
import time
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx

from kube_headroom.catalogue.exporter import EXPORTER_METRICS
from tests.real.processes import Process, free_port
from tests.real.waiting import PATIENCE_SECONDS, wait_until

COMMAND = Path(sys.executable).with_name("kube-headroom")

# A scrape interval of one second sees each zero several times.
COUNTER_HOLD_SECONDS = 5
UNHURRIED = (
    f"--counter-hold={COUNTER_HOLD_SECONDS}s",
    "--publish-interval=100ms",
    "--state.interval=200ms",
    "--log.format=json",
)

OWN = frozenset(metric.name for metric in EXPORTER_METRICS)
LABEL = re.compile(r'([a-z_]+)="((?:[^"\\]|\\.)*)"')


class Exporter:
    """One exporter on a port of its own; killed and started again it keeps port, flags and state file."""

    def __init__(self, folder: Path, kubeconfig: Path, flags: Sequence[str] = ()) -> None:
        """Prepare it in an existing folder; nothing is started. `flags` come last and so win."""
        self.target = f"127.0.0.1:{free_port()}"
        self.url = f"http://{self.target}"
        self.state = folder / "state.sqlite"
        self.process = Process(
            (
                COMMAND,
                "run",
                f"--kubeconfig={kubeconfig}",
                f"--web.listen-address={self.target}",
                f"--state.file={self.state}",
                *UNHURRIED,
                *flags,
            ),
            log=folder / "exporter.log",
            ready=lambda: httpx.get(f"{self.url}/-/ready").is_success,
        )

    def start(self) -> None:
        """Start and wait until it is ready, and until what is made from now on is younger than it.

        The API's times are whole seconds: what is made in the second of the start reads as older.
        """
        self.process.start()
        ready_at = int(time.time())
        wait_until(lambda: time.time() >= ready_at + 1, what="the next second")

    def kill(self) -> None:
        """End it as a power cut would."""
        self.process.kill()

    def readiness(self) -> httpx.Response:
        """What /-/ready says."""
        return httpx.get(f"{self.url}/-/ready", timeout=30)

    def page(self) -> "Page":
        """The page as one scrape gets it."""
        return Page(httpx.get(f"{self.url}/metrics", timeout=30).raise_for_status().text)

    def wait_for(self, series: str, value: float, *, timeout: float = PATIENCE_SECONDS) -> None:
        """Wait until the page shows a series (name and labels as on the page) with a value."""
        wait_until(lambda: self.page().series.get(series) == value, what=f"{series} {value:g}", timeout=timeout)

    def wait_saved(self) -> None:
        """Wait for two check-points of a page fetched now: the first may have been under way."""
        self.page()
        for _ in range(2):
            self._wait_saved_after(self.saved_at())

    def _wait_saved_after(self, moment: float) -> None:
        wait_until(lambda: self.saved_at() > moment, what="the next check-point")

    def saved_at(self) -> float:
        """When the state file was last written, by the file system's clock."""
        return max(path.stat().st_mtime for path in self.state.parent.glob(f"{self.state.name}*"))

    def log(self) -> list[dict[str, Any]]:
        """Every line of its log so far, over all its lives."""
        lines = self.process.log.read_text().splitlines()
        return [json.loads(line) for line in lines]


class Page:
    """One scrape in the text format."""

    def __init__(self, text: str) -> None:
        self.text = text

    @cached_property
    def series(self) -> dict[str, float]:
        """Each series, name and labels as written, with its value."""
        rows = (line.rsplit(" ", 1) for line in self.text.splitlines() if line and not line.startswith("#"))
        return {name: float(value) for name, value in rows}

    def cluster_series(self) -> dict[str, float]:
        """What tells of the cluster and not of the exporter."""
        return {name: value for name, value in self.series.items() if name.startswith("headroom_") and not is_own(name)}

    def matching(self, name: str, **wanted: str) -> dict[str, float]:
        """The series of a metric that carry these labels."""
        return {
            series: value
            for series, value in self.series.items()
            if series.partition("{")[0] == name and wanted.items() <= labels_of(series).items()
        }

    def total(self, name: str, **wanted: str) -> float:
        """The sum of `matching`."""
        return sum(self.matching(name, **wanted).values())

    def workloads(self, namespace: str) -> set[str]:
        """The workloads of a namespace as KIND/NAME."""
        found = map(labels_of, self.matching("headroom_workload_info", namespace=namespace))
        return {f"{labels['workload_kind']}/{labels['workload']}" for labels in found}


def is_own(series: str) -> bool:
    """Whether a series tells of the exporter itself."""
    return series.partition("{")[0] in OWN


def labels_of(series: str) -> dict[str, str]:
    """The labels of a series as the page writes it."""
    return {name: re.sub(r"\\(.)", r"\1", value) for name, value in LABEL.findall(series)}
