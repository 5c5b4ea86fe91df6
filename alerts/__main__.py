"""Write the rule file: `python -m alerts`."""

from __future__ import annotations

from pathlib import Path

from alerts import pack
from alerts.rules import page

FILE = Path(__file__).parents[1] / "helm/headroom/generated/rules.yaml"


def main() -> None:
    """Write what the chart installs, and what anyone may load who has no chart."""
    FILE.parent.mkdir(parents=True, exist_ok=True)
    FILE.write_text(page(pack.groups()))


if __name__ == "__main__":
    main()
