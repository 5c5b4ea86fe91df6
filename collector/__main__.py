"""Write the collector's configuration: `python -m collector`."""

from __future__ import annotations

from pathlib import Path

from collector.configuration import page

FILE = Path(__file__).parents[1] / "helm/headroom/generated/collector.yaml"


def main() -> None:
    """Write what anyone may load who runs a collector with these components."""
    FILE.parent.mkdir(parents=True, exist_ok=True)
    FILE.write_text(page())


if __name__ == "__main__":
    main()
