"""Whatever order changes come in, the page is that of a fresh exporter that lists the final state."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kube_headroom.model import Fact
from kube_headroom.resources import PodResources
from tests.facts import autoscaler, container, controller, cron_job, job, node, pod, reference, replica_set, replicas
from tests.stage import Stage, uid_of

SIZES = [PodResources(containers=(container("app", {"cpu": size}),)) for size in ("100m", "250m")]
OWNERS = [
    None,
    reference("ReplicaSet", "web-abc"),
    reference("Job", "report-1", group="batch"),
    reference("Kafka", "log"),
]
COUNTED = ("_total{",)

Made = tuple[str, Fact]


@st.composite
def pods(draw: st.DrawFn) -> Made:
    """A pod under one of few names; what a pod's owner is, its name decides, as in a cluster."""
    number = draw(st.integers(0, 7))
    return "pods", pod(
        f"pod-{number}",
        controller=OWNERS[number % 4],
        node=draw(st.sampled_from(["", "node-1", "node-2"])),
        phase=draw(st.sampled_from(["Pending", "Running", "Failed"])),
        ready=draw(st.booleans()),
        resources=draw(st.sampled_from(SIZES)),
    )


def made(kind: str, build: Callable[[int], Fact], choices: int = 3) -> st.SearchStrategy[Made]:
    return st.integers(0, choices - 1).map(lambda number: (kind, build(number)))


CHANGES = st.one_of(
    pods(),
    made("replicasets", lambda _: replica_set()),
    made("jobs", lambda number: job("report-1", "report", outcome=["", "Failed", "Complete"][number])),
    made("deployments", lambda number: controller(replicas=replicas(number))),
    made("cronjobs", lambda number: cron_job(suspended=number == 1)),
    made("nodes", lambda number: node("node-1", pool=["a", "b", "a"][number], unschedulable=number == 2)),
    made("nodes", lambda number: node("node-2", conditions=(("Ready", ["True", "False", "Unknown"][number]),))),
    made("horizontalpodautoscalers", lambda number: autoscaler(maximum=number)),
)
KINDS = ("pods", "replicasets", "jobs", "deployments", "cronjobs", "nodes", "horizontalpodautoscalers")


def gauges(stage: Stage) -> list[str]:
    return [line for line in stage.lines() if not any(mark in line for mark in COUNTED)]


SCHEDULED = pod("pod-2", controller=OWNERS[2], node="node-1", phase="Pending", resources=SIZES[0])


@settings(max_examples=300, deadline=None)
@example(
    [
        (("cronjobs", cron_job()), "upsert", False),
        (("pods", SCHEDULED), "upsert", True),
        (("pods", msgspec.structs.replace(SCHEDULED, node="")), "delete", True),
    ]
)
@given(
    st.lists(st.tuples(CHANGES, st.sampled_from(["upsert", "upsert", "delete", "relist"]), st.booleans()), max_size=40)
)
def test_changes_lead_where_a_list_begins(steps: list[tuple[Made, str, bool]]) -> None:
    stage = Stage()
    final: dict[str, dict[str, Fact]] = {kind: {} for kind in KINDS}
    # Owners first: a pod that came before its owner keeps the workload it was given after waiting.
    stage.relist("replicasets", replica_set())
    stage.relist("jobs", job("report-1", "report"))
    final["replicasets"][uid_of(replica_set())] = replica_set()
    final["jobs"][uid_of(job("report-1"))] = job("report-1", "report")
    stage.start()
    for (kind, fact), action, look in steps:
        known = final[kind]
        if action == "delete":
            if kind in ("replicasets", "jobs"):
                continue
            known.pop(uid_of(fact), None)
            stage.delete(kind, fact)
        else:
            known[uid_of(fact)] = fact
            if action == "upsert":
                stage.upsert(kind, fact)
            else:
                stage.relist(kind, *known.values())
        if look:
            stage.lines()
    fresh = Stage()
    for kind, facts in final.items():
        fresh.relist(kind, *facts.values())
    fresh.start()
    assert gauges(stage) == gauges(fresh)
