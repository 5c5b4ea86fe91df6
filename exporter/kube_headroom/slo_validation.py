"""`kube-headroom slo validate`: everything that is wrong with definitions, one problem per line."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path

import click

from kube_headroom.errors import UsageError
from kube_headroom.slo.definitions import Defaults, Document, load
from kube_headroom.slo.objective import Definitions, Problem, Severity
from kube_headroom.slo_files import MAXIMUM_BYTES, read

STANDARD_INPUT = "-"
PROBLEMS_FOUND = 2


def validate(paths: tuple[str, ...], form: str, annotation_prefix: str) -> int:
    """Print the problems of all definitions as `text` or `json`; return the exit code, 0 unless there are errors."""
    texts, unreadable = documents(paths)
    definitions = load(texts, Defaults(annotation_prefix=annotation_prefix))
    problems = [*unreadable, *definitions.problems]
    if form == "json":
        _print_json(definitions, problems)
    else:
        _print_text(definitions, problems)
    return PROBLEMS_FOUND if _count(problems, Severity.ERROR) else 0


def documents(paths: Iterable[str]) -> tuple[list[Document], list[Problem]]:
    """Read the files, the directories and, for `-`, standard input."""
    texts, problems = read(Path(path) for path in paths if path != STANDARD_INPUT)
    if STANDARD_INPUT in paths:
        data = sys.stdin.buffer.read(MAXIMUM_BYTES + 1)
        if len(data) > MAXIMUM_BYTES:
            raise UsageError(f"standard input is larger than {MAXIMUM_BYTES >> 20} MiB")
        try:
            texts.append(Document("stdin", data.decode("utf-8-sig")))
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
            raise UsageError(f"stdin:{line}: not UTF-8 text") from error
    return texts, problems


def _print_text(definitions: Definitions, problems: list[Problem]) -> None:
    for problem in problems:
        path = f"{problem.path}: " if problem.path else ""
        mark = "warning: " if problem.severity is Severity.WARNING else ""
        click.echo(f"{problem.place}: {path}{mark}{problem.message}")
    click.echo(
        f"{_counted(len(definitions.objectives), 'SLO')}, "
        f"{_counted(len(definitions.maintenance), 'maintenance window')}, "
        f"{_counted(_count(problems, Severity.ERROR), 'error')}, "
        f"{_counted(_count(problems, Severity.WARNING), 'warning')}"
    )


def _print_json(definitions: Definitions, problems: list[Problem]) -> None:
    click.echo(
        json.dumps(
            {
                "slos": [{"service": each.service, "slo": each.name} for each in definitions.objectives],
                "maintenance": [each.name for each in definitions.maintenance],
                "problems": [
                    {
                        "source": problem.place.source,
                        "line": problem.place.line,
                        "path": problem.path,
                        "severity": problem.severity,
                        "message": problem.message,
                    }
                    for problem in problems
                ],
            },
            indent=2,
        )
    )


def _count(problems: Iterable[Problem], severity: Severity) -> int:
    return sum(problem.severity is severity for problem in problems)


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
