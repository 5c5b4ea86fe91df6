"""Play incidents and hold what people are told against what they should be: `python -m tools.gameday`."""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import click

from tools.build import ToolError, program
from tools.gameday.expectations import EXPECTED, HEALTHY, Expected
from tools.gameday.judges import JudgeError
from tools.gameday.matrix import rows, show
from tools.gameday.play import Told, play
from tools.gameday.verdict import violations


@click.command()
@click.option("--incident", "names", multiple=True, help="Play this one alone; may be given several times.")
@click.option(
    "--json", "file", type=click.Path(path_type=Path), help="Write what was wrong, a list of sentences for each, too."
)
def main(names: Sequence[str], file: Path | None) -> None:
    """Play every incident and six healthy hours, print who was told what, and fail if that is not as expected."""
    chosen = _chosen(names)
    results: dict[str, tuple[Told, tuple[str, ...]]] = {}
    try:
        program("gameday")
        with tempfile.TemporaryDirectory(prefix="headroom-gameday-") as folder:
            began = time.monotonic()
            click.echo("Three healthy days come first.", err=True)
            for script, told in play([one.script for one in chosen], Path(folder)):
                results[script.name] = told, violations(EXPECTED[script.name], told)
                click.echo(f"{time.monotonic() - began:4.0f} s  {script.name}", err=True)
    except (JudgeError, ToolError) as error:
        sys.exit(f"gameday: {error}")
    show([line for one in chosen for line in rows(one, results[one.name][0])])
    if file is not None:
        file.write_text(json.dumps({name: wrong for name, (_, wrong) in results.items()}))
    sentences = [f"{one.name}: {text}" for one in chosen for text in results[one.name][1]]
    if sentences:
        sys.exit("\n".join(("What people were told is not as it has to be:", *sentences)))


def _chosen(names: Sequence[str]) -> list[Expected]:
    """Return what is to be played, the longest first."""
    unknown = sorted({*names} - EXPECTED.keys())
    if unknown:
        message = f"no such incident: {', '.join(unknown)}; known: {', '.join(EXPECTED)}"
        raise click.BadParameter(message, param_hint="--incident")
    found = [EXPECTED[name] for name in (dict.fromkeys(names) or EXPECTED)]
    return sorted(found, key=lambda one: one.name != HEALTHY)


if __name__ == "__main__":
    main()
