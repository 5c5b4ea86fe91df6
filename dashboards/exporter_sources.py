"""What the exporter reads, as rows of its dashboard: sources, kubelets and Prometheus."""

from __future__ import annotations

from typing import Final

from dashboards.exporter_words import ALL_UP, NO_KUBELETS, NO_PROMETHEUS, UNSCRAPED, counted, each, growth
from dashboards.panels import Panel, graph, stat, table
from dashboards.questions import ANY, Column, Limits, Question, Role, Series
from kube_headroom.catalogue import exporter, indicators, kubelets, prometheus, usage_indicators
from kube_headroom.catalogue.labels import Source
from kube_headroom.catalogue.metric import Unit
from kube_headroom.catalogue.promql import lowest, max_by, min_by, ratio, sum_by
from kube_headroom.catalogue.selection import increase, value
from kube_headroom.catalogue.vector import RATE_INTERVAL

_SOURCE: Final = Source._fields
FIRST: Final = 10


def watched() -> tuple[Panel, ...]:
    """Whether what is watched answers, and what of it is left out."""
    return (
        table(
            counted(
                "Sources",
                "What the exporter reads: whether it answers, when it last did, and how many objects it holds.",
                UNSCRAPED,
            ),
            Column("Age", indicators.SOURCE_AGE.query, Unit.SECONDS, Limits(120, 600)),
            Column("Up", max_by(value(exporter.SOURCE_UP), *_SOURCE), Unit.NONE, ALL_UP),
            Column("Listed", max_by(value(exporter.SOURCE_LISTED), *_SOURCE), Unit.NONE),
            Column("Stale", max_by(value(exporter.SOURCE_STALE), *_SOURCE), Unit.NONE, ANY),
            Column("Objects", max_by(value(exporter.SOURCE_OBJECTS), *_SOURCE), Unit.NONE),
            width=12,
        ),
        graph(
            counted(
                "Failed requests",
                "Requests to sources that failed, by reason, in the two minutes or more before each point.",
                "No request failed",
            ),
            Series(growth(exporter.SOURCE_ERRORS), "{{source}}: {{reason}}"),
        ),
        graph(
            counted(
                "Lists",
                "Lists of all sources that were begun, by reason; any but the first means that a watch could not go on.",
                UNSCRAPED,
            ),
            Series(sum_by(increase(exporter.SOURCE_LISTS, RATE_INTERVAL), "reason"), "{{reason}}"),
        ),
        graph(
            counted(
                "Objects and events left out",
                "Objects that could not be read, pods whose owner was never seen, and events of unknown workloads.",
                "Nothing was left out",
            ),
            Series(growth(exporter.OBJECTS_SKIPPED), "{{source}}: {{reason}}"),
            Series(growth(exporter.PODS_WITHOUT_OWNER), "pods without owner"),
            Series(growth(exporter.EVENTS_UNATTRIBUTED), "unattributed events"),
        ),
    )


def nodes() -> tuple[Panel, ...]:
    """Which nodes are read, how long it takes, and what they do not tell."""
    duration = ratio(
        sum_by(increase(kubelets.KUBELET_READING_SECONDS, RATE_INTERVAL), "page"),
        sum_by(increase(kubelets.KUBELET_READINGS, RATE_INTERVAL), "page"),
        on=("page",),
    )
    return (
        graph(
            counted("Nodes read", "Nodes whose kubelet is to be read, and from how many each page was.", NO_KUBELETS),
            Series(each(kubelets.KUBELET_NODES_READ), "{{page}}"),
            Series(sum_by(value(kubelets.KUBELET_NODES_EXPECTED)), "expected", Role.LIMIT),
            width=8,
        ),
        graph(
            counted(
                "Failed readings",
                "Readings that failed by page and reason, and turns that passed because the "
                "reading before was not done.",
                NO_KUBELETS,
            ),
            Series(growth(kubelets.KUBELET_ERRORS), "{{page}}: {{reason}}"),
            Series(sum_by(increase(kubelets.KUBELET_READINGS_MISSED, RATE_INTERVAL)), "turns missed"),
            width=8,
        ),
        graph(
            Question(
                "Time of a reading",
                "From the request to the last value taken, waiting included, on average.",
                Unit.SECONDS,
                NO_KUBELETS,
            ),
            Series(duration, "{{page}}"),
            width=8,
        ),
        table(
            counted("Nodes that do not tell all", "Nodes by what their kubelet leaves out.", "Every kubelet tells all"),
            Column("Nodes", each(kubelets.KUBELET_NODES_LIMITED).above(0), Unit.NONE),
        ),
        table(
            Question.of(usage_indicators.NODE_MEASURED, "No container is expected on any node"),
            Column("Measured", lowest(usage_indicators.NODE_MEASURED.query, FIRST), Unit.RATIO, Limits(1, 0.5)),
            ascending=True,
        ),
        graph(
            counted(
                "Rows refused and oddities",
                "Rows of kubelets' pages that were not counted, and what was unusual in pages that could be read.",
                "Every row was counted",
            ),
            Series(growth(exporter.KUBELET_ROWS_REFUSED), "refused: {{reason}}"),
            Series(growth(kubelets.KUBELET_PAGE_ODDITIES), "{{page}}: {{reason}}"),
            width=8,
        ),
    )


def server() -> tuple[Panel, ...]:
    """Whether the server that PromQL SLIs are read from answers."""
    duration = ratio(
        sum_by(increase(prometheus.PROMETHEUS_REQUEST_SECONDS, RATE_INTERVAL)),
        sum_by(increase(prometheus.PROMETHEUS_REQUESTS, RATE_INTERVAL)),
        on=(),
    )
    return (
        stat(
            counted(
                "Prometheus up", "1 if the Prometheus that PromQL SLIs are read from answered lately.", NO_PROMETHEUS
            ),
            Series(min_by(value(prometheus.PROMETHEUS_UP)), "up"),
            limits=ALL_UP,
            width=8,
        ),
        stat(
            counted(
                "SLOs that fail to be read",
                "SLOs of which a question was refused, gave too much or took too long.",
                NO_PROMETHEUS,
            ),
            Series(sum_by(value(prometheus.PROMETHEUS_OBJECTIVES_FAILING)), "failing"),
            limits=ANY,
            width=8,
        ),
        stat(
            counted(
                "Past still to be read",
                "Chunks of the past, of five minutes or an hour, that are still to be asked for.",
                NO_PROMETHEUS,
            ),
            Series(sum_by(value(prometheus.PROMETHEUS_CHUNKS_PENDING)), "chunks"),
            width=8,
        ),
        graph(
            Question(
                "Time of a question",
                "From the request to the last byte of the answer, on average.",
                Unit.SECONDS,
                NO_PROMETHEUS,
            ),
            Series(duration, "seconds"),
        ),
        graph(
            counted(
                "Questions without an answer",
                "By reason, in the two minutes or more before each point.",
                "Every question was answered, or no Prometheus is asked",
            ),
            Series(growth(prometheus.PROMETHEUS_ERRORS), "{{reason}}"),
        ),
    )
