"""What the alerts about workloads say."""

from __future__ import annotations

from typing import Final

from alerts import thresholds as limit
from alerts.asking import OWNER, Text, asked, listed
from alerts.selection import increase, rate, this, value
from dashboards import uids
from kube_headroom.catalogue import usage, workloads
from kube_headroom.catalogue.labels import Workload
from kube_headroom.catalogue.metric import Gauge
from kube_headroom.catalogue.promql import max_by, max_over_time, ratio, sum_by
from kube_headroom.catalogue.selection import Matcher, label_is

WHERE: Final = "{{ $labels.workload_kind }} {{ $labels.namespace }}/{{ $labels.workload }}"

_WORKLOAD: Final = Workload._fields
_THIS: Final = this(*_WORKLOAD)
_LATELY: Final = limit.LATELY.given
_LOOP: Final = limit.LOOP_WINDOW.given


def _count(gauge: Gauge[Workload]) -> str:
    return asked(max_by(value(gauge, *_THIS), *_WORKLOAD), "humanize")


def _ends(*matchers: Matcher) -> str:
    ends = sum_by(increase(workloads.CONTAINER_TERMINATIONS, _LOOP, *_THIS, *matchers), "container", "reason").above(0)
    return listed(ends, ' {{ .Labels.container }} {{ .Labels.reason }} {{ .Value | printf "%.0f" }}×')  # noqa: RUF001


REPLICAS: Final = (
    f"{_count(workloads.REPLICAS_AVAILABLE)} of {_count(workloads.REPLICAS_DESIRED)} replicas available, "
    f"{_count(workloads.REPLICAS_READY)} ready."
)
ENDS: Final = f"Ends of its containers in the last {_LOOP}:{_ends()}."
_WAITING: Final = listed(
    max_by(max_over_time(value(workloads.CONTAINERS_WAITING, *_THIS), limit.LOOP_PAUSE.given), "container", "reason"),
    " {{ .Labels.container }} {{ .Labels.reason }}",
)
_FAILED_PROBES: Final = listed(
    ratio(
        sum_by(increase(usage.PROBE_FAILURES, _LATELY, *_THIS), "container", "probe").above(0),
        sum_by(increase(usage.PROBES, _LATELY, *_THIS), "container", "probe"),
        on=("container", "probe"),
    ),
    " {{ .Labels.container }} {{ .Labels.probe }} {{ .Value | humanizePercentage }}",
)
PROBES: Final = f"Probes that failed in the last {_LATELY}:{_FAILED_PROBES}."
_STOPPED: Final = listed(
    ratio(
        sum_by(increase(usage.CFS_THROTTLED_PERIODS, _LATELY, *_THIS), "container").above(0),
        sum_by(increase(usage.CFS_PERIODS, _LATELY, *_THIS), "container"),
        on=("container",),
    ),
    " {{ .Labels.container }} {{ .Value | humanizePercentage }} of periods",
)
_LOST: Final = asked(sum_by(rate(usage.CPU_THROTTLED, _LATELY, *_THIS), *_WORKLOAD), "humanize")
_NEAREST: Final = listed(
    max_by(value(usage.MEMORY_LIMIT_PEAK, *_THIS), "container"),
    " {{ .Labels.container }} {{ .Value | humanizePercentage }}",
)


def _text(alert: str, what: str, *description: str) -> tuple[str, Text]:
    return alert, Text(alert, _WORKLOAD, f"{WHERE} {what}", (*description, OWNER), uids.WORKLOAD)


TEXTS: Final[dict[str, Text]] = dict(
    (
        _text(
            "HeadroomWorkloadUnavailable",
            "lacks replicas",
            REPLICAS,
            f"{_count(workloads.PODS_ON_UNREADY_NODES)} pods on nodes that are not ready, "
            f"{_count(workloads.PODS_UNSCHEDULABLE)} without a node.",
            f"Waiting lately:{_WAITING}.",
            ENDS,
        ),
        _text("HeadroomCrashLoop", "crashes again and again", ENDS, REPLICAS),
        _text(
            "HeadroomOOMLoop",
            "is killed for memory again and again",
            f"In the last {_LOOP}:{_ends(label_is('reason', 'OOMKilled'))}.",
            f"Highest share of its memory limit:{_NEAREST}.",
            REPLICAS,
        ),
        _text("HeadroomProbesFailing", "fails its probes", PROBES, REPLICAS),
        _text(
            "HeadroomThrottlingHurts",
            "is slowed down by its CPU limit",
            f"Stopped:{_STOPPED}; at least {_LOST} seconds lost per second.",
            PROBES,
            REPLICAS,
        ),
        _text(
            "HeadroomMemoryNearLimit",
            "is about to hit its memory limit",
            f"Highest share in one replica:{_NEAREST}.",
        ),
        _text(
            "HeadroomRolloutStuck",
            "has a rollout that makes no progress",
            f"{_count(workloads.REPLICAS_UPDATED)} replicas are of the new version.",
            REPLICAS,
            f"Waiting lately:{_WAITING}.",
        ),
        _text(
            "HeadroomPodsUnschedulable",
            "has pods that find no node",
            f"{_count(workloads.PODS_UNSCHEDULABLE)} pods.",
            REPLICAS,
        ),
    )
)
