"""Series per claim of how full its mounted volume is, as the kubelets measure it."""

from __future__ import annotations

from kube_headroom.catalogue.labels import PersistentVolumeClaim
from kube_headroom.catalogue.metric import Aggregation, Gauge, Unit

SUM, NONE, BYTES = Aggregation.SUM, Unit.NONE, Unit.BYTES

VOLUME_CAPACITY = Gauge(
    "headroom_persistentvolumeclaim_volume_capacity_bytes",
    "Size of the mounted volume's file system, absent where its driver does not tell (`/metrics`, "
    "kubelet_volume_stats_capacity_bytes).",
    PersistentVolumeClaim,
    BYTES,
    SUM,
)
VOLUME_USED = Gauge(
    "headroom_persistentvolumeclaim_volume_used_bytes",
    "Space used on the mounted volume, the fullest where several nodes mount it (`/metrics`, "
    "kubelet_volume_stats_used_bytes).",
    PersistentVolumeClaim,
    BYTES,
    SUM,
)
VOLUME_INODES = Gauge(
    "headroom_persistentvolumeclaim_volume_inodes",
    "Inodes of the mounted volume (`/metrics`, kubelet_volume_stats_inodes).",
    PersistentVolumeClaim,
    NONE,
    SUM,
)
VOLUME_INODES_USED = Gauge(
    "headroom_persistentvolumeclaim_volume_inodes_used",
    "Inodes in use on the mounted volume (`/metrics`, kubelet_volume_stats_inodes_used).",
    PersistentVolumeClaim,
    NONE,
    SUM,
)

VOLUME_METRICS = (VOLUME_CAPACITY, VOLUME_USED, VOLUME_INODES, VOLUME_INODES_USED)
