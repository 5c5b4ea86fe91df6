"""`make gameday`: every incident, and what Prometheus' rules and Alertmanager's routes make of it for people."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from kube_headroom.simulator.incidents.catalogue import INCIDENTS
from tools.gameday.expectations import EXPECTED, HEALTHY
from tools.gameday.judges import RECEIVERS, JudgeError, judged, remember

PATIENCE_SECONDS = 2400
"""Several times what it takes on a machine that does nothing else."""

MORNING = 1_800_000_000.0
BRIEF = 20
"""So often nobody keeps still by chance."""

# The first test that asks waits for the whole run.
pytestmark = pytest.mark.timeout(PATIENCE_SECONDS + 60)


@pytest.fixture(scope="session")
def wrong(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """What is wrong with what people were told, by incident; all of them are played once, in about ten minutes."""
    file = tmp_path_factory.mktemp("gameday") / "wrong.json"
    command = [sys.executable, "-m", "tools.gameday", "--json", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE_SECONDS)
    assert file.exists(), done.stdout + done.stderr
    found: dict[str, list[str]] = json.loads(file.read_text())
    assert done.returncode == any(found.values()), done.stdout + done.stderr
    return found


def test_every_incident_has_its_expectation() -> None:
    assert EXPECTED.keys() == {*INCIDENTS, HEALTHY}


@pytest.mark.parametrize("incident", INCIDENTS, ids=lambda name: f"{name} tells who has to know, and nobody else")
def test_an_incident(incident: str, wrong: dict[str, list[str]]) -> None:
    assert wrong[incident] == []


def test_six_healthy_hours_with_deploys_and_jobs_tell_nobody(wrong: dict[str, list[str]]) -> None:
    assert wrong[HEALTHY] == []


def test_an_unknown_incident_is_named_beside_those_that_there_are() -> None:
    command = [sys.executable, "-m", "tools.gameday", "--incident=crashloop"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE_SECONDS)

    assert done.returncode == 2
    assert "no such incident: crashloop; known: crash-loop, oom-loop," in " ".join(done.stderr.split())


def test_a_page_that_is_none_is_told_with_its_instant(tmp_path: Path) -> None:
    with pytest.raises(JudgeError, match=r"the page of 2027-01-15T08:00:00Z: .* invalid syntax"):
        remember([(MORNING, b"this is no page {")], tmp_path / "store")


def test_what_ends_in_the_instant_in_which_its_group_is_due_is_told_to_nobody(tmp_path: Path) -> None:
    """Of two things that happen at one instant the same comes first in every run."""
    rules, routes = tmp_path / "rules.yaml", tmp_path / "alertmanager.yaml"
    alert = {"alert": "Broken", "expr": "broken == 1"}
    rules.write_text(json.dumps({"groups": [{"name": "own", "interval": "30s", "rules": [alert]}]}))
    route = {"receiver": "all", "group_by": ["name"], "group_wait": "30s", "group_interval": "5m"}
    receiver = {"name": "all", "webhook_configs": [{"url": f"{RECEIVERS}/all"}]}
    routes.write_text(json.dumps({"route": route, "receivers": [receiver]}))
    lasting = {"lasting": range(BRIEF)} | {f"brief-{index}": range(index, index + 1) for index in range(BRIEF)}

    def page(index: int) -> bytes:
        return "".join(f'broken{{name="{name}"}} {int(index in when)}\n' for name, when in lasting.items()).encode()

    pages = [(MORNING + 30 * index, page(index)) for index in range(BRIEF + 1)]
    told = judged(pages, tmp_path / "store", rules=rules, routes=routes)

    assert {one.body["groupLabels"]["name"] for one in told} == {"lasting"}
