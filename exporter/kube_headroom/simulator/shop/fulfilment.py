"""What happens after the click: payments, orders, messages, nightly books. One row per workload."""

from __future__ import annotations

from kube_headroom.simulator.program import Mi, Program
from kube_headroom.simulator.shop.rows import Amount, Container, Demand, Workload
from kube_headroom.simulator.shop.selling import PROXY

POSTGRES = "docker.io/library/postgres:17.6"

FULFILMENT = (
    Workload(
        "Deployment", "payments", "payments",
        (Container(
            "registry.example.com/payments/payments:v6.1.4", port=8443,
            program=Program(
                start_seconds=14, cpu_start_cores=0.5, cpu_idle_cores=0.01, cpu_per_request=0.02, latency=0.12,
                memory_bytes=300 * Mi, memory_per_request_rate=2 * Mi,
            ),
            requests=Amount("200m", "384Mi"), limits=Amount("500m", "512Mi"),
        ),),
        replicas=6, owner="payments", sidecars=(PROXY,), priority="business-critical", available=4,
        init=(Container(
            "registry.example.com/payments/schema-check:v6.1.4", "schema-check",
            program=Program(cpu_idle_cores=0.1, memory_bytes=60 * Mi, runs_seconds=4),
            requests=Amount("100m", "96Mi"), limits=Amount("200m", "128Mi"),
        ),),
        demand=Demand(calls=(("payments/fraud-check", 1.0), ("payments/ledger-db", 3.0))),
        slo="availability=99.95",
    ),
    Workload(
        "Deployment", "payments", "fraud-check",
        (Container(
            "registry.example.com/payments/fraud-check:v2.3.8", port=8080,
            program=Program(
                start_seconds=22, cpu_start_cores=0.8, cpu_idle_cores=0.03, cpu_per_request=0.05, latency=0.09,
                memory_bytes=890 * Mi, memory_per_request_rate=1.5 * Mi,
            ),
            requests=Amount("300m", "960Mi"), limits=Amount("1", "1Gi"),
        ),),
        replicas=4, owner="risk", available=2, demand=Demand(),
        slo="availability=99.9",
    ),
    Workload(
        "StatefulSet", "payments", "ledger-db",
        (Container(
            POSTGRES, "postgres", port=5432, probe="exec",
            program=Program(
                start_seconds=5, cpu_idle_cores=0.05, cpu_per_request=0.004, latency=0.004,
                memory_bytes=1500 * Mi, memory_per_request_rate=1 * Mi,
            ),
            requests=Amount("1", "2Gi"), limits=Amount("2", "3Gi"),
        ),),
        replicas=2, owner="payments", priority="business-critical", claim="50Gi", available=1,
        demand=Demand(measured=False),
    ),
    Workload(
        "CronJob", "payments", "settlement-report",
        (Container(
            "registry.example.com/payments/settlement-report:v1.9.0",
            program=Program(cpu_idle_cores=0.7, memory_bytes=600 * Mi, runs_seconds=900),
            requests=Amount("500m", "512Mi"), limits=Amount("1", "1Gi"),
        ),),
        owner="finance", schedule="30 2 * * *",
    ),
    Workload(
        "StatefulSet", "orders", "orders",
        (Container(
            "registry.example.com/orders/orders:v4.4.1", port=8080,
            program=Program(
                start_seconds=10, cpu_start_cores=0.4, cpu_idle_cores=0.015, cpu_per_request=0.012, latency=0.035,
                memory_bytes=350 * Mi, memory_per_request_rate=2 * Mi,
            ),
            requests=Amount("250m", "512Mi"), limits=Amount("750m", "768Mi"),
        ),),
        replicas=3, owner="orders", claim="20Gi", sidecars=(PROXY,), available=2,
        init=(Container(
            "registry.example.com/orders/wait-for-kafka:1.0.4", "wait-for-kafka",
            program=Program(cpu_idle_cores=0.01, memory_bytes=3 * Mi, runs_seconds=3),
            requests=Amount("10m", "16Mi"), limits=Amount("50m", "32Mi"),
        ),),
        demand=Demand(calls=(("orders/kafka", 2.0), ("orders/notifications", 0.8))),
    ),
    Workload(
        "Kafka", "orders", "kafka",
        (Container(
            "quay.io/strimzi/kafka:0.48.0-kafka-4.1.0", port=9092, probe="tcp",
            program=Program(
                start_seconds=15, cpu_start_cores=0.8, cpu_idle_cores=0.06, cpu_per_request=0.001, latency=0.003,
                memory_bytes=1700 * Mi, memory_per_request_rate=1 * Mi,
            ),
            requests=Amount("500m", "2Gi"), limits=Amount("", "2560Mi"),
        ),),
        replicas=3, owner="streaming", claim="100Gi", available=2, demand=Demand(measured=False),
    ),
    Workload(
        "Deployment", "orders", "notifications",
        (Container(
            "registry.example.com/orders/notifications:v2.0.9", port=8080,
            program=Program(start_seconds=5, cpu_per_request=0.006, memory_bytes=130 * Mi, latency=0.025),
            limits=Amount("", "256Mi"),
        ),),
        replicas=4, demand=Demand(),
        slo="availability=99.5, rollout-success=90",
    ),
    Workload(
        "CronJob", "orders", "cleanup",
        (Container(
            "registry.example.com/orders/cleanup:v1.1.2",
            program=Program(cpu_idle_cores=0.1, memory_bytes=80 * Mi, runs_seconds=160),
        ),),
        owner="orders", schedule="17 * * * *",
        slo="job-success=95",
    ),
    Workload(
        "Job", "orders", "migrate-v42",
        (Container(
            "registry.example.com/orders/migrate:v42",
            program=Program(cpu_idle_cores=0.3, memory_bytes=120 * Mi, runs_seconds=45),
            requests=Amount("200m", "256Mi"), limits=Amount("500m", "256Mi"),
        ),),
        owner="orders",
    ),
)  # fmt: skip
"""`fraud-check` lives near its memory limit; nobody owns `notifications`, which also asks for no CPU."""
