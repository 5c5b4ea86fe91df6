"""What a probe of a container gets as an answer, from the state of its program and of its CPU."""

from __future__ import annotations

import math
from random import Random
from typing import NamedTuple

from kube_headroom.simulator.kubelet.backoff import duration
from kube_headroom.simulator.kubelet.runtime import RunningContainer
from kube_headroom.simulator.store import Object

SPREAD = 1.0
"""Standard deviation of the logarithm of a request's latency."""
STARVED = 1.25
"""From this much more wanted than granted on, requests wait for the CPU."""


class Question(NamedTuple):
    """What a probe asks: Startup, Readiness or Liveness, its spec with ports resolved, and the pod's address."""

    kind: str
    probe: Object
    address: str


def failure(question: Question, container: RunningContainer, now: float, chance: Random) -> str:
    """Return why a probe fails as the kubelet's event says it, "" if it succeeds."""
    kind, probe, address = question
    program = container.program
    age = now - container.started
    if program.hangs_after is not None and age >= program.hangs_after:
        return _timeout(probe, address)
    if age < program.start_seconds:
        return _refused(probe, address)
    if not (program.ready if kind == "Readiness" else program.healthy):
        return _unhealthy(probe, address)
    if _misses_timeout(container, float(probe.get("timeoutSeconds", 1)), chance):
        return _timeout(probe, address)
    return ""


def _misses_timeout(container: RunningContainer, timeout: float, chance: Random) -> bool:
    """Draw whether a request takes longer than the timeout: its latency grows as its CPU is cut."""
    cgroup = container.cgroup
    if cgroup.wanted <= cgroup.granted * STARVED:
        return False
    if cgroup.granted <= 0:
        return True
    median = container.program.latency * cgroup.wanted / cgroup.granted
    return median * math.exp(SPREAD * chance.gauss(0.0, 1.0)) > timeout


def _target(probe: Object, address: str) -> tuple[str, str]:
    """Return the way of asking and whom it asks, as Go writes it."""
    if "httpGet" in probe:
        get = probe["httpGet"]
        path = get.get("path") or "/"
        slash = "" if path.startswith("/") else "/"
        authority = f"{get.get('host') or address}:{get['port']}"
        return "http", f"{get.get('scheme', 'HTTP').lower()}://{authority}{slash}{path}"
    if "tcpSocket" in probe:
        return "tcp", f"{probe['tcpSocket'].get('host') or address}:{probe['tcpSocket']['port']}"
    if "grpc" in probe:
        return "grpc", f"{address}:{probe['grpc']['port']}"
    return "exec", " ".join(probe.get("exec", {}).get("command") or ())


def _timeout(probe: Object, address: str) -> str:
    way, target = _target(probe, address)
    limit = duration(float(probe.get("timeoutSeconds", 1)))
    return {
        "http": f'Get "{target}": context deadline exceeded (Client.Timeout exceeded while awaiting headers)',
        "tcp": f"dial tcp {target}: i/o timeout",
        "grpc": f"timeout: health rpc did not complete within {limit}",
        "exec": f'command timed out: "{target}" timed out after {limit}',
    }[way]


def _refused(probe: Object, address: str) -> str:
    way, target = _target(probe, address)
    if way == "http":
        authority = target.partition("://")[2].partition("/")[0]
        return f'Get "{target}": dial tcp {authority}: connect: connection refused'
    limit = duration(float(probe.get("timeoutSeconds", 1)))
    return {
        "tcp": f"dial tcp {target}: connect: connection refused",
        "grpc": f'timeout: failed to connect service "{target}" within {limit}: context deadline exceeded',
        "exec": "not started",
    }[way]


def _unhealthy(probe: Object, address: str) -> str:
    way, target = _target(probe, address)
    return {
        "http": "HTTP probe failed with statuscode: 503",
        "tcp": f"dial tcp {target}: connect: connection refused",
        "grpc": 'service unhealthy (responded with "NOT_SERVING")',
        "exec": "unhealthy",
    }[way]


def resolved(probe: Object, container: Object) -> Object:
    """Return a probe's spec with named ports replaced by their numbers."""
    named = {port["name"]: port["containerPort"] for port in container.get("ports") or () if "name" in port}
    asked = dict(probe)
    for way in ("httpGet", "tcpSocket"):
        if way in asked:
            asked[way] = {**asked[way], "port": named.get(asked[way]["port"], asked[way]["port"])}
    return asked
