"""What a reflector asks the API server, as data (kubernetes.io/docs/reference/using-api/api-concepts); pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from kube_headroom.cluster.connection import JSON
from kube_headroom.cluster.kinds import Kind

PAGE = 500  # client-go's, and what keeps the memory of a list small
WATCH_SECONDS = (300, 600)  # client-go asks for 5 to 10 minutes, so that watches do not all end at once

# A healthy watch sends a bookmark about every minute. One that is silent for longer is opened again from its
# last version, which costs the server nothing; a dead peer is found sooner, by keep-alive (credentials.py).
WATCH_READ_TIMEOUT = 65.0
LIST_READ_TIMEOUT = 60.0  # between two reads; the API server itself gives a list 60 s
STREAM_DEADLINE = 120.0  # a server that streams lists has sent 150,000 pods and the end mark by then


class Ask(NamedTuple):
    """A request: query, Accept header and seconds to wait for bytes."""

    query: Mapping[str, str]
    accept: str
    read_timeout: float


def list_page(kind: Kind, version: str, token: str) -> Ask:
    """A page of a list: the first not older than `version` ("" asks for the newest), the others by their token."""
    query = {"limit": str(PAGE), **_selection(kind)}
    if token:
        query["continue"] = token
    elif version:
        query |= {"resourceVersion": version, "resourceVersionMatch": "NotOlderThan"}
    return Ask(query, _accept(kind, "PartialObjectMetadataList"), LIST_READ_TIMEOUT)


def watch(kind: Kind, version: str, random: Callable[[], float]) -> Ask:
    """A watch of what happens after `version`."""
    return Ask(
        {
            "watch": "1",
            "resourceVersion": version,
            "allowWatchBookmarks": "true",
            "timeoutSeconds": _seconds(random),
            **_selection(kind),
        },
        _accept(kind, "PartialObjectMetadata"),
        WATCH_READ_TIMEOUT,
    )


def watch_list(kind: Kind, version: str, random: Callable[[], float]) -> Ask:
    """A list as a stream, not older than `version`, that goes on as a watch (KEP-3157)."""
    query = {
        "watch": "1",
        "sendInitialEvents": "true",
        "resourceVersionMatch": "NotOlderThan",
        "allowWatchBookmarks": "true",
        "timeoutSeconds": _seconds(random),
        **_selection(kind),
    }
    if version:
        query["resourceVersion"] = version
    return Ask(query, _accept(kind, "PartialObjectMetadata"), WATCH_READ_TIMEOUT)


def _selection(kind: Kind) -> dict[str, str]:
    return {"labelSelector": kind.label_selector} if kind.label_selector else {}


def _seconds(random: Callable[[], float]) -> str:
    shortest, longest = WATCH_SECONDS
    return str(round(shortest + random() * (longest - shortest)))


def _accept(kind: Kind, partial: str) -> str:
    return f"{JSON};as={partial};g=meta.k8s.io;v=v1,{JSON}" if kind.metadata_only else JSON
