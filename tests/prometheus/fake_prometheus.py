"""A Prometheus in a few lines: raw samples of what it holds, answers to order for every other query."""

from __future__ import annotations

import gzip
import json
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import MappingProxyType
from typing import Any, NamedTuple
from urllib.parse import parse_qs

Labels = dict[str, str]
_MATCHER = re.compile(r'(\w+)(=~|!~|!=|=)"((?:[^"\\]|\\.)*)"')
_RANGE = re.compile(r"(?P<name>[\w:]*)\{(?P<matchers>.*)\}\[(?P<seconds>\d+)s\]", re.DOTALL)


class Asked(NamedTuple):
    """A request: the API's call, its form and its headers."""

    call: str
    form: dict[str, str]
    headers: dict[str, str]


class Reply(NamedTuple):
    """An answer to order."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = MappingProxyType({})


def vector(*rows: tuple[Labels, float | str], **more: object) -> Reply:
    """An instant vector; values may be words such as NaN."""
    result = [{"metric": labels, "value": [0, str(value)]} for labels, value in rows]
    return success({"resultType": "vector", "result": result}, **more)


def matrix(*rows: tuple[Labels, list[tuple[float, float]]], **more: object) -> Reply:
    result = [{"metric": labels, "values": [[at, str(value)] for at, value in samples]} for labels, samples in rows]
    return success({"resultType": "matrix", "result": result}, **more)


def success(data: object, **more: object) -> Reply:
    return Reply(
        body=json.dumps({"status": "success", "data": data, **more}, separators=(",", ":"), sort_keys=True).encode()
    )


def refusal(status: int, error: str) -> Reply:
    return Reply(status, json.dumps({"status": "error", "errorType": "bad_data", "error": error}).encode())


class Store:
    """Series with their samples, asked for by range selectors."""

    def __init__(self) -> None:
        self.series: list[tuple[Labels, list[tuple[float, float]]]] = []

    def add(self, labels: Labels, samples: list[tuple[float, float]]) -> None:
        self.series.append((labels, samples))

    def answer(self, query: str, at: float) -> list[tuple[Labels, list[tuple[float, float]]]]:
        found = _RANGE.fullmatch(query)
        assert found, query
        matchers = _MATCHER.findall(found["matchers"])
        if found["name"]:
            matchers.append(("__name__", "=", found["name"]))
        begin = at - float(found["seconds"])
        rows = []
        for labels, samples in self.series:
            inside = [sample for sample in samples if begin < sample[0] <= at]
            if inside and all(_meets(labels.get(name, ""), operator, value) for name, operator, value in matchers):
                rows.append((labels, inside))
        return rows


def _meets(text: str, operator: str, value: str) -> bool:
    value = value.replace("\\\\", "\\")
    same = text == value if operator in ("=", "!=") else re.fullmatch(value, text) is not None
    return same is (operator in ("=", "=~"))


class FakePrometheus:
    """A server whose `reply` may be exchanged at any time; `asked` holds what it was asked."""

    def __init__(self, reply: Callable[[Asked], Reply]) -> None:
        self.reply = reply
        self.asked: list[Asked] = []
        self.url = ""

    def queries(self) -> list[str]:
        return [one.form["query"] for one in self.asked if "query" in one.form]


def serving(*stores: Store) -> Callable[[Asked], Reply]:
    """Replies from stores in turn, as replicas behind one address."""
    turn = iter(range(10**9))

    def reply(asked: Asked) -> Reply:
        if asked.call != "query":
            return Reply(404)
        store = stores[next(turn) % len(stores)]
        return matrix(*store.answer(asked.form["query"], float(asked.form["time"])))

    return reply


@contextmanager
def prometheus(reply: Callable[[Asked], Reply], context: Any = None) -> Iterator[FakePrometheus]:
    """A server on a free port; with a TLS context if given."""
    fake = FakePrometheus(reply)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            self._answer({})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self._answer({name: values[0] for name, values in parse_qs(body).items()})

        def _answer(self, form: dict[str, str]) -> None:
            asked = Asked(self.path.partition("/api/v1/")[2], form, dict(self.headers))
            fake.asked.append(asked)
            status, body, headers = fake.reply(asked)
            if "gzip" in self.headers.get("Accept-Encoding", "") and "Content-Encoding" not in headers:
                body, headers = gzip.compress(body, 1), {**headers, "Content-Encoding": "gzip"}
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    fake.url = f"{'https' if context else 'http'}://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield fake
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
