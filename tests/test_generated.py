"""Generated files say what their generators say now."""

from __future__ import annotations

import re
from pathlib import Path

from alerts import __main__ as alerts_file
from alerts import pack
from alerts.rules import page
from kube_headroom.catalogue.document import document
from kube_headroom.simulator.incidents.schedule import read_schedule
from tools import incidents_page

ROOT = Path(__file__).parents[1]


def test_the_metrics_document_is_what_the_catalogue_says() -> None:
    recorded = (ROOT / "docs/metrics.md").read_bytes()

    assert recorded == document().encode(), "docs/metrics.md is out of date; run make generate"


def test_the_rule_file_is_what_the_rules_say() -> None:
    assert alerts_file.FILE.read_bytes() == page(pack.groups()).encode(), "run make generate"


def test_the_incidents_page_is_what_the_table_says() -> None:
    assert incidents_page.PAGE.read_bytes() == incidents_page.page().encode(), "run make generate"


def test_the_schedule_in_the_incidents_page_is_one(tmp_path: Path) -> None:
    example = re.search(r"```yaml\n(.*?)```", incidents_page.page(), re.DOTALL)
    assert example is not None
    path = tmp_path / "schedule.yaml"
    path.write_text(example[1])
    assert [(entry.name, entry.at, entry.seconds) for entry in read_schedule(path)] == [
        ("crash-loop", 120, 600),
        ("node-down", 900, None),
    ]
