"""Looks at a cluster, as the demo's terminal gets them."""

from __future__ import annotations

from pathlib import Path

from kube_headroom.catalogue.indicators import CONTAINERS_WAITING, OOM_KILLS, REPLICAS_MISSING, RESTARTS
from kube_headroom.catalogue.usage_indicators import PROBE_FAILURES, THROTTLED_PERIODS
from kube_headroom.demo.look import Look, Places
from kube_headroom.overview.content import (
    Amounts,
    Burn,
    ErrorBudget,
    Finding,
    Overview,
    PeriodLeft,
    Room,
    Severity,
    Subject,
)
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


def error_budget(
    slo: str, state: str, severity: Severity | None, left: tuple[PeriodLeft, ...] = (), *, rate: float | None = None
) -> ErrorBudget:
    return ErrorBudget(
        service="payments",
        slo=slo,
        group="",
        namespace="payments",
        kind="Deployment",
        workload="payments",
        owner="payments",
        objective=0.999,
        state=state,
        severity=severity,
        periods=left,
        burns=() if rate is None else (Burn("1h", rate),),
        silent_since=None,
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
BURNING = subject(
    "payments/availability",
    finding("burns 60× too fast in the last hour, 73% of its 30d budget left", Severity.BROKEN),  # noqa: RUF001  meant
    kind="SLO",
    namespace="payments",
)
ERROR_BUDGETS = (
    error_budget(
        "availability",
        "fast_burn",
        Severity.BROKEN,
        (PeriodLeft("30d", 0.73, 1.0), PeriodLeft("month", 0.021, 1.0)),
        rate=60.0,
    ),
    error_budget("requests", "exhausted", Severity.RISK, (PeriodLeft("30d", -0.4, 1.0),), rate=0.4),
    error_budget("probes", "", Severity.NOTE),
    *(
        error_budget(f"requests-{number}", "healthy", None, (PeriodLeft("30d", 1.0, 1.0),), rate=0.0)
        for number in range(9)
    ),
)
CRASH_LOOP = Running("crash-loop", "payments/payments", NOON - 120, NOON + 780)
NODE_DOWN = Running("node-down", "general-b-1", NOON - 60, None)


def look(
    *subjects: Subject,
    incidents: tuple[Running, ...] = (),
    room: Room | None = ROOM,
    speed: float = 1,
    behind: float = 0.5,
    error_budgets: tuple[ErrorBudget, ...] = (),
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
        error_budgets=error_budgets,
        error_budgets_more=0,
        sources=(),
        questions=(),
    )
    return Look(NOON, speed, behind, overview, incidents)
