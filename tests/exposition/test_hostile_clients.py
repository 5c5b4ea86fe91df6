"""Clients that are too many, too slow, too large or gone: the server process serves the others."""

from __future__ import annotations

import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import httpx
import pytest

from kube_headroom.exposition.channel import Setup
from kube_headroom.exposition.listeners import bind
from kube_headroom.exposition.server import Server
from tests.exposition.stage import MEMORY, PATIENT, client, page, publication, serving, until

SETUP = Setup("1.2.3")
SCRAPE = b"GET /metrics HTTP/1.1\r\nHost: headroom\r\n\r\n"


@pytest.fixture
def server() -> Iterator[Server]:
    with Server(bind(["127.0.0.1:0"]), SETUP) as started:
        yield started


def test_a_large_request_head_is_refused_and_harms_nobody(server: Server) -> None:
    with client(server) as http:
        try:
            refused = http.get("/metrics", headers={"X-Large": "x" * 200_000}).status_code
        except httpx.TransportError:
            refused = 400  # closed before all of it was sent
        assert refused == 400
        assert http.get("/metrics").status_code == 200


def test_connections_over_the_limit_are_told_so_and_served_again_when_others_leave() -> None:
    with Server(bind(["127.0.0.1:0"]), SETUP._replace(connection_limit=5)) as server, client(server) as http:
        assert http.get("/-/ready").text == "starting\n"
        crowd = [connection(server, b"") for _ in range(5)]
        until(lambda: http.get("/-/healthy").text == "Service Unavailable", "refusal")
        for one in crowd:
            one.close()
        until(lambda: http.get("/-/healthy").status_code == 200, "service")


def test_two_hundred_scrapes_at_once_all_get_the_whole_page(server: Server) -> None:
    server.publish(publication(page(5, workloads=5_000)))
    serving(server, 5)
    barrier = threading.Barrier(20)

    def scrape(number: int) -> int:
        barrier.wait(PATIENT)
        encoding = ("gzip", "identity")[number % 2]
        with httpx.Client(base_url=f"http://{server.addresses[0]}", timeout=60) as http:
            found = [http.get("/metrics", headers={"Accept-Encoding": encoding}).text for _ in range(10)]
        return sum(text.count(MEMORY.name + "{") for text in found)

    with ThreadPoolExecutor(20) as threads:
        assert sum(threads.map(scrape, range(20))) == 200 * 5_000


def test_clients_that_read_nothing_drip_headers_or_leave_do_not_disturb_scrapes() -> None:
    with Server(bind(["127.0.0.1:0"]), SETUP._replace(request_limit=2.0)) as server, client(server) as http:
        server.publish(publication(page(6, workloads=120_000)))
        serving(server, 6)
        before = resident_kib(server)
        readers = [connection(server, SCRAPE) for _ in range(20)]
        drippers = [connection(server, b"GET /metrics HT") for _ in range(60)]
        silent = [connection(server, b"") for _ in range(60)]
        for _ in range(20):
            connection(server, SCRAPE).close()
        latencies = []
        for _ in range(20):
            for dripper in drippers:
                with suppress(ConnectionError):
                    dripper.send(b"x")
            began = time.monotonic()
            assert http.get("/-/ready").status_code == 200
            latencies.append(time.monotonic() - began)
        assert sorted(latencies)[10] < 0.5
        assert resident_kib(server) - before < 60 * 1024, "every slow reader holds a copy of the page"
        assert [is_cut(one) for one in (*silent, *drippers, *readers)] == [True] * 140
        assert http.get("/metrics").status_code == 200
        assert server.restarts == 0


def connection(server: Server, content: bytes) -> socket.socket:
    """Connect, send, and read nothing; the receive buffer holds a small part of a large page."""
    host, port = server.addresses[0].rsplit(":", 1)
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 256 * 1024)
    made.settimeout(PATIENT)
    made.connect((host, int(port)))
    made.sendall(content)
    return made


def is_cut(one: socket.socket) -> bool:
    """Wait for the server to end a connection before its answer is whole; what is on the way is read over."""
    received = 0
    with one:
        try:
            while content := one.recv(1 << 20):
                received += len(content)
        except ConnectionResetError:
            return True
        except TimeoutError:
            return False
    return received < 10_000_000


def resident_kib(server: Server) -> int:
    """Return the server process' resident memory in KiB."""
    command = ["ps", "-o", "rss=", "-p", str(server.pid)]
    return int(subprocess.run(command, check=True, capture_output=True, timeout=30).stdout)
