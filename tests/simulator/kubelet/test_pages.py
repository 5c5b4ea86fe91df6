"""Simulated pages beside those of a real kubelet 1.36.3."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import groupby
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from kube_headroom.simulator.kubelet.application import PAGES
from kube_headroom.simulator.kubelet.pages import cadvisor, own, probes, resource
from kube_headroom.simulator.kubelet.pages.text import labels, number
from kube_headroom.simulator.kubelet.runtime import Flavour
from kube_headroom.simulator.program import Program
from tests.simulator.kubelet.machine_stage import BUSY, START, MachineStage, Mi
from tests.simulator.kubelet.page_rows import RECORDED, Line, comments, lines, recorded, shapes

FLAVOURS: tuple[Flavour, ...] = ("containerd", "cri-o", "containers unseen", "CRI statistics")


def lived(*, cgroup_v2: bool = True, flavour: Flavour = "containerd") -> MachineStage:
    """A machine whose pods have run for a while: one limited, one not, one probed."""
    stage = MachineStage(cgroup_v2=cgroup_v2, flavour=flavour)
    limited = stage.pod("burner", BUSY, limits=(0.05,), memory=64 * Mi)
    limited.cgroup.memory_limit = 64 * Mi
    free = stage.pod("web", BUSY, BUSY)
    stage.machine.probes.update(
        {
            (free.uid, "c0", "Liveness", "successful"): 49,
            (free.uid, "c0", "Startup", "successful"): 1,
            (free.uid, "c0", "Readiness", "failed"): 130,
        }
    )
    stage.machine.volumes["shop", "data"] = 30.0 * Mi
    stage.machine.volume_capacities["shop", "data"] = 100.0 * Mi
    stage.run(120)
    return stage


def cadvisor_lines(stage: MachineStage, name: str) -> list[Line]:
    return [each for each in lines(cadvisor.page(stage.view())) if each.name == name]


def total(found: list[Line]) -> float:
    return sum(float(each.value) for each in found)


@pytest.mark.parametrize(("node", "cgroup_v2"), [("cgroup-v1", False), ("cgroup-v2", True)])
def test_the_cadvisor_page_has_a_real_ones_families_in_order_with_their_texts(node: str, *, cgroup_v2: bool) -> None:
    page = cadvisor.page(lived(cgroup_v2=cgroup_v2).view())
    assert comments(page) == comments(recorded(node, "cadvisor"))


@pytest.mark.parametrize(("node", "cgroup_v2"), [("cgroup-v1", False), ("cgroup-v2", True)])
def test_the_cadvisor_page_has_a_real_ones_rows_and_labels(node: str, *, cgroup_v2: bool) -> None:
    simulated = shapes(cadvisor.page(lived(cgroup_v2=cgroup_v2).view()))
    real = shapes(recorded(node, "cadvisor"))
    assert {shape for shape in simulated if shape[1] != "parent"} == {shape for shape in real if shape[1] != "parent"}


def test_containers_whose_runtime_cadvisor_does_not_know_are_bare_cgroups() -> None:
    page = cadvisor.page(lived(cgroup_v2=False, flavour="containers unseen").view())
    real = shapes(recorded("containers-unseen", "cadvisor"))
    names = {shape[0] for shape in real}
    simulated = {shape for shape in shapes(page) if shape[0] in names}
    assert {shape for shape in simulated if shape[1] != "parent"} == {shape for shape in real if shape[1] != "parent"}
    assert not {shape for shape in shapes(page) if shape[1] in ("container", "pause")}


@pytest.mark.parametrize("node", ["cgroup-v1", "cgroup-v2", "containers-unseen"])
def test_the_resource_page_is_a_real_ones(node: str) -> None:
    stage = lived(cgroup_v2=node == "cgroup-v2", flavour="containers unseen" if "unseen" in node else "containerd")
    page, real = resource.page(stage.view()), recorded(node, "resource")
    assert comments(page) == comments(real)
    assert shapes(page) == shapes(real)


def test_the_probes_page_is_a_real_ones() -> None:
    page, real = probes.page(lived().view()), recorded("cgroup-v2", "probes")
    assert comments(page) == comments(real)
    assert shapes(page) == shapes(real)


def test_the_kubelets_own_page_is_a_part_of_a_real_one() -> None:
    page = own.page(lived().view())
    real = {*comments(recorded("cgroup-v1", "metrics")), *comments(recorded("cgroup-v2", "metrics"))}
    assert set(comments(page)) <= real
    known = shapes(recorded("cgroup-v1", "metrics")) | shapes(recorded("cgroup-v2", "metrics"))
    assert shapes(page) <= known
    told = {each.name: each.value for each in lines(page) if "persistentvolumeclaim" in each.labels}
    assert told == {
        "kubelet_volume_stats_available_bytes": number(70.0 * Mi),
        "kubelet_volume_stats_capacity_bytes": number(100.0 * Mi),
        "kubelet_volume_stats_inodes": "6400",
        "kubelet_volume_stats_inodes_free": "4480",
        "kubelet_volume_stats_inodes_used": "1920",
        "kubelet_volume_stats_used_bytes": number(30.0 * Mi),
    }


@pytest.mark.parametrize("source", sorted(path.relative_to(RECORDED).as_posix() for path in RECORDED.glob("*/*.txt")))
def test_numbers_are_written_as_go_writes_them(source: str) -> None:
    values = {each.value for each in lines((RECORDED / source).read_text())}
    assert {number(float(value)) for value in values} == values


@given(st.floats())
def test_a_number_survives_being_written(value: float) -> None:
    assert float(number(value)) == value or value != value  # noqa: PLR0124  NaN


@pytest.mark.parametrize("node", ["cgroup-v1", "cgroup-v2", "simulated"])
def test_rows_are_sorted_by_their_labels_values(node: str) -> None:
    page = cadvisor.page(lived().view()) if node == "simulated" else recorded(node, "cadvisor")
    for _, rows in groupby(lines(page), key=lambda each: each.name):
        keys = [tuple(each.labels.values()) for each in rows]
        assert keys == sorted(keys)


@pytest.mark.parametrize("flavour", FLAVOURS)
@pytest.mark.parametrize("path", PAGES)
def test_every_page_is_read_by_prometheus_own_parser(path: str, flavour: Flavour) -> None:
    page = PAGES[path](lived(flavour=flavour).view())
    families = list(text_string_to_metric_families(page))
    assert sum(len(each.samples) for each in families) == len(list(lines(page)))
    names = [each.name for each in families]
    assert len(names) == len(set(names))
    seen = [(each.name, *sorted(each.labels.items())) for each in lines(page)]
    assert len(seen) == len(set(seen))


def test_a_cri_page_does_not_say_whose_containers_they_are() -> None:
    page = cadvisor.page(lived(flavour="CRI statistics").view())
    rows = [each for each in lines(page) if "id" in each.labels]
    assert rows
    assert all({"id", "image", "name"} <= each.labels.keys() for each in rows)
    assert not any({"container", "namespace", "pod"} & each.labels.keys() for each in rows)
    assert "container_pressure" not in page
    assert "container_spec_cpu_quota" not in page


def test_cri_o_has_no_sandboxes_and_names_containers_by_their_pod() -> None:
    stage = lived(flavour="cri-o")
    kinds = {each.kind for each in cadvisor_lines(stage, "container_memory_rss")}
    assert kinds == {"root", "parent", "pod", "container"}
    names = {each.labels["name"] for each in cadvisor_lines(stage, "container_memory_rss") if each.kind == "container"}
    assert all(name.startswith(("k8s_c0_", "k8s_c1_")) for name in names)


@pytest.mark.parametrize(
    ("kubernetes", "cgroup_v2", "expected"),
    [
        pytest.param("v1.36.3", True, "counted", id="cgroup v2 counts"),
        pytest.param("v1.36.3", False, "absent", id="cgroup v1 has no rows from 1.36 on"),
        pytest.param("v1.34.4", False, "zero", id="cgroup v1 had rows of 0 before"),
    ],
)
def test_pressure_on_the_page(kubernetes: str, *, cgroup_v2: bool, expected: str) -> None:
    page = cadvisor.page(lived(cgroup_v2=cgroup_v2).view(kubernetes))
    found = [each for each in lines(page) if each.name.startswith("container_pressure_")]
    assert bool(found) is (expected != "absent")
    assert any(float(each.value) for each in found) is (expected == "counted")


def test_only_limited_cgroups_have_periods_and_the_pod_shows_more_than_its_container() -> None:
    stage = lived()
    throttled = {
        each.kind: float(each.value) for each in cadvisor_lines(stage, "container_cpu_cfs_throttled_seconds_total")
    }
    assert throttled.keys() == {"pod", "container"}
    assert throttled["pod"] > throttled["container"] > 0
    assert {each.labels["pod"] for each in cadvisor_lines(stage, "container_cpu_cfs_periods_total")} == {"burner"}


def test_a_cgroup_that_never_ran_has_no_row_of_cpu() -> None:
    usage = {each.labels["id"] for each in cadvisor_lines(lived(), "container_cpu_usage_seconds_total")}
    memory = {each.labels["id"] for each in cadvisor_lines(lived(), "container_memory_rss")}
    assert memory - usage == {"/kubepods/besteffort"}


def test_all_pages_tell_the_same_usage_from_readings_of_different_age() -> None:
    stage = lived()
    now = stage.now * 1000
    told = {each.labels["pod"]: each for each in lines(resource.page(stage.view())) if each.name.startswith("pod_cpu")}
    for each in cadvisor_lines(stage, "container_cpu_usage_seconds_total"):
        if each.kind == "pod":
            assert told[each.labels["pod"]].value == each.value
            assert told[each.labels["pod"]].stamp == each.stamp
            assert 0 < now - int(each.stamp or 0) < 30_000
    assert float(told["web"].value) == pytest.approx(2.0 * (int(told["web"].stamp or 0) / 1000 - START), rel=0.02)


def test_the_resource_page_asks_the_runtime_of_containers_that_cadvisor_read_but_once() -> None:
    stage = lived()
    stage.pod("young", BUSY)
    stage.run(5)
    rows = {
        (each.labels["pod"], each.labels["container"]): each
        for each in lines(resource.page(stage.view()))
        if each.name == "container_cpu_usage_seconds_total"
    }
    assert rows["young", "c0"].stamp == str(int(stage.now * 1000))
    assert float(rows["young", "c0"].value) == pytest.approx(5.0)
    assert rows["burner", "c0"].stamp != str(int(stage.now * 1000))


def test_a_probes_row_is_born_with_its_first_result_and_failures_are_not_timed() -> None:
    stage = lived()
    page = probes.page(stage.view())
    assert [each.labels["result"] for each in lines(page) if each.name == "prober_probe_total"] == [
        "successful",
        "failed",
        "successful",
    ]
    timed = {each.labels["probe_type"]: each.value for each in lines(page) if each.name.endswith("_count")}
    assert timed == {"Liveness": "49", "Startup": "1"}
    stage.machine.probes.clear()
    assert "prober" not in probes.page(stage.view())


def test_what_needs_escaping_is_escaped() -> None:
    assert labels({"b": 'say "hi"\\\n', "a": ""}) == '{a="",b="say \\"hi\\"\\\\\\n"}'


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_a_node_without_pods_has_its_pages(page: Callable[[Any], str]) -> None:
    stage = MachineStage()
    stage.run(2)
    assert list(lines(page(stage.view())))


def test_one_machine_prints_the_same_page_again() -> None:
    assert cadvisor.page(lived().view()) == cadvisor.page(lived().view())


def test_memory_on_the_page_is_usage_less_the_inactive_page_cache() -> None:
    stage = MachineStage()
    stage.pod("cache", replace(BUSY, memory_bytes=200.0 * Mi))
    stage.run(1800)
    found = {
        name: total([each for each in cadvisor_lines(stage, f"container_memory_{name}") if each.kind == "container"])
        for name in ("usage_bytes", "rss", "cache", "working_set_bytes", "total_inactive_file_bytes")
    }
    assert found["cache"] > 50 * Mi
    assert found["usage_bytes"] == pytest.approx(found["rss"] + found["cache"], abs=8192)
    assert found["working_set_bytes"] == pytest.approx(
        found["usage_bytes"] - found["total_inactive_file_bytes"], abs=8192
    )


def test_a_leaking_program_is_seen_leaking() -> None:
    stage = MachineStage()
    stage.pod("leak", Program(start_seconds=0.0, memory_growth=1.0 * Mi))
    stage.run(100)
    (row,) = [each for each in cadvisor_lines(stage, "container_memory_rss") if each.kind == "container"]
    assert float(row.value) > 90 * Mi
