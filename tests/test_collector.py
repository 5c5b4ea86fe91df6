"""The collector's configuration holds together: every part is used, and every label is one of ours."""

from __future__ import annotations

import re
from pathlib import Path

from collector.configuration import configuration
from collector.workload_labels import ATTRIBUTES, KINDS, statements
from kube_headroom.__main__ import main
from kube_headroom.catalogue.labels import Workload
from kube_headroom.cluster.kinds import KINDS as WATCHED

ROLES = {
    "receivers": ("receivers", "connectors"),
    "processors": ("processors",),
    "exporters": ("exporters", "connectors"),
}


def test_every_component_is_in_a_pipeline_and_every_name_there_is_a_component() -> None:
    parts = configuration()
    used: dict[str, set[str]] = {"receivers": set(), "processors": set(), "exporters": set(), "connectors": set()}
    for pipeline in parts["service"]["pipelines"].values():
        for role, sections in ROLES.items():
            for name in pipeline[role]:
                section = next(each for each in sections if name in parts[each])
                used[section].add(name)
    assert used == {section: set(parts[section]) for section in used}


def test_the_memory_limiter_comes_first_and_metrics_are_made_before_anything_is_sampled() -> None:
    pipelines = configuration()["service"]["pipelines"]
    assert {pipeline["processors"][0] for pipeline in pipelines.values()} == {"memory_limiter"}
    assert not [name for name in pipelines["traces"]["processors"] if "sampl" in name]


def test_the_kinds_are_those_that_workloads_have() -> None:
    assert {f"{kind.lower()}s" for kind in KINDS.values()} <= {kind.name for kind in WATCHED}
    assert [name.split(".")[1] for name in KINDS] == [kind.lower() for kind in KINDS.values()]


def test_every_attribute_becomes_our_labels_and_none_is_left() -> None:
    lines = [*statements("server_")]
    written = {found for line in lines for found in re.findall(r'^set\(attributes\["([^"]+)"\]', line)}
    deleted = {found for line in lines for found in re.findall(r'^delete_key\(attributes, "([^"]+)"\)', line)}
    assert written == {f"server_{label}" for label in Workload._fields}
    assert deleted == {f"server_{attribute}" for attribute in ATTRIBUTES}


def test_an_owner_is_named_before_what_it_owns() -> None:
    order = [*KINDS.values()]
    assert order.index("Deployment") < order.index("ReplicaSet")
    assert order.index("CronJob") < order.index("Job")


def test_replicas_count_into_one_series() -> None:
    connector = configuration()["connectors"]["span_metrics"]
    key = set(connector["resource_metrics_key_attributes"])
    assert {dimension["name"] for dimension in connector["dimensions"]} <= key
    assert not [name for name in key if name.startswith(("k8s.pod", "service.instance"))]


def test_the_slo_in_the_document_is_one(tmp_path: Path) -> None:
    document = Path(__file__).parents[1] / "docs/telemetry.md"
    example = re.search(r"```yaml\n(apiVersion.*?)```", document.read_text(), re.DOTALL)
    assert example is not None
    file = tmp_path / "slo.yaml"
    file.write_text(example[1])
    assert main(["slo", "validate", str(file)]) == 0
