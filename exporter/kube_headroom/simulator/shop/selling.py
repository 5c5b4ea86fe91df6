"""What customers see: the way in, the storefront, the catalogue. One row per workload, `calls` between them."""

from __future__ import annotations

from kube_headroom.simulator.program import Mi, Program
from kube_headroom.simulator.shop.rows import Amount, Autoscale, Container, Demand, Workload

PROXY = Container(
    "registry.example.com/platform/proxy:1.29.4", "proxy", port=15021,
    program=Program(start_seconds=1.0, cpu_idle_cores=0.006, memory_bytes=44 * Mi),
    requests=Amount("20m", "64Mi"), limits=Amount("200m", "128Mi"),
)  # fmt: skip
"""The mesh's sidecar: native, so that it is there before the container it serves and after it."""

SELLING = (
    Workload(
        "Deployment", "ingress", "ingress-controller",
        (Container(
            "registry.example.com/platform/ingress-controller:1.14.0", port=8080,
            program=Program(cpu_idle_cores=0.01, cpu_per_request=0.0003, memory_bytes=140 * Mi, latency=0.002),
            requests=Amount("200m", "256Mi"), limits=Amount("", "512Mi"),
        ),),
        replicas=3, priority="system-cluster-critical", available=2,
        demand=Demand(900, (("shop/storefront", 0.55), ("shop/assets", 0.45))),
    ),
    Workload(
        "Deployment", "shop", "storefront",
        (Container(
            "registry.example.com/shop/storefront:v3.14.0", port=8080,
            program=Program(
                start_seconds=6, cpu_start_cores=0.6, cpu_idle_cores=0.01, cpu_per_request=0.004, latency=0.045,
                memory_bytes=210 * Mi, memory_per_request_rate=1.2 * Mi,
            ),
            requests=Amount("250m", "384Mi"), limits=Amount("1", "512Mi"),
        ),),
        replicas=10, owner="storefront", sidecars=(PROXY,), available=4, autoscale=Autoscale(6, 16, 70),
        demand=Demand(calls=(
            ("shop/cart", 0.3), ("catalog/catalog", 1.2), ("catalog/search", 0.25), ("catalog/recommendations", 0.4),
        )),
        slo="availability=99.9, rollout-success=90",
    ),
    Workload(
        "Deployment", "shop", "cart",
        (Container(
            "registry.example.com/shop/cart:v2.7.3", port=8080,
            program=Program(
                start_seconds=9, cpu_start_cores=0.4, cpu_idle_cores=0.008, cpu_per_request=0.003, latency=0.012,
                memory_bytes=180 * Mi, memory_per_request_rate=0.5 * Mi,
            ),
            requests=Amount("150m", "256Mi"), limits=Amount("500m", "384Mi"),
        ),),
        replicas=6, owner="storefront", available=3,
        demand=Demand(calls=(("shop/session-store", 2.0), ("shop/checkout", 0.12))),
        slo="availability=99.9, probe-success=99",
    ),
    Workload(
        "Deployment", "shop", "checkout",
        (Container(
            "registry.example.com/shop/checkout:v5.0.2", port=8080,
            program=Program(
                start_seconds=12, cpu_start_cores=0.25, cpu_idle_cores=0.01, cpu_per_request=0.048, latency=0.18,
                burstiness=0.9, memory_bytes=260 * Mi, memory_per_request_rate=2 * Mi,
            ),
            requests=Amount("100m", "320Mi"), limits=Amount("300m", "384Mi"),
        ),),
        replicas=5, owner="checkout", sidecars=(PROXY,), available=3,
        demand=Demand(calls=(("payments/payments", 1.0), ("orders/orders", 1.0))),
        slo="availability=99.9, throttle-free=65",
    ),
    Workload(
        "StatefulSet", "shop", "session-store",
        (Container(
            "docker.io/library/redis:7.4.2", port=6379, probe="tcp",
            program=Program(
                cpu_idle_cores=0.006, cpu_per_request=0.00012, threads=2, latency=0.001,
                memory_bytes=640 * Mi, memory_per_request_rate=0.2 * Mi,
            ),
            requests=Amount("100m", "768Mi"), limits=Amount("", "1Gi"),
        ),),
        replicas=3, owner="storefront", claim="8Gi", available=2, demand=Demand(measured=False),
    ),
    Workload(
        "Deployment", "shop", "assets",
        (Container(
            "docker.io/library/nginx:1.29.3", port=8080,
            program=Program(cpu_per_request=0.0004, memory_bytes=24 * Mi, latency=0.003),
        ),),
        replicas=4, owner="storefront", pool="spot", demand=Demand(),
    ),
    Workload(
        "Deployment", "catalog", "catalog",
        (Container(
            "registry.example.com/catalog/catalog:v8.3.0", port=8080,
            program=Program(
                start_seconds=15, cpu_start_cores=0.8, cpu_idle_cores=0.01, cpu_per_request=0.0025, latency=0.018,
                memory_bytes=420 * Mi, memory_per_request_rate=0.6 * Mi,
            ),
            requests=Amount("200m", "512Mi"), limits=Amount("", "768Mi"),
        ),),
        replicas=9, available=6, demand=Demand(),
        slo="availability=99.9, restart-free=99.5",
    ),
    Workload(
        "Deployment", "catalog", "search",
        (Container(
            "registry.example.com/catalog/search:v4.9.1", port=9200,
            program=Program(
                start_seconds=25, cpu_start_cores=1.0, cpu_idle_cores=0.02, cpu_per_request=0.015, latency=0.07,
                memory_bytes=1180 * Mi, memory_per_request_rate=2 * Mi,
            ),
            requests=Amount("400m", "1280Mi"), limits=Amount("1500m", "1536Mi"),
        ),),
        replicas=6, owner="search", available=3, autoscale=Autoscale(4, 12, 75), demand=Demand(),
        slo="restart-free=99.5",
    ),
    Workload(
        "Deployment", "catalog", "recommendations",
        (Container(
            "registry.example.com/catalog/recommendations:v1.22.0", port=8080,
            program=Program(
                start_seconds=20, cpu_start_cores=1.5, cpu_idle_cores=0.02, cpu_per_request=0.004, latency=0.06,
                memory_bytes=720 * Mi, memory_per_request_rate=1 * Mi,
            ),
            requests=Amount("2", "2Gi"), limits=Amount("4", "4Gi"),
        ),),
        replicas=6, owner="data-science", pool="spot", available=3, demand=Demand(),
        slo="availability=99, scheduling-latency=95",
    ),
    Workload(
        "CronJob", "catalog", "catalog-sync",
        (Container(
            "registry.example.com/catalog/catalog-sync:v1.4.0",
            program=Program(cpu_idle_cores=0.25, memory_bytes=150 * Mi, runs_seconds=70),
            requests=Amount("200m", "192Mi"), limits=Amount("500m", "256Mi"),
        ),),
        schedule="*/5 * * * *", pool="spot",
        slo="job-success=95",
    ),
    Workload(
        "Pod", "catalog", "debug-shell",
        (Container(
            "docker.io/library/busybox:1.37.0", "shell", program=Program(cpu_idle_cores=0.0005, memory_bytes=3 * Mi)
        ),),
    ),
)  # fmt: skip
"""`recommendations` asks for far more than it uses, `checkout` starves at noon, `assets` asks for nothing."""
