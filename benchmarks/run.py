"""All phases for all contenders, one contender after the other wherever one would disturb the next."""

from __future__ import annotations

import os
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple, TypeVar

from benchmarks import phases, report, retained, scrapes
from benchmarks.contenders import Contender, contenders, headroom, peer_content_type
from tests.real.client import Client
from tests.real.control_plane import ControlPlane

LOW, HIGH = 20.0, 200.0
COUNTED = ("Pod", "Deployment", "ReplicaSet", "Node", "Namespace", "Event", "HorizontalPodAutoscaler")

Told = TypeVar("Told")
Findings = tuple[dict[str, report.Result], report.Setting]


class Stage(NamedTuple):
    """Where it happens: a started control plane, a scratch folder, the Python that Headroom was installed for."""

    plane: ControlPlane
    folder: Path
    installed: Path


def empty_settled(stage: Stage) -> int:
    """Bytes that Headroom takes beside a cluster without pods."""
    say("Headroom beside a cluster without pods")
    one = headroom(stage.plane.site, stage.installed, "headroom-empty", "")
    try:
        return phases.startup(one).settled
    finally:
        one.process.discard()


def measure(stage: Stage, *, pods: int, seconds: float, empty: int) -> Findings:
    """Measure everything on a populated cluster; `seconds` is the length of each steady phase."""
    plane, folder, client = stage.plane, stage.folder, stage.plane.client()
    saved = folder / "objects"
    saved.mkdir()
    retained.save(client, saved)
    load, figures = os.getloadavg()[0], retained.measure(saved)
    say(figures)
    with ExitStack() as stack:
        everyone = contenders(plane.site, stage.installed)
        for one in everyone:
            stack.callback(one.process.discard)
        begun = {one.name: told(one, phases.startup(one)) for one in everyone}
        direct = {one.name: told(one, _direct(one)) for one in everyone}
        lasted = {one.name: told(one, phases.durations(one, client, folder / one.name)) for one in everyone}
        steady, memory = _steady(everyone, client, folder, seconds)
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
        peer_content_type=peer_content_type(plane.site),
        server=client.request("GET", "/version")["gitVersion"],
        load=load,
        retained=figures,
        empty_settled=empty,
    )
    return results, setting


def _direct(one: Contender) -> tuple[scrapes.Content, scrapes.Answers, scrapes.Answers]:
    return scrapes.content(one), scrapes.answers(one, "identity"), scrapes.answers(one, "gzip")


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
            say(found[rate])
        memory = phases.memory(everyone)
        say(memory)
    finally:
        server.process.discard()
    return found, memory


def told(one: Contender, figures: Told) -> Told:
    say(f"{one.name}: {figures}")
    return figures


def say(what: object) -> None:
    """Progress for whoever waits for twenty minutes."""
    print(f"{time.strftime('%H:%M:%S')} {what}", file=sys.stderr, flush=True)
