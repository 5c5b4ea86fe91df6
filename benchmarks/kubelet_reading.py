"""`python -m benchmarks.kubelet_reading [--nodes N] [--seconds S]`: kubelets read for real, over TLS; asserts nothing.

A process of its own serves pages of some 3 MB as Go does: gzip, chunks of 2 KiB, writes of 4 KiB. Every node has an
address of 127.0.0.0/8. With many nodes the sink takes pages and does nothing; with one
they are accumulated too.
"""

from __future__ import annotations

import argparse
import gzip
import multiprocessing
import os
import re
import resource
import socket
import ssl
import sys
import tempfile
import threading
import time
from collections import Counter
from itertools import cycle, pairwise
from pathlib import Path

import trustme
import urllib3

from benchmarks.costs import MALLOC
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
from kube_headroom.readings import CadvisorPage, Page
from kube_headroom.state.inventory import Inventory
from kube_headroom.state.ledger import Ledger
from tests import facts
from tests.stage import LIMITS

PODS = 48
ROUNDS = 100
SECONDS_BETWEEN = 30
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


def moved(page: bytes, rounds: int) -> bytes:
    """The page so many rounds later."""
    later = rounds * SECONDS_BETWEEN * 1000
    return re.sub(rb"(?<= )[0-9]{13}(?=\n)", lambda stamp: b"%d" % (int(stamp[0]) + later), page)


def written(page: bytes) -> list[bytes]:
    """What a kubelet writes to answer with a page."""
    packed = gzip.compress(page, 6)  # promhttp's level
    parts = (packed[at : at + 2048] for at in range(0, len(packed), 2048))
    answer = HEAD + b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"
    return [answer[at : at + 4096] for at in range(0, len(answer), 4096)]


def serve(listener: socket.socket, certificate: str, page: bytes) -> None:
    affordable(100_000)
    answers = [written(moved(page, rounds)) for rounds in range(ROUNDS)]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    def one(plain: socket.socket) -> None:
        try:
            connection = context.wrap_socket(plain, server_side=True)
            turns = cycle(answers)
            while connection.recv(65536):
                for piece in next(turns):
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
    parser.add_argument("--pods", type=int, default=PODS, help="on each node, of one container; default 48")
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


def watching(page: CadvisorPage) -> Inventory:
    """What the API server told of the page's pods."""
    inventory = Inventory(LIMITS._replace(bare_workloads=1000), Ledger(facts.START), lambda: facts.START)
    pods = {one.pod_uid: facts.pod(one.pod, uid=one.pod_uid, namespace=one.namespace) for one in page.containers}
    inventory.replace("nodes", "", {"node-1": facts.node("node-1")})
    inventory.replace("pods", "", pods)
    inventory.start_waiting()
    return inventory


def alone(page: bytes, port: int) -> None:
    """One kubelet, again and again, on one thread: what a page costs without turns and threads."""
    client = Client(Trust(Credentials(), insecure=True), Limits())
    address, known = Address("127.0.0.1", port), KnownBlocks()
    inventory = watching(cadvisor(page, Counter()))
    costs: list[tuple[float, ...]] = []
    for rounds in range(ROUNDS):
        moments = [time.thread_time()]
        answer = client.fetch(address, "/metrics/cadvisor")
        moments.append(time.thread_time())
        text = answer.inflated()
        moments.append(time.thread_time())
        read = cadvisor(text, Counter(), known=known)
        moments.append(time.thread_time())
        inventory.page("node-1", read, facts.START + rounds * SECONDS_BETWEEN)
        moments.append(time.thread_time())
        costs.append(tuple(after - before for before, after in pairwise(moments)))
    client.end()
    assert not inventory.losses().rows_refused, inventory.losses()
    best = [min(column) * 1e3 for column in zip(*costs, strict=True)]
    whole = sorted(sum(each) * 1e3 for each in costs)
    print(f"page: {len(page) / 1e6:.2f} MB, {len(answer.body) / 1e3:.0f} KB over the wire")
    print(
        f"alone: fetch {best[0]:.2f}, inflate {best[1]:.2f}, read {best[2]:.2f}, accumulate {best[3]:.2f} ms of CPU at "
        f"best; all in: sum of bests {sum(best):.2f}, best {whole[0]:.2f}, median {whole[len(whole) // 2]:.2f}"
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
