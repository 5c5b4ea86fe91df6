"""Watches: everything after a version, once and in order, as the selection sees it, until the time or the history ends."""

from __future__ import annotations

import itertools
import json

import httpx
import pytest

from kube_headroom.simulator.apiserver import watching
from tests.simulator.apiserver.stage import PODS, Stage, pod, wait_until

PARTIAL = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
END = {"k8s.io/initial-events-end": "true"}


def test_a_watch_tells_what_happened_after_its_version_and_what_happens(stage: Stage) -> None:
    made = stage.create("pods", pod("a"), pod("b"))
    with stage.watch(resourceVersion=made[0]["metadata"]["resourceVersion"]) as events:
        assert events.take(1) == [("ADDED", "b")]
        changed = stage.change("pods", made[0], status={"phase": "Failed"})
        event = events.next()
        assert (event["type"], event["object"]) == ("MODIFIED", changed)
        stage.delete("pods", made[1])
        event = events.next()
        assert (event["type"], event["object"]["metadata"]["name"]) == ("DELETED", "b")
        assert event["object"]["metadata"]["resourceVersion"] == str(stage.revision)
        stage.create("nodes", {"metadata": {"name": "n"}, "spec": {}})
        stage.create("pods", pod("c"))
        assert events.take(1) == [("ADDED", "c")]


@pytest.mark.parametrize("version", ["", "0"])
def test_a_watch_from_nowhere_begins_with_what_is_there(stage: Stage, version: str) -> None:
    stage.create("pods", pod("b"), pod("a"))
    with stage.watch(**({"resourceVersion": version} if version else {})) as events:
        assert events.take(2) == [("ADDED", "a"), ("ADDED", "b")]
        stage.create("pods", pod("c"))
        assert events.take(1) == [("ADDED", "c")]


def test_a_streamed_list_ends_with_its_mark_and_goes_on_as_a_watch(stage: Stage) -> None:
    stage.create("pods", pod("a"))
    query = {"sendInitialEvents": "true", "resourceVersionMatch": "NotOlderThan", "allowWatchBookmarks": "true"}
    with stage.watch(**query) as events:
        assert events.take(1) == [("ADDED", "a")]
        assert events.next() == {
            "type": "BOOKMARK",
            "object": {
                "kind": "Pod",
                "apiVersion": "v1",
                "metadata": {"resourceVersion": str(stage.revision), "annotations": END},
            },
        }
        stage.create("pods", pod("b"))
        assert events.take(1) == [("ADDED", "b")]


def test_a_streamed_list_from_the_future_is_an_error_event(stage: Stage) -> None:
    query = {"sendInitialEvents": "true", "resourceVersionMatch": "NotOlderThan", "resourceVersion": "99"}
    answer = stage.get(PODS, watch="1", **query)
    event = json.loads(answer.text)
    assert (answer.status_code, event["type"]) == (200, "ERROR")
    assert (event["object"]["code"], event["object"]["details"]["causes"][0]["reason"]) == (
        504,
        "ResourceVersionTooLarge",
    )


def test_a_watch_from_the_future_waits_for_it(stage: Stage) -> None:
    future = str(stage.revision + 2)
    with stage.watch(resourceVersion=future) as events:
        stage.create("pods", *(pod(name) for name in "abc"))
        assert events.take(1) == [("ADDED", "c")]


def test_a_watch_from_forgotten_history_gets_one_error_event(stage: Stage) -> None:
    stage.create("pods", pod("a"), pod("b"))
    stage.simulation.call(stage.api_server.compact)
    answer = stage.get(PODS, watch="1", resourceVersion="2")
    event = json.loads(answer.text)
    assert (answer.status_code, event["type"]) == (200, "ERROR")
    assert (event["object"]["code"], event["object"]["reason"]) == (410, "Expired")
    assert event["object"]["message"] == "too old resource version: 2 (3)"


def test_an_open_watch_outlives_a_compaction(stage: Stage) -> None:
    with stage.watch() as events:
        stage.create("pods", pod("a"))
        stage.simulation.call(stage.api_server.compact)
        stage.create("pods", pod("b"))
        assert events.take(2) == [("ADDED", "a"), ("ADDED", "b")]


def test_a_selection_sees_objects_come_and_go(stage: Stage) -> None:
    (made,) = stage.create("pods", pod("a", labels={"tier": "back"}))
    with stage.watch(labelSelector="tier=front", resourceVersion=str(stage.revision)) as events:
        front = stage.change("pods", made, metadata={"labels": {"tier": "front"}})
        stage.change("pods", front, status={"phase": "Failed"})
        gone = stage.change("pods", front, metadata={"labels": {"tier": "back"}})
        stage.delete("pods", gone)
        stage.create("pods", pod("z", labels={"tier": "front"}))
        assert events.take(2) == [("ADDED", "a"), ("MODIFIED", "a")]
        left = events.next()
        assert left["type"] == "DELETED"
        # The state before it left, at the version that made it leave (kube-apiserver, cacher).
        assert left["object"]["metadata"]["labels"] == {"tier": "front"}
        assert left["object"]["metadata"]["resourceVersion"] == gone["metadata"]["resourceVersion"]
        assert events.take(1) == [("ADDED", "z")]


def test_one_object_is_watched_by_its_name(stage: Stage) -> None:
    stage.create("pods", pod("a"), pod("b"))
    with stage.watch("/api/v1/namespaces/shop/pods", fieldSelector="metadata.name=b") as events:
        assert events.take(1) == [("ADDED", "b")]


def test_bookmarks_tell_how_far_a_quiet_watch_has_come(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "BOOKMARK_SECONDS", 0.02)
    with stage.watch(resourceVersion=str(stage.revision), allowWatchBookmarks="true") as events:
        stage.create("nodes", {"metadata": {"name": "n"}, "spec": {}})
        told = events.next()
        while told["object"]["metadata"]["resourceVersion"] != str(stage.revision):
            assert told["type"] == "BOOKMARK"
            told = events.next()


def test_a_watch_ends_after_its_time_with_a_bookmark_before(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "LAST_BOOKMARK_SECONDS", 0.9)
    answer = stage.get(PODS, watch="1", timeoutSeconds="1", resourceVersion="1", allowWatchBookmarks="1")
    (event,) = [json.loads(line) for line in answer.text.splitlines()]
    assert event["type"] == "BOOKMARK"
    silent = stage.get(PODS, watch="1", timeoutSeconds="1", resourceVersion="1")
    assert (silent.status_code, silent.text) == (200, "")


def test_only_metadata_is_sent_to_those_who_ask_for_no_more(stage: Stage) -> None:
    (made,) = stage.create("pods", pod("a"))
    with stage.watch(accept=PARTIAL, allowWatchBookmarks="true") as events:
        first, mark = events.next(), events.next()
    assert first["object"] == {
        "kind": "PartialObjectMetadata",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": made["metadata"],
    }
    assert mark["object"]["kind"] == "PartialObjectMetadata"


def test_a_cut_watch_breaks_in_the_middle_of_its_stream(stage: Stage) -> None:
    with stage.watch() as events:
        stage.create("pods", pod("a"))
        assert events.take(1) == [("ADDED", "a")]
        assert stage.simulation.call(stage.api_server.cut_watches) == 1
        with pytest.raises(httpx.TransportError):
            events.rest()
    wait_until(lambda: stage.open_watches() == 0, "the watch to be forgotten")


def test_a_client_that_leaves_is_forgotten_at_once(stage: Stage) -> None:
    with stage.watch():
        assert stage.open_watches() == 1
    wait_until(lambda: stage.open_watches() == 0, "the watch to be forgotten")


def test_a_client_that_does_not_keep_up_is_given_up(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "KEPT_CHANGES", 50)
    with stage.watch() as events:
        stage.create("pods", *(pod(f"p{number}") for number in range(100)))
        with pytest.raises(httpx.TransportError):
            events.rest()


def test_a_client_that_reads_nothing_at_all_holds_nothing_up(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "KEPT_CHANGES", 20)
    numbers = itertools.count()

    def given_up() -> bool:
        large = pod(f"p{next(numbers)}")
        large["metadata"]["annotations"] = {"large": "x" * 200_000}
        stage.create("pods", large)
        return stage.open_watches() == 0

    with stage.watch():
        wait_until(given_up, "the watch to be given up")


def test_a_thousand_changes_between_two_glances_all_arrive_in_order(stage: Stage) -> None:
    with stage.watch() as events:
        stage.create("pods", *(pod(f"p{number:04}") for number in range(1200)))
        assert events.take(1200) == [("ADDED", f"p{number:04}") for number in range(1200)]
