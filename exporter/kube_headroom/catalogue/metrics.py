"""Every series of the cluster that Headroom emits, in exposition order."""

from __future__ import annotations

from typing import Any

from kube_headroom.catalogue.batch import BATCH_METRICS
from kube_headroom.catalogue.metric import Metric
from kube_headroom.catalogue.nodes import NODE_METRICS
from kube_headroom.catalogue.objects import OBJECT_METRICS
from kube_headroom.catalogue.workloads import WORKLOAD_METRICS

CLUSTER_METRICS: tuple[Metric[Any], ...] = (*WORKLOAD_METRICS, *BATCH_METRICS, *NODE_METRICS, *OBJECT_METRICS)
