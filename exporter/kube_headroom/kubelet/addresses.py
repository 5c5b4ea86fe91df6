"""Where a node's kubelet is asked, from what the node tells; pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from ipaddress import ip_address
from typing import NamedTuple

from kube_headroom.model import Node

DEFAULT_PORT = 10250  # of the kubelet's own default; nodes that do not tell have it
_HIGHEST_PORT = 65_535
_HOST_NAME = re.compile(r"(?=.{1,253}$)[A-Za-z0-9](?:[A-Za-z0-9_-]{0,62})(?:\.[A-Za-z0-9](?:[A-Za-z0-9_-]{0,62}))*\.?")


class Address(NamedTuple):
    """A host, without brackets, and a port."""

    host: str
    port: int

    def __str__(self) -> str:
        """As in a URL: IPv6 in brackets."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def address_of(node: Node, types: Sequence[str]) -> Address | None:
    """Return the address of the first type that the node has, as metrics-server chooses it; None for a node with none.

    What is neither an IP address nor a host name counts as absent.
    """
    for wanted in types:
        for kind, host in node.addresses:
            if kind == wanted and _usable(host):
                return Address(host, node.kubelet_port if 0 < node.kubelet_port <= _HIGHEST_PORT else DEFAULT_PORT)
    return None


def _usable(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return _HOST_NAME.fullmatch(host) is not None
    return True
