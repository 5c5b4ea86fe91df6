"""The kinds we watch, as data: where they are served, how they are read, which fact they become."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from kube_headroom.cluster.api import core, groups
from kube_headroom.cluster.facts import objects, pods, workloads
from kube_headroom.cluster.facts.conversion import Conversion
from kube_headroom.model import Fact


class Kind(NamedTuple):
    """A resource of the API; `name` is its plural.

    `mandatory` kinds are listed once before we are ready. Where `metadata_only`, the server is asked for
    PartialObjectMetadata: the rest of the object never leaves it. `label_selector` asks for the objects it selects.
    """

    name: str
    api_kind: str
    prefix: str
    wire: type[core.ApiObject]
    convert: Callable[[Conversion, Any], Fact]
    namespaced: bool = True
    mandatory: bool = False
    metadata_only: bool = False
    label_selector: str = ""

    def path(self, namespace: str = "") -> str:
        """The URL path of the collection, in one namespace or in all."""
        return f"{self.prefix}/namespaces/{namespace}/{self.name}" if namespace else f"{self.prefix}/{self.name}"


_CORE, _APPS, _BATCH = "/api/v1", "/apis/apps/v1", "/apis/batch/v1"

# fmt: off
KINDS = (
    Kind("namespaces", "Namespace", _CORE, core.ApiObject, objects.namespace,
         namespaced=False, mandatory=True, metadata_only=True),
    Kind("nodes", "Node", _CORE, core.Node, objects.node, namespaced=False, mandatory=True),
    Kind("replicasets", "ReplicaSet", _APPS, core.ApiObject, workloads.replica_set,
         mandatory=True, metadata_only=True),
    Kind("deployments", "Deployment", _APPS, groups.Controller, workloads.deployment, mandatory=True),
    Kind("statefulsets", "StatefulSet", _APPS, groups.Controller, workloads.stateful_set, mandatory=True),
    Kind("daemonsets", "DaemonSet", _APPS, groups.Controller, workloads.daemon_set, mandatory=True),
    Kind("jobs", "Job", _BATCH, groups.Job, workloads.job, mandatory=True),
    Kind("cronjobs", "CronJob", _BATCH, groups.CronJob, workloads.cron_job, mandatory=True),
    Kind("pods", "Pod", _CORE, core.Pod, pods.pod, mandatory=True),
    Kind("horizontalpodautoscalers", "HorizontalPodAutoscaler", "/apis/autoscaling/v2",
         groups.HorizontalPodAutoscaler, workloads.horizontal_pod_autoscaler),
    Kind("poddisruptionbudgets", "PodDisruptionBudget", "/apis/policy/v1",
         groups.PodDisruptionBudget, objects.pod_disruption_budget),
    Kind("resourcequotas", "ResourceQuota", _CORE, core.ResourceQuota, objects.resource_quota),
    Kind("limitranges", "LimitRange", _CORE, core.LimitRange, objects.limit_range),
    Kind("persistentvolumeclaims", "PersistentVolumeClaim", _CORE,
         core.PersistentVolumeClaim, objects.persistent_volume_claim),
    # core/v1 rather than events.k8s.io: one object either way, and only here do `count` and its deltas exist.
    Kind("events", "Event", _CORE, core.Event, objects.event),
)
# fmt: on

CONFIG_MAPS = Kind("configmaps", "ConfigMap", _CORE, core.ConfigMap, objects.config_map)
"""Not among the kinds: read only by a label selector of the settings, since a cluster's ConfigMaps are none of our business."""

KINDS_BY_NAME = {kind.name: kind for kind in KINDS}
