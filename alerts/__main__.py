"""Write the rules, the Alertmanager configuration and their page: `python -m alerts`."""

from __future__ import annotations

from pathlib import Path

from alerts import document, kube_prometheus_stack, pack, routes, rules

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "helm/headroom/generated"
FILE = FOLDER / "rules.yaml"


def files() -> dict[Path, str]:
    """Return what the chart installs, and what anyone may load who has no chart."""
    return {
        FILE: rules.page(pack.groups()),
        FOLDER / "alertmanager.yaml": routes.page(),
        FOLDER / "kube-prometheus-stack.yaml": kube_prometheus_stack.page(),
        FOLDER / "headroom.tmpl": Path(__file__).with_name("headroom.tmpl").read_text(),
        ROOT / "docs/alerts.md": document.document(),
    }


def main() -> None:
    """Write them where they are consumed."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for path, text in files().items():
        path.write_text(text)


if __name__ == "__main__":
    main()
