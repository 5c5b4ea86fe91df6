"""The publishing loop: what changed is shown, what cannot be made is left out, nothing else is disturbed."""

from __future__ import annotations

import json
import zlib
from typing import cast

from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from kube_headroom.catalogue import workloads
from kube_headroom.exposition.channel import Publication
from kube_headroom.exposition.server import Server
from kube_headroom.overview_feed import INTERVAL, OverviewFeed
from kube_headroom.publisher import OWN_INTERVAL, Publisher, Standing
from tests.facts import controller, pod, replicas
from tests.stage import Stage

READY = Standing("", frozenset(), ())


class Recorder:
    """Stands where the server does and keeps what it was given."""

    restarts = 0

    def __init__(self) -> None:
        self.published: list[Publication] = []
        self.heartbeats = 0

    def publish(self, publication: Publication) -> None:
        self.published.append(publication)

    def heartbeat(self) -> None:
        self.heartbeats += 1

    @property
    def text(self) -> str:
        return zlib.decompressobj(-15).decompress(self.published[-1].body.text.deflated).decode()


def publisher_of(stage: Stage) -> tuple[Publisher, Recorder]:
    server = Recorder()
    publisher = Publisher(
        (stage.inventory,),
        cast("Server", server),
        CollectorRegistry(),
        feed=OverviewFeed(lambda: ()),
        clock=lambda: stage.now,
    )
    return publisher, server


def stage_with(*names: str) -> Stage:
    stage = Stage()
    stage.relist("deployments", *(controller(name) for name in names))
    stage.start()
    return stage


def test_nothing_of_the_cluster_is_shown_while_something_is_missing() -> None:
    publisher, server = publisher_of(stage_with("web"))
    publisher.publish(Standing("not listed yet: pods", frozenset(), ()))
    assert (server.published[-1].ready, server.published[-1].reason, server.text) == (False, "not listed yet: pods", "")
    publisher.publish(READY)
    assert server.published[-1].ready
    assert 'workload="web"' in server.text


def test_an_unchanged_page_is_a_heartbeat_until_our_own_metrics_are_due() -> None:
    stage = stage_with("web")
    publisher, server = publisher_of(stage)
    for _ in range(3):
        publisher.publish(READY)
    assert (len(server.published), server.heartbeats) == (1, 2)
    stage.wait(OWN_INTERVAL)
    publisher.publish(READY)
    assert len(server.published) == 2


def test_a_change_of_standing_is_published_at_once() -> None:
    publisher, server = publisher_of(stage_with("web"))
    publisher.publish(READY)
    publisher.publish(Standing("", frozenset({workloads.INFO}), ()))
    assert "headroom_workload_info" not in server.text
    assert "headroom_workload_replicas_ready" in server.text
    publisher.publish(READY)
    assert "headroom_workload_info" in server.text


def test_what_cannot_be_made_is_left_out_counted_and_logged_once() -> None:
    stage = stage_with("good", "bad")
    broken = pod("broken", statuses=cast("tuple[()]", None))
    stage.inventory.workloads.entries[next(w for w in stage.inventory.workloads.entries if w.workload == "bad")].pods[
        "x"
    ] = broken
    publisher, server = publisher_of(stage)
    with capture_logs() as logs:
        publisher.publish(READY)
    assert ('workload="good"' in server.text, 'workload="bad"' in server.text) == (True, False)
    assert [line["of"] for line in logs] == ["workload/shop/Deployment/bad"]
    (errors,) = (
        sample.value for sample in publisher.samples() if sample.metric.name == "headroom_publish_errors_total"
    )
    assert errors == 1


def test_a_large_cluster_is_published_in_slices_and_whole() -> None:
    stage = stage_with(*(f"web-{index}" for index in range(450)))
    publisher, server = publisher_of(stage)
    publisher.publish(READY)
    assert server.text.count("headroom_workload_info{") == 450


def test_the_overview_is_looked_at_every_two_seconds_at_most_and_never_forgotten() -> None:
    stage = stage_with("web")
    publisher, server = publisher_of(stage)
    publisher.publish(READY)
    first = server.published[-1].overview
    stage.wait(INTERVAL / 2)
    stage.upsert("deployments", controller(replicas=replicas(2, deadline_exceeded=True)))
    publisher.publish(READY)
    assert server.published[-1].overview == first
    stage.wait(INTERVAL / 2)
    publisher.publish(READY)
    overview = publisher.overview()
    assert overview is not None
    assert [subject.name for subject in overview.subjects] == ["web"]
    shown = zlib.decompressobj(-15).decompress(server.published[-1].overview.deflated)
    assert json.loads(shown)["subjects"][0]["name"] == "web"


def test_what_time_alone_changes_reaches_the_overview() -> None:
    stage = stage_with()
    stage.upsert("deployments", controller(replicas=replicas(2, available=1)))
    publisher, _ = publisher_of(stage)
    for _ in range(20):
        publisher.publish(READY)
        stage.wait(1)
    overview = publisher.overview()
    assert overview is not None
    assert overview.subjects[0].findings[0].text == "1 of 2 replicas missing"
