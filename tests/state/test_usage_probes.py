"""Probes from `/metrics/probes`: what of the kubelet's counts reaches the workload's (R20 to R23)."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from kube_headroom.readings import ProbeCount, ProbesPage
from tests.facts import AFTER, BEFORE, START, pod
from tests.kubelet_rows import probe, probes, refused, total
from tests.stage import Stage

TOTAL = "headroom_workload_probes_total"
FAILED = "headroom_workload_probe_failures_total"
UNKNOWN = "headroom_workload_probe_unknowns_total"
NAMES = (TOTAL, FAILED, UNKNOWN)


def counts(stage: Stage, *words: str) -> tuple[float | None, ...]:
    """What stands there once every hold is over."""
    stage.lines()
    stage.wait(61)
    return tuple(total(stage, name, *words) for name in NAMES)


def after(pages: Sequence[ProbesPage | Sequence[ProbeCount]], created: float = BEFORE) -> Stage:
    stage = Stage()
    stage.relist("pods", pod(created=created, probes=(("app", "liveness"),)))
    stage.start()
    for page in pages:
        stage.wait(30)
        whole = page if isinstance(page, ProbesPage) else probes(*page)
        stage.inventory.page("node-1", whole, stage.now)
    return stage


@pytest.mark.parametrize(
    ("pages", "created", "expected"),
    [
        pytest.param([[probe(500, 40)]], BEFORE, (0, 0, 0), id="R21 on our start what is there is a baseline"),
        pytest.param([[probe(500, 40)], [probe(508, 42)]], BEFORE, (10, 2, 0), id="then what is new counts"),
        pytest.param([[], [probe(0, 1)]], BEFORE, (1, 1, 0), id="R21 a series that appears counts from its birth"),
        pytest.param([[probe(3, 1)]], AFTER, (4, 1, 0), id="R21 so does all of a pod born while we watch"),
        pytest.param([[probe(50, 10)], [probe(5, 3)]], BEFORE, (8, 3, 0), id="R22 after a kubelet's restart all counts"),
        pytest.param(
            [[probe(5, 10)], probes(probe(6, 12), started=START + 40)], BEFORE, (18, 12, 0),
            id="R22 also where the new counts are above the old",
        ),
        pytest.param(
            [[probe(5, 10)], probes(started=START + 40), probes(probe(6, 12), started=START + 40)], BEFORE, (18, 12, 0),
            id="R22 and where the row comes back on a later page only, as a startup probe's",
        ),
        pytest.param([[probe(5, 10)], probes(probe(5, 12), started=None)], BEFORE, (2, 2, 0),
                     id="a kubelet that does not tell its start goes on"),
        pytest.param([[probe(5, 10)], [], [probe(6, 11)]], BEFORE, (2, 1, 0), id="R22 a series that goes adds nothing"),
        pytest.param([[probe()], [probe(2, 1, 4)]], BEFORE, (7, 1, 4), id="R23 unknown is no failure"),
        pytest.param([probes(probe(6, 2), started=START + 50)], BEFORE, (8, 2, 0),
                     id="a kubelet that began after us counted everything since"),
    ],
)  # fmt: skip
def test_of_a_probe(
    pages: list[ProbesPage | list[ProbeCount]], created: float, expected: tuple[float, float, float]
) -> None:
    assert counts(after(pages, created)) == expected


def test_r20_rows_are_joined_by_the_pods_uid_whatever_their_name() -> None:
    stage = after([[probe()], [probe(1, 1, pod="mangled", pod_uid="uid-web-1")]])
    assert counts(stage) == (2, 1, 0)


def test_rows_of_a_uid_that_nobody_has_are_refused() -> None:
    stage = after([[probe(5, 5, pod="web-1", pod_uid="uid-other")]])
    assert refused(stage) == {"unknown_pod": 1}
    assert counts(stage) == (0, 0, 0)


def test_a_static_pod_is_known_to_the_kubelet_by_its_config_hash() -> None:
    stage = Stage()
    stage.relist("pods", pod("etcd-node-1", mirror=True, static_uid="0ff1ce"))
    stage.start()
    for successes in (5, 8):
        row = probe(successes, pod="etcd-node-1", pod_uid="0ff1ce")
        stage.inventory.page("node-1", probes(row), stage.now)
    assert counts(stage, 'workload_kind="StaticPod"') == (3, 0, 0)


def test_failures_of_a_pod_that_is_being_deleted_do_not_count_against_its_workload() -> None:
    stage = after([[probe(5)]])
    stage.upsert("pods", pod(deleting=True))
    stage.inventory.page("node-1", probes(probe(7, 3, 1)), stage.now)
    assert counts(stage) == (2, 0, 0)


def test_probes_are_told_apart() -> None:
    stage = after([[probe(), probe(kind="startup")], [probe(2), probe(0, 3, kind="startup")]])
    assert counts(stage, 'probe="liveness"') == (2, 0, 0)
    assert counts(stage, 'probe="startup"') == (3, 3, 0)


def test_every_configured_probe_is_exposed_at_zero_once_its_node_tells_of_probes() -> None:
    stage = after([])
    assert total(stage, FAILED) is None
    stage.inventory.page("node-1", probes(), stage.now)
    assert stage.values(FAILED) == {
        '{namespace="shop",workload_kind="Pod",workload="web-1",container="app",probe="liveness"}': 0
    }


def test_a_newborn_counter_is_held_at_zero_until_a_scrape_must_have_seen_it() -> None:
    stage = after([[probe(3, 2)]], created=AFTER)
    assert total(stage, FAILED) == 0
    stage.wait(59)
    assert total(stage, FAILED) == 0
    stage.wait(2)
    assert total(stage, FAILED) == 2
