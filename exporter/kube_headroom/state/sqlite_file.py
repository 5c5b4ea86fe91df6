"""What the files of state share: SQLite in WAL mode with a table of facts about itself; read whole, or set aside."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

SCHEMA = "CREATE TABLE IF NOT EXISTS {} (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID"


class UnusableError(Exception):
    """Why a file cannot be taken up, as the end of a sentence."""


def open_file(path: Path, tables: Sequence[str], meta: Mapping[str, str]) -> sqlite3.Connection:
    """Open the file for writing, made with its folder, tables and meta if need be; sqlite3.Error or OSError if refused."""
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(path, check_same_thread=False, timeout=5)
    connection.execute("PRAGMA journal_mode=WAL")
    # A power cut may cost the last seconds, which may be lost anyway; it cannot tear the file.
    connection.execute("PRAGMA synchronous=NORMAL")
    with connection:
        for table in (*tables, "meta"):
            connection.execute(SCHEMA.format(table))
        write_meta(connection, meta)
    return connection


def write_meta(connection: sqlite3.Connection, meta: Mapping[str, str]) -> None:
    """Write facts about the file, within the caller's transaction."""
    connection.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", meta.items())


@contextlib.contextmanager
def whole_file(path: Path, expected: Mapping[str, str]) -> Iterator[tuple[sqlite3.Connection, dict[str, str]]]:
    """Open the file for reading with its meta; UnusableError if it is torn or its meta differ, sqlite3.Error if it is no database."""
    with contextlib.closing(sqlite3.connect(path, timeout=5)) as connection:
        if connection.execute("PRAGMA quick_check").fetchone() != ("ok",):
            raise UnusableError("it is torn")
        meta: dict[str, str] = dict(connection.execute("SELECT key, value FROM meta"))
        for key, value in expected.items():
            if meta.get(key) != value:
                raise UnusableError(f"its {key} is {meta.get(key)!r}, not {value!r}")
        yield connection, meta


def set_aside(path: Path) -> Path:
    """Give the file, and what SQLite keeps beside it, the name that is returned."""
    aside = path.with_name(f"{path.name}.unusable")
    for suffix in ("", "-wal", "-shm"):
        with contextlib.suppress(FileNotFoundError):
            path.with_name(path.name + suffix).replace(aside.with_name(aside.name + suffix))
    return aside
