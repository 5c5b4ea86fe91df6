"""Every query of every dashboard against a real Prometheus that scrapes the demo while much of it is broken."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.dashboards.boards import DASHBOARDS, Panel, Target, asked, panels, targets, variables
from tests.demo.process import running
from tests.real.browsing import Visit
from tests.real.prometheus import Prometheus, service_monitor
from tests.real.waiting import wait_until
from tools.dashboards_preview import address, chromium, serving, wait_drawn

INCIDENTS = (
    "bad-image@shop/checkout", "crash-loop", "event-storm", "node-down", "oom-loop",
    "pdb-blocks-drain", "quota-full", "throttled-service@shop/checkout", "unschedulable-pods",
)  # fmt: skip
CHOSEN = {
    "cluster": "blue", "namespace": "shop", "workload_kind": "Deployment", "workload": "checkout",
    "slo_service": "platform", "slo": "availability", "slo_group": ".*",
}  # fmt: skip
EMPTY = {
    "headroom-cluster: Node condition A": "no disk, memory or process table fills up within minutes",
    "headroom-exporter: Failed requests A": "every source of the demo answers, and reasons are not known beforehand",
    "headroom-exporter: Objects and events left out A": "the demo has no object that cannot be read",
    "headroom-exporter: Rows refused and oddities A": "rows are refused by chance: a pod's, just before it is known",
    "headroom-exporter: Rows refused and oddities B": "the simulated kubelets' pages are regular",
    "headroom-exporter: Questions without an answer A": "the Prometheus here answers every question",
    "headroom-exporter: Failures B": "the demo keeps no state file",
    "headroom-exporter: Failures C": "the demo keeps no state file of SLOs",
}
"""Queries that may stay without an answer here, and why nobody should wait for one."""

PATIENCE_SECONDS = 240
pytestmark = pytest.mark.timeout(2 * PATIENCE_SECONDS)


class Answer(NamedTuple):
    """What Prometheus said."""

    rows: list[dict[str, Any]]
    remarks: list[str]


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    folder = tmp_path_factory.mktemp("dashboards")
    targets_file = folder / "headroom.json"
    job = service_monitor("headroom", "")
    del job["static_configs"]
    job["relabel_configs"].append({"target_label": "cluster", "replacement": CHOSEN["cluster"]})
    found = {"files": [str(targets_file)], "refresh_interval": "1s"}
    server = Prometheus(folder, [{**job, "file_sd_configs": [found]}])
    server.process.start()
    flags = ["--prometheus.url", server.url, "--prometheus.scrape-interval", "1s", "--slo.step", "5s"]
    flags += [flag for incident in INCIDENTS for flag in ("--incident", incident)]
    try:
        with running(folder, *flags, "--counter-hold", "2s") as demo:
            targets_file.write_text(json.dumps([{"targets": [urlsplit(demo.where["metrics"]).netloc]}]))
            yield server
    finally:
        server.process.discard()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium(), timeout=PATIENCE_SECONDS * 1000)
        yield started
        started.close()


@pytest.fixture(scope="module")
def preview(prometheus: Prometheus) -> Iterator[str]:
    with serving(prometheus.url) as url:
        yield url


def answer(prometheus: Prometheus, target: Target) -> Answer:
    """Ask as Grafana does: for now where the panel lists, else for a range."""
    query: dict[str, str | float] = {"query": asked(target.json["expr"], CHOSEN)}
    call = "query"
    if target.json["range"]:
        now = prometheus.value("time()")
        call, query = "query_range", query | {"start": now - 300, "end": now, "step": 30}
    said = httpx.get(f"{prometheus.url}/api/v1/{call}", params=query, timeout=30.0).json()
    assert said["status"] == "success", said
    return Answer(said["data"]["result"], said.get("warnings", []) + said.get("infos", []))


@pytest.mark.parametrize("target", list(targets()), ids=lambda target: target.name)
def test_a_query_has_an_answer_without_remarks(target: Target, prometheus: Prometheus) -> None:
    if target.name in EMPTY:
        assert answer(prometheus, target).remarks == []
        return
    answers: list[Answer] = []

    def answered() -> bool:
        answers.append(answer(prometheus, target))
        return bool(answers[-1].rows)

    wait_until(answered, what=target.json["expr"], timeout=PATIENCE_SECONDS)
    assert answers[-1].remarks == []


def test_every_excuse_is_about_a_query() -> None:
    assert set(EMPTY) <= {target.name for target in targets()}


@pytest.mark.parametrize(
    ("uid", "variable"), [pytest.param(*each, id=f"{each[0]}: {each[1]['name']}") for each in variables()]
)
def test_a_variable_has_values(uid: str, variable: dict[str, Any], prometheus: Prometheus) -> None:
    match = re.fullmatch(r"label_values\((.*), (\w+)\)", variable["query"])
    assert match, uid
    selector, label = asked(match[1], CHOSEN), match[2]

    expected = {CHOSEN[label], "namespace=shop"}

    def offered() -> set[str]:
        said = httpx.get(
            f"{prometheus.url}/api/v1/label/{label}/values", params={"match[]": selector}, timeout=30.0
        ).json()
        assert said["status"] == "success", said
        return expected & set(said["data"])

    wait_until(offered, what=selector, timeout=PATIENCE_SECONDS)


@pytest.mark.parametrize("uid", DASHBOARDS)
def test_grafanas_components_draw_every_panel(uid: str, browser: Browser, preview: str) -> None:
    """Loaded anew while a panel is empty: what it lists may just have ended, or not have begun."""
    chosen = {name: value for name, value in CHOSEN.items() if name != "slo_group"}
    asking = {str(panel.json["id"]): panel for panel in panels() if panel.dashboard == uid}
    excused = {name for name, panel in asking.items() if {each.name for each in asks(panel)} <= set(EMPTY)}

    def complete() -> bool:
        with Visit(browser, address(preview, uid, 5, **chosen)) as visit:
            wait_drawn(visit.page)
            drawn = {
                str(panel.get_attribute("data-panel")): panel for panel in visit.page.locator("[data-panel]").all()
            }
            states = {name: panel.get_attribute("data-state") for name, panel in drawn.items()}
            assert visit.complaints == []
            assert [drawn[name].inner_text() for name, state in states.items() if state == "error"] == []
            assert set(drawn) == set(asking)
            return {name for name, state in states.items() if state == "empty"} <= excused

    wait_until(complete, what=f"every panel of {uid} to be drawn", timeout=PATIENCE_SECONDS)


def asks(panel: Panel) -> Iterator[Target]:
    return (Target(panel, target) for target in panel.json["targets"])
