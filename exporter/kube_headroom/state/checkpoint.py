"""The ledger on disk: SQLite in WAL mode, one writer, one transaction per save, taken up when it is fresh and ours."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec
import structlog

from kube_headroom.state.ledger import CONTAINERS, EVENTS, ONCE, USAGE, Containers, Ledger, Row
from kube_headroom.state.usage.baselines import NodeBaseline

FORMAT = "2"
TABLES = (CONTAINERS, EVENTS, ONCE, USAGE)
SCHEMA = "CREATE TABLE IF NOT EXISTS {} (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID"

log = structlog.get_logger(__name__)
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Containers | int | NodeBaseline).decode


class Identity(NamedTuple):
    """Whose check-point it is: another cluster, or other namespaces, make it foreign."""

    cluster: str
    namespaces: str


class UnusableError(Exception):
    """Why a check-point cannot be taken up, as the end of a sentence."""


class Checkpoint:
    """A check-point file; `resume` once, then `save` every few seconds from one thread.

    Raises sqlite3.Error from `save` when the disk refuses; the caller counts it and tries again.
    """

    def __init__(self, path: Path, identity: Identity) -> None:
        self._path = path
        self._identity = identity
        self._connection: sqlite3.Connection | None = None

    def resume(self, ledger: Ledger, *, now: float, max_age: float) -> bool:
        """Fill the ledger from the file if it is whole, ours and younger than `max_age` seconds.

        What is not is set aside under a name of its own with one log line, and a new file begun.
        """
        try:
            read = self._read(now, max_age) if self._path.exists() else None
        except (UnusableError, sqlite3.Error, msgspec.MsgspecError) as error:
            self._set_aside(str(error))
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
            self._write_meta(connection, saved_at=repr(now))

    def close(self) -> None:
        """Let go of the file."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _open(self) -> sqlite3.Connection:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(self._path, check_same_thread=False, timeout=5)
        connection.execute("PRAGMA journal_mode=WAL")
        # A power cut may cost the last seconds, which a check-point may lose anyway; it cannot tear the file.
        connection.execute("PRAGMA synchronous=NORMAL")
        with connection:
            for table in (*TABLES, "meta"):
                connection.execute(SCHEMA.format(table))
            self._write_meta(
                connection, format=FORMAT, cluster=self._identity.cluster, namespaces=self._identity.namespaces
            )
        self._connection = connection
        return connection

    def _write_meta(self, connection: sqlite3.Connection, **meta: str) -> None:
        connection.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", meta.items())

    def _read(self, now: float, max_age: float) -> tuple[list[Row], float]:
        with contextlib.closing(sqlite3.connect(self._path, timeout=5)) as connection:
            if connection.execute("PRAGMA quick_check").fetchone() != ("ok",):
                message = "it is torn"
                raise UnusableError(message)
            meta: dict[str, str] = dict(connection.execute("SELECT key, value FROM meta"))
            saved_at = self._judge(meta, now, max_age)
            return [*_rows(connection)], saved_at

    def _judge(self, meta: dict[str, str], now: float, max_age: float) -> float:
        expected = {"format": FORMAT, "cluster": self._identity.cluster, "namespaces": self._identity.namespaces}
        for key, value in expected.items():
            if meta.get(key) != value:
                message = f"its {key} is {meta.get(key)!r}, not {value!r}"
                raise UnusableError(message)
        try:
            saved_at = float(meta.get("saved_at", "0"))
        except ValueError:
            message = f"its time {meta.get('saved_at')!r} is no number"
            raise UnusableError(message) from None
        age = now - saved_at
        if not -60 <= age <= max_age:
            message = f"it is {age:.0f} s old and at most {max_age:.0f} s are taken up"
            raise UnusableError(message)
        return saved_at

    def _set_aside(self, why: str) -> None:
        aside = self._path.with_name(f"{self._path.name}.unusable")
        for suffix in ("", "-wal", "-shm"):
            source = self._path.with_name(self._path.name + suffix)
            with contextlib.suppress(FileNotFoundError):
                source.replace(aside.with_name(aside.name + suffix))
        log.warning("check-point not taken up, counters begin with what is seen now", why=why, set_aside=str(aside))


def _rows(connection: sqlite3.Connection) -> Iterator[Row]:
    for table in TABLES:
        for key, value in connection.execute(f"SELECT key, value FROM {table}"):  # noqa: S608  our own table names
            yield Row(table, key, _decode(value))
