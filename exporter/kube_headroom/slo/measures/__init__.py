"""SLIs from cluster state: snapshots of workloads in, stretches of good and bad events out; asks nobody, keeps no clock."""

from kube_headroom.slo.measures.measures import Measures

__all__ = ["Measures"]
