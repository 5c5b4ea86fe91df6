"""What the SLOs are about: a shop's counters, declared in Sloth's words, and a cluster with nothing else in it."""

from __future__ import annotations

import json
import math
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import yaml

from tests.cluster.fake_api import FakeApi, Handler

BIRTH = 1_700_000_000
"""When the counters began; history/main.go makes the same values."""
BOOKMARK_SECONDS = 60.0


def page(objectives: int, at: float) -> str:
    """Return two counters per SLO, as a scrape at `at` (Unix seconds) gets them."""
    age = at - BIRTH
    lines = ["# TYPE shop_requests_total counter"]
    lines += [
        f'shop_requests_total{{route="{_route(number)}"}} '
        f"{math.floor(age * (10 + number % 7) + 200 * math.sin(age / 97 + number))}"
        for number in range(objectives)
    ]
    lines.append("# TYPE shop_request_errors_total counter")
    lines += [
        f'shop_request_errors_total{{route="{_route(number)}"}} '
        f"{math.floor(age * (10 + number % 7) / 2000 + 3 * math.sin(age / 1311 + number))}"
        for number in range(objectives)
    ]
    return "\n".join((*lines, ""))


def specification(objectives: int) -> str:
    """Declare them all in one document of Sloth's, which both sides read."""
    declared = [_declared(_route(number)) for number in range(objectives)]
    return yaml.safe_dump({"version": "prometheus/v1", "service": "shop", "slos": declared}, sort_keys=False)


def _route(number: int) -> str:
    return f"route-{number:03}"


def _declared(route: str) -> dict[str, Any]:
    def rate(metric: str) -> str:
        return f'sum(rate({metric}{{route="{route}"}}[{{{{.window}}}}]))'

    return {
        "name": route,
        "objective": 99.9,
        "sli": {
            "events": {
                "error_query": rate("shop_request_errors_total"),
                "total_query": rate("shop_requests_total"),
            }
        },
        "alerting": {"name": f"ErrorsOn{route}", "labels": {"team": "shop"}},
    }


@contextmanager
def scraped(objectives: int) -> Iterator[str]:
    """Serve the counters; gives host:port."""

    class Target(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = page(objectives, time.time()).encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Target)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def empty_cluster() -> Iterator[str]:
    """An API server with a version and empty lists, whose watches say once a minute that nothing happened."""
    api = FakeApi()
    api.answer = _nothing
    api.start()
    try:
        yield api.url
    finally:
        api.stop()


def _nothing(handler: Handler) -> None:
    path, _, query = handler.path.partition("?")
    if path == "/version":
        handler.json({"major": "1", "minor": "36", "gitVersion": "v1.36.3"})
    elif path.endswith("/kube-system"):
        handler.json({"metadata": {"name": "kube-system", "uid": "0"}})
    elif "watch=" in query:
        _watched(handler)
    else:
        handler.json({"kind": "List", "apiVersion": "v1", "metadata": {"resourceVersion": "1"}, "items": []})


def _watched(handler: Handler) -> None:
    handler.send_response(200)
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    metadata = {"metadata": {"resourceVersion": "1"}}
    line = json.dumps({"type": "BOOKMARK", "object": metadata}).encode() + b"\n"
    try:
        while not handler.api.released.wait(BOOKMARK_SECONDS):
            handler.wfile.write(b"%x\r\n%s\r\n" % (len(line), line))
        handler.wfile.write(b"0\r\n\r\n")
    except OSError:  # the reader went first
        handler.close_connection = True
