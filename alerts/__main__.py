"""Write the rules, the Alertmanager configuration and their page: `python -m alerts`.

With `--values FILE --output FILE` it writes the rules alone, as the chart renders them with these values.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from alerts import document, kube_prometheus_stack, overrides, pack, routes, rules, template
from alerts.values import DEFAULTS
from kube_headroom.errors import UsageError

ROOT = Path(__file__).parents[1]
CHART = ROOT / "helm/headroom"
FOLDER = CHART / "generated"
FILE = FOLDER / "rules.yaml"


def files() -> dict[Path, str]:
    """Return what the chart installs, and what anyone may load who has no chart."""
    return {
        FILE: rules.page(pack.groups()),
        CHART / "templates/_rules.tpl": template.page(pack.groups()),
        FOLDER / "alertmanager.yaml": routes.page(),
        FOLDER / "kube-prometheus-stack.yaml": kube_prometheus_stack.page(),
        FOLDER / "headroom.tmpl": Path(__file__).with_name("headroom.tmpl").read_text(),
        ROOT / "docs/alerts.md": document.document(),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Write them where they are consumed, or the rules with a user's values; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m alerts", description=__doc__)
    parser.add_argument("--values", type=Path, metavar="FILE", help="what stands under `rules` of the chart's values")
    parser.add_argument("--output", metavar="FILE", help="where to write the rules, - for standard output")
    given = parser.parse_args(arguments)
    if given.values is None and given.output is None:
        for path, text in files().items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return 0
    if given.output is None:
        parser.error("--values needs --output FILE: the generated files stay what they are")
    try:
        values = overrides.read(given.values) if given.values else DEFAULTS
        _write(given.output, rules.page(pack.groups(), values))
    except UsageError as error:
        print(f"python -m alerts: {error}", file=sys.stderr)  # noqa: T201
        return 2
    return 0


def _write(output: str, text: str) -> None:
    if output == "-":
        sys.stdout.write(text)
        return
    try:
        Path(output).write_text(text)
    except OSError as error:
        raise UsageError(f"--output {output}: cannot be written: {error.strerror or error}") from error


if __name__ == "__main__":
    sys.exit(main())
