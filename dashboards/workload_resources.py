"""A workload's CPU and memory, as rows of its dashboard: requested, used, limited, lost."""

from __future__ import annotations

from dashboards.panels import Panel, graph
from dashboards.questions import Limits, Question, Role, Series
from dashboards.workload_words import LABELS, THIS, growth, per_second, total
from kube_headroom.catalogue import usage, usage_indicators, workloads
from kube_headroom.catalogue.metric import Unit
from kube_headroom.catalogue.promql import max_by, ratio
from kube_headroom.catalogue.selection import value


def cpu() -> tuple[Panel, ...]:
    """How much CPU is used and requested, and what its limits take."""
    room = Question(
        "CPU used, requested and limited",
        "Cores over all pods: used, charged by the scheduler, and the most that the limits leave; no limit line while "
        "any container is unlimited.",
        Unit.CORES,
        "Nothing of this workload is measured or requested",
    )
    containers = Question(
        "CPU used by container", "Cores of each container over all pods.", Unit.CORES, "No container is measured"
    )
    lost = Question(
        "Time lost to CPU limits",
        "Seconds per second that limits of containers and pods took, at least, summed over CPUs and replicas.",
        Unit.NONE,
        "No container has a CPU limit",
    )
    pressure = Question(
        "Time spent waiting for a resource",
        "Seconds per second in which some task of a pod waited for cpu, memory or io, summed over replicas.",
        Unit.NONE,
        "No node of this workload has PSI (cgroup v2)",
    )
    return (
        graph(
            room,
            Series(per_second(usage.CPU_USAGE), "used", Role.USED),
            Series(total(workloads.CPU_EFFECTIVE_REQUEST), "requested", Role.REQUESTED),
            Series(total(workloads.CPU_EFFECTIVE_LIMIT), "limit", Role.LIMIT),
        ),
        graph(containers, Series(per_second(usage.CPU_USAGE, "container"), "{{container}}")),
        graph(
            Question(
                usage_indicators.THROTTLED_PERIODS.name,
                "Share of each container's periods in which its own CPU limit stopped it.",
                Unit.RATIO,
                "No container has a CPU limit",
            ),
            Series(
                ratio(
                    growth(usage.CFS_THROTTLED_PERIODS, "container"),
                    growth(usage.CFS_PERIODS, "container"),
                    on=(*LABELS, "container"),
                ),
                "{{container}}",
            ),
            limits=Limits(0.25, 0.5),
            width=8,
        ),
        graph(lost, Series(per_second(usage.CPU_THROTTLED), "lost", Role.BAD), width=8),
        graph(pressure, Series(per_second(usage.PRESSURE_WAITING, "resource"), "{{resource}}"), width=8),
    )


def memory() -> tuple[Panel, ...]:
    """How much memory is used and requested, and how near it is to its limits."""
    room = Question(
        "Memory used, requested and limited",
        "Working set over all pods, what the scheduler charges, and the most that the limits leave; no limit line while "
        "any container is unlimited.",
        Unit.BYTES,
        "Nothing of this workload is measured or requested",
    )
    return (
        graph(
            room,
            Series(total(usage.MEMORY_WORKING_SET), "used", Role.USED),
            Series(total(workloads.MEMORY_EFFECTIVE_REQUEST), "requested", Role.REQUESTED),
            Series(total(workloads.MEMORY_EFFECTIVE_LIMIT), "limit", Role.LIMIT),
            width=8,
        ),
        graph(
            Question(
                "Memory by container",
                "Working set of each container over all pods.",
                Unit.BYTES,
                "No container is measured",
            ),
            Series(total(usage.MEMORY_WORKING_SET, "container"), "{{container}}"),
            width=8,
        ),
        graph(
            Question.of(usage_indicators.MEMORY_NEAR_LIMIT, "No container has a memory limit"),
            Series(max_by(value(usage.MEMORY_LIMIT_PEAK, *THIS), *LABELS, "container"), "{{container}}"),
            limits=Limits(0.8, 0.95),
            width=8,
        ),
    )
