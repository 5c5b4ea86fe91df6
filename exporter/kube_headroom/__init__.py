"""Headroom: cluster state as workload metrics."""
