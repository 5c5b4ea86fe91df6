"""Kubernetes objects in a few words: what a test does not name is the plainest there is."""

from typing import Any

from tests.real.client import Object


def container(name: str = "app", requests: Object | None = None, limits: Object | None = None, **fields: Any) -> Object:
    resources = {key: value for key, value in (("requests", requests), ("limits", limits)) if value}
    return {"name": name, "image": "app:1", **({"resources": resources} if resources else {}), **fields}


def pod_spec(*containers: Object, **fields: Any) -> Object:
    return {"containers": [*containers] or [container()], **fields}


def template(name: str, spec: Object) -> Object:
    return {"metadata": {"labels": {"app": name}}, "spec": spec}


def namespaced(api_version: str, kind: str, name: str, namespace: str, **fields: Any) -> Object:
    metadata = {"name": name, "namespace": namespace}
    metadata |= {key: fields.pop(key) for key in ("annotations", "labels") if key in fields}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **fields}


def pod(name: str, namespace: str, spec: Object | None = None, **fields: Any) -> Object:
    return namespaced("v1", "Pod", name, namespace, spec=spec or pod_spec(), **fields)


def workload(kind: str, name: str, namespace: str, spec: Object | None = None, **fields: Any) -> Object:
    """A Deployment, StatefulSet or DaemonSet; `replicas` is 1 where it has any."""
    replicas = fields.pop("replicas", 1)
    counted = {} if kind == "DaemonSet" else {"replicas": replicas}
    selecting = {"selector": {"matchLabels": {"app": name}}, "template": template(name, spec or pod_spec())}
    return namespaced("apps/v1", kind, name, namespace, spec=counted | selecting, **fields)


def deployment(name: str, namespace: str, spec: Object | None = None, **fields: Any) -> Object:
    return workload("Deployment", name, namespace, spec, **fields)


def job(name: str, namespace: str, spec: Object | None = None, **fields: Any) -> Object:
    running = pod_spec(container()) | (spec or {}) | {"restartPolicy": "Never"}
    return namespaced("batch/v1", "Job", name, namespace, spec={"template": {"spec": running}, **fields})


def ended(number: int, reason: str = "Error", exit_code: int = 1) -> Object:
    """How the run of a container ended; `number` makes its id."""
    return {
        "containerID": f"containerd://{number:064x}",
        "reason": reason,
        "exitCode": exit_code,
        "startedAt": "2026-01-01T00:00:00Z",
        "finishedAt": f"2026-01-01T00:{number // 60 % 60:02}:{number % 60:02}Z",
    }


def crashed(times: int, *, name: str = "app", reason: str = "Error", exit_code: int = 1) -> Object:
    """A container that runs again after its last crash, as the kubelet reports it."""
    return {
        "name": name,
        "image": "app:1",
        "imageID": "",
        "ready": True,
        "restartCount": times,
        "state": {"running": {"startedAt": "2026-01-01T01:00:00Z"}},
        "lastState": {"terminated": ended(times, reason, exit_code)},
    }


def event(name: str, namespace: str, about: Object, *, reason: str = "BackOff", count: int = 1) -> Object:
    """A core event about an object as the server returned it."""
    involved = {
        "apiVersion": about["apiVersion"],
        "kind": about["kind"],
        "name": about["metadata"]["name"],
        "namespace": namespace,
        "uid": about["metadata"]["uid"],
    }
    return namespaced(
        "v1", "Event", name, namespace, involvedObject=involved, reason=reason, type="Warning", count=count
    )
