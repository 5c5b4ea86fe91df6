"""How often kubernetes-mixin's rules would have told people of the incidents of the game days.

.venv/bin/python -m benchmarks.mixin --rules FILE [--rules FILE] [--incident NAME] [--side mixin]
"""

from __future__ import annotations

import json
import multiprocessing
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import click
import yaml

from benchmarks.mixin.figures import SEVERITIES, Figures, of_headroom, of_mixin
from benchmarks.mixin.rules import RulesError, names, read
from benchmarks.mixin.stage import LateError, Stage
from kube_headroom.simulator.composition import build
from kube_headroom.simulator.incidents.board import Incidents
from kube_headroom.simulator.simulation import Simulation
from kube_headroom.simulator.world import World
from tools.build import ToolError, program
from tools.gameday.expectations import EXPECTED
from tools.gameday.judges import JudgeError, judged
from tools.gameday.play import (
    FINE_SECONDS,
    HEALTHY_SECONDS,
    MONDAY_MORNING,
    PROCESSES,
    SEED,
    SETTLING_SECONDS,
    Script,
    Told,
    play,
)
from tools.gameday.stage import COARSE, FINE, MIDDLE

ROUTES = Path(__file__).with_name("alertmanager.yaml")
HEADINGS = (
    "incident",
    "Headroom: firing (pages/tickets), closings",
    "first at minute",
    "mixin: firing (critical/warning/info), closings",
    "first at minute",
    "alerts of the mixin",
)


class Given(NamedTuple):
    """What every play begins with."""

    world: World
    rules: Path
    names: frozenset[str]
    folder: Path


_GIVEN: list[Given] = []
"""Inherited by the processes that play: a world cannot be sent to them."""


@click.command()
@click.option(
    "--rules",
    "files",
    multiple=True,
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A file of Prometheus' rules or a PrometheusRule, rendered; may be given several times.",
)
@click.option("--incident", "chosen", multiple=True, type=click.Choice([*EXPECTED]), help="Play this one alone.")
@click.option("--side", type=click.Choice(["both", "headroom", "mixin"]), default="both", help="Whom to count.")
@click.option(
    "--json", "file", type=click.Path(path_type=Path), help="Write all that the mixin told, the calm before included."
)
def main(files: Sequence[Path], chosen: Sequence[str], side: str, file: Path | None) -> None:
    """Play the game days' incidents before kubernetes-mixin's rules and count the notifications."""
    scripts = [EXPECTED[name].script for name in (chosen or EXPECTED)]
    headroom: dict[str, Figures] = {}
    mixin: dict[str, Told] = {}
    try:
        for name in ("gameday", "kube-state-metrics"):
            program(name)
        with tempfile.TemporaryDirectory(prefix="headroom-mixin-") as folder:
            if side != "mixin":
                headroom = {script.name: of_headroom(told) for script, told in play(scripts, Path(folder))}
            if side != "headroom":
                mixin = dict(_mixin(scripts, files, Path(folder)))
    except (JudgeError, LateError, RulesError, ToolError) as error:
        sys.exit(f"benchmarks.mixin: {error}")
    if file is not None:
        file.write_text(json.dumps(mixin))
    print("\n".join(_table(scripts, headroom, {name: of_mixin(told) for name, told in mixin.items()})))


def _mixin(scripts: Sequence[Script], files: Sequence[Path], folder: Path) -> Iterator[tuple[str, Told]]:
    """Play before the mixin, each incident in a process of its own, from the same cluster after its healthy days."""
    groups = read(files)
    rules = folder / "rules.yaml"
    rules.write_text(yaml.safe_dump({"groups": groups}))
    _GIVEN.append(Given(_after_healthy_days(), rules, names(groups) | {"up"}, folder))
    longest_first = sorted(scripts, key=lambda script: -script.minutes - script.after)
    began = time.monotonic()
    with multiprocessing.get_context("fork").Pool(PROCESSES, maxtasksperchild=1) as pool:
        for name, told in pool.imap_unordered(_played, longest_first):
            print(f"{time.monotonic() - began:4.0f} s  {name}", file=sys.stderr, flush=True)
            yield name, told


def _after_healthy_days() -> World:
    """Return the game days' cluster in the state in which they find it before their last 75 minutes of calm."""
    world = build(seed=SEED, start=MONDAY_MORNING)
    world.tick, until = COARSE.tick, world.now + HEALTHY_SECONDS - SETTLING_SECONDS
    while world.now < until:
        world.advance(world.now + COARSE.publish)
    return world


def _played(script: Script) -> tuple[str, Told]:
    """Play a script; it is the only one of its process, whose world is a copy."""
    given = _GIVEN[0]
    folder = given.folder / f"mixin-{script.name}"
    folder.mkdir()
    begins = given.world.now + SETTLING_SECONDS
    with (
        Simulation(given.world) as simulation,
        closing(Stage(given.world, simulation, folder=folder, names=given.names)) as stage,
    ):
        pages = _pages(stage, simulation, given.world, script)
        told = judged(pages, folder / "store", rules=given.rules, routes=ROUTES)
    shutil.rmtree(folder)
    return script.name, Told(begins, tuple(told))


def _pages(stage: Stage, simulation: Simulation, world: World, script: Script) -> Iterator[tuple[float, bytes]]:
    yield from stage.play(SETTLING_SECONDS, FINE)
    if script.incident:
        incidents = world.part(Incidents)
        simulation.call(lambda: incidents.begin(script.incident, seconds=script.minutes * 60.0))
    fine = script.minutes * 60.0 + min(FINE_SECONDS, script.after * 60.0)
    yield from stage.play(fine, FINE)
    yield from stage.play((script.minutes + script.after) * 60.0 - fine, MIDDLE)


def _table(scripts: Sequence[Script], headroom: Mapping[str, Figures], mixin: Mapping[str, Figures]) -> Iterator[str]:
    """Yield the lines of a table in Markdown."""
    yield _line(HEADINGS)
    yield _line(["---"] * len(HEADINGS))
    for script in scripts:
        ours, theirs = headroom.get(script.name), mixin.get(script.name)
        names = ", ".join(theirs.alerts) if theirs else ""
        yield _line((script.name, *_cells(ours, ("page", "ticket")), *_cells(theirs, SEVERITIES), names))


def _cells(figures: Figures | None, kinds: Sequence[str]) -> tuple[str, str]:
    """Return the counts and the first minute, nothing where nobody counted."""
    if figures is None:
        return "", ""
    each = "/".join(str(figures.firing[kind]) for kind in kinds)
    first = "" if figures.first is None else f"{figures.first:.0f}"
    return f"{figures.firing.total()} ({each}), {figures.closings}", first


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
