"""Looks at a cluster, as the demo's terminal gets them."""

from __future__ import annotations

from pathlib import Path

from kube_headroom.catalogue.indicators import CONTAINERS_WAITING, OOM_KILLS, REPLICAS_MISSING, RESTARTS
from kube_headroom.catalogue.usage_indicators import PROBE_FAILURES, THROTTLED_PERIODS
from kube_headroom.demo.look import Look, Places
from kube_headroom.overview.content import Amounts, Finding, Overview, Room, Severity, Subject
from kube_headroom.simulator.incidents.board import Running

NOON = 1_799_755_200.0
GiB = 2**30
WHERE = Places(
    page="http://localhost:9789/",
    metrics="http://localhost:9789/metrics",
    control="http://127.0.0.1:9790",
    kubeconfig=Path("/tmp/kube-headroom-demo-a1b2c3d4/kubeconfig"),
)
ROOM = Room(
    pool="",
    nodes=12,
    usable=11,
    measured=12,
    cpu=Amounts(allocatable=60, largest=7.5, requested=56.4, limited=66, used=21.3),
    memory=Amounts(allocatable=160 * GiB, largest=28 * GiB, requested=52.7 * GiB, limited=80 * GiB, used=41.2 * GiB),
)


def finding(text: str, severity: Severity = Severity.RISK, *, indicator: str = "", value: float = 1) -> Finding:
    return Finding(indicator=indicator, severity=severity, text=text, value=value, lasting=True, since=NOON - 90)


def subject(name: str, *findings: Finding, kind: str = "Deployment", namespace: str = "shop") -> Subject:
    return Subject(
        kind=kind, namespace=namespace, name=name, owner="", severity=findings[0].severity, findings=findings
    )


CRASHING = subject(
    "payments",
    finding("no replica available, 6 wanted", Severity.BROKEN, indicator=REPLICAS_MISSING.name, value=6),
    finding("CrashLoopBackOff in payments", Severity.BROKEN, indicator=CONTAINERS_WAITING.name, value=5),
    finding("31 restarts in the last hour (payments)", indicator=RESTARTS.name, value=31),
    namespace="payments",
)
NODE = subject("general-b-1", finding("node is not ready", Severity.BROKEN), kind="Node", namespace="")
STARVING = subject(
    "checkout",
    finding("2 OOM kills in the last hour (checkout)", indicator=OOM_KILLS.name, value=2),
    finding("checkout throttled in 62% of its CPU periods", indicator=THROTTLED_PERIODS.name, value=0.62),
    finding("readiness probe of checkout: 40% failed", indicator=PROBE_FAILURES.name, value=0.4),
)
CART = subject("cart", finding("autoscaler at its maximum of 8 replicas"))
BUDGET = subject(
    "catalog",
    finding("no pod may be evicted: 3 healthy, 3 required", Severity.NOTE),
    kind="PodDisruptionBudget",
    namespace="catalog",
)
CRASH_LOOP = Running("crash-loop", "payments/payments", NOON - 120, NOON + 780)
NODE_DOWN = Running("node-down", "general-b-1", NOON - 60, None)


def look(
    *subjects: Subject,
    incidents: tuple[Running, ...] = (),
    room: Room | None = ROOM,
    speed: float = 1,
    behind: float = 0.5,
) -> Look:
    counts = {severity: sum(1 for each in subjects if each.severity is severity) for severity in Severity}
    overview = Overview(
        at=NOON,
        watching_since=NOON - 3600,
        counts=counts,
        subjects=subjects,
        more=0,
        cluster=room,
        pools=(),
        error_budgets=(),
        error_budgets_more=0,
        sources=(),
        questions=(),
    )
    return Look(NOON, speed, behind, overview, incidents)
