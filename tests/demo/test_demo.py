"""The whole demo, once: ready, scraped, broken over HTTP, seen, ended; and what it is told when it cannot begin."""

from __future__ import annotations

import os
import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from kube_headroom import telemetry
from kube_headroom.__main__ import main
from kube_headroom.demo import command
from kube_headroom.simulator.incidents.catalogue import INCIDENTS
from tests.demo.process import Demo, running, wait_until

ANYWHERE = ("--web.listen-address", "127.0.0.1:0", "--simulator.listen-address", "127.0.0.1:0")


@pytest.fixture(autouse=True)
def nothing_from_outside_and_nothing_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """No settings of who runs the tests, no logging that outlives one."""
    for name in [name for name in os.environ if name.startswith("HEADROOM_")]:
        monkeypatch.delenv(name)
    monkeypatch.setattr(telemetry, "configure", lambda **_: None)
    monkeypatch.setattr(telemetry, "log_failed_threads", lambda: None)


def series(demo: Demo, name: str, **labels: str) -> list[float]:
    """The values of a series' children that carry these labels."""
    return [
        sample.value
        for family in text_string_to_metric_families(demo.page())
        for sample in family.samples
        if sample.name == name and labels.items() <= sample.labels.items()
    ]


def test_an_incident_is_begun_seen_and_ended_in_a_demo_that_leaves_nothing_behind(tmp_path: Path) -> None:
    with running(tmp_path, "--speed", "60") as demo:
        assert demo.lines[0] == "Starting a simulated cluster of 12 nodes and 25 workloads ..."
        assert stat.S_IMODE(demo.kubeconfig.parent.stat().st_mode) == 0o700
        assert stat.S_IMODE(demo.kubeconfig.stat().st_mode) == 0o600
        wait_until(lambda: httpx.get(demo.where["overview"] + "-/ready").is_success, "readiness")
        assert httpx.get(demo.where["overview"]).headers["content-type"].startswith("text/html")
        assert series(demo, "headroom_source_up", source="pods") == [1.0]

        begun = demo.control("POST", "/incidents/crash-loop", params={"target": "payments/payments", "for": "12h"})
        assert begun.json()["name"] == "crash-loop"
        workload = {"workload": "payments", "namespace": "payments"}
        wait_until(
            lambda: (
                sum(series(demo, "headroom_workload_containers_waiting", reason="CrashLoopBackOff", **workload)) > 0
            ),
            "containers that wait in CrashLoopBackOff",
        )
        wait_until(
            lambda: sum(series(demo, "headroom_workload_container_restarts_total", **workload)) > 0, "counted restarts"
        )
        (running_now,) = demo.control("GET", "/incidents").json()["running"]
        assert (running_now["name"], running_now["target"]) == ("crash-loop", "payments/payments")
        assert demo.control("DELETE", "/incidents/crash-loop").is_success
        assert demo.control("GET", "/incidents").json()["running"] == []

        code, rest = demo.end(signal.SIGINT)
        assert code == 0
        assert "Traceback" not in rest
        assert list(tmp_path.iterdir()) == []


def test_an_hour_in_a_minute_makes_no_source_stale_and_none_fail(tmp_path: Path) -> None:
    with running(tmp_path, "--speed", "600", "--nodes", "3", "--workloads", "5") as demo:
        born = series(demo, "headroom_source_last_success_timestamp_seconds", source="limitranges")[0]

        def later() -> bool:
            """Nothing happens to ranges: only bookmarks tell that they are up to date."""
            return series(demo, "headroom_source_last_success_timestamp_seconds", source="limitranges")[0] > born + 4000

        wait_until(later, "an hour")
        assert set(series(demo, "headroom_source_stale")) == {0.0}
        assert set(series(demo, "headroom_source_up")) == {1.0}
        assert series(demo, "headroom_source_errors_total") == []
        code, _ = demo.end(signal.SIGTERM)
        assert code == 0
        assert list(tmp_path.iterdir()) == []


def refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """The one line of a demo that cannot begin."""
    assert main(["demo", *ANYWHERE, *arguments]) == 2
    _, error = capsys.readouterr()
    assert error.startswith("kube-headroom: error: ")
    assert error.count("\n") == 1
    return error


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param(["--incident", "crash-lop"], "did you mean crash-loop?", id="an unknown incident"),
        pytest.param(["--speed", "fast"], "flag --speed: expected a number", id="a speed that is none"),
        pytest.param(["--schedule", "/no/such"], "/no/such: cannot be read", id="no schedule"),
        pytest.param(["--nodes", "12", "--sped", "2"], "No such option '--sped'. (Did you mean", id="a misspelt flag"),
        pytest.param(
            ["--incident", "node-down@shop/cart", "--nodes", "3", "--workloads", "8"],
            "no such target 'shop/cart'",
            id="a target of another kind",
        ),
    ],
)
def test_what_cannot_be_is_one_line_and_exit_code_2(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert message in refused(arguments, capsys)


def test_a_mistake_in_the_schedule_names_its_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "schedule.yaml"
    path.write_text("- incident: crash-loop\n  at: 5m\n- incident: oom-lop\n  at: 10m\n")
    line = refused(["--schedule", str(path)], capsys)
    assert f"{path}:3: " in line
    assert "did you mean oom-loop?" in line


@pytest.mark.parametrize("option", ["--web.listen-address", "--simulator.listen-address"])
def test_a_port_in_use_is_named(option: str, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        other = {"--web.listen-address", "--simulator.listen-address"} - {option}
        assert main(["demo", option, address, *other, "127.0.0.1:0"]) == 2
    _, error = capsys.readouterr()
    assert f"cannot listen on '{address}': address already in use" in error
    assert error.count("\n") == 1


def test_without_the_extra_the_demo_names_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "EXTRA", ("rich", "no_such_package"))
    assert "the demo needs no_such_package" in (error := refused([], capsys))
    assert "pip install 'kube-headroom[demo]'" in error


def test_incidents_are_listed_with_cause_sight_and_page(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "--list-incidents"]) == 0
    out, _ = capsys.readouterr()
    assert max(map(len, out.splitlines())) <= 80
    for incident in INCIDENTS.values():
        assert f"\n{incident.name}\n" in f"\n{out}"
        assert " ".join(incident.cause.split()) in " ".join(out.split())


def test_run_imports_nothing_of_the_simulator() -> None:
    script = "import sys, kube_headroom.__main__, kube_headroom.app; print([m for m in sys.modules if 'simulator' in m or m == 'aiohttp'])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "[]\n"
