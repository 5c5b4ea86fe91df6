"""Facts in a few words: what a test does not name is what a healthy object has."""

from __future__ import annotations

from typing import Any

from kube_headroom import model
from kube_headroom.resources import ContainerResources, PodResources, parse_quantity

START = 1_000_000.0
BEFORE = START - 3600
AFTER = START + 10


def metadata(name: str, **fields: Any) -> model.Metadata:
    known: dict[str, Any] = {"namespace": "shop", "created": BEFORE, "controller": None, "owner": "", "deleting": False}
    given = known | fields
    return model.Metadata(uid=given.pop("uid", f"uid-{name}"), name=name, **given)


def reference(kind: str, name: str, *, group: str = "apps", uid: str = "") -> model.ControllerReference:
    return model.ControllerReference(group=group, kind=kind, name=name, uid=uid or f"uid-{name}")


def resources(**quantities: str) -> dict[str, int]:
    return {name.replace("_", "-"): parse_quantity(text) for name, text in quantities.items()}


def container(
    name: str = "app",
    requests: dict[str, str] | None = None,
    limits: dict[str, str] | None = None,
    *,
    restartable: bool = False,
) -> ContainerResources:
    return ContainerResources(
        name=name,
        requests={key: parse_quantity(text) for key, text in (requests or {}).items()},
        limits={key: parse_quantity(text) for key, text in (limits or {}).items()},
        restartable=restartable,
    )


def ended(
    container_id: str, reason: str = "Error", exit_code: int = 1, finished_at: float = START
) -> model.Termination:
    return model.Termination(container_id=container_id, reason=reason, exit_code=exit_code, finished_at=finished_at)


def status(name: str = "app", **fields: Any) -> model.ContainerStatus:
    known: dict[str, Any] = {
        "init": False,
        "ready": True,
        "restart_count": 0,
        "waiting_reason": "",
        "terminated": None,
        "last_terminated": None,
        "running": True,
    }
    return model.ContainerStatus(name=name, **(known | fields))


def pod(name: str = "web-1", **fields: Any) -> model.Pod:
    known: dict[str, Any] = {
        "uid": f"uid-{name}",
        "namespace": "shop",
        "created": BEFORE,
        "controller": None,
        "mirror": False,
        "owner": "",
        "node": "node-1",
        "phase": "Running",
        "deleting": False,
        "ready": True,
        "unschedulable": False,
        "disruption": "",
        "resources": PodResources(containers=(container(),)),
        "statuses": (status(),),
    }
    return model.Pod(name=name, **(known | fields))


def replica_set(name: str = "web-abc", deployment: str = "web") -> model.ReplicaSet:
    owner = reference("Deployment", deployment) if deployment else None
    return model.ReplicaSet(metadata=metadata(name, controller=owner))


def replicas(desired: int = 2, **fields: Any) -> model.Replicas:
    known = {"ready": desired, "available": desired, "updated": desired, "rolling": False, "deadline_exceeded": False}
    return model.Replicas(desired=desired, **(known | fields))


def controller(name: str = "web", kind: str = "Deployment", **fields: Any) -> model.Controller:
    counts = fields.pop("replicas", replicas())
    return model.Controller(kind=kind, metadata=metadata(name, **fields), replicas=counts)


def job(name: str = "report-1", cron_job: str = "", **fields: Any) -> model.Job:
    state = {key: fields.pop(key, value) for key, value in (("active", 0), ("outcome", ""), ("suspended", False))}
    owner = reference("CronJob", cron_job, group="batch") if cron_job else None
    return model.Job(metadata=metadata(name, controller=owner, **fields), **state)


def cron_job(name: str = "report", **fields: Any) -> model.CronJob:
    known = {"suspended": False, "active": 0, "last_schedule": 0.0, "last_success": 0.0}
    return model.CronJob(metadata=metadata(name), **(known | fields))


def node(name: str = "node-1", **fields: Any) -> model.Node:
    known: dict[str, Any] = {
        "pool": "general",
        "zone": "a",
        "kubelet_version": "v1.36.3",
        "unschedulable": False,
        "allocatable": resources(cpu="4", memory="8Gi", pods="110"),
        "conditions": (("Ready", "True"),),
        "capacity": resources(cpu="4", memory="8Gi", pods="110"),
    }
    return model.Node(metadata=metadata(name, namespace=""), **(known | fields))


def autoscaler(name: str = "web", target: str = "web", **fields: Any) -> model.HorizontalPodAutoscaler:
    known = {"minimum": 1, "maximum": 5, "current": 2, "desired": 2, "limited": False}
    return model.HorizontalPodAutoscaler(
        metadata=metadata(name, uid=f"uid-hpa-{name}"),
        target_group="apps",
        target_kind="Deployment",
        target_name=target,
        **(known | fields),
    )


def event(name: str = "web-1.1", about: model.Pod | None = None, **fields: Any) -> model.Event:
    involved = about or pod()
    known: dict[str, Any] = {
        "involved_group": "",
        "involved_kind": "Pod",
        "involved_namespace": involved.namespace,
        "involved_name": involved.name,
        "involved_uid": involved.uid,
        "reason": "BackOff",
        "event_type": "Warning",
        "count": 1,
    }
    created = fields.pop("created", AFTER)
    return model.Event(metadata=metadata(name, created=created), **(known | fields))
