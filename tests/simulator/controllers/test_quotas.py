from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kube_headroom.resources import parse_quantity
from kube_headroom.simulator.controllers.quotas import Quotas
from kube_headroom.simulator.store import ConflictError, Object
from kube_headroom.simulator.world import World
from tests.simulator.controllers.stand_in import container, ended, pod, world


def quota(name: str = "team", *, namespace: str = "shop", **spec: Any) -> Object:
    return {"metadata": {"name": name, "namespace": namespace}, "spec": spec}


def sized(name: str, cpu: str = "500m", memory: str = "256Mi", **more: Any) -> Object:
    resources: dict[str, Any] = {"requests": {"cpu": cpu, "memory": memory}, "limits": {"cpu": "1", "memory": "1Gi"}}
    return pod(name, container(**resources), **more)


def claim(name: str, storage: str, storage_class: str | None = None) -> Object:
    spec: dict[str, Any] = {"resources": {"requests": {"storage": storage}}}
    if storage_class:
        spec["storageClassName"] = storage_class
    return {"metadata": {"name": name, "namespace": "shop"}, "spec": spec}


@pytest.fixture
def stage() -> World:
    made = world()
    made.add(Quotas(made))
    return made


def status(stage: World, name: str = "team") -> Object:
    stage.advance(stage.now + 1)
    found = stage.store.get("resourcequotas", "shop", name) or {}
    written: Object = found["status"]
    return written


def test_usage_follows_what_comes_changes_and_goes(stage: World) -> None:
    hard = {"pods": "10", "requests.cpu": "2000m", "limits.memory": "8192Mi", "count/pods": "10"}
    stage.store.create("pods", sized("before"))
    stage.store.create("resourcequotas", quota(hard=hard))
    written = {"pods": "10", "requests.cpu": "2", "limits.memory": "8Gi", "count/pods": "10"}
    used = {"pods": "1", "requests.cpu": "500m", "limits.memory": "1Gi", "count/pods": "1"}
    assert status(stage) == {"hard": written, "used": used}
    second = stage.store.create("pods", sized("second", "250m"))
    used = {"pods": "2", "requests.cpu": "750m", "limits.memory": "2Gi", "count/pods": "2"}
    assert status(stage)["used"] == used
    second = stage.store.change("pods", second, status=ended(stage.now, 0))
    used = {"pods": "1", "requests.cpu": "500m", "limits.memory": "1Gi", "count/pods": "2"}
    assert status(stage)["used"] == used
    stage.store.delete("pods", second)
    assert status(stage)["used"] == {**used, "count/pods": "1"}


def test_a_new_limit_is_counted_for_from_the_start(stage: World) -> None:
    stage.store.create("resourcequotas", quota(hard={"pods": "1"}))
    stage.store.create("pods", sized("a"))
    known = stage.store.get("resourcequotas", "shop", "team") or {}
    stage.store.change("resourcequotas", known, spec={"hard": {"requests.memory": "1Gi"}})
    assert status(stage) == {"hard": {"requests.memory": "1Gi"}, "used": {"requests.memory": "256Mi"}}


@pytest.mark.parametrize(
    ("hard", "resource", "objects", "message"),
    [
        pytest.param(
            {"pods": "1"},
            "pods",
            [sized("a"), sized("b")],
            'pods "b" is forbidden: exceeded quota: team, requested: pods=1, used: pods=1, limited: pods=1',
            id="too many pods",
        ),
        pytest.param(
            {"requests.cpu": "1", "requests.memory": "300Mi", "pods": "9"},
            "pods",
            [sized("a", "600m"), sized("b", "600m")],
            'pods "b" is forbidden: exceeded quota: team, requested: requests.cpu=600m,requests.memory=256Mi, '
            "used: requests.cpu=600m,requests.memory=256Mi, limited: requests.cpu=1,requests.memory=300Mi",
            id="all that is exceeded is listed, and only that",
        ),
        pytest.param(
            {"limits.cpu": "8", "requests.memory": "1Gi"},
            "pods",
            [pod("a", container("app"), container("proxy", requests={"memory": "1Mi"}))],
            'pods "a" is forbidden: failed quota: team: must specify limits.cpu for: app,proxy; requests.memory for: app',
            id="what a quota names has to be specified",
        ),
        pytest.param(
            {"count/deployments.apps": "0"},
            "deployments",
            [{"metadata": {"name": "web", "namespace": "shop"}, "spec": {}}],
            'deployments.apps "web" is forbidden: exceeded quota: team, requested: count/deployments.apps=1, '
            "used: count/deployments.apps=0, limited: count/deployments.apps=0",
            id="objects of any kind",
        ),
        pytest.param(
            {"requests.storage": "10Gi"},
            "persistentvolumeclaims",
            [claim("a", "6Gi"), claim("b", "6Gi")],
            'persistentvolumeclaims "b" is forbidden: exceeded quota: team, requested: requests.storage=6Gi, '
            "used: requests.storage=6Gi, limited: requests.storage=10Gi",
            id="storage",
        ),
        pytest.param(
            {"fast.storageclass.storage.k8s.io/persistentvolumeclaims": "1"},
            "persistentvolumeclaims",
            [claim("slow", "1Gi", "slow"), claim("a", "1Gi", "fast"), claim("b", "1Gi", "fast")],
            'persistentvolumeclaims "b" is forbidden: exceeded quota: team, '
            "requested: fast.storageclass.storage.k8s.io/persistentvolumeclaims=1, "
            "used: fast.storageclass.storage.k8s.io/persistentvolumeclaims=1, "
            "limited: fast.storageclass.storage.k8s.io/persistentvolumeclaims=1",
            id="claims of one storage class",
        ),
        pytest.param(
            {"services.loadbalancers": "0"},
            "services",
            [{"metadata": {"name": "web", "namespace": "shop"}, "spec": {"type": "LoadBalancer", "ports": [{}]}}],
            'services "web" is forbidden: exceeded quota: team, requested: services.loadbalancers=1, '
            "used: services.loadbalancers=0, limited: services.loadbalancers=0",
            id="load balancers",
        ),
        pytest.param(
            {"requests.nvidia.com/gpu": "1"},
            "pods",
            [
                pod("plain"),
                pod("gpus", container(requests={"nvidia.com/gpu": "2"}, limits={"nvidia.com/gpu": "2"})),
            ],
            'pods "gpus" is forbidden: exceeded quota: team, requested: requests.nvidia.com/gpu=2, '
            "used: requests.nvidia.com/gpu=0, limited: requests.nvidia.com/gpu=1",
            id="extended resources",
        ),
    ],
)
def test_what_does_not_fit_is_refused_in_the_words_of_the_api(
    stage: World, hard: dict[str, str], resource: str, objects: list[Object], message: str
) -> None:
    stage.store.create("resourcequotas", quota(hard=hard))
    *fitting, refused = objects
    for one in fitting:
        stage.store.create(resource, one)
    with pytest.raises(ConflictError) as raised:
        stage.store.create(resource, refused)
    assert (raised.value.reason, str(raised.value)) == ("Forbidden", message)


@pytest.mark.parametrize(
    ("scope", "counted"),
    [
        pytest.param({"scopes": ["BestEffort"]}, ["plain", "urgent"], id="best effort"),
        pytest.param({"scopes": ["NotBestEffort"]}, ["sized", "short"], id="not best effort"),
        pytest.param({"scopes": ["Terminating"]}, ["short"], id="with a deadline"),
        pytest.param({"scopes": ["NotTerminating", "NotBestEffort"]}, ["sized"], id="both of two scopes"),
        pytest.param(
            {
                "scopeSelector": {
                    "matchExpressions": [{"scopeName": "PriorityClass", "operator": "In", "values": ["high"]}]
                }
            },
            ["urgent"],
            id="a priority class",
        ),
    ],
)
def test_scopes_choose_the_pods_that_count(stage: World, scope: dict[str, Any], counted: list[str]) -> None:
    stage.store.create("resourcequotas", quota(hard={"pods": "10", "count/services": "5"}, **scope))
    short, urgent = sized("short"), pod("urgent")
    short["spec"]["activeDeadlineSeconds"] = 60
    urgent["spec"]["priorityClassName"] = "high"
    for one in (pod("plain"), sized("sized"), short, urgent):
        stage.store.create("pods", one)
    stage.store.create("services", {"metadata": {"name": "s", "namespace": "shop"}, "spec": {}})
    assert status(stage)["used"] == {"pods": str(len(counted)), "count/services": "0"}


def test_other_namespaces_and_deleted_quotas_bind_nobody(stage: World) -> None:
    known = stage.store.create("resourcequotas", quota(hard={"pods": "0"}))
    stage.store.create("pods", sized("elsewhere", namespace="other"))
    stage.store.delete("resourcequotas", known)
    assert stage.store.create("pods", sized("free"))


@given(
    st.lists(
        st.tuples(st.integers(0, 7), st.sampled_from(["create", "end", "delete"]), st.integers(1, 400)), max_size=40
    )
)
def test_a_quota_is_never_exceeded_and_counts_what_is_there(steps: list[tuple[int, str, int]]) -> None:
    stage = world()
    stage.add(Quotas(stage))
    stage.store.create("resourcequotas", quota(hard={"pods": "4", "requests.cpu": "1"}))
    for number, action, millis in steps:
        known = stage.store.get("pods", "shop", f"p{number}")
        if action == "create" and known is None:
            with suppress(ConflictError):
                stage.store.create("pods", sized(f"p{number}", f"{millis}m"))
        elif action == "end" and known is not None:
            stage.store.change("pods", known, status=ended(stage.now, 0))
        elif action == "delete" and known is not None:
            stage.store.delete("pods", known)
        alive = [one for one in stage.store.all("pods") if "status" not in one]
        cpu = sum(parse_quantity(one["spec"]["containers"][0]["resources"]["requests"]["cpu"]) for one in alive)
        used = status(stage)["used"]
        assert (parse_quantity(used["pods"]), parse_quantity(used["requests.cpu"])) == (len(alive) * 10**9, cpu)
        assert len(alive) <= 4
        assert cpu <= 10**9
