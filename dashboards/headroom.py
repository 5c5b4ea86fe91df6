"""Headroom itself: whether what the other dashboards show can be trusted, by source, kubelet, Prometheus and page."""

from __future__ import annotations

from typing import Any, Final

from dashboards import exporter_sources
from dashboards.exporter_words import NO_KUBELETS, UNSCRAPED, counted, each, growth
from dashboards.panels import Board, Panel, Row, graph, stat, table
from dashboards.questions import ANY, Column, Limits, Question, Role, Series
from dashboards.uids import EXPORTER
from kube_headroom.catalogue import exporter, kubelets, slo_engine
from kube_headroom.catalogue.metric import Counter, Unit
from kube_headroom.catalogue.promql import highest, max_by, min_by, ratio, seconds_since, sum_by
from kube_headroom.catalogue.selection import rate, value
from kube_headroom.catalogue.vector import RATE_INTERVAL, Vector

FIRST: Final = 10


def board() -> Board:
    """Return the dashboard about the exporter."""
    return Board(
        EXPORTER,
        "Headroom / Exporter",
        "Headroom itself: its sources, the kubelets and the Prometheus that it reads, its SLO engine and what it "
        "publishes. Look here first if another dashboard looks wrong.",
        variables=(),
        rows=(
            Row("Trust", _trust()),
            Row("Sources", exporter_sources.watched()),
            Row("Kubelets", exporter_sources.nodes()),
            Row("Prometheus", exporter_sources.server()),
            Row("SLO engine", _slo_engine()),
            Row("Publication", _publication()),
        ),
    )


def _trust() -> tuple[Panel, ...]:
    up, expected = sum_by(value(exporter.SOURCE_UP)), kubelets.KUBELET_NODES_EXPECTED
    stale = sum_by(value(exporter.SOURCE_STALE))
    page_age = seconds_since(max_by(value(exporter.PUBLISHED)))
    read = ratio(min_by(each(kubelets.KUBELET_NODES_READ)), sum_by(value(expected)), on=())
    return (
        stat(
            counted("Sources up", "Sources whose last request succeeded.", UNSCRAPED),
            Series(up, "up"),
            width=5,
        ),
        stat(
            counted(
                "Sources stale", "Sources that told nothing for so long that what they tell is withdrawn.", UNSCRAPED
            ),
            Series(stale, "stale"),
            limits=ANY,
            width=5,
        ),
        stat(
            Question(
                "Kubelets read",
                "Share of the expected nodes from which every page was read, by the page that fares worst.",
                Unit.RATIO,
                NO_KUBELETS,
            ),
            Series(read, "read"),
            limits=Limits(1, 0.9),
            width=5,
        ),
        stat(
            Question(
                "Age of the page",
                "Time since the page was published; it is published anew when facts change.",
                Unit.SECONDS,
                UNSCRAPED,
            ),
            Series(page_age, "age"),
            limits=Limits(120, 600),
            width=5,
        ),
        stat(
            counted(
                "Definition errors",
                "Mistakes in SLO definitions, which keep what they stand in out.",
                "No SLO is declared",
            ),
            Series(sum_by(value(slo_engine.DEFINITION_ERRORS)), "errors"),
            limits=ANY,
            width=4,
        ),
    )


def _slo_engine() -> tuple[Panel, ...]:
    return (
        graph(
            Question(
                "Evaluation of all SLOs",
                "How long the last one took, without the answers of Prometheus.",
                Unit.SECONDS,
                "No SLO is declared",
            ),
            Series(max_by(value(slo_engine.EVALUATION_SECONDS)), "seconds"),
            width=8,
        ),
        graph(
            counted(
                "SLOs and remarks",
                "SLOs that are declared and counted, and remarks about their definitions.",
                "No SLO is declared",
            ),
            Series(sum_by(value(slo_engine.OBJECTIVES)), "SLOs"),
            Series(sum_by(value(slo_engine.DEFINITION_WARNINGS)), "remarks"),
            width=8,
        ),
        graph(
            counted(
                "Data that could not be counted",
                "By SLO and reason, in the two minutes or more before each point.",
                "All data could be counted",
            ),
            Series(growth(slo_engine.FLAWS), "{{slo_service}}/{{slo}}: {{reason}}"),
            width=8,
        ),
    )


def _publication() -> tuple[Panel, ...]:
    by_size = highest(each(exporter.EXPOSITION_SERIES), FIRST)
    return (
        graph(
            Question(
                "Time of a publication",
                "From the first changed fact to the finished page.",
                Unit.SECONDS,
                UNSCRAPED,
            ),
            Series(max_by(value(exporter.PUBLISH_DURATION)), "publication"),
            width=8,
        ),
        graph(
            counted(
                "Failures",
                "Parts of the page that could not be made, state files that could not be written, and "
                "server processes that ended.",
                UNSCRAPED,
            ),
            Series(growth(exporter.PUBLISH_ERRORS), "publication"),
            Series(growth(exporter.CHECKPOINT_ERRORS), "state file"),
            Series(growth(slo_engine.STATE_ERRORS), "state file of SLOs"),
            Series(growth(exporter.SERVER_RESTARTS), "server process"),
            width=8,
        ),
        graph(
            Question(
                "Requests",
                "Requests answered per second, by what was asked for and HTTP status.",
                Unit.NONE,
                UNSCRAPED,
                per_second=True,
            ),
            Series(_per_second(exporter.REQUESTS), "{{handler}} {{code}}"),
            width=8,
        ),
        table(
            counted("Largest metrics", "The metrics with the most series on the page.", UNSCRAPED),
            Column("Series", by_size, Unit.NONE),
            width=12,
        ),
        graph(
            Question("Size of the page", "Lines of all metrics before compression.", Unit.BYTES, UNSCRAPED),
            Series(sum_by(value(exporter.EXPOSITION_BYTES)), "bytes", Role.USED),
            width=6,
        ),
        table(
            counted("Version", "Which exporter runs on which Python.", UNSCRAPED),
            Column("Exporters", sum_by(value(exporter.BUILD_INFO), *exporter.BUILD_INFO.label_names), Unit.NONE),
            width=6,
        ),
    )


def _per_second(counter: Counter[Any]) -> Vector:
    return sum_by(rate(counter, RATE_INTERVAL), *counter.label_names)
