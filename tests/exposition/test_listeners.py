"""Addresses read as Go programs read them; one that cannot be bound is one clear line."""

from __future__ import annotations

import errno
import re
import socket
from typing import Any

import pytest

from kube_headroom.errors import UsageError
from kube_headroom.exposition.listeners import ListenError, address_of, bind


def has_ipv6_loopback() -> bool:
    """Whether this machine can bind ::1; containers often cannot."""
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


WITH_IPV6 = pytest.mark.skipif(not has_ipv6_loopback(), reason="this machine has no IPv6 loopback address")


@pytest.mark.parametrize(
    ("address", "bound"),
    [
        pytest.param("127.0.0.1:0", r"127\.0\.0\.1:[1-9]\d*", id="IPv4"),
        pytest.param("[::1]:0", r"\[::1\]:[1-9]\d*", id="IPv6", marks=WITH_IPV6),
        pytest.param("localhost:0", r"(127\.0\.0\.1|\[::1\]):[1-9]\d*", id="a name"),
        pytest.param(":0", r"(\[::\]|0\.0\.0\.0):[1-9]\d*", id="everywhere"),
        pytest.param("[::]:0", r"(\[::\]|0\.0\.0\.0):[1-9]\d*", id="everywhere, written out"),
    ],
)
def test_a_bound_address_has_a_port(address: str, bound: str) -> None:
    (listener,) = bind([address])
    with listener:
        assert re.fullmatch(bound, address_of(listener))


def test_everywhere_means_ipv4_too() -> None:
    (listener,) = bind([":0"])
    with listener, socket.create_connection(("127.0.0.1", listener.getsockname()[1]), timeout=5) as connection:
        assert connection.getpeername()[1] == listener.getsockname()[1]


def test_everywhere_is_ipv4_alone_where_ipv6_is_switched_off(monkeypatch: pytest.MonkeyPatch) -> None:
    create = socket.create_server

    def without_ipv6(address: tuple[str, int], family: int = socket.AF_INET, **options: Any) -> socket.socket:
        if family == socket.AF_INET6:
            raise OSError(errno.EADDRNOTAVAIL, "Cannot assign requested address")
        return create(address, family=family, **options)

    monkeypatch.setattr(socket, "create_server", without_ipv6)
    monkeypatch.setattr(socket, "has_dualstack_ipv6", lambda: True)
    (listener,) = bind([":0"])
    with listener:
        assert address_of(listener).startswith("0.0.0.0:")


@pytest.mark.parametrize(
    "address", ["9789", "127.0.0.1", "::1:9789", "[::1]", "host:port", ":65536", ":-1", "", ":", ":\u0661"]
)
def test_what_is_no_address_is_refused_with_an_example(address: str) -> None:
    with pytest.raises(
        ListenError, match=re.escape(f"cannot listen on {address!r}: expected HOST:PORT, such as ':9789'")
    ):
        bind([address])


def test_a_taken_address_is_named_with_the_way_out_and_the_others_are_freed() -> None:
    (taken,) = bind(["127.0.0.1:0"])
    (free,) = bind(["127.0.0.1:0"])
    there, other = address_of(taken), address_of(free)
    free.close()
    expected = (
        f"cannot listen on '{there}': address already in use; another program listens there, choose another address"
    )
    with taken, pytest.raises(ListenError, match=re.escape(expected)):
        bind([other, there])
    bind([other])[0].close()


def test_an_address_of_another_machine_is_refused() -> None:
    with pytest.raises(
        ListenError, match=r"'192\.0\.2\.1:0': cannot assign requested address; this machine has no such"
    ):
        bind(["192.0.2.1:0"])


def test_a_name_that_does_not_resolve_is_refused() -> None:
    with pytest.raises(ListenError, match=r"cannot listen on 'no-such-host\.invalid:9789': "):
        bind(["no-such-host.invalid:9789"])


def test_it_is_an_error_of_usage() -> None:
    assert issubclass(ListenError, UsageError)
