"""Bytes of the API become facts one object at a time: what is broken is skipped or read in part, and counted.

Refuses to let one object spoil its neighbours: a page is cut into raw items first.
"""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from kube_headroom.cluster.api.core import ApiObject, ObjectMeta
from kube_headroom.cluster.facts.conversion import Conversion, Keys
from kube_headroom.cluster.failures import Failure, Reason, Status
from kube_headroom.cluster.health import Flaw, SourceHealth
from kube_headroom.cluster.kinds import Kind
from kube_headroom.cluster.salvage import salvage
from kube_headroom.model import Fact


class ListMeta(msgspec.Struct, rename="camel"):
    """`metadata` of a list."""

    resource_version: str | None = None
    continue_: str | None = msgspec.field(default=None, name="continue")


class ListPage(msgspec.Struct):
    """A page of a list, its items still bytes."""

    kind: str | None = None
    metadata: ListMeta | None = None
    items: list[msgspec.Raw] | None = None

    @property
    def version(self) -> str:
        """The resource version that the whole list shows."""
        return (self.metadata and self.metadata.resource_version) or ""

    @property
    def next_token(self) -> str:
        """What asks for the next page, "" on the last."""
        return (self.metadata and self.metadata.continue_) or ""


class WatchEvent(msgspec.Struct):
    """One line of a watch, its object still bytes."""

    type: str | None = None
    object: msgspec.Raw = msgspec.Raw(b"null")


class _Bookmark(msgspec.Struct):
    metadata: ObjectMeta | None = None


_PAGE = msgspec.json.Decoder(ListPage)
_EVENT = msgspec.json.Decoder(WatchEvent)
_BOOKMARK = msgspec.json.Decoder(_Bookmark)
_STATUS = msgspec.json.Decoder(Status, strict=False)

INITIAL_EVENTS_END = "k8s.io/initial-events-end"


def list_page(body: bytes, kind: Kind) -> ListPage:
    """The page of a list; raises Failure for what is none, or a list of something else."""
    try:
        page = _PAGE.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Failure(Reason.DECODE, f"the answer is no list: {error}") from error
    if page.kind not in (None, "", "List", f"{kind.api_kind}List", "PartialObjectMetadataList"):
        raise Failure(Reason.DECODE, f"the answer is a {page.kind[:60]}, expected a {kind.api_kind}List")
    return page


def watch_event(line: bytes) -> WatchEvent | None:
    """The event of a watch's line, None if it is none."""
    try:
        return _EVENT.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def bookmark(raw: msgspec.Raw) -> tuple[str, bool]:
    """A bookmark's resource version, and whether it ends the initial events of a streamed list."""
    try:
        meta = _BOOKMARK.decode(raw).metadata or ObjectMeta()
    except (msgspec.DecodeError, UnicodeDecodeError):
        return "", False
    return meta.resource_version or "", (meta.annotations or {}).get(INITIAL_EVENTS_END) == "true"


def error_status(raw: msgspec.Raw) -> Status:
    """The Status of an ERROR event."""
    try:
        return _STATUS.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return Status(message="an ERROR event without a readable Status")


class Read(NamedTuple):
    """What was read of an object; without a fact it is `lost` (counted) or in a namespace that does not count."""

    uid: str = ""
    version: str = ""
    fact: Fact | None = None
    lost: bool = False


_LOST = Read(lost=True)
_FOREIGN = Read()


class ObjectReader:
    """Reads the objects of one kind for one thread; `admits` tells which namespaces count."""

    def __init__(self, kind: Kind, keys: Keys, health: SourceHealth, namespaces: NamespaceFilter) -> None:
        self._kind = kind
        self._health = health
        self._namespaces = namespaces
        self._conversion = Conversion(keys, health.flawed)
        # strict=False takes numbers written as texts; what else does not fit is salvaged.
        self._decode = msgspec.json.Decoder(kind.wire, strict=False).decode
        self._kinds = ("", None, kind.api_kind) + (("PartialObjectMetadata",) if kind.metadata_only else ())

    def read(self, raw: bytes | msgspec.Raw) -> Read:
        """The fact of an object, or why there is none is counted; never raises."""
        try:
            wire: ApiObject | None = self._decode(raw)
        except (msgspec.DecodeError, UnicodeDecodeError):
            wire = self._salvaged(bytes(raw))
        if wire is None:
            return self._lost(Flaw.MALFORMED)
        if wire.kind not in self._kinds:
            self._health.flawed(Flaw.WRONG_KIND)
            return _FOREIGN
        meta = wire.metadata
        if meta is None or not meta.uid or not meta.name or (self._kind.namespaced and not meta.namespace):
            return self._lost(Flaw.NO_IDENTITY)
        version = meta.resource_version or ""
        if not self._namespaces.admits(meta.namespace if self._kind.namespaced else self._own_namespace(meta)):
            return Read(meta.uid, version)
        try:
            return Read(meta.uid, version, self._kind.convert(self._conversion, wire))
        except Exception:  # noqa: BLE001  (a conversion that fails costs its object, never its source)
            self._health.flawed(Flaw.CONVERSION)
            return Read(meta.uid, version, lost=True)

    def _own_namespace(self, meta: ObjectMeta) -> str | None:
        """A Namespace belongs to itself; nodes belong to none."""
        return meta.name if self._kind.api_kind == "Namespace" else None

    def _lost(self, flaw: Flaw) -> Read:
        self._health.flawed(flaw)
        return _LOST

    def _salvaged(self, raw: bytes) -> ApiObject | None:
        """The slow second reading: invalid UTF-8 replaced, fields that do not fit left out."""
        text = raw.decode("utf-8", "replace")
        valid = text.encode("utf-8", "replace")
        if valid != raw:
            self._health.flawed(Flaw.INVALID_UTF8)
            try:
                return self._decode(valid)
            except msgspec.DecodeError:
                pass
        try:
            found: ApiObject | None = salvage(msgspec.json.decode(valid), self._kind.wire)
        except (msgspec.DecodeError, RecursionError):
            return None
        if found is not None:
            self._health.flawed(Flaw.FIELDS)
        return found


class NamespaceFilter(NamedTuple):
    """The settings' allow-list (empty: all) and deny-list."""

    allowed: frozenset[str] = frozenset()
    denied: frozenset[str] = frozenset()

    def admits(self, namespace: str | None) -> bool:
        """Whether objects of a namespace count; what has none always does."""
        if namespace is None:
            return True
        return namespace not in self.denied and (not self.allowed or namespace in self.allowed)
