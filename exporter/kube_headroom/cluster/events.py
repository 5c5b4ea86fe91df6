"""What the lines of a watch say: changes, the version they lead to, and what the server complains of; no I/O."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from kube_headroom.cluster import decode
from kube_headroom.cluster.decode import ObjectReader
from kube_headroom.cluster.failures import Failure, Reason, refusal
from kube_headroom.cluster.health import Flaw, SourceHealth
from kube_headroom.model import Change, Fact

CHANGES = {"ADDED": Change.UPSERT, "MODIFIED": Change.UPSERT, "DELETED": Change.DELETE}


class Events(NamedTuple):
    """What a batch of lines said.

    `version` is "" where no line had one; `rest` are the lines after the mark that ends a streamed list, None
    without the mark; `failure` is what ended the batch early.
    """

    changes: list[tuple[Change, str, Fact]]
    version: str
    rest: Sequence[bytes] | None
    failure: Failure | None


def read_events(lines: Sequence[bytes], reader: ObjectReader, health: SourceHealth, now: float) -> Events:
    """Read lines in order, up to an ERROR event or the end of a streamed list; never raises."""
    changes: list[tuple[Change, str, Fact]] = []
    version = ""
    for position, line in enumerate(lines):
        event = decode.watch_event(line)
        change = CHANGES.get(event.type or "") if event else None
        if event is None:
            health.flawed(Flaw.MALFORMED)
        elif change is not None:
            read = reader.read(event.object)
            if read.fact is not None:
                changes.append((change, read.uid, read.fact))
            elif read.lost and change is Change.DELETE:
                # Without its identity what is gone would stay for ever; only a list tells what is left.
                return Events(changes, version, None, Failure(Reason.DECODE, "a deletion could not be read"))
            version = read.version or version
        elif event.type == "BOOKMARK":
            seen, ended = decode.bookmark(event.object)
            version = seen or version
            if ended:
                return Events(changes, version, lines[position + 1 :], None)
        elif event.type == "ERROR":
            status = decode.error_status(event.object)
            return Events(changes, version, None, refusal(status.code or 500, status, {}, now))
        else:
            health.flawed(Flaw.MALFORMED)
    return Events(changes, version, None, None)
