"""The ledger on disk: taken up when fresh and ours, set aside when not, never a crash."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from kube_headroom.state.checkpoint import Checkpoint, Identity
from kube_headroom.state.ledger import Ledger
from kube_headroom.state.terminations import Baseline

NOW = 1_000_000.0
OURS = Identity(cluster="cluster-uid", namespaces="")
CRASHED = Baseline(restart_count=3, ends=4, counted=("a", "b"))


def write(path: Path, identity: Identity = OURS) -> None:
    ledger = Ledger(NOW)
    ledger.set_baseline("pod", "app", CRASHED)
    ledger.set_baseline("gone", "app", CRASHED)
    ledger.set_event("event", 7)
    ledger.first_time("job")
    checkpoint = Checkpoint(path, identity)
    checkpoint.resume(ledger, now=NOW, max_age=60)
    checkpoint.save(ledger.take_changes(), NOW)
    ledger.forget("gone")
    checkpoint.save(ledger.take_changes(), NOW)
    checkpoint.close()


def resume(path: Path, *, now: float = NOW + 10, max_age: float = 60) -> Ledger:
    ledger = Ledger(now)
    checkpoint = Checkpoint(path, OURS)
    checkpoint.resume(ledger, now=now, max_age=max_age)
    checkpoint.save(ledger.take_changes(), now)
    checkpoint.close()
    return ledger


def test_a_fresh_check_point_of_ours_is_taken_up(tmp_path: Path) -> None:
    write(tmp_path / "state.db")
    ledger = resume(tmp_path / "state.db")
    assert ledger.resumed
    assert (ledger.containers, ledger.events, ledger.once) == ({"pod": {"app": CRASHED}}, {"event": 7}, {"job"})


def test_without_a_file_one_is_begun_in_a_folder_that_is_made(tmp_path: Path) -> None:
    path = tmp_path / "var" / "state.db"
    assert not resume(path).resumed
    assert resume(path, now=NOW + 20).resumed


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:5000])


def overwrite(path: Path) -> None:
    path.write_bytes(b"not a database at all" * 400)


def empty_meta(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE meta SET value = 'soon' WHERE key = 'saved_at'")
    connection.close()


def odd_value(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE containers SET value = x'c1'")
    connection.close()


def foreign_tables(path: Path) -> None:
    path.unlink()
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE songs (name TEXT)")
    connection.close()


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(truncate, id="torn"),
        pytest.param(overwrite, id="not a database"),
        pytest.param(empty_meta, id="without a time"),
        pytest.param(odd_value, id="with an unreadable row"),
        pytest.param(foreign_tables, id="another program's"),
    ],
)
def test_a_file_is_set_aside_that_is(spoil: Callable[[Path], None], tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    write(path)
    spoil(path)
    with capture_logs() as logs:
        assert not resume(path).resumed
    assert [line["log_level"] for line in logs] == ["warning"]
    assert (tmp_path / "state.db.unusable").exists()
    assert resume(path, now=NOW + 20).resumed


@pytest.mark.parametrize(
    ("identity", "now", "why"),
    [
        pytest.param(Identity("other", ""), NOW + 10, "its cluster is 'other'", id="another cluster's"),
        pytest.param(Identity("cluster-uid", "shop"), NOW + 10, "its namespaces is 'shop'", id="other namespaces'"),
        pytest.param(OURS, NOW + 61, "it is 61 s old and at most 60 s", id="too old"),
        pytest.param(OURS, NOW - 120, "it is -120 s old", id="from the future"),
    ],
)
def test_a_check_point_is_not_taken_up_when_it_is(identity: Identity, now: float, why: str, tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    write(path, identity)
    with capture_logs() as logs:
        assert not resume(path, now=now).resumed
    assert why in logs[0]["why"]


def test_what_the_disk_refuses_is_kept_for_the_next_try(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    ledger = Ledger(NOW)
    checkpoint = Checkpoint(path, OURS)
    checkpoint.resume(ledger, now=NOW, max_age=60)
    ledger.set_event("event", 1)
    with sqlite3.connect(path) as connection:
        connection.execute("DROP TABLE events")
    connection.close()
    rows = ledger.take_changes()
    with pytest.raises(sqlite3.Error, match="no such table"):
        checkpoint.save(rows, NOW)
    ledger.give_back(rows)
    assert [row.key for row in ledger.take_changes()] == ["event"]
    checkpoint.close()


def test_without_a_file_no_change_is_kept_for_one() -> None:
    ledger = Ledger(NOW, saved=False)
    ledger.set_event("event", 3)
    ledger.set_baseline("pod", "app", Baseline(1, 1, ()))
    ledger.forget_event("event")
    assert ledger.take_changes() == []
    assert ledger.baseline("pod", "app").restart_count == 1


def counting(ledger: Ledger, moments: range, *, fetched: float) -> None:
    """Count an event once more at each moment, each with a page of its own."""
    for moment in moments:
        ledger.set_event("event", moment)
        ledger.mark(moment, fetched)


@pytest.mark.parametrize(
    ("fetched", "saved"),
    [
        pytest.param(-1.0, [], id="nobody fetched a page: nothing"),
        pytest.param(3.0, [3], id="the page was fetched at once: its values"),
        pytest.param(3.5, [3], id="a page that shows no more: the same"),
        pytest.param(5.0, [5], id="the newest page: all"),
    ],
)
def test_what_is_saved_is_what_the_last_fetched_page_showed(fetched: float, saved: list[int]) -> None:
    ledger = Ledger(NOW)
    counting(ledger, range(1, 6), fetched=-1)
    assert [row.value for row in ledger.take_changes(fetched)] == saved
    assert [row.value for row in ledger.take_changes(5.0)] == ([] if saved == [5] else [5]), "the rest comes later"


def test_what_is_counted_while_nobody_fetches_takes_no_more_room() -> None:
    ledger = Ledger(NOW)
    counting(ledger, range(1, 1_000), fetched=5)
    assert len(ledger._shown) < 15
    assert [row.value for row in ledger.take_changes(5)] == [5]
    counting(ledger, range(1_000, 1_010), fetched=1_002)
    assert [row.value for row in ledger.take_changes(1_002)] == [1_002]


def test_rows_that_could_not_be_written_yield_to_newer_ones() -> None:
    ledger = Ledger(NOW)
    counting(ledger, range(1, 3), fetched=-1)
    ledger.give_back(ledger.take_changes(1))
    assert [row.value for row in ledger.take_changes(1)] == [1]
    ledger.give_back(ledger.take_changes(2))
    counting(ledger, range(3, 4), fetched=-1)
    assert [row.value for row in ledger.take_changes(3)] == [3]


def test_a_file_that_was_begun_and_never_written_is_no_trouble(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    for _ in range(2):
        checkpoint = Checkpoint(path, OURS)
        with capture_logs() as logs:
            assert not checkpoint.resume(Ledger(NOW), now=NOW, max_age=60)
        checkpoint.close()
        assert logs == []
