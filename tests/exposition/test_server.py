"""The real server process over loopback: served, replaced when killed, gone when nobody feeds it."""

from __future__ import annotations

import logging
import math
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import httpx
import pytest

from kube_headroom.exposition.channel import Setup
from kube_headroom.exposition.listeners import bind
from kube_headroom.exposition.server import _STUCK_SECONDS, Server
from tests.exposition.stage import (
    MEMORY,
    PATIENT,
    SERIES,
    client,
    one_member,
    openmetrics_series,
    page,
    publication,
    serving,
    until,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

SETUP = Setup("1.2.3")

# A parent that can be killed without killing the tests; prints where it serves.
PARENT = """
import sys
from kube_headroom.exposition.channel import Setup
from kube_headroom.exposition.listeners import bind
from kube_headroom.exposition.server import Server
server = Server(bind(["127.0.0.1:0"]), Setup("1"))
server.start()
print(server.addresses[0], flush=True)
sys.stdin.read()
server.stop()
"""


def is_refused(address: str) -> bool:
    """Whether nobody listens at an address any more: every process that held its socket is gone."""
    host, port = address.rsplit(":", 1)
    try:
        socket.create_connection((host, int(port)), timeout=PATIENT).close()
    except ConnectionRefusedError:
        return True
    return False


def is_running(pid: int) -> bool:
    """Whether a process exists, dead ones that nobody asked after included."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.fixture
def server() -> Iterator[Server]:
    with Server(bind(["127.0.0.1:0"]), SETUP) as started:
        yield started


def test_it_serves_what_was_published_last(server: Server) -> None:
    with client(server) as http:
        assert http.get("/-/ready").text == "starting\n"
        server.publish(publication(page(1)))
        serving(server, 1)
        server.publish(publication(page(2)))
        serving(server, 2)
        response = http.get("/metrics", headers={"Accept": "application/openmetrics-text"})
        assert openmetrics_series(response.text)[SERIES] == "2.0"
        assert response.headers["Content-Encoding"] == "gzip"
        assert "server" not in response.headers


def test_it_becomes_ready_and_unready_with_the_reason(server: Server) -> None:
    with client(server) as http:
        server.publish(publication(ready=False, reason="waiting for nodes"))
        until(lambda: http.get("/-/ready").text == "waiting for nodes\n", "the reason")
        assert http.get("/-/ready").status_code == 503
        server.publish(publication())
        until(lambda: http.get("/-/ready").status_code == 200, "readiness")


def test_it_knows_the_newest_page_that_somebody_fetched_whole(server: Server) -> None:
    with client(server) as http:
        server.publish(publication(page(1), ready=False, reason="waiting for nodes"))
        serving(server, 1)
        server.publish(publication(page(2))._replace(published_at=100.0))
        until(lambda: http.get("/-/ready").status_code == 200, "readiness")
        http.head("/metrics")
        http.get("/")
        assert server.fetched == -math.inf, "a page that shows nothing of the cluster, a HEAD and another path are none"
        serving(server, 2)
        until(lambda: server.fetched == 100.0, "the first page")
        server.publish(publication(page(3))._replace(published_at=110.0))
        serving(server, 3)
        until(lambda: server.fetched == 110.0, "the second page")


def test_what_was_fetched_outlives_the_server_process(server: Server) -> None:
    server.publish(publication(page(1))._replace(published_at=100.0))
    serving(server, 1)
    until(lambda: server.fetched == 100.0, "the page")
    assert server.pid is not None
    os.kill(server.pid, signal.SIGKILL)
    until(lambda: server.restarts == 1, "the replacement")
    assert server.fetched == 100.0


def test_what_was_fetched_until_the_end_is_known_after_it() -> None:
    with Server(bind(["127.0.0.1:0"]), SETUP) as server:
        server.publish(publication(page(1))._replace(published_at=100.0))
        serving(server, 1)
    assert server.fetched == 100.0


def test_silence_makes_it_unhealthy_and_a_heartbeat_heals_it() -> None:
    with Server(bind(["127.0.0.1:0"]), SETUP._replace(silence_limit=0.3)) as server, client(server) as http:
        until(lambda: http.get("/-/healthy").status_code == 503, "unhealthiness")
        assert http.get("/-/healthy").text.endswith(" s (limit 0.3 s)\n")

        def healed() -> bool:
            server.heartbeat()
            return http.get("/-/healthy").status_code == 200

        until(healed, "health")


@pytest.mark.parametrize("arguments", [[], ["--compressed"]], ids=["plain", "compressed"])
def test_curl_reads_the_whole_page(server: Server, arguments: list[str]) -> None:
    curl = shutil.which("curl")
    assert curl, "this test needs curl: apt-get install curl"
    server.publish(publication(page(4, workloads=20_000)))
    serving(server, 4)
    command = [curl, "--silent", "--show-error", "--fail", *arguments, f"http://{server.addresses[0]}/metrics"]
    text = subprocess.run(command, check=True, capture_output=True, timeout=30).stdout.decode()
    assert text.count(MEMORY.name + "{") == 20_000
    assert "headroom_http_requests_total{" in text


def test_the_body_on_the_wire_is_one_gzip_member(server: Server) -> None:
    server.publish(publication(page(4, workloads=20_000)))
    serving(server, 4)
    with client(server) as http, http.stream("GET", "/metrics", headers={"Accept-Encoding": "gzip"}) as response:
        content = b"".join(response.iter_raw())
    assert len(content) == int(response.headers["Content-Length"])
    assert one_member(content).count(MEMORY.name.encode() + b"{") == 20_000


def test_several_addresses_serve_the_same() -> None:
    with Server(bind(["127.0.0.1:0", "127.0.0.1:0"]), SETUP) as server:
        assert [httpx.get(f"http://{address}/").status_code for address in server.addresses] == [200, 200]


def test_a_killed_server_process_is_replaced_and_serves_the_last_page(
    server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    server.publish(publication(page(3)))
    serving(server, 3)
    killed = server.pid
    assert killed is not None
    os.kill(killed, signal.SIGKILL)
    began = time.monotonic()
    until(lambda: server.restarts == 1 and server.pid is not None, "the replacement")
    serving(server, 3)
    assert time.monotonic() - began < _STUCK_SECONDS
    assert server.pid != killed
    assert "the HTTP server process ended (exit code -9) and is started again" in caplog.text


def test_connections_made_while_it_is_replaced_wait_instead_of_being_refused(server: Server) -> None:
    serving_pid = until(lambda: server.pid or 0, "the first process")
    with client(server) as http:
        http.get("/-/healthy")
    os.kill(serving_pid, signal.SIGKILL)
    until(lambda: server.pid != serving_pid, "its end")
    assert httpx.get(f"http://{server.addresses[0]}/-/healthy", timeout=PATIENT).status_code == 200


def test_a_stopped_server_leaves_no_process_and_frees_its_address() -> None:
    server = Server(bind(["127.0.0.1:0"]), SETUP)
    with server, client(server) as http:
        http.get("/")
        pid, address = server.pid, server.addresses[0]
        assert pid is not None
    assert not is_running(pid)
    assert is_refused(address)
    bind([address])[0].close()
    assert server.restarts == 0


def test_a_server_stopped_before_it_started_frees_its_address() -> None:
    server = Server(bind(["127.0.0.1:0"]), SETUP)
    address = server.addresses[0]
    server.stop()
    bind([address])[0].close()


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_it_ends_with_its_parent(how: signal.Signals) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PARENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        address = parent.stdout.readline().strip()
        assert httpx.get(f"http://{address}/", timeout=PATIENT).status_code == 200
        parent.send_signal(how)
        until(lambda: is_refused(address), "the server process' end")


def test_ctrl_c_is_the_parents_business_and_sigterm_ends_it_in_order(server: Server) -> None:
    with client(server) as http:
        http.get("/")
        pid = server.pid
        assert pid is not None
        os.kill(pid, signal.SIGINT)
        assert http.get("/").status_code == 200
        assert server.pid == pid
        os.kill(pid, signal.SIGTERM)
    began = time.monotonic()
    until(lambda: server.restarts == 1, "its end")
    assert time.monotonic() - began < _STUCK_SECONDS


def test_a_stuck_server_process_never_blocks_the_publisher_and_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kube_headroom.exposition.server._STUCK_SECONDS", 5.0)
    # Large to the last: only the newest is sent, and one that fits in the socket's buffer is never stuck.
    old, new = page(7, workloads=60_000), page(19, workloads=60_000)
    assert len(new.text.deflated) > 500_000, "must not fit in the socket's buffer"
    with Server(bind(["127.0.0.1:0"]), SETUP) as server:
        with client(server) as http:
            http.get("/")
        pid = server.pid
        assert pid is not None
        os.kill(pid, signal.SIGSTOP)
        # The replacement gets the usual time: it must not count as stuck while it starts.
        monkeypatch.undo()
        for body in (*[old] * 19, new):
            began = time.monotonic()
            server.publish(publication(body))
            assert time.monotonic() - began < 2.5
        until(lambda: server.restarts == 1 and server.pid not in {None, pid}, "the replacement")
        serving(server, 19)


def test_stopping_does_not_wait_for_a_stuck_process_to_take_its_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kube_headroom.exposition.server._STOP_SECONDS", 0.5)
    server = Server(bind(["127.0.0.1:0"]), SETUP)
    with server:
        with client(server) as http:
            http.get("/")
        pid = server.pid
        assert pid is not None
        os.kill(pid, signal.SIGSTOP)
        server.publish(publication(page(7, workloads=60_000)))
        began = time.monotonic()
    assert time.monotonic() - began < _STUCK_SECONDS
    assert not is_running(pid)


def test_a_server_process_that_cannot_start_is_tried_again_and_not_in_a_loop(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("kube_headroom.exposition.server.sys.executable", "/no/such/python")
    with Server(bind(["127.0.0.1:0"]), SETUP) as server:
        until(lambda: "cannot be started, trying again" in caplog.text, "the warning")
        monkeypatch.undo()
        with client(server) as http:
            assert http.get("/").status_code == 200
        assert caplog.text.count("cannot be started") < 5
