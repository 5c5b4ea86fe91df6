"""Faults 1 to 11 of a list and watch, each against a script: what is asked, what is seen, how long it waits."""

from __future__ import annotations

import pytest
from urllib3.exceptions import NewConnectionError, ProtocolError

from kube_headroom.cluster.decode import NamespaceFilter
from kube_headroom.cluster.failures import Reason
from kube_headroom.cluster.health import Flaw, ListCause, WatchEnd
from kube_headroom.model import Pod
from tests.cluster.script import (
    NOW,
    Answer,
    Run,
    View,
    added,
    bookmark,
    deleted,
    error,
    line,
    listing,
    modified,
    pod,
    refused,
    silence,
    watching,
)


def connection_refused() -> Exception:
    failure = NewConnectionError(None, "refused")  # type: ignore[arg-type]
    failure.__cause__ = ConnectionRefusedError()
    return failure


def test_a_kind_is_listed_in_pages_and_watched_from_the_lists_version() -> None:
    run = Run(
        listing(pod("a"), token="next"),
        listing(pod("b"), version="12"),
        watching(added(pod("c", "13")), modified(pod("a", "14", phase="Failed")), deleted(pod("b", "15"))),
        watching(bookmark("99")),
        watching(bookmark("99")),
    )
    assert run.versions == ["list", "more", "watch 12", "watch 15", "watch 99"]
    assert run.view.names == ["a", "c"]
    changed = run.view.facts["uid-a"]
    assert isinstance(changed, Pod)
    assert changed.phase == "Failed"
    assert run.view.calls[0] == ("replace", 2)
    assert run.query(0) == {"limit": "500"}
    assert run.query(1) == {"limit": "500", "continue": "next"}
    assert run.query(2)["allowWatchBookmarks"] == "true"
    assert run.query(2)["timeoutSeconds"] == "300"
    assert run.report.listed
    assert run.report.up
    assert run.waits == []


def test_events_that_arrive_together_are_applied_together() -> None:
    run = Run(listing(), watching(added(pod("a", "11")) + added(pod("b", "12")), added(pod("c", "13"))))
    assert run.view.calls == [("replace", 0), ("apply", 2), ("apply", 1)]


class TestExpiry:
    """Faults 1, 2 and 4."""

    @pytest.mark.parametrize(
        "gone",
        [
            pytest.param(refused(410, "Expired"), id="as a status"),
            pytest.param(watching(error(410, "Expired")), id="as an ERROR event"),
            pytest.param(watching(error(410, "Gone")), id="as an ERROR event of old"),
        ],
    )
    def test_a_history_that_is_gone_is_listed_again_once_not_older_than_what_was_seen(self, gone: Answer) -> None:
        run = Run(
            listing(pod("a"), pod("b")), gone, listing(pod("a"), pod("b"), version="20"), watching(bookmark("21"))
        )
        assert run.versions == ["list", "watch 10", "list>=10", "watch 20"]
        assert run.query(2)["resourceVersionMatch"] == "NotOlderThan"
        assert run.view.seen == [{"uid-a", "uid-b"}] * 2
        assert run.report.lists == {ListCause.FIRST: 1, ListCause.EXPIRED: 1}
        assert run.report.errors == {Reason.EXPIRED: 1}

    def test_a_thousand_relists_never_show_a_partial_view(self) -> None:
        everyone = [pod(f"p{i}") for i in range(20)]
        script = [listing(*everyone, version="5")]
        for _ in range(1000):
            script += [
                watching(error(410, "Expired")),
                listing(*everyone[:10], version="5", token="t"),
                listing(*everyone[10:], version="5"),
            ]
        run = Run(*script)
        assert len(run.view.seen) == 1001
        assert all(len(view) == 20 for view in run.view.seen)
        assert run.report.lists[ListCause.EXPIRED] == 1000

    def test_an_expired_page_starts_the_list_anew_and_keeps_the_old_view(self) -> None:
        run = Run(
            listing(pod("old")),
            watching(error(410, "Expired")),
            listing(pod("x"), token="t1"),
            refused(410, "Expired"),
            listing(pod("new"), token="t2"),
            listing(pod("old"), version="30"),
        )
        assert run.versions == ["list", "watch 10", "list>=10", "more", "list", "more"]
        assert run.view.seen == [{"uid-old"}, {"uid-new", "uid-old"}]

    def test_a_server_with_older_data_is_asked_for_its_newest_after_it_refused_to_go_back(self) -> None:
        too_large = refused(504, "Timeout", "Too large resource version: 10, current: 4")
        run = Run(listing(pod("a"), pod("b")), refused(410, "Expired"), too_large, listing(pod("b"), version="4"))
        assert run.versions == ["list", "watch 10", "list>=10", "list"]
        assert run.view.seen == [{"uid-a", "uid-b"}, {"uid-b"}]
        assert run.report.errors[Reason.TOO_LARGE] == 1

    def test_a_watch_from_the_future_is_told_by_its_cause(self) -> None:
        future = error(504, "Timeout", causes=[{"reason": "ResourceVersionTooLarge"}], retryAfterSeconds=1)
        run = Run(listing(pod("a")), watching(future), listing(pod("b"), version="4"))
        assert run.versions == ["list", "watch 10", "list"]
        assert run.waits == [1.0]


class TestOutage:
    """Faults 3, 5 and 6."""

    def test_ten_minutes_without_a_server_keep_the_view_and_end_within_five_seconds_of_its_return(self) -> None:
        run = Run(listing(pod("a")), *[connection_refused() for _ in range(150)], watching(bookmark("11")))
        assert run.now - NOW > 580
        assert max(run.waits) <= 5
        assert run.view.seen == [{"uid-a"}]
        assert run.versions[1:] == ["watch 10"] * 151
        during = run.reports_before_waits[-1]
        assert not during.up
        assert during.listed
        assert during.last_success == NOW
        assert during.last_error == (
            "pods: connection_refused: connection refused; nothing listens at https://api.example"
        )
        assert run.report.up
        assert run.report.last_error == ""

    def test_a_silent_watch_is_opened_again_from_its_version_without_a_list_or_a_wait(self) -> None:
        run = Run(
            listing(pod("a")),
            watching(bookmark("17"), ends=silence()),
            watching(ends=silence()),
            watching(bookmark("18")),
        )
        assert run.versions == ["list", "watch 10", "watch 17", "watch 17"]
        assert run.waits == []
        assert run.report.errors == {}
        assert run.report.watch_ends[WatchEnd.SILENT] == 2

    def test_retry_after_is_honoured_and_costs_no_list(self) -> None:
        busy = refused(429, "TooManyRequests", headers={"Retry-After": "17"})
        run = Run(listing(pod("a")), busy, busy, watching(bookmark("11")))
        assert run.versions == ["list"] + ["watch 10"] * 3
        assert run.waits == [17.0, 17.0]
        assert run.report.errors == {Reason.TOO_MANY_REQUESTS: 2}

    def test_a_storm_of_errors_is_met_with_growing_waits_up_to_thirty_seconds(self) -> None:
        run = Run(*[refused(500, "InternalError")] * 8, listing(pod("a")))
        assert run.waits == [0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 30.0, 30.0]
        assert run.view.names == ["a"]

    def test_two_healthy_minutes_forget_the_storm(self) -> None:
        run = Run(refused(500), refused(500), listing(), refused(500))
        assert run.waits == [0.8, 1.6, 3.2]

    def test_a_watch_cut_within_a_line_is_taken_up_from_the_last_whole_event(self) -> None:
        half = added(pod("b", "12"))[:40]
        cut = ProtocolError("Connection broken")
        run = Run(listing(), watching(added(pod("a", "11")), half, ends=cut), watching(added(pod("b", "12"))))
        assert run.versions == ["list", "watch 10", "watch 11"]
        assert run.view.names == ["a", "b"]
        assert run.report.watch_ends[WatchEnd.FAILED] == 1
        assert run.report.errors == {Reason.CONNECTION: 1}

    def test_watches_that_end_at_once_are_not_reopened_in_a_rush(self) -> None:
        run = Run(listing(), watching(), watching(), watching())
        assert run.waits == [0.8, 1.6, 3.2]


class TestDenial:
    """Fault 11."""

    def test_what_is_forbidden_is_asked_for_rarely_and_said_in_one_line(self) -> None:
        message = 'pods is forbidden: User "x" cannot list resource "pods" at the cluster scope'
        run = Run(*[refused(403, "Forbidden", message)] * 8)
        assert run.waits == [0.8, 1.6, 3.2, 30.0, 60.0, 120.0, 240.0, 240.0]
        assert run.reports_before_waits[0].last_error == (f"pods: forbidden: {message}; grant list and watch on pods")
        assert run.reports_before_waits[0].last_reason is Reason.FORBIDDEN
        assert not run.report.listed

    def test_a_kind_the_server_does_not_have_is_said_so(self) -> None:
        run = Run(refused(404, "NotFound", "the server could not find the requested resource"))
        assert "switch the kind off" in run.reports_before_waits[0].last_error
        assert run.report.errors == {Reason.NOT_FOUND: 1}

    def test_a_watch_that_becomes_forbidden_keeps_its_view_and_its_place(self) -> None:
        run = Run(listing(pod("a")), refused(403, "Forbidden"), watching(added(pod("b", "11"))))
        assert run.versions == ["list", "watch 10", "watch 10"]
        assert run.view.names == ["a", "b"]

    def test_a_refused_token_is_a_failure_with_backoff(self) -> None:
        run = Run(refused(401, "Unauthorized", "Unauthorized"), listing(pod("a")))
        assert run.waits == [0.8]
        assert "check the token" in run.reports_before_waits[0].last_error


class TestOrder:
    """Fault 10."""

    def test_the_same_name_made_again_is_another_pod(self) -> None:
        run = Run(
            listing(pod("a", uid="uid-1")),
            watching(added(pod("a", "11", uid="uid-2")), deleted(pod("a", "12", uid="uid-1"))),
        )
        assert set(run.view.facts) == {"uid-2"}

    def test_an_event_that_comes_twice_changes_nothing(self) -> None:
        run = Run(listing(), watching(added(pod("a", "11")) * 2, deleted(pod("a", "12")) * 2))
        assert run.view.facts == {}


class TestBrokenAnswers:
    """Fault 9, where it touches more than one object."""

    def test_a_line_that_is_no_event_is_counted_and_the_next_one_counts(self) -> None:
        run = Run(listing(), watching(b"<html>\n", line("SURPRISE", {}), added(pod("a", "11"))))
        assert run.view.names == ["a"]
        assert run.report.skipped == {Flaw.MALFORMED: 2}

    def test_an_event_of_another_kind_is_counted_and_moves_nothing(self) -> None:
        stray = line("ADDED", {"kind": "Secret", **pod("s", "77")})
        run = Run(listing(), watching(stray), watching(bookmark("12")))
        assert run.view.facts == {}
        assert run.versions == ["list", "watch 10", "watch 10"]
        assert run.report.skipped == {Flaw.WRONG_KIND: 1}

    def test_a_deletion_that_cannot_be_read_is_made_up_by_a_list(self) -> None:
        run = Run(
            listing(pod("a"), pod("b")), watching(line("DELETED", {"kind": "Pod"})), listing(pod("b"), version="12")
        )
        assert run.versions == ["list", "watch 10", "list"]
        assert run.view.names == ["b"]

    @pytest.mark.parametrize(
        "answer",
        [
            pytest.param(watching(b"<html>login</html>"), id="a page of a proxy"),
            pytest.param(listing(kind="SecretList"), id="a list of something else"),
            pytest.param(listing(version=""), id="a list without a version"),
        ],
    )
    def test_an_answer_that_is_no_list_replaces_nothing(self, answer: Answer) -> None:
        run = Run(answer, listing(pod("a")))
        assert run.view.calls == [("replace", 1)]
        assert run.report.errors == {Reason.DECODE: 1}

    def test_a_sink_that_fails_gets_the_whole_view_again(self) -> None:
        class Stumbling(View):
            stumbled = False

            def apply(self, *args: object) -> None:
                if not self.stumbled:
                    self.stumbled = True
                    raise KeyError("bug")
                super().apply(*args)  # type: ignore[arg-type]

        run = Run(listing(), watching(added(pod("a", "11"))), listing(pod("a"), version="11"), sink=Stumbling())
        assert run.view.names == ["a"]
        assert run.report.errors == {Reason.INTERNAL: 1}


class TestStreamedLists:
    """WatchList, and its absence."""

    def test_a_streamed_list_is_handed_over_at_its_end_mark_and_goes_on_as_a_watch(self) -> None:
        run = Run(
            watching(
                added(pod("a", "5")) + added(pod("gone", "6")),
                deleted(pod("gone", "7")) + bookmark("9", end=True) + added(pod("b", "10")),
                added(pod("c", "11")),
            ),
            watching(bookmark("20")),
            streaming=True,
        )
        assert run.versions == ["stream", "watch 11"]
        assert run.view.calls == [("replace", 1), ("apply", 1), ("apply", 1)]
        assert run.query(0)["resourceVersionMatch"] == "NotOlderThan"
        assert run.report.lists == {ListCause.FIRST: 1}

    @pytest.mark.parametrize("code", [400, 422])
    def test_a_server_that_refuses_streams_is_asked_for_pages_ever_after(self, code: int) -> None:
        forbidden = refused(code, "Invalid", "sendInitialEvents is forbidden for watch")
        run = Run(forbidden, listing(pod("a")), watching(error(410, "Expired")), listing(version="20"), streaming=True)
        assert run.versions == ["stream", "list", "watch 10", "list>=10"]
        assert run.waits == [0.8]
        assert run.report.errors == {Reason.EXPIRED: 1}

    def test_a_server_that_streams_without_an_end_mark_is_asked_for_pages(self) -> None:
        run = Run(watching(added(pod("a", "5")), ends=silence()), listing(pod("a")), streaming=True)
        assert run.versions == ["stream", "list"]
        assert run.view.calls == [("replace", 1)]

    def test_a_busy_server_without_an_end_mark_is_found_out_by_the_deadline(self) -> None:
        busy = watching(*[modified(pod("a", str(i))) for i in range(300)])
        run = Run(busy, listing(pod("a")), streaming=True, seconds_per_chunk=1.0)
        assert run.versions == ["stream", "list"]
        assert 120 < run.now - NOW < 125

    def test_a_stream_that_breaks_off_is_begun_again(self) -> None:
        run = Run(watching(added(pod("a"))), watching(bookmark("9", end=True)), streaming=True)
        assert run.versions == ["stream", "stream"]
        assert run.view.calls == [("replace", 0)]

    def test_an_expired_stream_is_asked_for_the_newest(self) -> None:
        end = bookmark("9", end=True)
        run = Run(
            watching(end), refused(410, "Expired"), watching(error(410, "Expired")), watching(end), streaming=True
        )
        assert run.versions == ["stream", "watch 9", "stream>=9", "stream"]


def test_owners_are_asked_for_by_metadata_only() -> None:
    replica_set = {"kind": "PartialObjectMetadata", **pod("rs")}
    run = Run(
        listing(pod("rs"), kind="PartialObjectMetadataList"), watching(line("ADDED", replica_set)), kind="replicasets"
    )
    assert run.accepts == [
        "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json",
        "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json",
    ]
    assert run.asked[0][0] == "/apis/apps/v1/replicasets"
    assert run.view.names == ["rs"]


def test_a_namespace_is_watched_at_its_own_path() -> None:
    run = Run(listing(pod("a")), scope="shop")
    assert run.asked[0][0] == "/api/v1/namespaces/shop/pods"
    assert run.view.calls == [("replace shop", 1)]


def test_objects_of_denied_namespaces_are_left_out_and_still_move_the_version() -> None:
    denied = NamespaceFilter(denied=frozenset({"shop"}))
    run = Run(listing(pod("a")), watching(added(pod("b", "12"))), watching(bookmark("13")), admitted=denied)
    assert run.view.facts == {}
    assert run.versions[-1] == "watch 12"
    assert run.report.skipped == {}
