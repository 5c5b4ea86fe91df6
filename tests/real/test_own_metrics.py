"""The exporter's own series: what the catalogue declares is what a running exporter emits, in both directions."""

from collections.abc import Callable

from kube_headroom.catalogue import exporter as series
from kube_headroom.catalogue import kubelets, slo_engine
from kube_headroom.catalogue.metrics import CLUSTER_METRICS
from kube_headroom.catalogue.prometheus import PROMETHEUS_METRICS
from tests.real.control_plane import ControlPlane
from tests.real.exporter import Exporter
from tests.real.waiting import wait_until

# Absent until what they count has happened once, or without the setting that they are about.
EVENTUAL = {
    series.SOURCE_ERRORS.name,
    series.OBJECTS_SKIPPED.name,
    series.WORKLOADS_OVERFLOWED.name,
    series.KUBELET_ROWS_REFUSED.name,
    kubelets.KUBELET_ERRORS.name,
    kubelets.KUBELET_NODES_LIMITED.name,
    kubelets.KUBELET_OLDEST_READING.name,
    kubelets.KUBELET_PAGE_ODDITIES.name,
    slo_engine.FLAWS.name,
    slo_engine.STATE_ERRORS.name,
    slo_engine.STATE_LAST_SUCCESS.name,
    *(metric.name for metric in PROMETHEUS_METRICS),
    series.SPANS.name,
    series.SPANS_DELIVERED.name,
}


def test_the_exporter_emits_what_the_catalogue_declares(
    control_plane: ControlPlane, exporter: Callable[..., Exporter]
) -> None:
    started = exporter(control_plane.kubeconfig())
    started.start()
    declared = {metric.name for metric in series.EXPORTER_METRICS}

    def found() -> set[str]:
        return {name.partition("{")[0] for name in started.page().series if name.startswith("headroom_")}

    # Own metrics are read every ten seconds; the first reading may precede the first check-point.
    wait_until(lambda: declared - found() <= EVENTUAL, what="every declared metric of the exporter")
    assert found() - {metric.name for metric in CLUSTER_METRICS} <= declared
