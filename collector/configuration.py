"""The collector's configuration as data: OTLP in, Kubernetes attributes, span metrics and service graph, Prometheus and OTLP out.

Names are those of collector v0.149 and newer (`k8s_attributes`, `span_metrics`, `service_graph`, `otlp_grpc`).
"""

from __future__ import annotations

from typing import Any

import yaml

from collector.workload_labels import ATTRIBUTES, statements

Part = dict[str, Any]

ADDRESS = "${env:POD_IP:-0.0.0.0}"
"""Where the collector listens: its pod's own address, if the manifest hands it on."""

_EXTENSIONS: Part = {"health_check": {"endpoint": f"{ADDRESS}:13133"}}

_RECEIVERS: Part = {
    "otlp": {"protocols": {"grpc": {"endpoint": f"{ADDRESS}:4317"}, "http": {"endpoint": f"{ADDRESS}:4318"}}}
}

_PROCESSORS: Part = {
    "memory_limiter": {"check_interval": "1s", "limit_percentage": 80, "spike_limit_percentage": 20},
    "k8s_attributes": {
        "auth_type": "${env:K8S_AUTH_TYPE:-serviceAccount}",
        "extract": {"metadata": [*ATTRIBUTES, "k8s.pod.name", "k8s.pod.uid", "k8s.node.name"]},
        # Who sent it, by what the sender says of itself before what the network says: a proxy has an address of its own.
        "pod_association": [
            {"sources": [{"from": "resource_attribute", "name": "k8s.pod.uid"}]},
            {"sources": [{"from": "resource_attribute", "name": "k8s.pod.ip"}]},
            {"sources": [{"from": "connection"}]},
        ],
    },
    "batch": {"send_batch_size": 8192, "send_batch_max_size": 16384, "timeout": "5s"},
    "transform/workload_labels": {
        "error_mode": "ignore",
        "metric_statements": [
            {
                "context": "datapoint",
                "statements": [line for prefix in ("", "client_", "server_") for line in statements(prefix)],
            }
        ],
    },
}

_CONNECTORS: Part = {
    "span_metrics": {
        "namespace": "traces.span.metrics",
        "histogram": {
            "unit": "ms",
            "explicit": {
                "buckets": [f"{bound}ms" for bound in (5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000)]
            },
        },
        "dimensions": [{"name": attribute} for attribute in ATTRIBUTES],
        # Replicas of one workload count into the same series; by default each has its own, and they hide one another.
        "resource_metrics_key_attributes": ["service.name", "service.namespace", *ATTRIBUTES],
        # Of each service: names of spans that hold what differs from request to request must not end Prometheus.
        "aggregation_cardinality_limit": 2_000,
        "exemplars": {"enabled": True},
        "metrics_flush_interval": "15s",
        "metrics_expiration": "1h",
    },
    "service_graph": {
        "dimensions": [*ATTRIBUTES],
        "store": {"ttl": "10s", "max_items": 10_000},
        "metrics_flush_interval": "15s",
    },
}

_EXPORTERS: Part = {
    "prometheus": {
        "endpoint": f"{ADDRESS}:8889",
        "enable_open_metrics": True,
        "without_scope_info": True,
        "metric_expiration": "5m",
    },
    # No default: an address of our own would send every span round in a circle.
    "otlp_grpc": {
        "endpoint": "${env:TRACES_ENDPOINT}",
        "tls": {"insecure": "${env:TRACES_INSECURE:-false}"},
        "sending_queue": {"queue_size": 1_000},
        "retry_on_failure": {"max_elapsed_time": "300s"},
    },
}

_PIPELINES: Part = {
    # Metrics are made of all spans: whoever samples by tail does so behind this collector.
    "traces": {
        "receivers": ["otlp"],
        "processors": ["memory_limiter", "k8s_attributes", "batch"],
        "exporters": ["span_metrics", "service_graph", "otlp_grpc"],
    },
    "metrics/spans": {
        "receivers": ["span_metrics", "service_graph"],
        "processors": ["memory_limiter", "transform/workload_labels"],
        "exporters": ["prometheus"],
    },
}


def configuration() -> Part:
    """Return the configuration that the file holds."""
    return {
        "extensions": _EXTENSIONS,
        "receivers": _RECEIVERS,
        "processors": _PROCESSORS,
        "connectors": _CONNECTORS,
        "exporters": _EXPORTERS,
        "service": {"extensions": [*_EXTENSIONS], "pipelines": _PIPELINES},
    }


class _Dumper(yaml.SafeDumper):
    """Indents lists and repeats what is used twice."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002
        super().increase_indent(flow, indentless=False)

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002
        return True


def page() -> str:
    """Return the configuration's file."""
    body = yaml.dump(configuration(), Dumper=_Dumper, sort_keys=False, width=float("inf"))
    return (
        "# Generated from collector/ by `make generate`; changes here are lost.\n"
        "# TRACES_ENDPOINT (host:port of whatever keeps traces) must be set; docs/telemetry.md tells the rest.\n"
        f"{body}"
    )
