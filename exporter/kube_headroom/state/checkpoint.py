"""The ledger on disk: SQLite in WAL mode, one writer, one transaction per save, taken up when it is fresh and ours."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec
import structlog

from kube_headroom.state.ledger import CONTAINERS, EVENTS, ONCE, USAGE, Containers, Ledger, Row
from kube_headroom.state.sqlite_file import UnusableError, open_file, set_aside, whole_file, write_meta
from kube_headroom.state.usage.baselines import NodeBaseline

FORMAT = "2"
TABLES = (CONTAINERS, EVENTS, ONCE, USAGE)

log = structlog.get_logger(__name__)
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Containers | int | NodeBaseline).decode


class Identity(NamedTuple):
    """Whose check-point it is: another cluster, or other namespaces, make it foreign."""

    cluster: str
    namespaces: str


class Checkpoint:
    """A check-point file; `resume` once, then `save` every few seconds from one thread.

    Raises sqlite3.Error from `save` when the disk refuses; the caller counts it and tries again.
    """

    def __init__(self, path: Path, identity: Identity) -> None:
        self._path = path
        self._meta = {"format": FORMAT, "cluster": identity.cluster, "namespaces": identity.namespaces}
        self._connection: sqlite3.Connection | None = None

    def resume(self, ledger: Ledger, *, now: float, max_age: float) -> bool:
        """Fill the ledger from the file if it is whole, ours and younger than `max_age` seconds.

        What is not is set aside under a name of its own with one log line, and a new file begun.
        """
        try:
            read = self._read(now, max_age) if self._path.exists() else None
        except (UnusableError, sqlite3.Error, msgspec.MsgspecError) as error:
            aside = set_aside(self._path)
            log.warning(
                "check-point not taken up, counters begin with what is seen now", why=str(error), set_aside=str(aside)
            )
            read = None
        if read is not None:
            rows, saved_at = read
            ledger.restore(iter(rows), saved_at)
        self._open()
        return read is not None

    def save(self, rows: Sequence[Row], now: float) -> None:
        """Write the changed rows and the time in one transaction; all of them or none."""
        with self._connection or self._open() as connection:
            for table, key, value in rows:
                if value is None:
                    connection.execute(f"DELETE FROM {table} WHERE key = ?", (key,))  # noqa: S608  our own table names
                else:
                    connection.execute(
                        f"INSERT OR REPLACE INTO {table} VALUES (?, ?)",  # noqa: S608  our own table names
                        (key, _encode(value)),
                    )
            write_meta(connection, {"saved_at": repr(now)})

    def close(self) -> None:
        """Let go of the file."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _open(self) -> sqlite3.Connection:
        self._connection = open_file(self._path, TABLES, self._meta)
        return self._connection

    def _read(self, now: float, max_age: float) -> tuple[list[Row], float] | None:
        """Read the file; None for one that was begun and never written, as nobody fetched a page."""
        with whole_file(self._path, self._meta) as (connection, meta):
            if "saved_at" not in meta:
                return None
            return [*_rows(connection)], _saved_at(meta, now, max_age)


def _saved_at(meta: dict[str, str], now: float, max_age: float) -> float:
    try:
        saved_at = float(meta["saved_at"])
    except ValueError:
        message = f"its time {meta['saved_at']!r} is no number"
        raise UnusableError(message) from None
    age = now - saved_at
    if not -60 <= age <= max_age:
        message = f"it is {age:.0f} s old and at most {max_age:.0f} s are taken up"
        raise UnusableError(message)
    return saved_at


def _rows(connection: sqlite3.Connection) -> Iterator[Row]:
    for table in TABLES:
        for key, value in connection.execute(f"SELECT key, value FROM {table}"):  # noqa: S608  our own table names
            yield Row(table, key, _decode(value))
