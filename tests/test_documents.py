"""What the documents name is there: series, alerts, settings, values, targets, links; what they quote is said."""

from __future__ import annotations

import re
import shlex
import subprocess
import tomllib
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import click
import promql_parser
import pytest
import yaml

from alerts import kube_prometheus_stack, pack
from alerts.rules import Alert, Recording
from kube_headroom.__main__ import command_line
from kube_headroom.catalogue.exporter import EXPORTER_METRICS
from kube_headroom.catalogue.metrics import CLUSTER_METRICS
from kube_headroom.cluster import failures as of_server
from kube_headroom.kubelet import failures as of_kubelets
from kube_headroom.settings.table import SETTINGS
from tests.documents import DOCUMENTS, ROOT, Block, Link, anchors, blocks, links, prose

RULES = [rule for group in pack.groups() for rule in group.rules]
ALERTS = {rule.name for rule in RULES if isinstance(rule, Alert)}
RECORDED = {rule.series.name for rule in RULES if isinstance(rule, Recording)}
EMITTED = {metric.name for metric in (*CLUSTER_METRICS, *EXPORTER_METRICS)}
SERIES = re.compile(r"(?<![\w:./-])headroom_[a-z0-9_]+")


def named(document: Path) -> str:
    """The document as a test's id."""
    return str(document.relative_to(ROOT))


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_every_series_that_is_named_exists(document: Path) -> None:
    for name in set(SERIES.findall(document.read_text())):
        begun = name.endswith("_") and any(emitted.startswith(name) for emitted in EMITTED)
        assert name in EMITTED or begun, name


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_every_recorded_series_that_is_named_exists(document: Path) -> None:
    for name in set(re.findall(r"\bslo:headroom_\w+:\w+", document.read_text())):
        assert name in RECORDED or any(recorded.startswith(name) for recorded in RECORDED), name


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_every_alert_that_is_named_exists(document: Path) -> None:
    assert set(re.findall(r"\bHeadroom[A-Z]\w+", document.read_text())) <= ALERTS


@pytest.mark.parametrize("link", links(), ids=lambda link: link.name)
def test_every_link_leads_somewhere(link: Link) -> None:
    path, _, anchor = link.target.partition("#")
    found = (link.document.parent / path).resolve() if path else link.document

    assert found.exists()
    assert not anchor or anchor in anchors(found)


# A line that begins with one of these goes on with the query above it.
CONTINUED = re.compile(r"\n(?![ )*/<>=!]|(?:and|or|unless)\b)")


@pytest.mark.parametrize("block", blocks("promql"), ids=lambda block: block.name)
def test_every_query_that_is_printed_is_one(block: Block) -> None:
    for query in CONTINUED.split(block.text.strip()):
        promql_parser.parse(query)


SCRIPTS = blocks("sh", "console")


@pytest.mark.parametrize("block", SCRIPTS, ids=lambda block: block.name)
def test_every_command_that_is_printed_can_be_typed(block: Block) -> None:
    parsed = subprocess.run(["bash", "-n"], input=script(block), capture_output=True, text=True, check=False)

    assert not parsed.returncode, parsed.stderr


@pytest.mark.parametrize("block", SCRIPTS, ids=lambda block: block.name)
def test_every_target_and_option_that_is_printed_is_known(block: Block) -> None:
    for first, *words in commands(script(block)):
        if Path(first).name == "make":
            assert words[0] in targets()
        if Path(first).name == "kube-headroom":
            assert {word.partition("=")[0] for word in words if word.startswith("-")} <= options(words)


def script(block: Block) -> str:
    """Return a block without its prompts."""
    return "\n".join(line.removeprefix("$ ") for line in block.text.splitlines())


def commands(text: str) -> Iterator[list[str]]:
    """Yield the words of each command, without comments; pipes and lists are taken apart."""
    for line in text.replace("\\\n", " ").splitlines():
        lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
        lexer.whitespace_split = True
        for separator, words in groupby(lexer, key=lambda word: set(word) <= set("|&;()<>")):
            if not separator:
                yield list(words)


def targets() -> set[str]:
    """Return the targets that `make help` lists."""
    return set(re.findall(r"^([a-z0-9-]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE))


def options(words: list[str]) -> set[str]:
    """Return the options of the command that the words name."""
    command: click.Command = command_line
    for word in words:
        command = getattr(command, "commands", {}).get(word, command)
    return {"--help", *(option for parameter in command.params for option in parameter.opts)}


def test_contributors_are_told_of_every_target() -> None:
    told = (ROOT / "CONTRIBUTING.md").read_text()

    assert {target for target in targets() if f"`make {target}`" not in told} == set()


VALUES = yaml.safe_load((ROOT / "helm/headroom/values.yaml").read_text())
OF_THE_STACK = {
    "alertmanager.config",
    "defaultRules.disabled",
    "defaultRules.rules.kubernetesApps",
    "grafana.sidecar.dashboards.label",
    "prometheus.prometheusSpec.serviceMonitorSelectorNilUsesHelmValues",
}
"""Values of kube-prometheus-stack that are named beside ours; its values.yaml of chart 75 to 88 has them."""


@pytest.mark.parametrize("document", [each for each in DOCUMENTS if "docs/" in str(each)], ids=named)
def test_every_value_of_the_chart_that_is_named_exists(document: Path) -> None:
    settings = {setting.name for setting in SETTINGS}
    for path in re.findall(r"`([a-zA-Z]+(?:\.[a-zA-Z-]+)+)(?::[^`]*)?`", prose(document)):
        mine = path.partition(".")[0] in VALUES and not path.endswith((".yaml", ".md", ".py", ".id"))
        if mine and path not in settings | OF_THE_STACK:
            assert has(VALUES, path), path


def has(values: object, path: str) -> bool:
    """Whether the values have a path; settings are keys of one mapping, dots and all."""
    key, _, rest = path.partition(".")
    if key == "settings":
        return rest in {setting.name for setting in SETTINGS}
    if not isinstance(values, dict) or key not in values:
        return False
    return not rest or values[key] == {} or has(values[key], rest)


def test_the_rules_of_the_stack_are_named_that_its_values_switch_off() -> None:
    document = (ROOT / "docs/installation.md").read_text()
    rows = re.findall(r"^\| (`(?:Kube|CPU)[^|]*) \| (`Headroom[^|]*) \|$", document, re.MULTILINE)
    told = {
        theirs: tuple(re.findall(r"`(\w+)`", ours)) for names, ours in rows for theirs in re.findall(r"`(\w+)`", names)
    }

    assert told == dict(kube_prometheus_stack.REPLACED)
    assert {name for names in told.values() for name in names} <= ALERTS


def test_the_laws_in_the_architecture_are_the_import_contracts() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    chapter = (
        (ROOT / "docs/architecture.md").read_text().partition("## Laws that are checked\n")[2].partition("\n## ")[0]
    )

    assert re.findall(r"^- (.*)$", chapter, re.MULTILINE) == [contract["name"] for contract in contracts]


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_every_target_that_is_named_exists(document: Path) -> None:
    assert set(re.findall(r"`make ([a-z0-9-]+)", prose(document))) <= targets()


QUOTED = [(block, line) for block in blocks("log") for line in block.text.splitlines()]
SAID = {
    of_kubelets.described("worker-1", page, "10.0.0.1:10250", of_kubelets.Failure(reason, text))
    for page, reason, text in (
        ("/metrics/resource", of_kubelets.Reason.CERTIFICATE, "self-signed certificate in certificate chain"),
        ("/metrics/cadvisor", of_kubelets.Reason.TIMEOUT, "timed out"),
        ("/metrics/resource", of_kubelets.Reason.FORBIDDEN, "answered 403"),
        ("/metrics/resource", of_kubelets.Reason.UNAUTHORIZED, "answered 401"),
    )
} | {
    of_server.described(
        "poddisruptionbudgets",
        "poddisruptionbudgets",
        "https://10.96.0.1:443",
        of_server.Failure(of_server.Reason.FORBIDDEN, "poddisruptionbudgets.policy is forbidden"),
    )
}


@pytest.mark.parametrize(("block", "line"), QUOTED, ids=lambda value: value.name if isinstance(value, Block) else "")
def test_every_log_line_that_is_quoted_is_written(block: Block, line: str) -> None:
    written = "".join(file.read_text() for file in (ROOT / "exporter/kube_headroom").rglob("*.py"))

    assert line in SAID or f'"{line}"' in written, block.name
