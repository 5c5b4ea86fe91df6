from __future__ import annotations

from typing import Any

import pytest

from kube_headroom.simulator.controllers import defaults
from kube_headroom.simulator.controllers.limits import enforce
from kube_headroom.simulator.store import ConflictError, Object
from kube_headroom.simulator.world import World
from tests.simulator.controllers.stand_in import container, pod, world


def limit_range(*limits: Object) -> Object:
    return {"metadata": {"name": "bounds", "namespace": "shop"}, "spec": {"limits": list(limits)}}


def bounds(type_: str = "Container", **limits: dict[str, str]) -> Object:
    return {"type": type_, **limits}


@pytest.fixture
def stage() -> World:
    made = world()
    defaults.register(made)
    enforce(made)
    return made


@pytest.mark.parametrize(
    ("limits", "resources", "expected"),
    [
        pytest.param(
            bounds(default={"cpu": "1"}, defaultRequest={"cpu": "0.1"}),
            {},
            {"requests": {"cpu": "100m"}, "limits": {"cpu": "1"}},
            id="what is silent gets both defaults",
        ),
        pytest.param(
            bounds(default={"cpu": "1"}, defaultRequest={"cpu": "100m"}),
            {"limits": {"cpu": "500m"}},
            {"requests": {"cpu": "500m"}, "limits": {"cpu": "500m"}},
            id="a limit alone is the request, before any default",
        ),
        pytest.param(
            bounds(max={"memory": "2Gi"}),
            {},
            {"requests": {"memory": "2Gi"}, "limits": {"memory": "2Gi"}},
            id="the maximum is the default of a LimitRange without one",
        ),
        pytest.param(
            bounds(min={"cpu": "50m"}),
            {},
            {"requests": {"cpu": "50m"}},
            id="the minimum is the default request of one without any",
        ),
    ],
)
def test_defaults(stage: World, limits: Object, resources: dict[str, Any], expected: Object) -> None:
    stage.store.create("limitranges", limit_range(limits))
    made = stage.store.create("pods", pod("a", container(**resources)))
    assert made["spec"]["containers"][0]["resources"] == expected


def test_defaults_are_told_in_an_annotation_and_decide_the_quality_of_service(stage: World) -> None:
    stage.store.create("limitranges", limit_range(bounds(default={"cpu": "1", "memory": "1Gi"})))
    made = stage.store.create("pods", pod("a", container("app"), container("proxy")))
    assert made["metadata"]["annotations"] == {
        "kubernetes.io/limit-ranger": "LimitRanger plugin set: cpu, memory request for container app; "
        "cpu, memory limit for container app; cpu, memory request for container proxy; "
        "cpu, memory limit for container proxy"
    }
    assert made["status"]["qosClass"] == "Guaranteed"


CLAIM = {"metadata": {"name": "c", "namespace": "shop"}, "spec": {"resources": {"requests": {"storage": "8Gi"}}}}


@pytest.mark.parametrize(
    ("limits", "resource", "refused", "message"),
    [
        pytest.param(
            bounds(max={"cpu": "1"}),
            "pods",
            pod("a", container(limits={"cpu": "2"})),
            "maximum cpu usage per Container is 1, but limit is 2",
            id="a limit above the maximum",
        ),
        pytest.param(
            bounds(min={"memory": "64Mi"}),
            "pods",
            pod("a", container(requests={"memory": "32Mi"})),
            "minimum memory usage per Container is 64Mi, but request is 32Mi",
            id="a request below the minimum",
        ),
        pytest.param(
            bounds(max={"cpu": "1"}, min={"memory": "1Gi"}),
            "pods",
            pod("a", container(requests={"cpu": "3", "memory": "1Mi"}, limits={"cpu": "3"})),
            "[minimum memory usage per Container is 1Gi, but request is 1Mi, "
            "maximum cpu usage per Container is 1, but limit is 3]",
            id="two reasons",
        ),
        pytest.param(
            bounds(maxLimitRequestRatio={"cpu": "2"}),
            "pods",
            pod("a", container(requests={"cpu": "100m"}, limits={"cpu": "500m"})),
            "cpu max limit to request ratio per Container is 2, but provided ratio is 5.000000",
            id="a limit too far from its request",
        ),
        pytest.param(
            bounds("Pod", max={"cpu": "2"}),
            "pods",
            pod("a", container("a", limits={"cpu": "1500m"}), container("b", limits={"cpu": "1500m"})),
            "maximum cpu usage per Pod is 2, but limit is 3",
            id="containers that are too much together",
        ),
        pytest.param(
            bounds("Pod", max={"cpu": "2"}),
            "pods",
            pod("a"),
            "maximum cpu usage per Pod is 2.  No limit is specified",
            id="a pod without a limit where there is a maximum",
        ),
        pytest.param(
            bounds("PersistentVolumeClaim", max={"storage": "5Gi"}),
            "persistentvolumeclaims",
            CLAIM,
            "maximum storage usage per PersistentVolumeClaim is 5Gi, but request is 8Gi",
            id="a claim that is too large",
        ),
        pytest.param(
            bounds("PersistentVolumeClaim", min={"storage": "10Gi"}),
            "persistentvolumeclaims",
            CLAIM,
            "minimum storage usage per PersistentVolumeClaim is 10Gi, but request is 8Gi",
            id="a claim that is too small",
        ),
    ],
)
def test_what_is_out_of_bounds_is_refused(
    stage: World, limits: Object, resource: str, refused: Object, message: str
) -> None:
    stage.store.create("limitranges", limit_range(limits))
    with pytest.raises(ConflictError) as raised:
        stage.store.create(resource, refused)
    name = refused["metadata"]["name"]
    assert (raised.value.reason, str(raised.value)) == ("Forbidden", f'{resource} "{name}" is forbidden: {message}')


def test_other_namespaces_are_free(stage: World) -> None:
    stage.store.create("limitranges", limit_range(bounds(max={"cpu": "1"})))
    assert stage.store.create("pods", pod("a", container(limits={"cpu": "2"}), namespace="other"))
