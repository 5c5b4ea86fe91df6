"""SLO histories on disk: taken up at any age, set aside when torn or foreign, all or nothing."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from kube_headroom.state.slo_file import Row, SloFile

NOW = 1_000_000.0
ROWS: list[Row] = [('["shop","cart"]', b"\x00\x01"), ('["shop","pay"]', b"\x02" * 9_000)]


def write(path: Path, rows: list[Row] = ROWS, cluster: str = "ours") -> None:
    file = SloFile(path, cluster)
    file.load()
    file.save(rows, NOW)
    file.close()


def load(path: Path) -> list[Row]:
    file = SloFile(path, "ours")
    try:
        return file.load()
    finally:
        file.close()


def test_what_was_saved_is_loaded_and_what_was_deleted_is_not(tmp_path: Path) -> None:
    path = tmp_path / "made" / "slo.db"
    write(path)
    assert sorted(load(path)) == ROWS
    write(path, [(ROWS[0][0], b""), (ROWS[1][0], b"new")])
    assert load(path) == [(ROWS[1][0], b"new")]


def overwrite(path: Path) -> None:
    path.write_bytes(b"not a database at all" * 400)


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:5_000])


def forget_tables(path: Path) -> None:
    path.unlink()
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE songs (name TEXT)")
    connection.close()


def move_to_another_cluster(path: Path) -> None:
    path.unlink()
    write(path, cluster="theirs")


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        pytest.param(overwrite, "not a database", id="no database"),
        pytest.param(truncate, "malformed", id="torn"),
        pytest.param(forget_tables, "no such table", id="another program's"),
        pytest.param(move_to_another_cluster, "its cluster is 'theirs', not 'ours'", id="another cluster's"),
    ],
)
def test_a_file_is_set_aside_with_one_log_line_that_is(spoil: Callable[[Path], None], why: str, tmp_path: Path) -> None:
    path = tmp_path / "slo.db"
    write(path)
    spoil(path)
    with capture_logs() as logs:
        assert load(path) == []
    assert [line["log_level"] for line in logs] == ["warning"]
    assert why in logs[0]["why"]
    assert (tmp_path / "slo.db.unusable").exists()
    write(path)
    assert sorted(load(path)) == ROWS


def test_a_file_that_cannot_be_opened_now_stays_where_it_is(tmp_path: Path) -> None:
    path = tmp_path / "slo.db"
    write(path)
    path.with_name("slo.db-wal").mkdir()
    with pytest.raises(sqlite3.OperationalError, match="unable to open"):
        load(path)
    path.with_name("slo.db-wal").rmdir()
    assert sorted(load(path)) == ROWS


def test_of_a_save_that_the_disk_refuses_nothing_is_written(tmp_path: Path) -> None:
    path = tmp_path / "slo.db"
    write(path)
    with sqlite3.connect(path) as connection:
        connection.execute(
            "CREATE TRIGGER full BEFORE INSERT ON histories WHEN NEW.key = 'last' "
            "BEGIN SELECT RAISE(ABORT, 'disk full'); END"
        )
    connection.close()
    file = SloFile(path, "ours")
    file.load()
    with pytest.raises(sqlite3.Error, match="disk full"):
        file.save([(ROWS[0][0], b""), (ROWS[1][0], b"new"), ("last", b"new")], NOW)
    file.close()
    assert sorted(load(path)) == ROWS
