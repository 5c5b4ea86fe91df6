"""Prometheus and Alertmanager for game days: the program of tools/gameday, fed with pages, that tells notifications."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from tools.build import program
from tools.stack import GENERATED, alertmanager_configuration

RULES = GENERATED / "rules.yaml"
RECEIVERS = "http://receivers"
"""Where no network is; what comes behind it is the receiver's name."""


class JudgeError(Exception):
    """The program failed; the message is its own."""


class Notification(NamedTuple):
    """What a receiver got at an instant in Unix seconds, as Alertmanager's webhook or Slack's has it."""

    at: float
    receiver: str
    body: dict[str, Any]


def remember(pages: Iterable[tuple[float, bytes]], store: Path) -> None:
    """Keep pages, and what the rules record of them, in a new store; raises JudgeError."""
    _run(("remember", store, RULES), pages)


def judge(pages: Iterable[tuple[float, bytes]], store: Path, folder: Path) -> list[Notification]:
    """Go on from a store, which is changed, and return what everybody was told of the pages; raises JudgeError."""
    return judged(pages, store, rules=RULES, routes=alertmanager_configuration(folder, RECEIVERS))


def judged(pages: Iterable[tuple[float, bytes]], store: Path, *, rules: Path, routes: Path) -> list[Notification]:
    """Do the same with rules and routes of whoever asks; all receivers are webhooks under RECEIVERS."""
    found = (json.loads(line) for line in _run(("judge", store, rules, routes), pages).splitlines())
    return [Notification(one["at"], one["to"].removesuffix("-url"), one["body"]) for one in found]


def _run(words: tuple[str | Path, ...], pages: Iterable[tuple[float, bytes]]) -> str:
    command = [str(program("gameday")), *map(str, words)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdin is not None  # noqa: S101  it is a pipe
        try:
            for at, page in pages:
                process.stdin.write(b"%d %d\n%s" % (at, len(page), page))
        except BrokenPipeError:
            # It has failed, and its own words say why.
            pass
        output, errors = process.communicate()
    if process.returncode:
        raise JudgeError(f"`{' '.join(command)}` ended with {process.returncode}: {errors.decode().strip()}")
    return output.decode()
