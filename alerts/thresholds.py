"""Where an alert begins: one table, from which rules, chart, documents and whoever overrides a value read."""

from __future__ import annotations

from typing import Final, NamedTuple

from kube_headroom.catalogue.parameter import Parameter
from kube_headroom.catalogue.vector import number, seconds


class Amount(NamedTuple):
    """A number that a series is held against; `unit` is that of the series, `least` and `most` what makes sense.

    A share is above 0 and at most 1: `least` of 0 is never reached.
    """

    name: str
    default: float
    unit: str
    meaning: str
    least: float = 0
    most: float = 1

    @property
    def given(self) -> Parameter:
        """What stands in a query."""
        return Parameter(self.name, number(self.default))

    @property
    def expected(self) -> str:
        """What may be set, in words."""
        lowest = f"from {number(self.least)}" if self.least else "above 0 and"
        return f"a number {lowest} up to {number(self.most)}"


class Period(NamedTuple):
    """How long something must last, or how far back it counts; `default` is a duration of Prometheus."""

    name: str
    default: str
    meaning: str
    least: str = "30s"
    most: str = "1d"

    @property
    def given(self) -> Parameter:
        """What stands in a query."""
        return Parameter(self.name, self.default)

    @property
    def seconds(self) -> float:
        """The default in seconds."""
        return seconds(self.default)

    @property
    def expected(self) -> str:
        """What may be set, in words."""
        return f"a duration such as {self.default}, from {self.least} up to {self.most}"


RATE: Final = "2m"
"""The least window of a rate: four scrapes 30 s apart."""

BACK_OFF: Final = "5m"
"""The kubelet's longest pause between two restarts of a container."""

MANY: Final = 1000
"""More than anybody counts on; what is above is a slip."""

PAGE_WAIT: Final = Period("page_wait", "5m", "How long a cause of a page lasts before it pages.")
TICKET_WAIT: Final = Period("ticket_wait", "15m", "How long a cause of a ticket lasts before it makes one.")
BRIEF_WAIT: Final = Period(
    "brief_wait", "5m", "The same for tickets whose cause was watched for minutes before it shows in a series."
)
HURT_WINDOW: Final = Period("hurt_window", "15m", "Over how long the share of ready replicas is averaged.", RATE)
LOOP_WINDOW: Final = Period("loop_window", "30m", "How far back the restarts of a loop count.", RATE)
LOOP_PAUSE: Final = Period(
    "loop_pause",
    "10m",
    "A loop ends this long after its last restart: longer than the kubelet's longest back-off of five minutes, shorter "
    "than ticket_wait, so that one restart of many replicas at once makes no ticket.",
    "6m",
)
LATELY: Final = Period("lately", "5m", "The window of shares and rates.", RATE)
SYMPTOM_WINDOW: Final = Period("symptom_window", "15m", "How far back failed probes count as a symptom.", RATE)
FLAP_WINDOW: Final = Period(
    "flap_window", "30m", "Over how long the share of time in which a node is ready is taken.", RATE
)

READY_LOW: Final = Amount(
    "ready_low", 0.75, "ratio", "Share of the desired replicas below which available ones are few."
)
HURT: Final = Amount(
    "hurt",
    0.5,
    "ratio",
    "Average share of ready replicas below which a loop or failing probes page instead of waiting.",
)
LOOP_RESTARTS: Final = Amount("loop_restarts", 4, "restarts", "Restarts within loop_window that make a loop.", 1, MANY)
LOOP_OOM_KILLS: Final = Amount("loop_oom_kills", 3, "kills", "OOM kills within loop_window that make a loop.", 1, MANY)
PROBES_FAILED: Final = Amount("probes_failed", 0.1, "ratio", "Share of the liveness or readiness probes that fails.")
THROTTLED_SHARE: Final = Amount(
    "throttled_share", 0.25, "ratio", "Share of CFS periods in which a limit stops a container."
)
THROTTLED_SECONDS: Final = Amount(
    "throttled_seconds", 0.05, "seconds per second", "Time that CPU limits take.", 0, MANY
)
SYMPTOM_PROBES: Final = Amount(
    "symptom_probes", 3, "probes", "Failed probes within symptom_window that are a symptom.", 1, MANY
)
SYMPTOM_BURN: Final = Amount(
    "symptom_burn", 1, "burn rate", "Burn rate over one hour of an SLO that is a symptom.", 0, MANY
)
MEMORY_NEAR_LIMIT: Final = Amount(
    "memory_near_limit", 0.9, "ratio", "Highest share of its memory limit in any replica."
)
PODS_WAITING: Final = Amount("pods_waiting", 1, "pods", "Unschedulable pods that make a ticket.", 1, MANY)
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


class Relation(NamedTuple):
    """`factor` times the lesser threshold is shorter than the greater one, or as long where `or_equal`."""

    lesser: Amount | Period
    greater: Period
    reason: str
    factor: float = 1
    or_equal: bool = False

    @property
    def expected(self) -> str:
        """What must hold, in words."""
        lesser = f"{self.lesser.name} times {number(self.factor)}s" if self.factor != 1 else self.lesser.name
        return f"{lesser} must be {'at most' if self.or_equal else 'shorter than'} {self.greater.name}: {self.reason}"


_REACHED: Final = "else a container in the kubelet's longest back-off never restarts often enough within it"

RELATIONS: Final = (
    Relation(LOOP_PAUSE, TICKET_WAIT, "else one restart of many replicas at once makes a ticket"),
    Relation(LOOP_PAUSE, LOOP_WINDOW, "else a loop is forgotten before it ends"),
    Relation(PAGE_WAIT, TICKET_WAIT, "else the ticket of a cause comes before its page", or_equal=True),
    Relation(LOOP_RESTARTS, LOOP_WINDOW, _REACHED, factor=seconds(BACK_OFF), or_equal=True),
    Relation(LOOP_OOM_KILLS, LOOP_WINDOW, _REACHED, factor=seconds(BACK_OFF), or_equal=True),
)
"""What must hold between thresholds, wherever they come from."""
