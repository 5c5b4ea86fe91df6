"""The SLO engine's histories on disk, one row each: taken up when the file is whole and this cluster's, whatever its age."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path

import structlog

from kube_headroom.state.sqlite_file import UnusableError, open_file, set_aside, whole_file, write_meta

FORMAT = "slo 1"
TABLE = "histories"

log = structlog.get_logger(__name__)
Row = tuple[str, bytes]


class SloFile:
    """`load` once, then `save` from one thread.

    Raises sqlite3.Error, and OSError where not even a folder can be made; the caller counts it and tries again.
    """

    def __init__(self, path: Path, cluster: str) -> None:
        self._path = path
        self._meta = {"format": FORMAT, "cluster": cluster}
        self._connection: sqlite3.Connection | None = None

    def load(self) -> list[Row]:
        """Return all rows; a file that is torn or another cluster's is set aside with one log line, and a new one begun."""
        try:
            rows = self._read() if self._path.exists() else []
        except (UnusableError, sqlite3.DatabaseError) as error:
            if isinstance(error, sqlite3.OperationalError) and "no such" not in str(error):
                raise  # locked, or the disk refuses: the file may be whole
            aside = set_aside(self._path)
            log.warning("SLO histories not taken up, budgets begin anew", why=str(error), set_aside=str(aside))
            rows = []
        self._connection = open_file(self._path, (TABLE,), self._meta)
        return rows

    def save(self, rows: Sequence[Row], now: float) -> None:
        """Write rows in one transaction, all of them or none; an empty value deletes its row."""
        if self._connection is None:
            self._connection = open_file(self._path, (TABLE,), self._meta)
        with self._connection as connection:
            connection.executemany(
                f"DELETE FROM {TABLE} WHERE key = ?",  # noqa: S608  our own table's name
                [(key,) for key, value in rows if not value],
            )
            connection.executemany(
                f"INSERT OR REPLACE INTO {TABLE} VALUES (?, ?)",  # noqa: S608  our own table's name
                [row for row in rows if row[1]],
            )
            write_meta(connection, {"saved_at": repr(now)})

    def close(self) -> None:
        """Let go of the file."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _read(self) -> list[Row]:
        with whole_file(self._path, self._meta) as (connection, _):
            return [
                (str(key), bytes(value))
                for key, value in connection.execute(f"SELECT key, value FROM {TABLE}")  # noqa: S608  our own table's name
            ]
