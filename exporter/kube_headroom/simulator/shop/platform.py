"""What every cluster runs besides its shop: the network, the names, the agents."""

from __future__ import annotations

from kube_headroom.simulator.program import Mi, Program
from kube_headroom.simulator.shop.rows import Amount, Container, Workload

PLATFORM = (
    Workload(
        "StaticPod", "kube-system", "kube-proxy",
        (Container(
            "registry.k8s.io/kube-proxy:v1.36.3", program=Program(cpu_idle_cores=0.004, memory_bytes=38 * Mi),
            requests=Amount("100m"),
        ),),
        priority="system-node-critical",
    ),
    Workload(
        "DaemonSet", "kube-system", "node-agent",
        (Container(
            "registry.example.com/platform/node-agent:2.8.1", port=9100,
            program=Program(cpu_idle_cores=0.012, memory_bytes=42 * Mi),
            requests=Amount("50m", "64Mi"), limits=Amount("250m", "128Mi"),
        ),),
        priority="system-node-critical",
    ),
    Workload(
        "DaemonSet", "kube-system", "log-shipper",
        (Container(
            "registry.example.com/platform/log-shipper:3.2.6", port=2020,
            program=Program(cpu_idle_cores=0.02, memory_bytes=70 * Mi),
            requests=Amount("100m", "100Mi"),
        ),),
        owner="observability",
    ),
    Workload(
        "Deployment", "kube-system", "coredns",
        (Container(
            "registry.k8s.io/coredns/coredns:v1.13.1", port=8080,
            program=Program(cpu_idle_cores=0.015, memory_bytes=34 * Mi),
            requests=Amount("100m", "70Mi"), limits=Amount("", "170Mi"),
        ),),
        replicas=2, priority="system-cluster-critical", available=1,
    ),
    Workload(
        "Deployment", "kube-system", "metrics-server",
        (Container(
            "registry.k8s.io/metrics-server/metrics-server:v0.8.0", port=10250,
            program=Program(cpu_idle_cores=0.01, memory_bytes=60 * Mi),
            requests=Amount("100m", "200Mi"),
        ),),
        priority="system-cluster-critical",
    ),
)  # fmt: skip
"""The first rows of every shop, in any size."""
