"""Alerts about workloads: never one per pod, and none for what a page about a node explains."""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce
from typing import Final, NamedTuple

from alerts import thresholds as limit
from alerts import workload_texts as texts
from alerts.held import EVERYWHERE, MEMORY, WORKLOAD, least, most, owned
from alerts.nodes import paging
from alerts.parameters import CLUSTER
from alerts.rules import Alert, Group
from alerts.selection import increase, rate, value
from kube_headroom.catalogue import usage, workloads
from kube_headroom.catalogue.labels import WorkloadContainer, WorkloadContainerProbe
from kube_headroom.catalogue.promql import (
    and_,
    at_least,
    average_over_time,
    difference,
    last_over_time,
    max_by,
    or_,
    ratio,
    sum_by,
    unless,
)
from kube_headroom.catalogue.recorded import burn_rate
from kube_headroom.catalogue.selection import (
    label_is,
    label_is_not,
    label_matches_not,
)
from kube_headroom.catalogue.vector import Vector

CONTAINER: Final = (CLUSTER, *WorkloadContainer._fields)
PROBE: Final = (CLUSTER, *WorkloadContainerProbe._fields)
CRITICAL, WARNING = "critical", "warning"

NO_CRASH: Final = "Completed|OOMKilled"
"""Ends that make no crash loop: the wanted one, and the one with an alert of its own."""


class Cause(NamedTuple):
    """What is asked about workloads, and what the answer is worth."""

    alert: str
    severity: str
    condition: Vector
    wait: limit.Period
    proven: limit.Period | None = None
    """How far back a condition on counters looks, so long must they be back to end what is held."""

    def rule(self) -> Alert:
        """Return the alert: the condition with its owner, held while nobody tells."""
        proven = self.proven.given if self.proven else ""
        query = owned(self.condition, self.alert, self.severity, proven=proven)
        annotations = texts.TEXTS[self.alert].annotations()
        return Alert(self.alert, query, self.severity, annotations, self.wait.given, self.condition)


def groups() -> tuple[Group, ...]:
    """Return the rules about workloads."""
    return (Group("headroom-workloads", "30s", tuple(cause.rule() for cause in causes())),)


def causes() -> tuple[Cause, ...]:
    """Return every alert about workloads, pages first."""
    lasting = (
        ("HeadroomCrashLoop", _crash_loop(), limit.LOOP_PAUSE),
        ("HeadroomOOMLoop", _oom_loop(), limit.LOOP_PAUSE),
        ("HeadroomProbesFailing", _probes_failing(), limit.LATELY),
    )
    return (
        Cause("HeadroomWorkloadUnavailable", CRITICAL, _nobody_ready(), limit.PAGE_WAIT),
        Cause("HeadroomWorkloadUnavailable", WARNING, _few_available(), limit.TICKET_WAIT),
        *(cause for asked in lasting for cause in _by_harm(*asked)),
        Cause("HeadroomThrottlingHurts", WARNING, _throttling_hurts(), limit.TICKET_WAIT, limit.LATELY),
        Cause("HeadroomMemoryNearLimit", WARNING, _memory_near_limit(), limit.BRIEF_WAIT),
        Cause("HeadroomRolloutStuck", WARNING, most(workloads.ROLLOUT_STUCK, *WORKLOAD).above(0), limit.BRIEF_WAIT),
        Cause(
            "HeadroomPodsUnschedulable",
            WARNING,
            least(workloads.PODS_UNSCHEDULABLE, *WORKLOAD).at_least(limit.PODS_WAITING.given),
            limit.TICKET_WAIT,
        ),
    )


def _by_harm(alert: str, condition: Vector, proven: limit.Period) -> Iterator[Cause]:
    """A page where most replicas were missing lately, a ticket where the others bear it."""
    yield Cause(alert, CRITICAL, and_(condition, _hurt(), on=WORKLOAD), limit.PAGE_WAIT, proven)
    yield Cause(alert, WARNING, unless(condition, _hurt(), on=WORKLOAD), limit.TICKET_WAIT, proven)


def _desired() -> Vector:
    return most(workloads.REPLICAS_DESIRED, *WORKLOAD).above(0)


def _nobody_ready() -> Vector:
    ready = most(workloads.REPLICAS_READY, *WORKLOAD)
    missing = unless(_desired(), ready.above(0), on=WORKLOAD)
    return unless(missing, _explained(ready), on=WORKLOAD)


def _few_available() -> Vector:
    available = most(workloads.REPLICAS_AVAILABLE, *WORKLOAD)
    few = ratio(available, _desired(), on=WORKLOAD).below(limit.READY_LOW.given)
    return unless(few, _explained(available), on=WORKLOAD)


def _hurt() -> Vector:
    """Most replicas were missing on average: in a loop each is ready for a moment now and then."""
    lately = max_by(average_over_time(value(workloads.REPLICAS_READY), limit.HURT_WINDOW.given), *WORKLOAD)
    return ratio(lately, _desired(), on=WORKLOAD).below(limit.HURT.given)


def _explained(there: Vector) -> Vector:
    """All that is missing sits on nodes that are not ready, and one of these pages: that page is enough."""
    stranded = least(workloads.PODS_ON_UNREADY_NODES, *WORKLOAD).above(0)
    missing = difference(_desired(), there, on=WORKLOAD)
    return and_(at_least(stranded, missing, on=WORKLOAD), paging(), on=EVERYWHERE)


def _crash_loop() -> Vector:
    """Restarts that go on, and ends that were no wish: a container in short back-offs hardly ever waits."""
    restarts = workloads.CONTAINER_RESTARTS
    failed = label_matches_not("reason", NO_CRASH)
    counted = limit.LOOP_RESTARTS.given
    loops = sum_by(increase(restarts, limit.LOOP_WINDOW.given), *CONTAINER).at_least(counted)
    ends = sum_by(increase(workloads.CONTAINER_TERMINATIONS, limit.LOOP_WINDOW.given, failed), *CONTAINER)
    goes_on = sum_by(increase(workloads.CONTAINER_TERMINATIONS, limit.LOOP_PAUSE.given, failed), *CONTAINER).above(0)
    return max_by(and_(and_(loops, ends.at_least(counted), on=CONTAINER), goes_on, on=CONTAINER), *WORKLOAD)


def _oom_loop() -> Vector:
    kills = workloads.CONTAINER_TERMINATIONS
    killed = label_is("reason", "OOMKilled")
    loops = sum_by(increase(kills, limit.LOOP_WINDOW.given, killed), *CONTAINER)
    goes_on = sum_by(increase(kills, limit.LOOP_PAUSE.given, killed), *CONTAINER).above(0)
    return max_by(and_(loops.at_least(limit.LOOP_OOM_KILLS.given), goes_on, on=CONTAINER), *WORKLOAD)


def _probes_failing() -> Vector:
    """Startup probes are left out: to fail for a while is what they are for, and to fail for good ends in a loop."""
    lasting = label_is_not("probe", "startup")
    failed = sum_by(increase(usage.PROBE_FAILURES, limit.LATELY.given, lasting), *PROBE)
    share = ratio(failed, sum_by(increase(usage.PROBES, limit.LATELY.given, lasting), *PROBE), on=PROBE)
    return max_by(share.at_least(limit.PROBES_FAILED.given), *WORKLOAD)


def _throttling_hurts() -> Vector:
    """A share without seconds is noise, seconds without a symptom are thrift."""
    stopped = sum_by(increase(usage.CFS_THROTTLED_PERIODS, limit.LATELY.given), *CONTAINER)
    share = ratio(stopped, sum_by(increase(usage.CFS_PERIODS, limit.LATELY.given), *CONTAINER), on=CONTAINER)
    lost = sum_by(rate(usage.CPU_THROTTLED, limit.LATELY.given), *WORKLOAD)
    often = max_by(share.at_least(limit.THROTTLED_SHARE.given), *WORKLOAD)
    dear = lost.at_least(limit.THROTTLED_SECONDS.given)
    return and_(and_(often, dear, on=WORKLOAD), _symptoms(), on=WORKLOAD)


def _symptoms() -> Vector:
    """Probes come too late, replicas are missing, or an SLO of the workload burns."""
    probes = increase(usage.PROBE_FAILURES, limit.SYMPTOM_WINDOW.given, label_is_not("probe", "startup"))
    late = sum_by(probes, *WORKLOAD).at_least(limit.SYMPTOM_PROBES.given)
    missing = difference(_desired(), most(workloads.REPLICAS_AVAILABLE, *WORKLOAD), on=WORKLOAD).above(0)
    burns = max_by(last_over_time(value(burn_rate("1h"), label_is_not("workload", "")), MEMORY), *WORKLOAD)
    symptoms = (late, missing, burns.at_least(limit.SYMPTOM_BURN.given))
    return reduce(lambda one, other: or_(one, other, on=WORKLOAD), symptoms)


def _memory_near_limit() -> Vector:
    """The highest replica within the exporter's `peak-window`, so that a leak is seen between two kills."""
    return most(usage.MEMORY_LIMIT_PEAK, *WORKLOAD).at_least(limit.MEMORY_NEAR_LIMIT.given)
