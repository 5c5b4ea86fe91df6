"""Objects, lists and watch events in the representation that a client negotiated."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from kube_headroom.simulator.apiserver.encoding import Encodings, encode, list_body, no_items
from kube_headroom.simulator.apiserver.listing import Page
from kube_headroom.simulator.apiserver.media import Representation
from kube_headroom.simulator.apiserver.printing import printer
from kube_headroom.simulator.apiserver.status import bad_request, not_acceptable
from kube_headroom.simulator.kinds import Resource
from kube_headroom.simulator.store import Object

_PARTIAL, _PARTIAL_LIST, _TABLE = "PartialObjectMetadata", "PartialObjectMetadataList", "Table"
_INCLUDED = ("", "Metadata", "Object", "None")


class View(NamedTuple):
    """How a request's objects are shown; `included` is what a table's rows carry of their object."""

    resource: Resource
    representation: Representation
    encodings: Encodings
    included: str
    clock: Callable[[], float]
    """Unix seconds, for the ages in tables."""

    def one(self, stored: Object) -> bytes:
        """The body of a single object; raises StatusError 406 for representations of lists."""
        kind = self.representation.kind
        if kind == _PARTIAL_LIST:
            raise not_acceptable(f"you requested {kind}, but the requested object is not a list (*{self._go_type})")
        if kind == _TABLE:
            version = {"resourceVersion": stored["metadata"]["resourceVersion"]}
            return encode(self._table([stored], version, headers=True)) + b"\n"
        return self._alone(stored) + b"\n"

    def page(self, page: Page) -> bytes:
        """The body of a list; raises StatusError 406 for representations of single objects."""
        kind = self.representation.kind
        resource = self.resource
        if kind == _PARTIAL:
            raise not_acceptable(f"you requested {kind}, but the requested object is a list (*{self._go_type}List)")
        if kind == _TABLE:
            return encode(self._table(page.objects, page.metadata, headers=True)) + b"\n"
        if kind == _PARTIAL_LIST and not page.objects:
            return no_items(kind, self.representation.api_version, page.metadata)
        if kind == _PARTIAL_LIST:
            items = (encode(self._partial(stored)) for stored in page.objects)
            return list_body(kind, self.representation.api_version, page.metadata, items)
        items = (self.encodings.item(resource.plural, stored) for stored in page.objects)
        return list_body(f"{resource.kind}List", resource.api_version, page.metadata, items)

    def event(self, stored: Object, *, headers: bool) -> bytes:
        """The object of a watch event; of the tables only a watch's first has `headers`."""
        if self.representation.kind == _TABLE:
            version = {"resourceVersion": stored["metadata"]["resourceVersion"]}
            return encode(self._table([stored], version, headers=headers))
        return self._alone(stored)

    def bookmark(self, revision: int, annotations: dict[str, str]) -> bytes:
        """The object of a bookmark: a version, and no content."""
        metadata: dict[str, Any] = {"resourceVersion": str(revision)}
        if annotations:
            metadata["annotations"] = annotations
        representation = self.representation
        if not representation.kind:
            return encode({"kind": self.resource.kind, "apiVersion": self.resource.api_version, "metadata": metadata})
        empty = {"kind": _PARTIAL, "apiVersion": representation.api_version, "metadata": metadata}
        if representation.kind != _TABLE:
            return encode(empty)
        cells = ["" for _ in printer(self.resource.plural).columns]
        return encode(self._table_of([{"cells": cells, "object": empty}], {"resourceVersion": str(revision)}))

    def _alone(self, stored: Object) -> bytes:
        if self.representation.kind:
            return encode(self._partial(stored))
        return self.encodings.whole(self.resource.plural, stored)

    def _partial(self, stored: Object) -> Object:
        return {"kind": _PARTIAL, "apiVersion": self.representation.api_version, "metadata": stored["metadata"]}

    def _table(self, objects: Iterable[Object], metadata: dict[str, Any], *, headers: bool) -> Object:
        if self.included not in _INCLUDED:
            raise bad_request(
                "Unable to convert to Table as requested: includeObject: "
                f"Invalid value: \"{self.included}\": must be 'Metadata', 'Object', 'None', or empty"
            )
        rows = [self._row(stored) for stored in objects]
        return self._table_of(rows, metadata, headers=headers)

    def _row(self, stored: Object) -> Object:
        printed = printer(self.resource.plural)
        row: Object = {"cells": printed.cells(stored, self.clock())}
        if conditions := printed.conditions(stored):
            row["conditions"] = conditions
        whole = self.included == "Object"
        row["object"] = None if self.included == "None" else stored if whole else self._partial(stored)
        return row

    def _table_of(self, rows: list[Object], metadata: dict[str, Any], *, headers: bool = False) -> Object:
        columns = printer(self.resource.plural).columns
        return {
            "kind": _TABLE,
            "apiVersion": self.representation.api_version,
            "metadata": metadata,
            "columnDefinitions": [column.definition for column in columns] if headers else None,
            "rows": rows,
        }

    @property
    def _go_type(self) -> str:
        """What the API server's errors call the resource: its internal type."""
        return f"{self.resource.group.partition('.')[0] or 'core'}.{self.resource.kind}"
