"""The chart in the hands of Helm 4 and 3: it renders what values say, and refuses what they cannot mean."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from alerts.parameters import GRAFANA, RUNBOOKS
from kube_headroom.settings import SETTINGS, Setting, Settings, read
from kube_headroom.tracing.resource import DOWNWARD
from tests.conftest import Golden
from tests.real.chart import HELMS, VALUES, container, of_kind, only, refusal, render, run, values_file
from tests.real.client import Object
from tools.chart_schema import CHART, OWNED

GOLDEN = Path(__file__).parents[1] / "golden" / "chart" / "defaults.yaml"


@pytest.fixture(params=HELMS)
def helm(request: pytest.FixtureRequest) -> str:
    """Both Helms in turn."""
    return str(request.param)


@pytest.mark.parametrize("name", VALUES)
def test_the_chart_passes_a_strict_lint(helm: str, name: str, tmp_path: Path) -> None:
    done = run(helm, "lint", "--strict", CHART, "--values", values_file(VALUES[name], tmp_path))

    assert not done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("name", VALUES)
def test_both_helms_render_the_same_objects(name: str, tmp_path: Path) -> None:
    first, second = (render(helm, VALUES[name], tmp_path) for helm in HELMS)

    assert sorted(map(json.dumps, first)) == sorted(map(json.dumps, second))


def test_the_defaults_make_these_objects(golden: Golden, tmp_path: Path) -> None:
    objects = sorted(render("helm", {}, tmp_path), key=lambda each: (each["kind"], each["metadata"]["name"]))

    golden(GOLDEN, yaml.safe_dump_all(objects, sort_keys=False))


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "an unknown value": ({"replicas": 2}, "'replicas' not allowed"),
    "an unknown value inside another": ({"image": {"name": "x"}}, "'name' not allowed"),
    "a value of another type": ({"persistence": {"enabled": "yes"}}, "at '/persistence/enabled': got string, want boo"),
    "an unknown setting": ({"settings": {"kubelet": "on"}}, "'kubelet' not allowed"),
    "a setting that belongs to the chart": ({"settings": {"state.file": "/x"}}, "'state.file' not allowed"),
    "a setting out of its range": (
        {"settings": {"kubelet-concurrency": 5000}},
        "at '/settings/kubelet-concurrency': max",
    ),
    "a word that a setting does not have": (
        {"settings": {"log.level": "loud"}},
        "at '/settings/log.level': value must",
    ),
    "a duration without unit": ({"settings": {"slo.step": 30}}, "at '/settings/slo.step': got number, want string"),
    "one namespace where a list belongs": (
        {"settings": {"namespaces": "shop"}},
        "at '/settings/namespaces': got string",
    ),
    "a setting as a variable": ({"env": [{"name": "HEADROOM_KUBELETS", "value": "off"}]}, "at '/env/0/name'"),
    "a digest that is none": ({"image": {"digest": "latest"}}, "at '/image/digest'"),
    "an empty SLO": ({"slos": {"cart": ""}}, "at '/slos/cart'"),
    "a label that is a number": ({"additionalLabels": {"a": 1}}, "at '/additionalLabels/a': got number, want string"),
    "rights in no namespace": ({"rbac": {"clusterWide": False}}, "settings.namespaces must name one to ten namespaces"),
    "rights in more namespaces than are asked one by one": (
        {"rbac": {"clusterWide": False}, "settings": {"namespaces": [f"a{number}" for number in range(11)]}},
        "names 11",
    ),
    "two ways to be scraped": (
        {"prometheusScrape": True, "prometheus": {"monitor": {"enabled": True}}},
        "everything counts double; keep one of them",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_value_that_cannot_be_is_named(helm: str, name: str, tmp_path: Path) -> None:
    values, words = REFUSED[name]

    assert words in refusal(helm, values, tmp_path)


AS_WRITTEN = """
settings:
  kubelets: off
  watch-list: off
  slo.annotations: on
  kubelet-insecure-tls: true
  prometheus.insecure-tls: false
  kubelet-concurrency: 32
  bare-workloads-per-namespace: 1000000
  slo.minimum-bad-events: 0.5
  namespaces-denied: [kube-system, sandbox]
  event-reasons: []
  publish-interval: 500ms
  slo.files: [/etc/more]
slos:
  cart: "apiVersion: openslo/v1"
"""
"""What a person types: YAML makes booleans and floats of half of it."""


def settings_of(objects: list[Object], folder: Path) -> Settings:
    """Return what the exporter reads from the rendered file."""
    file = folder / "headroom.yaml"
    file.write_text(of_kind(objects, "ConfigMap")[0]["data"]["headroom.yaml"])
    return read({"config_file": str(file)})


def test_settings_arrive_as_a_person_wrote_them(helm: str, tmp_path: Path) -> None:
    typed = tmp_path / "values.yaml"
    typed.write_text(AS_WRITTEN)
    done = run(helm, "template", "headroom", CHART, "--values", typed)
    assert not done.returncode, done.stderr
    settings = settings_of([each for each in yaml.safe_load_all(done.stdout) if each], tmp_path)

    assert (settings.kubelets, settings.watch_list, settings.slo_annotations) == ("off", "off", "on")
    assert (settings.kubelet_insecure_tls, settings.prometheus_insecure_tls) == ("true", "false")
    assert (settings.kubelet_concurrency, settings.bare_workloads_per_namespace) == (32, 1_000_000)
    assert (settings.slo_minimum_bad_events, settings.publish_interval) == (0.5, 0.5)
    assert (settings.namespaces_denied, settings.event_reasons) == (("kube-system", "sandbox"), ())
    assert settings.slo_files == (Path("/etc/more"), Path("/etc/headroom/slos"))
    assert settings.state_file == Path("/var/lib/headroom/state.sqlite")
    assert settings.slo_state_file == Path("/var/lib/headroom/slo.sqlite")


def given(setting: Setting) -> Any:
    """Return a setting's default as its type is in YAML."""
    if isinstance(setting.default, tuple):
        return list(setting.default)
    return float(setting.default or 0) if setting.kind.metavar == "NUMBER" else setting.default


def test_the_defaults_of_all_settings_are_taken(tmp_path: Path) -> None:
    values = {each.name: given(each) for each in SETTINGS if each.name not in OWNED and each.default is not None}
    arrived = settings_of(render("helm", {"settings": values}, tmp_path), tmp_path)

    assert replace(arrived, config_file=None, state_file=None, slo_state_file=None) == read()


def test_every_word_of_a_setting_is_taken(tmp_path: Path) -> None:
    words = {
        each.name: each.kind.expected.removeprefix("one of ").split(", ")
        for each in SETTINGS
        if each.kind.expected.startswith("one of ") and not each.several
    }
    for index in range(max(map(len, words.values()))):
        chosen = {name: choices[index] for name, choices in words.items() if index < len(choices)}
        unquoted = {name: yaml.safe_load(word) for name, word in chosen.items()}
        arrived = settings_of(render("helm", {"settings": unquoted}, tmp_path), tmp_path)
        assert {name: getattr(arrived, name.replace("-", "_").replace(".", "_")) for name in chosen} == chosen


def test_rules_routes_and_dashboards_are_those_that_were_generated(helm: str, tmp_path: Path) -> None:
    objects = render(helm, {**VALUES["everything on"], "rules": DELIVERED}, tmp_path)
    generated = {path.name: path.read_text() for path in (CHART / "generated").rglob("*") if path.is_file()}
    rules = yaml.load(generated["rules.yaml"], Loader=yaml.CSafeLoader)
    files = {each["metadata"]["name"]: each["data"] for each in of_kind(objects, "ConfigMap") if "data" in each}

    assert only(objects, "PrometheusRule")["spec"] == rules
    assert files.pop("headroom-rules")["headroom.yaml"] == generated["rules.yaml"]
    assert files.pop("headroom-alertmanager") == {
        name: generated.pop(name) for name in ("alertmanager.yaml", "headroom.tmpl")
    }
    dashboards = {name: text for name, text in generated.items() if name.endswith(".json")}
    delivered = {name: text for data in files.values() for name, text in data.items() if name.endswith(".json")}
    assert delivered == dashboards
    sidecar = {
        each["metadata"]["name"]
        for each in of_kind(objects, "ConfigMap")
        if each["metadata"].get("labels", {}).get("grafana_dashboard") == "1"
    }
    assert sidecar == {f"headroom-dashboard-{name[len('headroom-') : -len('.json')]}" for name in dashboards}


DELIVERED = {"prometheusRule": {"enabled": True}, "configMap": {"enabled": True}}


def test_the_links_of_alerts_lead_to_the_users_places(tmp_path: Path) -> None:
    written = json.dumps(only(render("helm", VALUES["everything on"], tmp_path), "PrometheusRule"))

    assert RUNBOOKS.default not in written
    assert GRAFANA.default not in written
    assert "https://docs.example.com/runbooks/Headroom" in written
    assert "https://grafana.example.com/d/headroom-workload?" in written


def test_a_chart_without_dashboards_says_so(tmp_path: Path) -> None:
    copy = shutil.copytree(CHART, tmp_path / "chart")
    shutil.rmtree(copy / "generated/dashboards", ignore_errors=True)
    done = run("helm", "template", "headroom", copy, "--set", "dashboards.enabled=true")

    assert "this chart holds none in generated/dashboards" in done.stderr


def test_a_changed_setting_replaces_the_pod_and_a_changed_slo_does_not(tmp_path: Path) -> None:
    def pod(values: dict[str, Any]) -> Any:
        return only(render("helm", values, tmp_path), "Deployment")["spec"]["template"]

    one = pod({"slos": {"cart": "a: 1"}})
    assert pod({"slos": {"cart": "a: 2"}}) == one
    assert pod({"slos": {"cart": "a: 1"}, "settings": {"log.level": "debug"}}) != one


def test_what_a_monitor_scrapes_keeps_its_labels(tmp_path: Path) -> None:
    objects = render("helm", VALUES["everything on"], tmp_path)
    (endpoint,) = only(objects, "ServiceMonitor")["spec"]["endpoints"]

    assert endpoint["honorLabels"] is True
    dropped, fixed, *_ = endpoint["relabelings"]
    assert dropped["action"] == "labeldrop"
    targets = ("pod", "container", "endpoint", "service", "namespace", "instance", "job")
    assert [name for name in targets if not re.fullmatch(dropped["regex"], name)] == ["instance", "job"]
    assert fixed == {"targetLabel": "instance", "replacement": "headroom"}
    port = only(objects, "Service")["spec"]["ports"][0]
    assert (endpoint["port"], port["targetPort"]) == (port["name"], container(objects)["ports"][0]["name"])


def test_the_image_is_named_by_registry_and_digest(tmp_path: Path) -> None:
    assert container(render("helm", {}, tmp_path))["image"] == "kube-headroom:0.1.0"
    named = container(render("helm", VALUES["everything on"], tmp_path))["image"]
    assert named == f"registry.example.com/kube-headroom@sha256:{'0' * 64}"


def test_traces_learn_of_the_pod_they_come_from(tmp_path: Path) -> None:
    assert DOWNWARD.keys() <= {each["name"] for each in container(render("helm", {}, tmp_path))["env"]}


NOTES = {
    "links that lead nowhere": ({"rules": {"configMap": {"enabled": True}}}, "set rules.grafanaUrl"),
    "nothing scrapes it": ({}, "Nothing scrapes it yet: set prometheus.monitor.enabled"),
    "nothing alerts": ({}, "No alert is installed: set rules.prometheusRule.enabled"),
    "what is lost with the pod": ({}, "SLO windows and budgets are lost with the pod"),
    "a monitor that nobody selects": (
        {"prometheus": {"monitor": {"enabled": True}}},
        "set prometheus.monitor.additionalLabels.release",
    ),
}


@pytest.mark.parametrize("name", NOTES)
def test_the_notes_tell_what_is_missing(name: str, tmp_path: Path) -> None:
    values, words = NOTES[name]

    assert words in notes(values, tmp_path)
    assert words not in notes(VALUES["everything on"], tmp_path)


def notes(values: Mapping[str, Any], folder: Path) -> str:
    """Return what Helm 4 says after an installation; Helm 3 does not without a cluster."""
    done = run("helm", "install", "headroom", CHART, "--dry-run=client", "--values", values_file(values, folder))
    assert not done.returncode, done.stderr
    return done.stdout.partition("NOTES:")[2]
