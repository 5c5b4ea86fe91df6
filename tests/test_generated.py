"""Generated files say what their generators say now."""

from __future__ import annotations

from pathlib import Path

from kube_headroom.catalogue.document import document

ROOT = Path(__file__).parents[1]


def test_the_metrics_document_is_what_the_catalogue_says() -> None:
    recorded = (ROOT / "docs/metrics.md").read_bytes()

    assert recorded == document().encode(), "docs/metrics.md is out of date; run make generate"
