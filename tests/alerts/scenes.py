"""Every alert's scenes: what each of them must do, and what nobody is to be told of."""

from __future__ import annotations

from typing import Final

from kube_headroom.catalogue import exporter, kubelets, nodes, usage, workloads
from kube_headroom.catalogue.labels import Node, Page, Slo, Source, WorkloadContainerProbe
from kube_headroom.catalogue.recorded import burn_rate
from tests.alerts.troubles import BEGIN, CART, CONTAINER, END, NEVER, OWNED, Row, Scene, Trouble, ends, probe, row


def scenes(trouble: Trouble) -> tuple[Scene, ...]:
    """Return the questions that every alert must answer."""
    begin = (BEGIN + trouble.fires[0], BEGIN + trouble.fires[1])
    whole = (begin, (END + trouble.ends[0], END + trouble.ends[1]))
    brief = (BEGIN, BEGIN + trouble.patience)
    return (
        Scene("fires, and ends when its cause does", trouble, whole),
        Scene("stays silent just below", trouble, None, level="below"),
        Scene("stays silent about what lasts no longer than its patience", trouble, None, times=brief),
        Scene("survives a restart of the exporter", trouble, whole, lives=((0, 85), (85, NEVER))),
        Scene("survives a quarter of an hour without exporter", trouble, whole, lives=((0, 80), (95, NEVER))),
        Scene(
            "ends with the exporter's return where its cause ended meanwhile",
            trouble,
            (begin, (END, 130 + max(trouble.ends[1], 5))),
            lives=((0, 90), (120, NEVER)),
        ),
    )


CRASHES: Final = (row(workloads.CONTAINER_RESTARTS, 0, 0.5, 0.1, labels=CONTAINER), ends("Error", 0, 0.5, 0.1))
KILLS: Final = (row(workloads.CONTAINER_RESTARTS, 0, 0.5, 0.05, labels=CONTAINER), ends("OOMKilled", 0, 0.5, 0.05))
PROBES: Final = (probe(usage.PROBE_FAILURES, 0, 12, 2),)
FEW: Final = (row(workloads.REPLICAS_READY, 4, 1, 3),)

TROUBLES: Final = (
    Trouble(
        "HeadroomWorkloadUnavailable",
        "critical",
        OWNED,
        (
            row(workloads.REPLICAS_READY, 4, 0, 1),
            row(workloads.REPLICAS_AVAILABLE, 4, 0, 1),
        ),
        (4.5, 6),
        (-0.5, 1),
        4,
    ),
    Trouble(
        "HeadroomWorkloadUnavailable",
        "warning",
        OWNED,
        (row(workloads.REPLICAS_AVAILABLE, 4, 2, 3), row(workloads.REPLICAS_READY, 4, 2, 3)),
        (14.5, 16),
        (-0.5, 1),
        14,
    ),
    Trouble("HeadroomCrashLoop", "warning", OWNED, CRASHES, (20, 25), (8, 12), 5),
    Trouble("HeadroomCrashLoop", "critical", OWNED, (*CRASHES, *FEW), (14, 19), (0, 12), 5),
    Trouble("HeadroomOOMLoop", "warning", OWNED, KILLS, (18, 22), (8, 12), 4),
    Trouble("HeadroomOOMLoop", "critical", OWNED, (*KILLS, *FEW), (14, 19), (0, 12), 4),
    Trouble("HeadroomProbesFailing", "warning", OWNED, PROBES, (15, 18), (2, 6), 10),
    Trouble("HeadroomProbesFailing", "critical", OWNED, (*PROBES, *FEW), (14, 19), (2, 6), 10),
    Trouble(
        "HeadroomThrottlingHurts",
        "warning",
        OWNED,
        (
            row(usage.CFS_THROTTLED_PERIODS, 0, 300, 130, labels=CONTAINER),
            row(usage.CPU_THROTTLED, 0, 12, 12),
            probe(usage.PROBE_FAILURES, 0, 1, 1),
        ),
        (15, 20),
        (0, 6),
        9,
    ),
    Trouble(
        "HeadroomMemoryNearLimit",
        "warning",
        OWNED,
        (row(usage.MEMORY_LIMIT_PEAK, 0.5, 0.93, 0.89, labels=CONTAINER),),
        (4.5, 6),
        (-0.5, 1),
        4,
    ),
    Trouble("HeadroomRolloutStuck", "warning", OWNED, (row(workloads.ROLLOUT_STUCK, 0, 1, 0),), (4.5, 6), (-0.5, 1), 4),
    Trouble(
        "HeadroomPodsUnschedulable",
        "warning",
        OWNED,
        (row(workloads.PODS_UNSCHEDULABLE, 0, 2, 0),),
        (14.5, 16),
        (-0.5, 1),
        14,
    ),
    Trouble(
        "HeadroomNodeNotReady",
        "critical",
        {"node": "n1"},
        (row(nodes.NODE_READY, 1, 0, 1, labels=Node("n1")),),
        (4.5, 6),
        (-0.5, 1),
        4,
    ),
)

NODE_AWAY: Final = row(nodes.NODE_READY, 1, 0, 1, labels=Node("n1"))
NOBODY: Final = (row(workloads.REPLICAS_READY, 4, 0, 0), row(workloads.REPLICAS_AVAILABLE, 4, 0, 0))
THROTTLED: Final = (
    row(usage.CFS_THROTTLED_PERIODS, 0, 300, 0, labels=CONTAINER),
    row(usage.CPU_THROTTLED, 0, 12, 0),
)
STARTUP: Final = WorkloadContainerProbe(*CONTAINER, "startup")
UNAVAILABLE: Final = TROUBLES[0]
THROTTLING: Final = TROUBLES[8]
SOON: Final = ((BEGIN + 4.5, BEGIN + 6), (END - 0.5, END + 1))
LATER: Final = ((BEGIN + 14.5, BEGIN + 16), (END - 0.5, END + 1))


def _about(alert: str, severity: str, labels: dict[str, str], *rows: Row) -> Trouble:
    return Trouble(alert, severity, labels, rows, (0, 0), (0, 0), 0)


def _unavailable(*rows: Row) -> Trouble:
    return UNAVAILABLE._replace(rows=(*NOBODY, *rows))


EVENTS: Final = {"source": "events"}
STALE: Final = _about(
    "HeadroomSourceStale", "critical", EVENTS, row(exporter.SOURCE_STALE, 0, 1, 0, labels=Source("events"))
)
FAILING: Final = _about(
    "HeadroomSourceFailing", "warning", EVENTS, row(exporter.SOURCE_UP, 1, 0, 1, labels=Source("events"))
)
UNREAD: Final = tuple(
    _about("HeadroomKubeletsUnread", "warning", {}, row(kubelets.KUBELET_NODES_READ, 10, 8, 9, labels=Page(page)))
    for page in ("resource", "cadvisor")
)
FLAPPING: Final = _about("HeadroomNodeFlapping", "warning", {"node": "n1"}, NODE_AWAY)
DOWN: Final = _about("HeadroomExporterDown", "critical", {})
WATCHDOG: Final = _about("HeadroomWatchdog", "none", {})

SCENES: Final = (
    *(scene for trouble in TROUBLES for scene in scenes(trouble)),
    Scene("is not lost where no owner is told", UNAVAILABLE, SOON, without=(workloads.INFO,)),
    Scene(
        "leaves it to the node's page where all that is missing sits there",
        _unavailable(NODE_AWAY, row(workloads.PODS_ON_UNREADY_NODES, 0, 4, 0)),
        None,
    ),
    Scene(
        "pages where only some of what is missing sits on such a node",
        _unavailable(NODE_AWAY, row(workloads.PODS_ON_UNREADY_NODES, 0, 2, 0)),
        SOON,
    ),
    Scene(
        "pages where the node is gone and has no page",
        _unavailable(row(workloads.PODS_ON_UNREADY_NODES, 0, 4, 0)),
        SOON,
    ),
    Scene(
        "pages where the node is cordoned and has no page",
        _unavailable(
            NODE_AWAY,
            row(nodes.NODE_UNSCHEDULABLE, 0, 1, 0, labels=Node("n1")),
            row(workloads.PODS_ON_UNREADY_NODES, 0, 4, 0),
        ),
        SOON,
    ),
    Scene("says nothing of a workload scaled to zero", _unavailable(row(workloads.REPLICAS_DESIRED, 4, 0, 0)), None),
    Scene(
        "says nothing of ends that were wanted",
        _about(
            "HeadroomCrashLoop",
            "warning",
            OWNED,
            row(workloads.CONTAINER_RESTARTS, 0, 0.5, 0, labels=CONTAINER),
            ends("Completed", 0, 0.5, 0),
        ),
        None,
    ),
    Scene(
        "says nothing of one restart of a hundred replicas",
        _about(
            "HeadroomCrashLoop",
            "warning",
            OWNED,
            row(workloads.CONTAINER_RESTARTS, 0, 100, 0, labels=CONTAINER),
            ends("Error", 0, 100, 0),
        ),
        None,
        times=(BEGIN, BEGIN + 1),
    ),
    Scene(
        "says nothing of startup probes",
        _about(
            "HeadroomProbesFailing",
            "warning",
            OWNED,
            row(usage.PROBES, 0, 24, 0, labels=STARTUP),
            row(usage.PROBE_FAILURES, 0, 24, 0, labels=STARTUP),
        ),
        None,
    ),
    Scene("says nothing of throttling without a symptom", THROTTLING._replace(rows=THROTTLED), None),
    Scene(
        "says nothing of a share without seconds",
        THROTTLING._replace(rows=(THROTTLED[0], probe(usage.PROBE_FAILURES, 0, 1, 0))),
        None,
    ),
    Scene(
        "takes a burning SLO of the workload for a symptom",
        THROTTLING._replace(
            rows=(*THROTTLED, row(burn_rate("1h"), 0, 2, 0, labels=Slo("shop", "cart-requests", "", *CART)))
        ),
        ((BEGIN + 15, BEGIN + 20), (END - 0.5, END + 6)),
    ),
    Scene(
        "says nothing of a cordoned node",
        TROUBLES[12]._replace(rows=(NODE_AWAY, row(nodes.NODE_UNSCHEDULABLE, 0, 1, 0, labels=Node("n1")))),
        None,
    ),
    Scene("fires, and ends when the window has forgotten", FLAPPING, ((66, 69), (78, 81)), times=(45, 57)),
    Scene("stays silent about a quarter of the window", FLAPPING, None, times=(45, 52)),
    Scene("fires, and ends when the source is heard again", STALE, SOON),
    Scene("stays silent about a source that is heard", STALE, None, level="below"),
    Scene("fires, and ends when the source can be read again", FAILING, LATER),
    Scene("stays silent about a quarter of an hour", FAILING, None, times=(BEGIN, BEGIN + 14)),
    *(Scene("fires, and ends when the kubelets are read again", unread, LATER) for unread in UNREAD),
    Scene("stays silent about a tenth", UNREAD[0], None, level="below"),
    Scene(
        "stays silent about kubelets of nodes that are away",
        UNREAD[0]._replace(rows=(*UNREAD[0].rows, NODE_AWAY)),
        None,
    ),
    Scene("survives a restart of the exporter", UNREAD[0], LATER, lives=((0, 85), (85, NEVER))),
    Scene("fires, and ends with the exporter's return", DOWN, ((84.5, 86), (94.5, 96)), lives=((0, 80), (95, NEVER))),
    Scene("stays silent about a restart", DOWN, None, lives=((0, 80), (84, NEVER))),
    Scene("always fires, also without exporter", WATCHDOG, ((-1, 0), (NEVER, NEVER)), lives=((0, 80), (95, NEVER))),
)
