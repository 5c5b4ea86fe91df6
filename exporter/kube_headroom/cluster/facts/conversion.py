"""What every conversion needs: the settings' keys, times, quantities, metadata, and one copy of what repeats."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple, TypeVar

from kube_headroom.cluster.api.core import ApiObject, Condition, ObjectMeta, OwnerReference, Quantities
from kube_headroom.cluster.health import Flaw
from kube_headroom.model import ControllerReference, Metadata
from kube_headroom.resources import NO_RESOURCES, QuantityError, ResourceList, parse_quantity

T = TypeVar("T", bound=Hashable)
E = TypeVar("E")

_INTERNED_AT_MOST = 65_536  # then begun anew: names of pods long gone must not stay


class Keys(NamedTuple):
    """The annotation and label keys of the settings, first found counts; `slo` is one annotation, "" for none."""

    owner: tuple[str, ...] = ()
    node_pool: tuple[str, ...] = ()
    slo: str = ""


class Conversion:
    """Converts for one thread; `note` is told of what could not be understood."""

    def __init__(self, keys: Keys, note: Callable[[Flaw], None]) -> None:
        self.keys = keys
        self._note = note
        self._interned: dict[Any, Any] = {}
        self._resource_lists: dict[tuple[tuple[str, object], ...], ResourceList] = {}

    def interned(self, value: T) -> T:
        """The first equal value seen: replicas share their texts, owners, resources and states."""
        known = self._interned
        if len(known) >= _INTERNED_AT_MOST:
            known.clear()
        found: T = known.setdefault(value, value)
        return found

    def time(self, text: str | None) -> float:
        """Unix seconds of an RFC 3339 time, 0.0 for none."""
        if not text:
            return 0.0
        try:
            moment = datetime.fromisoformat(text)
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
        except (ValueError, OverflowError):
            self._note(Flaw.INVALID_TIME)
            return 0.0

    def quantity(self, written: str | float | None) -> int | None:
        """Nanos of a quantity; None for what is none."""
        try:
            if written is not None:
                return parse_quantity(written)
        except (QuantityError, OverflowError):
            pass
        self._note(Flaw.INVALID_QUANTITY)
        return None

    def resource_list(self, written: Quantities | None) -> ResourceList:
        """Nanos by resource, one shared mapping for all that are written alike; what is no quantity is left out."""
        if not written:
            return NO_RESOURCES
        key = tuple(written.items())
        known = self._resource_lists.get(key)
        if known is not None:
            return known
        parsed = {self.interned(name): self.quantity(text) for name, text in key}
        found = {name: nanos for name, nanos in parsed.items() if nanos is not None}
        if len(self._resource_lists) >= _INTERNED_AT_MOST:
            self._resource_lists.clear()
        if len(found) == len(parsed):  # else the flaw counts again each time it is seen
            self._resource_lists[key] = found
        return found

    def controller(self, references: list[OwnerReference | None] | None) -> ControllerReference | None:
        """The owner reference that controls the object."""
        for reference in references or ():
            if reference is not None and reference.controller:
                return self.interned(
                    ControllerReference(
                        group=group_of(reference.api_version),
                        kind=reference.kind or "",
                        name=reference.name or "",
                        uid=reference.uid or "",
                    )
                )
        return None

    def owner(self, meta: ObjectMeta) -> str:
        """The value of the first owner key found in annotations, then in labels."""
        return self.interned(first_of(meta.annotations, self.keys.owner) or first_of(meta.labels, self.keys.owner))

    def metadata(self, wire: ApiObject) -> Metadata:
        """What every object has."""
        meta = wire.metadata or ObjectMeta()
        return Metadata(
            uid=meta.uid or "",
            namespace=self.interned(meta.namespace or ""),
            name=meta.name or "",
            created=self.time(meta.creation_timestamp),
            controller=self.controller(meta.owner_references),
            owner=self.owner(meta),
            deleting=meta.deletion_timestamp is not None,
            slo=self.interned((meta.annotations or {}).get(self.keys.slo) or ""),
        )


def group_of(api_version: str | None) -> str:
    """The API group of `group/version`, "" for core."""
    return (api_version or "").rpartition("/")[0]


def first_of(texts: Mapping[str, str | None] | None, keys: tuple[str, ...]) -> str:
    """The value of the first key that has one."""
    if texts:
        for key in keys:
            value = texts.get(key)
            if value:
                return value
    return ""


def present(items: list[E | None] | None) -> list[E]:
    """The items that are not null."""
    return [item for item in items or () if item is not None]


def condition(conditions: list[Condition | None] | None, kind: str) -> Condition:
    """The first condition of a type, an empty one where there is none."""
    for found in conditions or ():
        if found is not None and found.type == kind:
            return found
    return _NO_CONDITION


_NO_CONDITION = Condition()
