"""Plays incidents, each from the same healthy days: a process that forks has a world and an exporter to give away."""

from __future__ import annotations

import gc
import json
import multiprocessing
import os
import shutil
import traceback
from collections.abc import Iterator, Sequence
from itertools import chain
from multiprocessing import connection
from multiprocessing.context import ForkProcess
from pathlib import Path
from typing import NamedTuple

from kube_headroom.simulator.incidents.board import Incidents
from tools.gameday.judges import JudgeError, Notification, judge, remember
from tools.gameday.stage import COARSE, FINE, MIDDLE, Stage

SEED = 1
MONDAY_MORNING = 1_799_656_200.0
"""08:30 UTC: incidents begin at a quarter to ten on a Thursday, when people are at work and deploy."""
HEALTHY_SECONDS = 3 * 86_400.0
SETTLING_SECONDS = 4_500.0
"""The end of the healthy days in full detail: longer than the longest of the windows that page."""
FINE_SECONDS = 1_800.0
"""After an incident's end everything is still watched closely for so long."""
PROCESSES = 2


class Script(NamedTuple):
    """What is played: an incident's name, "" for none, its minutes, and those after its end."""

    name: str
    incident: str
    minutes: int
    after: int


class Told(NamedTuple):
    """What everybody was told while a script was played, and when it began in Unix seconds."""

    began: float
    notifications: tuple[Notification, ...]


def play(scripts: Sequence[Script], folder: Path) -> Iterator[tuple[Script, Told]]:
    """Play scripts in a folder, some at a time, and yield what was told as each is over; raises JudgeError."""
    stage, store = Stage(SEED, MONDAY_MORNING), folder / "store"
    days = stage.play(HEALTHY_SECONDS - SETTLING_SECONDS, COARSE)
    remember(chain(days, stage.play(SETTLING_SECONDS, FINE)), store)
    # What was made so far stays where it is, shared by all processes.
    gc.collect()
    gc.freeze()
    waiting, running = [*scripts], list[tuple[Script, ForkProcess]]()
    try:
        while waiting or running:
            while waiting and len(running) < PROCESSES:
                running.append(_started(stage, waiting.pop(0), store, folder))
            connection.wait([process.sentinel for _, process in running])
            for one in [one for one in running if not one[1].is_alive()]:
                running.remove(one)
                yield one[0], _read(folder / one[0].name, one[0])
    finally:
        for _, process in running:
            process.terminate()


def _started(stage: Stage, script: Script, store: Path, folder: Path) -> tuple[Script, ForkProcess]:
    process = multiprocessing.get_context("fork").Process(
        target=_play, args=(stage, script, store, folder / script.name)
    )
    process.start()
    return script, process


def _play(stage: Stage, script: Script, store: Path, folder: Path) -> None:
    """Play a script in a process of its own, and leave what was told, or why it was not, in its folder."""
    try:
        folder.mkdir()
        shutil.copytree(store, folder / "store")
        began = stage.world.now
        if script.incident:
            stage.world.part(Incidents).begin(script.incident, seconds=script.minutes * 60.0)
        fine = script.minutes * 60.0 + min(FINE_SECONDS, script.after * 60.0)
        rest = (script.minutes + script.after) * 60.0 - fine
        told = judge(chain(stage.play(fine, FINE), stage.play(rest, MIDDLE)), folder / "store", folder)
        (folder / "told.json").write_text(json.dumps([began, told]))
    except BaseException:
        (folder / "failure").write_text(traceback.format_exc())
        raise
    finally:
        shutil.rmtree(folder / "store", ignore_errors=True)
        # Nothing of the parent's end is ours.
        os._exit(0)


def _read(folder: Path, script: Script) -> Told:
    if not (folder / "told.json").exists():
        failure = folder / "failure"
        why = failure.read_text() if failure.exists() else "its process was killed"
        raise JudgeError(f"{script.name} could not be played: {why}")
    began, told = json.loads((folder / "told.json").read_text())
    return Told(began, tuple(Notification(*one) for one in told))
