"""`python -m kube_headroom.catalogue [--check] [FILE]` writes docs/metrics.md, or says that it is out of date."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from kube_headroom.catalogue.document import document


def main(arguments: Sequence[str]) -> int:
    """Return 0, or 1 where `--check` finds another text than the catalogue's."""
    parser = argparse.ArgumentParser(prog="python -m kube_headroom.catalogue", description="Document every series.")
    parser.add_argument("--check", action="store_true", help="compare the file instead of writing it")
    parser.add_argument("file", nargs="?", type=Path, default=Path("docs/metrics.md"), help="default: %(default)s")
    options = parser.parse_args(arguments)
    file: Path = options.file
    if not options.check:
        file.write_text(document(), encoding="utf-8")
        return 0
    if not file.exists() or file.read_text(encoding="utf-8") != document():
        print(f"{file} is not what the catalogue says; run: python -m kube_headroom.catalogue {file}", file=sys.stderr)  # noqa: T201
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
