"""A real Prometheus: its scrape configuration as data, its query API as calls."""

import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import httpx

from tests.real.components import answers
from tests.real.processes import Process, free_port
from tests.real.waiting import PATIENCE_SECONDS, wait_until
from tools.build import program

ScrapeConfig = dict[str, Any]

# What a ServiceMonitor's target brings along, and what ours drops so that it cannot hide or
# contradict the labels of the workloads (law 11 of the design).
TARGET_LABELS = ("namespace", "service", "pod", "container", "endpoint")


class Series(NamedTuple):
    """One series of an answer with its samples, oldest first: (Unix seconds, value)."""

    labels: Mapping[str, str]
    samples: tuple[tuple[float, float], ...]

    @property
    def value(self) -> float:
        """The latest value."""
        return self.samples[-1][1]


def service_monitor(job: str, target: str, *, interval: str = "1s") -> ScrapeConfig:
    """The scrape configuration that the Prometheus operator makes of our ServiceMonitor, with the
    target's own labels given instead of discovered; `target` is host:port.
    """
    brought = {label: f"the-exporters-{label}" for label in TARGET_LABELS}
    return {
        "job_name": job,
        "scrape_interval": interval,
        "scrape_timeout": interval,
        "honor_labels": True,
        "honor_timestamps": True,
        "static_configs": [{"targets": [target], "labels": brought}],
        "relabel_configs": [
            {"action": "labeldrop", "regex": "|".join(TARGET_LABELS)},
            {"target_label": "instance", "replacement": job},
        ],
    }


class Prometheus:
    """One server with its own empty storage."""

    def __init__(self, folder: Path, scrape_configs: Sequence[ScrapeConfig], rules: Sequence[Path] = ()) -> None:
        """Write the configuration into an empty folder; nothing is started."""
        self.url = f"http://127.0.0.1:{free_port()}"
        configuration = folder / "prometheus.yml"
        # JSON is YAML.
        content = {"scrape_configs": list(scrape_configs), "rule_files": list(map(str, rules))}
        configuration.write_text(json.dumps(content, indent=2))
        self.process = Process(
            (
                program("prometheus"),
                f"--config.file={configuration}",
                f"--storage.tsdb.path={folder / 'data'}",
                f"--web.listen-address={self.url.removeprefix('http://')}",
                "--log.level=warn",
            ),
            log=folder / "prometheus.log",
            ready=answers(f"{self.url}/-/ready"),
        )

    def query(self, expression: str, *, at: float | None = None) -> list[Series]:
        """Evaluate an instant query, now or at a Unix time; a range selector (`x[1h]`) gives the
        raw samples as stored. ValueError with the server's words if it refuses the expression.
        """
        parameters: dict[str, str | float] = {"query": expression}
        if at is not None:
            parameters["time"] = at
        data = self._ask("query", parameters)
        rows = data["result"]
        if data["resultType"] in ("scalar", "string"):
            rows = [{"metric": {}, "value": rows}]
        return [_series(row) for row in rows]

    def value(self, expression: str, *, at: float | None = None) -> float:
        """The value of a query that gives exactly one series; ValueError if it gives others."""
        found = self.query(expression, at=at)
        if len(found) != 1:
            message = f"{expression} gave {len(found)} series: {found[:5]}"
            raise ValueError(message)
        return found[0].value

    def targets(self) -> list[dict[str, Any]]:
        """The active targets with their health, last scrape and last error."""
        active: list[dict[str, Any]] = self._ask("targets", {"state": "active"})["activeTargets"]
        return active

    def rule_groups(self) -> list[dict[str, Any]]:
        """The groups of rules with each rule's health and last error."""
        groups: list[dict[str, Any]] = self._ask("rules", {})["groups"]
        return groups

    def wait_scraped(self, job: str, *, since: float | None = None, timeout: float = PATIENCE_SECONDS) -> None:
        """Wait for a successful scrape of the job that began after `since` (Unix seconds, now if
        not given): what was true then is stored when this returns.
        """
        begin = time.time() if since is None else since
        # Only of a bare selector is the timestamp that of the sample.
        selector = f'timestamp(up{{job="{job}"}}) >= {begin!r} and up{{job="{job}"}} == 1'
        wait_until(lambda: self.query(selector), what=f"Prometheus to scrape {job}", timeout=timeout)

    def _ask(self, call: str, parameters: Mapping[str, str | float]) -> dict[str, Any]:
        response = httpx.get(f"{self.url}/api/v1/{call}", params=dict(parameters), timeout=30.0)
        answer = response.json()
        if answer["status"] != "success":
            message = f"Prometheus refused {dict(parameters)}: {answer['error']}"
            raise ValueError(message)
        data: dict[str, Any] = answer["data"]
        return data


def _series(row: dict[str, Any]) -> Series:
    pairs = row["values"] if "values" in row else [row["value"]]
    return Series(row["metric"], tuple((moment, float(value)) for moment, value in pairs))
