"""A scripted API server without a network: answers in order, a clock that only waiting moves, everything recorded."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from urllib3.exceptions import ReadTimeoutError

from kube_headroom.cluster.decode import NamespaceFilter, ObjectReader
from kube_headroom.cluster.facts.conversion import Keys
from kube_headroom.cluster.health import SourceHealth, SourceReport
from kube_headroom.cluster.kinds import KINDS_BY_NAME
from kube_headroom.cluster.reflector import Reflector, Source
from kube_headroom.model import Change, Fact
from kube_headroom.timing import Timing

NOW = 1_800_000_000.0


def pod(name: str, version: str = "1", *, uid: str = "", phase: str = "Running") -> dict[str, Any]:
    return {
        "metadata": {"name": name, "namespace": "shop", "uid": uid or f"uid-{name}", "resourceVersion": version},
        "spec": {"containers": [{"name": "app", "resources": {"requests": {"cpu": "100m"}}}]},
        "status": {"phase": phase},
    }


def line(event_type: str, obj: Mapping[str, Any]) -> bytes:
    return json.dumps({"type": event_type, "object": obj}).encode() + b"\n"


def added(obj: Mapping[str, Any]) -> bytes:
    return line("ADDED", {"kind": "Pod", **obj})


def modified(obj: Mapping[str, Any]) -> bytes:
    return line("MODIFIED", {"kind": "Pod", **obj})


def deleted(obj: Mapping[str, Any]) -> bytes:
    return line("DELETED", {"kind": "Pod", **obj})


def bookmark(version: str, *, end: bool = False) -> bytes:
    annotations = {"annotations": {"k8s.io/initial-events-end": "true"}} if end else {}
    return line("BOOKMARK", {"kind": "Pod", "metadata": {"resourceVersion": version, **annotations}})


def error(code: int, reason: str, message: str = "no", **details: Any) -> bytes:
    status = {"kind": "Status", "code": code, "reason": reason, "message": message, "details": details}
    return line("ERROR", status)


class Answer:
    """What urllib3 would give: a status and a body that comes in chunks, ending with EOF or an exception."""

    def __init__(
        self,
        chunks: Sequence[bytes],
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        ends: Exception | None = None,
    ) -> None:
        self.status = status
        self.headers = dict(headers or {})
        self.before_each: Callable[[], None] = lambda: None
        self.closed = False
        self._chunks = self._produce(chunks, ends)

    def _produce(self, chunks: Sequence[bytes], ends: Exception | None) -> Iterator[bytes]:
        for chunk in chunks:
            self.before_each()
            yield chunk
        if ends is not None:
            raise ends

    @property
    def data(self) -> bytes:
        return b"".join(self._chunks)

    def read(self, _size: int) -> bytes:
        return self.data

    def read1(self, _size: int) -> bytes:
        return next(self._chunks, b"")

    def close(self) -> None:
        self.closed = True


def listing(*items: Mapping[str, Any], version: str = "10", token: str = "", kind: str = "PodList") -> Answer:
    meta = {"resourceVersion": version} | ({"continue": token} if token else {})
    return Answer([json.dumps({"kind": kind, "metadata": meta, "items": items}).encode()])


def refused(code: int, reason: str = "", message: str = "no", headers: Mapping[str, str] | None = None) -> Answer:
    body = {"kind": "Status", "code": code, "reason": reason, "message": message}
    return Answer([json.dumps(body).encode()], status=code, headers=headers)


def watching(*chunks: bytes, ends: Exception | None = None) -> Answer:
    return Answer(chunks, ends=ends)


def silence() -> Exception:
    return ReadTimeoutError(None, "/", "Read timed out.")  # type: ignore[arg-type]


class View:
    """A sink that applies what it is told, and keeps every view a reader could have seen."""

    def __init__(self) -> None:
        self.facts: dict[str, Fact] = {}
        self.seen: list[set[str]] = []
        self.calls: list[tuple[str, int]] = []

    def replace(self, _kind: str, scope: str, facts: Mapping[str, Fact]) -> None:
        self.facts = dict(facts)
        self.calls.append((f"replace {scope}".strip(), len(facts)))
        self.seen.append(set(self.facts))

    def apply(self, _kind: str, facts: Sequence[tuple[Change, Fact]]) -> None:
        for change, fact in facts:
            if change is Change.DELETE:
                self.facts.pop(uid_of(fact), None)
            else:
                self.facts[uid_of(fact)] = fact
        self.calls.append(("apply", len(facts)))
        self.seen.append(set(self.facts))

    @property
    def names(self) -> list[str]:
        return sorted(uid.removeprefix("uid-") for uid in self.facts)


def uid_of(fact: Any) -> str:
    return str(fact.uid if hasattr(fact, "uid") else fact.metadata.uid)


class Run:
    """A reflector run against a script until the script ends; the last answer stops it."""

    def __init__(
        self,
        *script: Answer | Exception,
        kind: str = "pods",
        scope: str = "",
        streaming: bool = False,
        admitted: NamespaceFilter | None = None,
        sink: Any = None,
        seconds_per_chunk: float = 0.0,
    ) -> None:
        self.server = "https://api.example"
        self.now = NOW
        self.waits: list[float] = []
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.accepts: list[str] = []
        self.reports_before_waits: list[SourceReport] = []
        self._script = iter(script)
        self._seconds_per_chunk = seconds_per_chunk
        self._stop = threading.Event()
        self.view = sink or View()
        self.health = SourceHealth(kind, scope)
        reader = ObjectReader(KINDS_BY_NAME[kind], Keys(), self.health, admitted or NamespaceFilter())
        self.reflector = Reflector(
            Source(KINDS_BY_NAME[kind], scope, reader, self.health),
            self,  # type: ignore[arg-type]
            self.view,
            streaming=streaming,
            timing=Timing(lambda: self.now, lambda: 0.0, self._wait),
        )
        self.reflector.run(self._stop)
        self.report = self.health.report()

    def get(self, path: str, query: Mapping[str, str], *, accept: str, read_timeout: float, stream: bool) -> Answer:
        assert 0 < read_timeout <= 65
        assert stream
        answer = next(self._script, None)
        if answer is None:
            self._stop.set()
            return watching()
        self.asked.append((path, dict(query)))
        self.accepts.append(accept)
        if isinstance(answer, Exception):
            raise answer
        answer.before_each = self._pass_time
        return answer

    def _pass_time(self) -> None:
        self.now += self._seconds_per_chunk

    def _wait(self, stop: threading.Event, seconds: float) -> bool:
        self.waits.append(seconds)
        self.reports_before_waits.append(self.health.report())
        self.now += seconds
        return stop.is_set()

    def query(self, position: int) -> dict[str, str]:
        return self.asked[position][1]

    @property
    def versions(self) -> list[str]:
        """What each request asked for, in short: `list`, `list>=V`, `more`, `watch V`, `stream`, `stream>=V`."""
        return [_short(query) for _, query in self.asked]


def _short(query: Mapping[str, str]) -> str:
    version = query.get("resourceVersion", "")
    if "continue" in query:
        return "more"
    if query.get("sendInitialEvents"):
        return f"stream>={version}" if version else "stream"
    if "watch" in query:
        return f"watch {version}"
    return f"list>={version}" if version else "list"
