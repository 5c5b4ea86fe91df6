"""Which page is where, and what reads it; `/metrics` is read for its volume rows only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from types import MappingProxyType

from kube_headroom.kubelet import pages
from kube_headroom.kubelet.pages import KnownBlocks, Oddity
from kube_headroom.kubelet.schedule import PageName
from kube_headroom.readings import Page

Parser = Callable[[bytes, Counter[Oddity], KnownBlocks], Page]
"""From a page's text, and what its node's last cAdvisor page taught; counts what was unusual, raises PageError."""

PATHS: Mapping[PageName, str] = MappingProxyType(
    {
        PageName.RESOURCE: "/metrics/resource",
        PageName.CADVISOR: "/metrics/cadvisor",
        PageName.PROBES: "/metrics/probes",
        PageName.VOLUMES: "/metrics",
    }
)
PARSERS: Mapping[PageName, Parser] = MappingProxyType(
    {
        PageName.RESOURCE: lambda text, odd, _known: pages.resource(text, odd),
        PageName.CADVISOR: lambda text, odd, known: pages.cadvisor(text, odd, known=known),
        PageName.PROBES: lambda text, odd, _known: pages.probes(text, odd),
        PageName.VOLUMES: lambda text, odd, _known: pages.volumes(text, odd),
    }
)
