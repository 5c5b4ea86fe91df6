"""Run it all on one machine: `python -m tools.stack [--incident NAME]`, until Ctrl-C.

A simulated cluster and the exporter (`kube-headroom demo`), a real Prometheus with the generated rules, a real
Alertmanager with the generated routes, and a receiver that prints notifications as people get them.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple
from urllib.error import URLError
from urllib.request import urlopen

import click

from alerts import routes
from tools.build import program

ROOT = Path(__file__).parents[1]
GENERATED = ROOT / "helm" / "headroom" / "generated"
PATIENCE_SECONDS = 180.0
SCRAPE_INTERVAL = "15s"
# What a ServiceMonitor's target brings along and ours drops.
TARGET_LABELS = "namespace|service|pod|container|endpoint"


class Receiver(BaseHTTPRequestHandler):
    """Stands where Slack and the other receivers do; prints what Slack shows, and counts the Watchdog's pings."""

    def do_POST(self) -> None:
        """Take a notification."""
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        for attachment in body.get("attachments", ()):
            lines = [attachment.get("title", ""), *attachment.get("text", "").splitlines()]
            where = body.get("channel", "")
            text = "\n".join(f"    {line}" for line in lines[1:] if line.strip())
            print(f"\n{time.strftime('%H:%M:%S')} {where}  {lines[0].strip()}\n{text}", flush=True)
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002  the library's name
        """Keep silent: what people get is all that is printed."""


@contextmanager
def receiving() -> Iterator[str]:
    """Serve a receiver; gives its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()


@contextmanager
def running(command: Sequence[str | Path], log: Path) -> Iterator[None]:
    """Run a program, its output in a file, and end it in order."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            [str(word) for word in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()


def wait_for(url: str, log: Path) -> None:
    """Wait until an address answers; ends this program with the end of its log if it never does."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        try:
            with urlopen(url, timeout=5):  # noqa: S310  our own http addresses
                return
        except (URLError, OSError):
            time.sleep(0.2)
    sys.exit(f"{url} does not answer; the end of {log}:\n" + "\n".join(log.read_text().splitlines()[-10:]))


def alertmanager_configuration(folder: Path, receiver: str, *, group_wait: str = "30s") -> Path:
    """Write the generated routes with their secrets' files beside them; `group_wait` is what waits half a minute."""
    secrets = folder / "secrets"
    secrets.mkdir()
    text = (GENERATED / "alertmanager.yaml").read_text()
    for name in {line.rpartition("/")[2].strip() for line in text.splitlines() if routes.SECRETS in line}:
        (secrets / name).write_text(f"{receiver}/{name}")
    text = text.replace(routes.SECRETS, str(secrets)).replace(routes.TEMPLATES, str(GENERATED / "headroom.tmpl"))
    path = folder / "alertmanager.yml"
    path.write_text(text.replace("group_wait: 30s", f"group_wait: {group_wait}"))
    return path


def prometheus_configuration(folder: Path, targets: dict[str, str], alertmanager: str) -> Path:
    """Write a configuration that scrapes as a ServiceMonitor does and evaluates the generated rules."""
    jobs = [
        {
            "job_name": name,
            "honor_labels": True,
            "static_configs": [{"targets": [target]}],
            "relabel_configs": [
                {"action": "labeldrop", "regex": TARGET_LABELS},
                {"target_label": "instance", "replacement": name},
            ],
        }
        for name, target in targets.items()
    ]
    path = folder / "prometheus.yml"
    path.write_text(
        json.dumps(
            {
                "global": {"scrape_interval": SCRAPE_INTERVAL, "evaluation_interval": SCRAPE_INTERVAL},
                "rule_files": [str(GENERATED / "rules.yaml")],
                "alerting": {"alertmanagers": [{"static_configs": [{"targets": [alertmanager]}]}]},
                "scrape_configs": jobs,
            },
            indent=2,
        )
    )
    return path


class Part(NamedTuple):
    """A program of the stack, and the address at which it answers once it is ready."""

    name: str
    command: tuple[str | Path, ...]
    ready: str


class Addresses(NamedTuple):
    """Where everything listens, as host and port."""

    exporter: str
    control: str
    prometheus: str
    alertmanager: str


def free_addresses() -> Addresses:
    """Name addresses of our own on which nobody listens now, all different."""
    with ExitStack() as stack:
        listeners = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in Addresses._fields]
        return Addresses(*(f"127.0.0.1:{listener.getsockname()[1]}" for listener in listeners))


def parts(folder: Path, at: Addresses, receiver: str, incidents: Sequence[str]) -> tuple[Part, ...]:
    """Write every program's configuration, and return the programs in the order of their start."""
    routes_file = alertmanager_configuration(folder, receiver, group_wait="10s")
    scrapes = prometheus_configuration(folder, {"headroom": at.exporter, "shop": at.control}, at.alertmanager)
    return (
        Part(
            "alertmanager",
            (
                *(program("alertmanager"), f"--config.file={routes_file}", "--cluster.listen-address="),
                *(f"--web.listen-address={at.alertmanager}", f"--storage.path={folder / 'alertmanager'}"),
            ),
            f"http://{at.alertmanager}/-/ready",
        ),
        Part(
            "prometheus",
            (
                *(program("prometheus"), f"--config.file={scrapes}"),
                *(f"--web.listen-address={at.prometheus}", f"--storage.tsdb.path={folder / 'prometheus'}"),
            ),
            f"http://{at.prometheus}/-/ready",
        ),
        Part(
            "demo",
            (
                *(Path(sys.executable).with_name("kube-headroom"), "demo"),
                *(word for name in incidents for word in ("--incident", name)),
                *("--web.listen-address", at.exporter, "--simulator.listen-address", at.control),
                *("--prometheus.url", f"http://{at.prometheus}", "--prometheus.scrape-interval", SCRAPE_INTERVAL),
            ),
            f"http://{at.exporter}/-/ready",
        ),
    )


@click.command()
@click.option("--incident", multiple=True, help="Incident to begin with, as NAME or NAME@NAMESPACE/WORKLOAD.")
@click.option("--keep", type=click.Path(path_type=Path), help="Folder for logs and data; a temporary one by default.")
def main(incident: Sequence[str], keep: Path | None) -> None:
    """Run simulator, exporter, Prometheus, Alertmanager and a receiver until Ctrl-C."""
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    with ExitStack() as stack:
        folder = keep or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="headroom-stack-")))
        folder.mkdir(parents=True, exist_ok=True)
        receiver = stack.enter_context(receiving())
        at = free_addresses()
        for part in parts(folder, at, receiver, incident):
            log = folder / f"{part.name}.log"
            stack.enter_context(running(part.command, log))
            wait_for(part.ready, log)
        print(f"  overview:     http://{at.exporter}/")
        print(f"  Prometheus:   http://{at.prometheus}/alerts")
        print(f"  Alertmanager: http://{at.alertmanager}/")
        print(f"  incident:     curl -X POST http://{at.control}/incidents/crash-loop")
        print(f"  logs:         {folder}{os.sep}")
        print("Notifications follow as people get them; the first page of an outage takes some minutes.", flush=True)
        # In turns: a signal that another thread took is handled when this one comes round.
        while not stopped.wait(0.5):
            pass


if __name__ == "__main__":
    main()
