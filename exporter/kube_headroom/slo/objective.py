"""What an owner declared, whatever format it was written in: complete, checked, ready to be counted."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from fractions import Fraction
from typing import NamedTuple


class Place(NamedTuple):
    """Where something is written: a file's path, or `configmap NAMESPACE/NAME KEY`, or `deployment NAMESPACE/NAME`; line 0 for none."""

    source: str
    line: int

    def __str__(self) -> str:
        return f"{self.source}:{self.line}" if self.line else self.source


class Indicator(StrEnum):
    """The SLIs that are measured from cluster state (docs/slo.md defines each)."""

    AVAILABILITY = "availability"
    PROBE_SUCCESS = "probe-success"
    RESTART_FREE = "restart-free"
    JOB_SUCCESS = "job-success"
    SCHEDULING_LATENCY = "scheduling-latency"
    THROTTLE_FREE = "throttle-free"
    ROLLOUT_SUCCESS = "rollout-success"


RARE = frozenset({Indicator.JOB_SUCCESS, Indicator.ROLLOUT_SUCCESS})
"""Indicators whose events are rarer than the burn windows: no burn alert, a ticket by budget spent."""


class Selector(NamedTuple):
    """The workloads that an SLI from cluster state counts; "" matches any."""

    namespace: str = ""
    workload_kind: str = ""
    workload: str = ""


class ClusterIndicator(NamedTuple):
    """An SLI from cluster state.

    `needed` is the share of the desired replicas that must be ready (availability), `settle` the seconds for which
    replicas must have been desired before they are needed (availability), `within` the seconds in which a pod must be
    scheduled, `probe` liveness, readiness or startup, `after_restart` the seconds that are bad from a restart on.
    """

    indicator: Indicator
    selector: Selector
    needed: Fraction = Fraction(3, 4)
    settle: float = 300.0
    within: float = 30.0
    probe: str = "readiness"
    after_restart: float = 60.0


class Query(NamedTuple):
    """PromQL as the owner wrote it; `{{.window}}`, if there, stands for a range."""

    text: str
    place: Place


class EventRatio(NamedTuple):
    """Good or bad events over all events; exactly one of `good` and `bad` is given."""

    total: Query
    good: Query | None = None
    bad: Query | None = None


class RawRatio(NamedTuple):
    """A query whose value is the share of bad events, or of good ones if `success`; every second counts alike."""

    query: Query
    success: bool = False


class Threshold(NamedTuple):
    """A query whose value is good while `value operator bound`; every second counts alike. A boolean is `>= 1`."""

    query: Query
    operator: str
    bound: float


Sli = ClusterIndicator | EventRatio | RawRatio | Threshold


class Budgeting(StrEnum):
    """How events become budget (OpenSLO v1, budgetingMethod)."""

    OCCURRENCES = "Occurrences"
    TIMESLICES = "Timeslices"
    RATIO_TIMESLICES = "RatioTimeslices"


class Slices(NamedTuple):
    """Time slices of `seconds`; one is good if its good events are at least `target` of its events (Timeslices)."""

    seconds: int
    target: Fraction


class Calendar(NamedTuple):
    """Periods of `length` units (d, w, M, Q, Y) that follow each other from `start`, by the clocks of `time_zone` (IANA)."""

    unit: str
    length: int
    start: datetime
    time_zone: str


class Period(NamedTuple):
    """What a budget is for: the last `seconds`, or the calendar's current period, of which `seconds` is the usual length.

    `name` is its label value, such as 30d, 4w, month or quarter.
    """

    name: str
    seconds: int
    calendar: Calendar | None = None


class Alerting(NamedTuple):
    """Which of the default alerts apply, and from how many bad events in the long window on.

    `budget_ticket` is the share of the period's budget that, once spent, makes a ticket of what the burn alerts
    cannot see.
    """

    page: bool = True
    ticket: bool = True
    minimum_bad_events: Fraction = Fraction(0)
    budget_ticket: Fraction = Fraction(1, 5)


class Objective(NamedTuple):
    """One SLO. `target` lies between 0 and 1; the first of `periods` is the one that alerts and policy are about.

    `group_by` are the labels of the query, or of the workloads (namespace, workload_kind, workload), that split it into
    at most `group_limit` groups. `freeze` turns an exhausted budget into a freeze that ends at a tenth of it.
    """

    service: str
    name: str
    target: Fraction
    sli: Sli
    periods: tuple[Period, ...]
    place: Place
    budgeting: Budgeting = Budgeting.OCCURRENCES
    slices: Slices | None = None
    group_by: tuple[str, ...] = ()
    group_limit: int = 100
    alerting: Alerting = Alerting()
    owner: str = ""
    description: str = ""
    labels: Mapping[str, str] = {}
    freeze: bool = False

    @property
    def key(self) -> tuple[str, str]:
        """What no two objectives share."""
        return self.service, self.name


class Maintenance(NamedTuple):
    """A time whose events do not count against the objectives it names (pairs of service and name, "" for any).

    Once, from `start` to `start` + `seconds` in Unix time; or `weekly`: every week on the same weekday at the same
    time by the clocks of `time_zone`.
    """

    name: str
    start: float
    seconds: float
    weekly: bool
    time_zone: str
    objectives: tuple[tuple[str, str], ...]
    place: Place


class Severity(StrEnum):
    """An error keeps the object out, a warning does not."""

    ERROR = "error"
    WARNING = "warning"


class Problem(NamedTuple):
    """What is wrong with a definition: where, the path inside the document such as `spec.objectives[0].target`, and what to do."""

    place: Place
    path: str
    message: str
    severity: Severity = Severity.ERROR

    def __str__(self) -> str:
        return f"{self.place}: {self.path}: {self.message}" if self.path else f"{self.place}: {self.message}"


class Definitions(NamedTuple):
    """All that was understood, and all that was not."""

    objectives: tuple[Objective, ...]
    maintenance: tuple[Maintenance, ...]
    problems: tuple[Problem, ...]
