"""Whatever pods do and whatever happens to their node: what always holds for their statuses and their traces."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from kube_headroom.simulator.store import Change, Object
from tests.simulator.kubelet.node_stage import Stage, container, http

PROGRAMS = st.fixed_dictionaries(
    {
        "start_seconds": st.sampled_from([0.0, 3.0, 40.0]),
        "runs_seconds": st.sampled_from([None, None, 0.0, 1.0, 30.0]),
        "exit_code": st.sampled_from([0, 0, 1]),
        "healthy": st.booleans(),
        "ready": st.booleans(),
        "hangs_after": st.sampled_from([None, None, 0.0, 20.0]),
    }
)
PROBE = st.none() | st.builds(
    http,
    periodSeconds=st.integers(1, 10),
    failureThreshold=st.integers(1, 3),
    initialDelaySeconds=st.sampled_from([0, 5]),
)
CONTAINERS = st.tuples(PROGRAMS, PROBE, PROBE, PROBE)
HAPPENINGS = st.lists(
    st.tuples(
        st.integers(1, 60),
        st.sampled_from(["delete", "force", "lose network", "find network", "reboot", "restart kubelet", "oom"]),
    ),
    max_size=6,
)


class Watcher:
    """Checks every status as it is written; what happened without the network may be missing from them."""

    def __init__(self, *, gaps: bool) -> None:
        self.gaps = gaps
        self.restarts: dict[tuple[str, str], int] = {}
        self.ended: dict[str, str] = {}

    def hear(self, change: Change) -> None:
        status = change.object.get("status", {})
        if change.resource != "pods" or change.type == "DELETED" or "containerStatuses" not in status:
            return
        uid = change.object["metadata"]["uid"]
        assert self.ended.get(uid, status["phase"]) == status["phase"], "a final phase changed"
        if status["phase"] in ("Succeeded", "Failed"):
            self.ended[uid] = status["phase"]
            assert not any("running" in each["state"] for each in _statuses(status))
        for each in _statuses(status):
            key = (uid, each["name"])
            more = each["restartCount"] - self.restarts.get(key, 0)
            assert more >= 0, "restarts were taken back"
            assert more <= 1 or self.gaps, "a restart was not told"
            self.restarts[key] = each["restartCount"]
            assert len(each["state"]) == 1
            assert not each["ready"] or "running" in each["state"] or _completed(each)
            if each["restartCount"]:
                assert each["lastState"] or "terminated" in each["state"]
        conditions = {each["type"]: each["status"] for each in status["conditions"]}
        ready = all(each["ready"] for each in status["containerStatuses"])
        assert conditions["ContainersReady"] == "False" or ready
        assert conditions["Ready"] == conditions["ContainersReady"]


@settings(max_examples=60, deadline=None)
@given(
    mains=st.lists(CONTAINERS, min_size=1, max_size=2),
    sidecars=st.lists(CONTAINERS, max_size=2),
    inits=st.lists(PROGRAMS, max_size=1),
    policy=st.sampled_from(["Always", "OnFailure", "Never"]),
    happenings=HAPPENINGS,
)
def test_statuses_are_sound_and_a_deleted_pod_leaves_nothing(
    mains: list[Any], sidecars: list[Any], inits: list[Any], policy: str, happenings: list[tuple[int, str]]
) -> None:
    stage = Stage()
    watcher = Watcher(gaps=("lose network" in (what for _, what in happenings)))
    stage.store.listeners.append(watcher.hear)
    initial = [container(_image(stage, f"init-{at}", each), name=f"init-{at}") for at, each in enumerate(inits)]
    initial += [
        {**_container(stage, f"side-{at}", each), "restartPolicy": "Always"} for at, each in enumerate(sidecars)
    ]
    pod = stage.pod(
        *[_container(stage, f"main-{at}", each) for at, each in enumerate(mains)],
        initContainers=initial,
        restartPolicy=policy,
        terminationGracePeriodSeconds=5,
    )
    for seconds, what in happenings:
        stage.advance(seconds)
        _happen(stage, pod, what)
    stage.advance(30)
    _happen(stage, pod, "find network")
    stage.advance(120)
    stage.store.delete("pods", pod, grace=5)
    stage.advance(30)
    assert stage.found() is None
    assert (stage.machine.pods, stage.machine.probes) == ({}, {})
    assert stage.kubelets._kubelets["n1"].workers == {}


def _happen(stage: Stage, pod: Object, what: str) -> None:
    machine = stage.machine
    if what == "delete":
        stage.store.delete("pods", pod, grace=5)
    elif what == "force":
        stage.store.delete("pods", pod)
    elif what == "lose network":
        machine.up = False
    elif what == "find network":
        machine.up = True
    elif what == "reboot":
        machine.boot = stage.world.now
    elif what == "restart kubelet":
        stage.kubelets.restart("n1")
    else:
        for running in machine.pods.values():
            for process in running.containers.values():
                process.oom_killed = True


def _image(stage: Stage, name: str, program: dict[str, Any]) -> str:
    return stage.image(f"{name}:1", **program)


def _container(stage: Stage, name: str, drawn: Any) -> Object:
    program, *probes = drawn
    fields = ("startupProbe", "readinessProbe", "livenessProbe")
    asked = {field: probe for field, probe in zip(fields, probes, strict=True) if probe}
    return {"name": name, "image": _image(stage, name, program), **asked}


def _statuses(status: Object) -> list[Object]:
    return [*status.get("initContainerStatuses", ()), *status["containerStatuses"]]


def _completed(status: Object) -> bool:
    """An init container that completed is ready, also while it runs again after a reboot."""
    return bool(status["name"].startswith("init"))
