"""One reflector per kind, or per kind and namespace, as the settings choose."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from kube_headroom.cluster.connection import Connection
from kube_headroom.cluster.decode import NamespaceFilter, ObjectReader
from kube_headroom.cluster.facts.conversion import Keys
from kube_headroom.cluster.health import SourceHealth
from kube_headroom.cluster.kinds import CONFIG_MAPS, KINDS, Kind
from kube_headroom.cluster.reflector import Reflector, Source
from kube_headroom.cluster.sink import Sink
from kube_headroom.timing import REAL, Timing

ASKED_ONE_BY_ONE = 10
"""Chosen namespaces above this are read by one watch of all: each costs a dozen threads and connections."""


class Choice(NamedTuple):
    """What to read: a few chosen namespaces are asked one by one, so that rights in them alone suffice.

    `slo_configmaps` is the label selector of the ConfigMaps that define SLOs, "" to read none.
    """

    namespaces: tuple[str, ...]
    namespaces_denied: tuple[str, ...]
    kinds_disabled: tuple[str, ...]
    keys: Keys
    streaming: bool
    slo_configmaps: str = ""

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """All that is not switched off."""
        wanted = tuple(kind for kind in KINDS if kind.name not in self.kinds_disabled)
        return (*wanted, CONFIG_MAPS._replace(label_selector=self.slo_configmaps)) if self.slo_configmaps else wanted


def reflectors(
    choice: Choice, connection: Connection, sink: Sink, timing: Timing = REAL
) -> Iterator[tuple[SourceHealth, Reflector]]:
    """Yield a reflector, and what it says of itself, for every kind that is not switched off, and for each chosen namespace of it."""
    asked_one_by_one = 0 < len(choice.namespaces) <= ASKED_ONE_BY_ONE
    scopes = choice.namespaces if asked_one_by_one else ("",)
    admitted = NamespaceFilter(frozenset(choice.namespaces), frozenset(choice.namespaces_denied))
    for kind in choice.kinds:
        for scope in scopes if kind.namespaced else ("",):
            health = SourceHealth(kind.name, scope)
            source = Source(kind, scope, ObjectReader(kind, choice.keys, health, admitted), health)
            yield health, Reflector(source, connection, sink, streaming=choice.streaming, timing=timing)
