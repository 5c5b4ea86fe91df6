"""Where an alert begins: one table, from which the rules, the runbooks and whoever overrides a value read."""

from __future__ import annotations

from typing import Final, NamedTuple

from kube_headroom.catalogue.vector import seconds


class Amount(NamedTuple):
    """A number that a series is held against; `unit` is that of the series."""

    name: str
    default: float
    unit: str
    meaning: str


class Period(NamedTuple):
    """How long something must last, or how far back it counts; `default` is a duration of Prometheus."""

    name: str
    default: str
    meaning: str

    @property
    def seconds(self) -> float:
        """The default in seconds."""
        return seconds(self.default)


PAGE_WAIT: Final = Period("page_wait", "5m", "How long a cause of a page lasts before it pages.")
TICKET_WAIT: Final = Period("ticket_wait", "15m", "How long a cause of a ticket lasts before it makes one.")
BRIEF_WAIT: Final = Period(
    "brief_wait", "5m", "The same for tickets whose cause was watched for minutes before it shows in a series."
)
HURT_WINDOW: Final = Period("hurt_window", "15m", "Over how long the share of ready replicas is averaged.")
LOOP_WINDOW: Final = Period("loop_window", "30m", "How far back the restarts of a loop count.")
LOOP_PAUSE: Final = Period(
    "loop_pause",
    "10m",
    "A loop ends this long after its last restart: longer than the kubelet's longest back-off of five minutes, shorter "
    "than ticket_wait, so that one restart of many replicas at once makes no ticket.",
)
LATELY: Final = Period("lately", "5m", "The window of shares and rates.")
SYMPTOM_WINDOW: Final = Period("symptom_window", "15m", "How far back failed probes count as a symptom.")
FLAP_WINDOW: Final = Period("flap_window", "30m", "Over how long the share of time in which a node is ready is taken.")

READY_LOW: Final = Amount(
    "ready_low", 0.75, "ratio", "Share of the desired replicas below which available ones are few."
)
HURT: Final = Amount(
    "hurt",
    0.5,
    "ratio",
    "Average share of ready replicas below which a loop or failing probes page instead of waiting.",
)
LOOP_RESTARTS: Final = Amount("loop_restarts", 4, "restarts", "Restarts within loop_window that make a loop.")
LOOP_OOM_KILLS: Final = Amount("loop_oom_kills", 3, "kills", "OOM kills within loop_window that make a loop.")
PROBES_FAILED: Final = Amount("probes_failed", 0.1, "ratio", "Share of the liveness or readiness probes that fails.")
THROTTLED_SHARE: Final = Amount(
    "throttled_share", 0.25, "ratio", "Share of CFS periods in which a limit stops a container."
)
THROTTLED_SECONDS: Final = Amount("throttled_seconds", 0.05, "seconds per second", "Time that CPU limits take.")
SYMPTOM_PROBES: Final = Amount("symptom_probes", 3, "probes", "Failed probes within symptom_window that are a symptom.")
SYMPTOM_BURN: Final = Amount("symptom_burn", 1, "burn rate", "Burn rate over one hour of an SLO that is a symptom.")
MEMORY_NEAR_LIMIT: Final = Amount(
    "memory_near_limit", 0.9, "ratio", "Highest share of its memory limit in any replica."
)
PODS_WAITING: Final = Amount("pods_waiting", 1, "pods", "Unschedulable pods that make a ticket.")
NODE_READY_LOW: Final = Amount("node_ready_low", 0.75, "ratio", "Share of flap_window in which a node is ready.")
KUBELETS_UNREAD: Final = Amount(
    "kubelets_unread", 0.1, "ratio", "Share of the kubelets to be read that is not, nodes that are not ready left out."
)

THRESHOLDS: Final[tuple[Amount | Period, ...]] = (
    PAGE_WAIT,
    TICKET_WAIT,
    BRIEF_WAIT,
    HURT_WINDOW,
    LOOP_WINDOW,
    LOOP_PAUSE,
    LATELY,
    SYMPTOM_WINDOW,
    FLAP_WINDOW,
    READY_LOW,
    HURT,
    LOOP_RESTARTS,
    LOOP_OOM_KILLS,
    PROBES_FAILED,
    THROTTLED_SHARE,
    THROTTLED_SECONDS,
    SYMPTOM_PROBES,
    SYMPTOM_BURN,
    MEMORY_NEAR_LIMIT,
    PODS_WAITING,
    NODE_READY_LOW,
    KUBELETS_UNREAD,
)
