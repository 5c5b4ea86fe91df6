"""Who keeps the SLOs: a Prometheus on its own copy of the history, with some rules and perhaps an exporter beside it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import httpx
import yaml
from prometheus_client.parser import text_string_to_metric_families

from benchmarks import costs
from tests.real.components import answers
from tests.real.processes import Process, free_port
from tests.real.prometheus import ScrapeConfig, service_monitor
from tools.build import program

INTERVAL = "30s"
DEFAULT_RULES = Path(__file__).parents[2] / "helm" / "headroom" / "generated" / "rules.yaml"
LONG_RULE = "slo:sli_error:ratio_rate30d"


class Reading(NamedTuple):
    """What one contender has cost and done so far; memory in bytes, now."""

    prometheus_seconds: float
    exporter_seconds: float
    samples: float
    missed: float
    failed: float
    compactions: float
    resident: int
    exporter_resident: int


class Contender:
    """One Prometheus and what stands beside it; `rules` is a file, `slos` a specification that an exporter counts."""

    def __init__(
        self, name: str, folder: Path, history: Path, *, rules: Path | None = None, exporter: Process | None = None
    ) -> None:
        self.name = name
        self.rules = rules
        self.exporter = exporter
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._folder = folder
        folder.mkdir()
        # Blocks never change, so that a link is a copy.
        shutil.copytree(history, folder / "data", copy_function=os.link)
        self._memory: list[tuple[int, int]] = []
        self.prometheus = Process(
            (
                program("prometheus"),
                f"--config.file={folder / 'prometheus.yml'}",
                f"--storage.tsdb.path={folder / 'data'}",
                "--storage.tsdb.retention.time=31d",
                f"--web.listen-address=127.0.0.1:{self.port}",
                "--log.level=warn",
            ),
            log=folder / "prometheus.log",
            ready=answers(f"{self.url}/-/ready"),
        )

    def configure(self, scrapes: Sequence[ScrapeConfig]) -> None:
        """Write what is scraped and which rules are evaluated, both every 30 seconds."""
        settings: dict[str, Any] = {
            "global": {"evaluation_interval": INTERVAL},
            "scrape_configs": list(scrapes),
            "rule_files": [str(self.rules)] if self.rules else [],
        }
        (self._folder / "prometheus.yml").write_text(json.dumps(settings, indent=1))

    def count(self, query: str) -> list[tuple[Mapping[str, str], float]]:
        """Answer an instant query with labels and values."""
        answer = httpx.get(f"{self.url}/api/v1/query", params={"query": query}, timeout=30).raise_for_status().json()
        return [(row["metric"], float(row["value"][1])) for row in answer["data"]["result"]]

    def read(self) -> Reading:
        """Look at the processes and at what Prometheus says of itself."""
        own = metrics(self.url)
        exporter = self.exporter.pid if self.exporter else None
        return Reading(
            costs.cpu_seconds(self.prometheus.pid),
            costs.cpu_seconds(exporter) if exporter else 0.0,
            own["prometheus_engine_query_samples_total"],
            own.get("prometheus_rule_group_iterations_missed_total", 0.0),
            own.get("prometheus_rule_evaluation_failures_total", 0.0),
            own.get("prometheus_tsdb_compactions_total", 0.0),
            sum(costs.resident_bytes(self.prometheus.pid)),
            costs.settled_bytes(exporter) if exporter else 0,
        )

    def number_of_rules(self) -> int:
        """Rules that this contender has Prometheus evaluate."""
        return 0 if self.rules is None else sum(len(group["rules"]) for group in groups(self.rules))


def metrics(url: str) -> dict[str, float]:
    """Read a metrics page; of a metric with several series, their sum."""
    text = httpx.get(f"{url}/metrics", timeout=30).raise_for_status().text
    found: dict[str, float] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            found[sample.name] = found.get(sample.name, 0.0) + sample.value
    return found


def groups(rules: Path) -> list[dict[str, Any]]:
    """Return the rule groups of a file."""
    found: list[dict[str, Any]] = yaml.safe_load(rules.read_text())["groups"]
    return found


def sloth_rules(specification: Path, folder: Path) -> tuple[Path, Path]:
    """Have Sloth write its rules, as they are and without the one that reads 30 days."""
    whole, less = folder / "sloth.yaml", folder / "sloth-without-30d.yaml"
    command = [str(part) for part in (program("sloth"), "generate", "-i", specification, "-o", whole)]
    subprocess.run(command, check=True, capture_output=True)
    kept = [
        {**group, "rules": [rule for rule in group["rules"] if rule.get("record") != LONG_RULE]}
        for group in groups(whole)
    ]
    less.write_text(json.dumps({"groups": kept}))
    return whole, less


def slo_rules(folder: Path) -> Path:
    """Write Headroom's default rules about SLOs alone: what Sloth's are beside."""
    found = folder / "headroom.yaml"
    kept = [group for group in groups(DEFAULT_RULES) if group["name"].startswith("headroom-slo-")]
    found.write_text(json.dumps({"groups": kept}))
    return found


def exporter(folder: Path, cluster: str, *flags: str) -> tuple[Process, str]:
    """Prepare an exporter as its users run it, with its state file and no kubelets to read; give it and its host:port."""
    folder.mkdir()
    kubeconfig = folder / "kubeconfig"
    kubeconfig.write_text(
        json.dumps(
            {
                "apiVersion": "v1",
                "kind": "Config",
                "current-context": "empty",
                "contexts": [{"name": "empty", "context": {"cluster": "empty", "user": "nobody"}}],
                "clusters": [{"name": "empty", "cluster": {"server": cluster}}],
                "users": [{"name": "nobody", "user": {}}],
            }
        )
    )
    target = f"127.0.0.1:{free_port()}"
    command = (
        str(Path(sys.executable).with_name("kube-headroom")),
        "run",
        f"--kubeconfig={kubeconfig}",
        f"--web.listen-address={target}",
        f"--state.file={folder / 'state.db'}",
        "--kubelets=off",
        "--watch-list=off",
        *flags,
    )
    ready = answers(f"http://{target}/-/ready")
    return Process(command, log=folder / "exporter.log", ready=ready), target


def scrapes(shop: str, target: str = "") -> list[ScrapeConfig]:
    """Scrape the shop, and an exporter as its ServiceMonitor has it done."""
    found: list[ScrapeConfig] = [
        {
            "job_name": "shop",
            "scrape_interval": INTERVAL,
            "static_configs": [{"targets": [shop], "labels": {"instance": "shop"}}],
        }
    ]
    return [*found, service_monitor("headroom", target, interval=INTERVAL)] if target else found


def settled(readings: Sequence[Reading]) -> tuple[float, float]:
    """Return the medians of resident memory, of Prometheus and of the exporter."""
    return median(one.resident for one in readings), median(one.exporter_resident for one in readings)
