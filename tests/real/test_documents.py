"""The documents' YAML and commands in the programs that they are written for: Helm, promtool, amtool, Alertmanager."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from alerts import kube_prometheus_stack, pack, routes
from alerts.__main__ import FOLDER
from alerts.rules import Alert
from kube_headroom.__main__ import main
from kube_headroom.settings import read
from kube_headroom.settings.table import SETTINGS
from tests.documents import ROOT, Block, blocks
from tests.real.chart import HELMS, granted, render, run
from tests.real.test_routes import CART, FIND, PAGE, TEMPLATE, TICKET, Alertmanager, alert, amtool
from tests.real.waiting import wait_until
from tools.build import program
from tools.chart_schema import CHART

STACK_VALUES = FOLDER / "kube-prometheus-stack.yaml"
OF_THE_STACK = "# values of kube-prometheus-stack\n"


def renders(block: Block, folder: Path) -> None:
    """Values of our chart."""
    file = folder / "values.yaml"
    file.write_text(block.text)
    for helm in HELMS:
        done = run(helm, "template", "headroom", CHART, "--values", file)
        assert not done.returncode, done.stderr


def overrides_the_stack(block: Block, folder: Path) -> None:
    """Values of kube-prometheus-stack: those that are generated, or others that they leave as they are."""
    del folder
    paths = set(leaves(yaml.safe_load(block.text)))

    assert paths <= set(leaves(yaml.safe_load(STACK_VALUES.read_text()))) | {
        ("alertmanager", "alertmanagerSpec", "alertmanagerConfigMatcherStrategy", "type")
    }


def leaves(node: object, *path: str) -> Iterator[tuple[str, ...]]:
    """Yield the path to each value that is no mapping."""
    if not isinstance(node, dict):
        yield path
        return
    for key, value in node.items():
        yield from leaves(value, *path, key)


def configures_prometheus(block: Block, folder: Path) -> None:
    """A piece of prometheus.yml, with the generated rules where it looks for them."""
    text = block.text.replace("/etc/prometheus/rules/headroom/*.yaml", str(FOLDER / "rules.yaml"))
    file = folder / "prometheus.yml"
    file.write_text(text)
    for promtool in ("promtool", "promtool-2"):
        done = subprocess.run([program(promtool), "check", "config", file], capture_output=True, text=True, check=False)
        assert not done.returncode, done.stdout + done.stderr


def declares_slos(block: Block, folder: Path) -> None:
    """OpenSLO or Sloth."""
    file = folder / "slo.yaml"
    file.write_text(block.text)
    assert main(["slo", "validate", str(file)]) == 0


def sets(block: Block, folder: Path) -> None:
    """A settings file."""
    file = folder / "headroom.yaml"
    file.write_text(block.text)
    read({"config_file": str(file)})


def is_granted(block: Block, folder: Path) -> None:
    """Rules of a role, which the chart grants with the setting that the document is about."""
    told = granted([{"kind": "Role", "rules": yaml.safe_load(block.text)}], "Role")

    assert told <= granted(render("helm", {"settings": {"slo.configmap-selector": "slo=true"}}, folder), "ClusterRole")


def is_yaml(block: Block, folder: Path) -> None:
    """What only another test, or a cluster, can judge."""
    del folder
    assert yaml.safe_load(block.text)


Check = Callable[[Block, Path], None]
CHECKS: tuple[tuple[str, Check], ...] = (
    (rf"\A{OF_THE_STACK}", overrides_the_stack),
    (r"^(scrape_configs|rule_files):", configures_prometheus),
    (r"^apiVersion: (openslo|sloth|kube-headroom\.io)", declares_slos),
    (r"^version: prometheus/v1$", declares_slos),
    (rf"^({'|'.join(re.escape(setting.name) for setting in SETTINGS)}):", sets),
    (rf"^({'|'.join(yaml.safe_load((CHART / 'values.yaml').read_text()))}):", renders),
    (r"^apiVersion: kubelet\.config\.k8s\.io/", is_yaml),  # KubeletConfiguration; the e2e cluster's has more of it
    (r"^- apiGroups:", is_granted),
    (r"^metadata:", is_yaml),  # annotations of a workload
    (r"^- incident:", is_yaml),  # a schedule of the demo: tests/test_generated.py
)


@pytest.mark.parametrize("block", blocks("yaml"), ids=lambda block: block.name)
def test_every_piece_of_yaml_is_taken_by_what_it_is_for(block: Block, tmp_path: Path) -> None:
    checks = [check for pattern, check in CHECKS if re.search(pattern, block.text, re.MULTILINE)]

    assert checks, "no program is known to take it; add it to CHECKS"
    checks[0](block, tmp_path)


INSTALLATIONS = [block for block in blocks("sh") if "helm/headroom" in block.text and "helm upgrade" in block.text]


@pytest.mark.parametrize("helm", HELMS)
@pytest.mark.parametrize("block", INSTALLATIONS, ids=lambda block: block.name)
def test_what_is_printed_to_install_with_installs(block: Block, helm: str) -> None:
    commands = re.findall(r"^helm upgrade .*helm/headroom (.*)$", block.text.replace("\\\n", ""), re.MULTILINE)
    for words in commands:
        given = [word for word in words.split() if word not in {"--install", "--create-namespace"}]
        done = run(helm, "template", "headroom", CHART, *given)
        assert not done.returncode, done.stderr
        assert 'kube-headroom:0.1.0"' in done.stdout  # the image that the lines before built


def test_the_table_of_rights_is_the_charts_role(tmp_path: Path) -> None:
    told = set()
    for line in (ROOT / "docs/security.md").read_text().splitlines():
        row = re.fullmatch(r"\| (\w+) \| (`[^|]*?`) (?:called `kube-system` )?\| ([`a-z, ]+) \| .* \|", line)
        if row:
            group = "" if row[1] == "core" else row[1]
            told |= {(group, name, verb) for name in ticked(row[2]) for verb in ticked(row[3])}

    assert told == granted(render("helm", {}, tmp_path), "ClusterRole")


def ticked(text: str) -> list[str]:
    """Return what stands in backticks."""
    return re.findall(r"`([^`]+)`", text)


@pytest.fixture(scope="module")
def beside_the_stack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The stack's Alertmanager configuration as the operator mounts it: its addresses and our template in this folder."""
    folder = tmp_path_factory.mktemp("stack")
    values = yaml.safe_load(STACK_VALUES.read_text())["alertmanager"]
    text = yaml.safe_dump(values["config"])
    for mounted in (kube_prometheus_stack.SECRETS, *kube_prometheus_stack.TEMPLATES[:1]):
        assert mounted in text
    for receiver in ("slack", *(each["name"] for each in values["config"]["receivers"])):
        (folder / f"{receiver}-url").write_text("http://127.0.0.1:9/")  # nobody listens: what is delivered is no matter
    file = folder / "alertmanager.yaml"
    file.write_text(
        text.replace(kube_prometheus_stack.SECRETS, str(folder)).replace(
            kube_prometheus_stack.TEMPLATES[0], str(TEMPLATE)
        )
    )
    return file


def test_what_the_operator_mounts_is_where_the_configuration_looks(tmp_path: Path) -> None:
    spec = yaml.safe_load(STACK_VALUES.read_text())["alertmanager"]["alertmanagerSpec"]
    (carried,) = (
        each["metadata"]["name"]
        for each in render("helm", {"alertmanager": {"configMap": {"enabled": True}}}, tmp_path)
        if "headroom.tmpl" in each.get("data", {})
    )
    printed = "".join(block.text for block in blocks("sh"))

    assert spec == {"configMaps": [carried], "secrets": [carried]}
    assert f"create secret generic {carried} " in printed
    for file in re.findall(rf"{kube_prometheus_stack.SECRETS}/(\S+)", STACK_VALUES.read_text()):
        assert f"--from-file={file}" in printed


def test_amtool_finds_nothing_wrong_beside_the_stack(beside_the_stack: Path) -> None:
    assert "SUCCESS" in amtool("check-config", beside_the_stack)


def test_our_alerts_reach_our_receivers_and_the_stacks_go_where_they_went(beside_the_stack: Path) -> None:
    expected = {"critical": routes.PAGES, "warning": routes.TICKETS, "none": routes.SWITCH}
    alerts = {(rule.name, rule.severity) for group in pack.groups() for rule in group.rules if isinstance(rule, Alert)}
    told: dict[tuple[str, str], Any] = {pair: expected[pair[1]] for pair in alerts}
    told |= {("Watchdog", "none"): "null", ("KubeJobFailed", "warning"): "null", ("KubeletDown", "critical"): "null"}

    for (name, severity), receiver in told.items():
        given = (f"alertname={name}", f"severity={severity}")
        assert amtool("config", "routes", "test", f"--config.file={beside_the_stack}", *given).strip() == receiver, name


def test_beside_the_stack_no_page_silences_the_tickets_of_its_neighbours(
    beside_the_stack: Path, tmp_path: Path
) -> None:
    page, own = alert("CrashLoop", PAGE, CART), alert("OOMLoop", TICKET, CART)
    neighbour = alert("CrashLoop", TICKET, FIND)
    theirs = {"alertname": "KubeletDown", "namespace": "shop"}
    expected = {
        frozenset(page.items()): False,
        frozenset(own.items()): True,
        frozenset(neighbour.items()): False,
        frozenset((theirs | PAGE).items()): False,
        frozenset((theirs | TICKET).items()): True,
    }
    server = Alertmanager(beside_the_stack, tmp_path)
    server.process.start()
    try:
        server.tell([page, own, neighbour, theirs | PAGE, theirs | TICKET])
        wait_until(lambda: server.inhibited() == expected, what="the tickets of the same object to be silenced alone")
    finally:
        server.process.discard()
