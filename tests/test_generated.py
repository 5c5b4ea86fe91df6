"""Generated files say what their generators say now."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from alerts import __main__ as alerts_files
from collector import __main__ as collector_file
from collector.configuration import page as collector_page
from dashboards import __main__ as dashboards_files
from kube_headroom.catalogue.document import document
from kube_headroom.simulator.incidents.schedule import read_schedule
from tools import incidents_page

ROOT = Path(__file__).parents[1]


def test_the_metrics_document_is_what_the_catalogue_says() -> None:
    recorded = (ROOT / "docs/metrics.md").read_bytes()

    assert recorded == document().encode(), "docs/metrics.md is out of date; run make generate"


@pytest.mark.parametrize("file", alerts_files.files(), ids=lambda file: file.name)
def test_the_alerts_files_are_what_rules_and_routes_say(file: Path) -> None:
    assert file.read_bytes() == alerts_files.files()[file].encode(), "run make generate"


def test_the_dashboards_are_what_their_panels_say() -> None:
    recorded = {file: file.read_bytes() for file in dashboards_files.FOLDER.iterdir()}

    assert recorded == {file: text.encode() for file, text in dashboards_files.files().items()}, "run make generate"


def test_the_collectors_configuration_is_what_its_parts_say() -> None:
    assert collector_file.FILE.read_bytes() == collector_page().encode(), "run make generate"


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
