"""`python -m benchmarks.kubelet_reading [--nodes N] [--seconds S]`: kubelets read for real, over TLS; asserts nothing.

A process of its own serves pages of some 3 MB as Go does: gzip, chunks of 2 KiB, writes of 4 KiB. Every node has an
address of 127.0.0.0/8. The sink takes pages and does nothing, so what accumulates them comes on top.
"""

from __future__ import annotations

import argparse
import gzip
import multiprocessing
import os
import resource
import socket
import ssl
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

import trustme
import urllib3

from benchmarks.kubelet_pages.page import crowded
from kube_headroom.cluster.credentials import Access, Certificates
from kube_headroom.kubelet.addresses import Address
from kube_headroom.kubelet.client import Client, Limits
from kube_headroom.kubelet.descriptors import affordable
from kube_headroom.kubelet.pages import KnownBlocks, cadvisor
from kube_headroom.kubelet.reader import Kubelets, Options
from kube_headroom.kubelet.schedule import PageName
from kube_headroom.kubelet.trust import Trust
from kube_headroom.model import Metadata, Node
from kube_headroom.readings import Page

MALLOC = {"MALLOC_MMAP_THRESHOLD_": "67108864", "MALLOC_TRIM_THRESHOLD_": "134217728"}
"""As the image sets it: buffers of megabytes are used again instead of being mapped anew."""
PODS = 40
ROUNDS = 300
HEAD = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\nContent-Encoding: gzip\r\n"
    b"Transfer-Encoding: chunked\r\nDate: Sat, 21 Nov 2026 08:26:33 GMT\r\n\r\n"
)


class Credentials:
    """Those of a cluster whose authority signed for nobody: the certificates are read, not verified."""

    def __init__(self) -> None:
        self.access = Access("https://api", urllib3.PoolManager(), lambda: "Bearer token", Certificates())

    def refresh(self, refused: Access | None = None) -> Access:
        assert refused is None or refused is self.access
        return self.access


class Sink:
    """Counts pages."""

    def __init__(self) -> None:
        self.pages = 0

    def page(self, node: str, page: Page, fetched_at: float) -> None:
        self.pages += bool(node) and fetched_at > 0 and len(page) > 0

    def gone(self, node: str) -> None:
        raise AssertionError(node)


def serve(listener: socket.socket, certificate: str, page: bytes) -> None:
    affordable(100_000)
    packed = gzip.compress(page, 1)
    parts = (packed[at : at + 2048] for at in range(0, len(packed), 2048))
    answer = HEAD + b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"
    writes = [answer[at : at + 4096] for at in range(0, len(answer), 4096)]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    def one(plain: socket.socket) -> None:
        try:
            connection = context.wrap_socket(plain, server_side=True)
            while connection.recv(65536):
                for piece in writes:
                    connection.sendall(piece)
        except OSError:
            plain.close()

    threading.stack_size(256 * 1024)
    while True:
        plain, _ = listener.accept()
        threading.Thread(target=one, args=(plain,), daemon=True).start()


def node(number: int, port: int) -> Node:
    name = f"node-{number}"
    return Node(
        metadata=Metadata(name, "", name, 0.0, None, "", deleting=False),
        pool="",
        zone="",
        kubelet_version="",
        unschedulable=False,
        allocatable={},
        conditions=(("Ready", "True"),),
        addresses=(("InternalIP", f"127.{1 + number // 65025}.{1 + number // 255 % 255}.{1 + number % 255}"),),
        kubelet_port=port,
    )


def resident() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 2**20


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.kubelet_reading", description=__doc__)
    parser.add_argument("--nodes", type=int, default=500)
    parser.add_argument("--seconds", type=float, default=60.0, help="to measure, after every node was read once")
    parser.add_argument("--interval", type=float, default=15.0, help="seconds between two readings of a node")
    parser.add_argument("--pods", type=int, default=PODS, help="on each node, of one container; default 40")
    chosen = parser.parse_args()
    if not MALLOC.keys() <= os.environ.keys():
        os.execve(
            sys.executable, [sys.executable, "-m", "benchmarks.kubelet_reading", *sys.argv[1:]], os.environ | MALLOC
        )
    page = crowded(chosen.pods)
    listener = socket.create_server(("0.0.0.0", 0), backlog=1024)
    with tempfile.TemporaryDirectory() as folder:
        certificate = Path(folder) / "tls.pem"
        trustme.CA().issue_cert("kubelets").private_key_and_cert_chain_pem.write_to_path(str(certificate))
        farm = multiprocessing.get_context("fork").Process(
            target=serve, args=(listener, str(certificate), page), daemon=True
        )
        farm.start()
        alone(page, listener.getsockname()[1])
        measure(chosen, listener.getsockname()[1])
        farm.terminate()
        farm.join()
    return 0


def alone(page: bytes, port: int) -> None:
    """One kubelet after the other, on one thread: what a page costs without turns and threads."""
    client = Client(Trust(Credentials(), insecure=True), Limits())
    address, known = Address("127.0.0.1", port), KnownBlocks()
    costs: list[tuple[float, float, float]] = []
    for _ in range(ROUNDS):
        begun = time.thread_time()
        answer = client.fetch(address, "/metrics/cadvisor")
        fetched = time.thread_time()
        text = answer.inflated()
        inflated = time.thread_time()
        cadvisor(text, Counter(), known=known)
        costs.append((fetched - begun, inflated - fetched, time.thread_time() - inflated))
    client.end()
    assert text == page
    best = [min(column) * 1e3 for column in zip(*costs, strict=True)]
    mean = sum(map(sum, costs)) / len(costs) * 1e3
    print(f"page: {len(page) / 1e6:.2f} MB, {len(answer.body) / 1e3:.0f} KB over the wire")
    print(
        f"alone: fetch {best[0]:.2f}, inflate {best[1]:.2f}, read {best[2]:.2f} ms of CPU at best; all in {sum(best):.2f}, mean {mean:.2f}"
    )


def measure(chosen: argparse.Namespace, port: int) -> None:
    sink = Sink()
    options = Options({PageName.CADVISOR: chosen.interval}, insecure=True, limits=Limits())
    kubelets = Kubelets(options, Credentials(), sink)
    kubelets.nodes([node(number, port) for number in range(chosen.nodes)])
    before, stop = resident(), threading.Event()
    reading = threading.Thread(target=kubelets.run, args=(stop,))
    reading.start()
    while kubelets.summary().pages[PageName.CADVISOR].read < chosen.nodes:
        time.sleep(0.5)
    pages, cpu, begun = sink.pages, time.process_time(), time.monotonic()
    time.sleep(chosen.seconds)
    pages, cpu, passed = sink.pages - pages, time.process_time() - cpu, time.monotonic() - begun
    summary = kubelets.summary()
    stop.set()
    reading.join()
    found = summary.pages[PageName.CADVISOR]
    print(
        f"{chosen.nodes} nodes every {chosen.interval:g} s: {pages} pages in {passed:.0f} s, errors {dict(found.errors)}, "
        f"turns missed {summary.missed[PageName.CADVISOR]}, {found.read} nodes read"
    )
    print(
        f"CPU per page: {cpu / pages * 1e3:.2f} ms; of one core: {cpu / passed:.1%}; mean reading {found.seconds / found.readings * 1e3:.1f} ms"
    )
    print(f"resident: {before:.0f} MB before, {resident():.0f} MB after; threads {threading.active_count()}")


if __name__ == "__main__":
    sys.exit(main())
