"""A real OpenTelemetry collector with the generated configuration, and a place that its traces go to."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc  # type: ignore[import-untyped]  # it ships no types
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2 as messages
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2_grpc as service
from opentelemetry.proto.common.v1.common_pb2 import KeyValue

from collector.__main__ import FILE
from tests.real.components import answers
from tests.real.processes import Process, free_port
from tools.build import program

Attributes = dict[str, str]


class Collector:
    """One collector, on ports of its own and without the waits between two looks at its counters."""

    def __init__(self, folder: Path, kubeconfig: Path, traces: str) -> None:
        """Prepare it; nothing is started. `traces` is host:port of whatever takes traces."""
        grpc_port, http_port, health, metrics, own = (free_port() for _ in range(5))
        self.grpc, self.http = f"http://127.0.0.1:{grpc_port}", f"http://127.0.0.1:{http_port}"
        self.target = f"127.0.0.1:{metrics}"
        self.page = f"http://{self.target}/metrics"
        reader = {"pull": {"exporter": {"prometheus": {"host": "127.0.0.1", "port": own}}}}
        changes: dict[str, Any] = {
            "extensions": {"health_check": {"endpoint": f"127.0.0.1:{health}"}},
            "receivers": {
                "otlp": {
                    "protocols": {
                        "grpc": {"endpoint": f"127.0.0.1:{grpc_port}"},
                        "http": {"endpoint": f"127.0.0.1:{http_port}"},
                    }
                }
            },
            "processors": {"batch": {"timeout": "100ms"}},
            "connectors": {
                "span_metrics": {"metrics_flush_interval": "500ms"},
                "service_graph": {"metrics_flush_interval": "500ms"},
            },
            "exporters": {"prometheus": {"endpoint": self.target}},
            "service": {"telemetry": {"metrics": {"readers": [reader]}}},
        }
        ports = folder / "ports.yaml"
        ports.write_text(json.dumps(changes))
        self.process = Process(
            (program("otelcol"), f"--config={FILE}", f"--config={ports}"),
            log=folder / "otelcol.log",
            ready=answers(f"http://127.0.0.1:{health}"),
            environment=environment(traces, K8S_AUTH_TYPE="kubeConfig", KUBECONFIG=str(kubeconfig)),
        )


def environment(traces: str, **more: str) -> dict[str, str]:
    """The variables that the generated configuration reads."""
    return {"PATH": os.environ["PATH"], "TRACES_ENDPOINT": traces, "TRACES_INSECURE": "true", **more}


class Backend(service.TraceServiceServicer):
    """Takes traces over gRPC and remembers them."""

    def __init__(self) -> None:
        self.address = ""
        self._lock = threading.Lock()
        self._spans: list[tuple[str, Attributes]] = []

    def Export(self, request: messages.ExportTraceServiceRequest, _context: object) -> object:  # noqa: N802 - gRPC's name
        with self._lock:
            for resource in request.resource_spans:
                described = _attributes(resource.resource.attributes)
                self._spans += [(span.name, described) for scope in resource.scope_spans for span in scope.spans]
        return messages.ExportTraceServiceResponse()

    def spans(self, of: str) -> dict[str, Attributes]:
        """The attributes of the resource of a service's latest span of each name."""
        with self._lock:
            return {name: described for name, described in self._spans if described.get("service.name") == of}


@contextmanager
def backend() -> Iterator[Backend]:
    """A place for traces, on a free port."""
    taken = Backend()
    server = grpc.server(ThreadPoolExecutor(max_workers=2))
    service.add_TraceServiceServicer_to_server(taken, server)  # type: ignore[no-untyped-call]  # generated
    taken.address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    try:
        yield taken
    finally:
        server.stop(grace=None).wait(10)


def _attributes(pairs: Iterable[KeyValue]) -> Attributes:
    return {pair.key: pair.value.string_value for pair in pairs}
