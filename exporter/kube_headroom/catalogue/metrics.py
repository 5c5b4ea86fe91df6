"""Every series of the cluster that Headroom emits, in exposition order."""

from __future__ import annotations

from typing import Any

from kube_headroom.catalogue.batch import BATCH_METRICS
from kube_headroom.catalogue.metric import Metric
from kube_headroom.catalogue.node_usage import NODE_USAGE_METRICS
from kube_headroom.catalogue.nodes import NODE_METRICS
from kube_headroom.catalogue.objects import OBJECT_METRICS
from kube_headroom.catalogue.slo import SLO_METRICS
from kube_headroom.catalogue.usage import USAGE_METRICS
from kube_headroom.catalogue.volumes import VOLUME_METRICS
from kube_headroom.catalogue.workloads import WORKLOAD_METRICS

CLUSTER_METRICS: tuple[Metric[Any], ...] = (
    *WORKLOAD_METRICS,
    *USAGE_METRICS,
    *BATCH_METRICS,
    *NODE_METRICS,
    *NODE_USAGE_METRICS,
    *OBJECT_METRICS,
    *VOLUME_METRICS,
    *SLO_METRICS,
)
