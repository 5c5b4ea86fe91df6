"""`python -m benchmarks [--pods N]`: Headroom beside kube-state-metrics on one real control plane. Asserts nothing."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from benchmarks import phases, report, retained, scrapes
from benchmarks.contenders import Contender, contenders, headroom, peer_content_type
from benchmarks.workloads import populate
from tests.real.client import Client
from tests.real.control_plane import ControlPlane

LOW, HIGH = 20.0, 200.0
COUNTED = ("Pod", "Deployment", "ReplicaSet", "Node", "Namespace", "Event", "HorizontalPodAutoscaler")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--pods", type=int, default=10_000)
    parser.add_argument("--steady-seconds", type=float, default=120.0, help="per rate; a multiple of 15 s is fair")
    parser.add_argument("--print", action="store_true", help="print the tables instead of writing benchmarks/README.md")
    chosen = parser.parse_args()
    # Else an ended run would leave its programs behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="headroom-bench-")))
        plane = stack.enter_context(_control_plane(folder))
        found = _measure(plane, folder, chosen.pods, chosen.steady_seconds, stack)
    if chosen.print:
        print(report.page(*found))
    else:
        report.write(*found)
    return 0


@contextmanager
def _control_plane(folder: Path) -> Iterator[ControlPlane]:
    (folder / "plane").mkdir()
    plane = ControlPlane(folder / "plane")
    try:
        _say("starting the control plane")
        plane.start()
        yield plane
    finally:
        plane.discard()


def _measure(
    plane: ControlPlane, folder: Path, pods: int, steady_seconds: float, stack: ExitStack
) -> tuple[dict[str, report.Result], report.Setting]:
    client, kubeconfig = plane.client(), plane.kubeconfig()
    _say("Headroom beside a cluster without pods")
    empty = _empty_settled(kubeconfig, folder)
    content_type = peer_content_type(kubeconfig, folder)
    _say(f"creating {pods} pods")
    populate(plane, pods)
    time.sleep(20)  # the control plane's own last writes
    saved = folder / "objects"
    saved.mkdir()
    retained.save(client, saved)
    load = os.getloadavg()[0]
    figures = retained.measure(saved)
    _say(f"{figures}")
    everyone = contenders(kubeconfig, folder)
    for one in everyone:
        stack.callback(one.process.discard)
    begun = {one.name: _startup(one) for one in everyone}
    direct = {one.name: _direct(one) for one in everyone}
    lasted = {one.name: _durations(one, client, folder) for one in everyone}
    steady, memory = _steady(everyone, client, folder, steady_seconds)
    results = {
        one.name: report.Result(
            one.title,
            begun[one.name],
            *direct[one.name],
            lasted[one.name],
            (steady[LOW].cpu[one.name], steady[HIGH].cpu[one.name]),
            memory[one.name],
        )
        for one in everyone
    }
    setting = report.Setting(
        pods=pods,
        objects={f"{kind}s": len(client.objects(kind)) for kind in COUNTED},
        rates=(steady[LOW].patches, steady[HIGH].patches),
        peer_content_type=content_type,
        server=client.request("GET", "/version")["gitVersion"],
        load=load,
        retained=figures,
        empty_settled=empty,
    )
    return results, setting


def _empty_settled(kubeconfig: Path, folder: Path) -> int:
    one = headroom("headroom-empty", "", kubeconfig, folder)
    try:
        return phases.startup(one).settled
    finally:
        one.process.discard()


def _startup(one: Contender) -> phases.Startup:
    found = phases.startup(one)
    _say(f"{one.name}: {found}")
    return found


def _direct(one: Contender) -> tuple[scrapes.Content, scrapes.Answers, scrapes.Answers]:
    found = scrapes.content(one), scrapes.answers(one, "identity"), scrapes.answers(one, "gzip")
    _say(f"{one.name}: {found}")
    return found


def _durations(one: Contender, client: Client, folder: Path) -> phases.Durations:
    found = phases.durations(one, client, folder / f"prometheus-{one.name}")
    _say(f"{one.name}: {found}")
    return found


def _steady(
    everyone: list[Contender], client: Client, folder: Path, seconds: float
) -> tuple[dict[float, phases.Steady], dict[str, phases.Memory]]:
    """The high rate first, so that memory has settled when the low one ends."""
    server = phases.steady_scraper(everyone, folder / "prometheus")
    server.process.start()
    try:
        found = {}
        for rate in (HIGH, LOW):
            found[rate] = phases.steady(everyone, client, rate, seconds)
            _say(f"{found[rate]}")
        memory = phases.memory(everyone)
        _say(f"{memory}")
    finally:
        server.process.discard()
    return found, memory


def _say(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
