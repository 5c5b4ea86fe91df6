"""Where a kubelet is asked: metrics-server's rule."""

from __future__ import annotations

from typing import Any

import pytest

from kube_headroom.kubelet.addresses import Address, address_of
from kube_headroom.kubelet.reader import Options
from tests import facts

TYPES = Options({}).address_types
INTERNAL, EXTERNAL, HOSTNAME = ("InternalIP", "10.0.0.7"), ("ExternalIP", "203.0.113.9"), ("Hostname", "node-1")


@pytest.mark.parametrize(
    ("fields", "types", "expected"),
    [
        pytest.param({"addresses": (HOSTNAME, EXTERNAL, INTERNAL)}, TYPES, "10.0.0.7:10250", id="the internal IP first"),
        pytest.param({"addresses": (HOSTNAME, EXTERNAL)}, TYPES, "203.0.113.9:10250", id="then the external"),
        pytest.param({"addresses": (HOSTNAME,)}, TYPES, "node-1:10250", id="then the host name"),
        pytest.param({"addresses": (HOSTNAME, INTERNAL)}, ("Hostname",), "node-1:10250", id="as the settings prefer"),
        pytest.param({"addresses": (EXTERNAL,)}, ("InternalIP",), None, id="none of those wanted"),
        pytest.param({"addresses": ()}, TYPES, None, id="none at all"),
        pytest.param({"addresses": (("InternalIP", "fd00::7"),)}, TYPES, "[fd00::7]:10250", id="IPv6 in brackets"),
        pytest.param(
            {"addresses": (("InternalIP", "fd00::7"), ("InternalIP", "10.0.0.7"))}, TYPES, "[fd00::7]:10250",
            id="of two stacks the node's first",
        ),
        pytest.param({"addresses": (INTERNAL,), "kubelet_port": 10251}, TYPES, "10.0.0.7:10251", id="the node's port"),
        pytest.param({"addresses": (INTERNAL,), "kubelet_port": 70_000}, TYPES, "10.0.0.7:10250", id="a port that is none"),
        pytest.param({"addresses": (INTERNAL,), "kubelet_port": -1}, TYPES, "10.0.0.7:10250", id="a negative port"),
        pytest.param(
            {"addresses": (("InternalIP", "10.0.0.7/metrics?"), HOSTNAME)}, TYPES, "node-1:10250", id="what is no address"
        ),
        pytest.param({"addresses": (("Hostname", "a b"),)}, TYPES, None, id="what is no name"),
        pytest.param({"addresses": (("Hostname", "x\r\nHost: y"),)}, TYPES, None, id="what would break a header"),
    ],
)  # fmt: skip
def test_the_address_is_the_first_of_the_preferred_types(
    fields: dict[str, Any], types: tuple[str, ...], expected: str | None
) -> None:
    found = address_of(facts.node(**fields), types)

    assert (found if found is None else str(found)) == expected


def test_a_host_is_kept_without_brackets() -> None:
    assert address_of(facts.node(addresses=(("InternalIP", "::1"),)), TYPES) == Address("::1", 10250)
