"""All reflectors of a cluster, from what the settings select."""

from __future__ import annotations

from typing import NamedTuple

from kube_headroom.cluster.connection import Connection
from kube_headroom.cluster.decode import NamespaceFilter, ObjectReader
from kube_headroom.cluster.facts.conversion import Keys
from kube_headroom.cluster.health import SourceHealth
from kube_headroom.cluster.kinds import KINDS, Kind
from kube_headroom.cluster.reflector import Reflector, Source
from kube_headroom.cluster.sink import Sink

# A short allow-list is watched namespace by namespace, so that Roles suffice (only nodes and namespaces need
# more); beyond it, the watches of one kind would cost the server more than one watch of the whole cluster.
WATCHED_APART = 10


class Selection(NamedTuple):
    """What to watch: kinds by plural name, namespaces to keep to or to leave out, keys of owners and pools."""

    disabled: frozenset[str] = frozenset()
    namespaces: tuple[str, ...] = ()
    namespaces_denied: tuple[str, ...] = ()
    keys: Keys = Keys()
    streaming: bool = True


def reflectors(selection: Selection, connection: Connection, sink: Sink) -> tuple[Reflector, ...]:
    """One reflector per kind and scope, each to be run in a thread of its own, in the order of KINDS."""
    admitted = NamespaceFilter(frozenset(selection.namespaces), frozenset(selection.namespaces_denied))

    def reflector(kind: Kind, scope: str) -> Reflector:
        health = SourceHealth(kind.name, scope)
        source = Source(kind, scope, ObjectReader(kind, selection.keys, health, admitted), health)
        return Reflector(source, connection, sink, streaming=selection.streaming)

    return tuple(
        reflector(kind, scope)
        for kind in KINDS
        if kind.name not in selection.disabled
        for scope in scopes(kind, selection.namespaces)
    )


def scopes(kind: Kind, namespaces: tuple[str, ...]) -> tuple[str, ...]:
    """The namespaces in which a kind is watched apart, ("",) for the whole cluster at once."""
    apart = kind.namespaced and 0 < len(namespaces) <= WATCHED_APART
    return tuple(sorted(set(namespaces))) if apart else ("",)
