"""Objects as JSON, each encoded once per revision; lists and watch events are put together from their bytes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from kube_headroom.simulator.kinds import RESOURCES
from kube_headroom.simulator.store import Change, Name, Object, Store

encode = msgspec.json.Encoder().encode
"""JSON of any value."""

_HEADS = {
    resource.plural: b'{"kind":"%s","apiVersion":"%s",' % (resource.kind.encode(), resource.api_version.encode())
    for resource in RESOURCES
}


class Encodings:
    """The JSON of a store's present objects, kept while they are; other states are encoded each time."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._kept: dict[tuple[str, Name], tuple[Object, bytes]] = {}
        store.listeners.append(self._hear)

    def whole(self, resource: str, stored: Object) -> bytes:
        """An object as it stands alone: with its kind."""
        return _HEADS[resource] + self._tail(resource, stored)

    def item(self, resource: str, stored: Object) -> bytes:
        """An object as it stands in a list: the list tells its kind."""
        return b"{" + self._tail(resource, stored)

    def _hear(self, change: Change) -> None:
        if change.type == "DELETED":
            self._kept.pop((change.resource, _name(change.object)), None)

    def _tail(self, resource: str, stored: Object) -> bytes:
        """The object's JSON without kind and version, after its opening brace."""
        name = _name(stored)
        kept = self._kept.get((resource, name))
        if kept is not None and kept[0] is stored:
            return kept[1]
        rest = {field: value for field, value in stored.items() if field not in ("kind", "apiVersion")}
        tail = encode(rest)[1:]
        if self._store.get(resource, *name) is stored:
            self._kept[resource, name] = (stored, tail)
        return tail


def list_body(kind: str, api_version: str, metadata: Mapping[str, Any], items: Iterable[bytes]) -> bytes:
    """The JSON of a list whose items are encoded already."""
    head = b'{"kind":"%s","apiVersion":"%s","metadata":' % (kind.encode(), api_version.encode())
    return b"".join((head, encode(metadata), b',"items":[', b",".join(items), b"]}\n"))


def no_items(kind: str, api_version: str, metadata: Mapping[str, Any]) -> bytes:
    """The JSON of an empty list as kube-apiserver writes it of metadata: its items are null."""
    return encode({"kind": kind, "apiVersion": api_version, "metadata": metadata, "items": None}) + b"\n"


def event_line(type_: str, encoded: bytes) -> bytes:
    """A watch event whose object is encoded already, as one line."""
    return b'{"type":"%s","object":%s}\n' % (type_.encode(), encoded)


def _name(stored: Object) -> Name:
    metadata = stored["metadata"]
    return metadata.get("namespace", ""), metadata["name"]
