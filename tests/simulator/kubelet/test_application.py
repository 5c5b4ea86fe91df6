"""The kubelets over HTTP: who is let in, what is sent, and how it can break."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Awaitable, Callable
from typing import NamedTuple

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from kube_headroom.simulator.kubelet import faults
from kube_headroom.simulator.kubelet.application import BROKEN, PAGES, application, ports_of
from kube_headroom.simulator.kubelet.faults import FAULTS
from kube_headroom.simulator.kubelet.housekeeping import Housekeepings
from kube_headroom.simulator.kubelet.replies import Page
from kube_headroom.simulator.kubelet.runtime import Machine
from kube_headroom.simulator.world import World
from tests.simulator.kubelet.machine_stage import START, Mi

TOKEN = "secret"
SHOWN = {"Authorization": f"Bearer {TOKEN}"}
GiB = 1024 * Mi
USER = "system:serviceaccount:monitoring:kube-headroom"


class Served(NamedTuple):
    """Two nodes, each on a port of its own."""

    world: World
    application: web.Application
    client: aiohttp.ClientSession
    urls: dict[str, str]


def served(work: Callable[[Served], Awaitable[None]]) -> None:
    """Serve a world of the nodes n1 and n2, and let a test ask for its pages."""

    async def run() -> None:
        world = World(seed=1, start=START)
        for name in ("n1", "n2"):
            world.machines[name] = Machine(
                name=name, cores=4.0, memory_bytes=8 * GiB, disk_bytes=100 * GiB, boot=START - 60
            )
            world.store.create(
                "nodes", {"metadata": {"name": name}, "status": {"nodeInfo": {"machineID": f"m-{name}"}}}
            )
        world.add(Housekeepings(world))
        world.advance(START + 5)
        ports: dict[int, str] = {}
        made = application(world, ports, TOKEN)
        # One application on two ports: a second site of the first one's runner.
        server = TestServer(made)
        await server.start_server()
        assert server.runner is not None
        second = web.TCPSite(server.runner, "127.0.0.1", 0)
        await second.start()
        numbers = [address[1] for address in server.runner.addresses]
        ports.update(zip(numbers, ("n1", "n2"), strict=True))
        urls = {name: f"http://127.0.0.1:{number}" for number, name in ports.items()}
        try:
            async with aiohttp.ClientSession(auto_decompress=False) as client:
                await work(Served(world, made, client, urls))
        finally:
            await server.close()

    asyncio.run(run())


@pytest.mark.parametrize("path", PAGES)
def test_a_page_comes_as_promhttp_sends_it(path: str) -> None:
    async def work(kubelets: Served) -> None:
        headers = {**SHOWN, "Accept-Encoding": "identity"}
        async with kubelets.client.get(kubelets.urls["n1"] + path, headers=headers) as answer:
            body = await answer.read()
        assert answer.status == 200
        assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8; escaping=underscores"
        assert answer.headers["Process-Start-Time-Unix"] == str(int(START - 60 + 18))
        assert answer.headers["Transfer-Encoding"] == "chunked"
        assert body.startswith(b"# HELP ")

    served(work)


def test_gzip_is_sent_to_who_takes_it() -> None:
    async def work(kubelets: Served) -> None:
        bodies = {}
        for encoding in ("gzip", "identity"):
            headers = {**SHOWN, "Accept-Encoding": encoding}
            async with kubelets.client.get(f"{kubelets.urls['n1']}/metrics/cadvisor", headers=headers) as answer:
                bodies[encoding] = await answer.read()
                assert answer.headers.get("Content-Encoding", "identity") == encoding
        assert zlib.decompress(bodies["gzip"], wbits=31) == bodies["identity"]

    served(work)


def test_the_port_says_which_node_is_asked() -> None:
    async def work(kubelets: Served) -> None:
        for name, url in kubelets.urls.items():
            headers = {**SHOWN, "Accept-Encoding": "identity"}
            async with kubelets.client.get(f"{url}/metrics/cadvisor", headers=headers) as answer:
                assert f'machine_id="m-{name}"' in await answer.text()

    served(work)


ANONYMOUS: dict[str, str] = {}


@pytest.mark.parametrize(
    ("method", "path", "headers", "expected"),
    [
        pytest.param("GET", "/metrics", ANONYMOUS, (401, "Unauthorized"), id="a stranger"),
        pytest.param("GET", "/metrics", {"Authorization": "Bearer no"}, (401, "Unauthorized"), id="a wrong token"),
        pytest.param("GET", "/metrics", {"Authorization": "Basic secret"}, (401, "Unauthorized"), id="another scheme"),
        pytest.param("GET", "/healthz", ANONYMOUS, (401, "Unauthorized"), id="even health needs a token"),
        pytest.param("GET", "/healthz", SHOWN, (200, "ok"), id="health"),
        pytest.param("GET", "/nothing", ANONYMOUS, (404, "404 page not found\n"), id="unknown before stranger"),
        pytest.param("GET", "/metrics/", SHOWN, (404, "404 page not found\n"), id="no slash at the end"),
        pytest.param(
            "POST",
            "/metrics",
            SHOWN,
            (403, f"Forbidden (user={USER}, verb=create, resource=nodes, subresource(s)=[metrics])\n"),
            id="reading is all that is allowed",
        ),
    ],
)
def test_who_is_refused_and_how(method: str, path: str, headers: dict[str, str], expected: tuple[int, str]) -> None:
    async def work(kubelets: Served) -> None:
        async with kubelets.client.request(method, kubelets.urls["n1"] + path, headers=headers) as answer:
            assert (answer.status, await answer.text()) == expected

    served(work)


def down(machine: Machine) -> None:
    machine.up = False


def without_power(machine: Machine) -> None:
    machine.powered = False


@pytest.mark.parametrize("event", [down, without_power])
def test_a_machine_that_is_down_ends_the_connection_without_a_word(event: Callable[[Machine], None]) -> None:
    async def work(kubelets: Served) -> None:
        event(kubelets.world.machines["n1"])
        with pytest.raises(aiohttp.ServerDisconnectedError):
            await kubelets.client.get(f"{kubelets.urls['n1']}/metrics", headers=SHOWN)
        async with kubelets.client.get(f"{kubelets.urls['n2']}/metrics", headers=SHOWN) as answer:
            assert answer.status == 200

    served(work)


def test_a_machine_that_hangs_keeps_the_connection_and_says_nothing() -> None:
    async def work(kubelets: Served) -> None:
        machine = kubelets.world.machines["n1"]
        machine.up, machine.hangs = False, True
        timeout = aiohttp.ClientTimeout(total=0.2)
        with pytest.raises(asyncio.TimeoutError):
            await kubelets.client.get(f"{kubelets.urls['n1']}/metrics", headers=SHOWN, timeout=timeout)

    served(work)


def test_a_node_that_is_gone_does_not_answer() -> None:
    async def work(kubelets: Served) -> None:
        del kubelets.world.machines["n1"]
        with pytest.raises(aiohttp.ServerDisconnectedError):
            await kubelets.client.get(f"{kubelets.urls['n1']}/metrics", headers=SHOWN)

    served(work)


async def beginning(kubelets: Served, fault: str) -> tuple[aiohttp.ClientResponse, bytes]:
    """Ask a node with a fault; return the answer and its first bytes."""
    kubelets.application[BROKEN]["n1"] = fault
    answer = await kubelets.client.get(f"{kubelets.urls['n1']}/metrics/resource", headers=SHOWN)
    return answer, await asyncio.wait_for(answer.content.readany(), 5.0)


async def truncated(kubelets: Served) -> None:
    answer, body = await beginning(kubelets, "truncated gzip")
    assert answer.headers["Content-Encoding"] == "gzip"
    inflate = zlib.decompressobj(wbits=31)
    assert inflate.decompress(body).startswith(b"# HELP ")
    assert not inflate.eof


async def cut(kubelets: Served) -> None:
    answer, _ = await beginning(kubelets, "cut")
    with pytest.raises(aiohttp.ClientPayloadError):
        await answer.read()


async def html(kubelets: Served) -> None:
    answer, body = await beginning(kubelets, "HTML")
    assert (answer.status, answer.content_type) == (200, "text/html")
    assert b"<html>" in body


async def garbage(kubelets: Served) -> None:
    _, body = await beginning(kubelets, "garbage")
    with pytest.raises(UnicodeDecodeError):
        body.decode()


async def huge(kubelets: Served) -> None:
    answer, body = await beginning(kubelets, "huge")
    read = len(body)
    while read < 16 * Mi:
        read += len(await answer.content.readany())
    answer.close()


async def slow(kubelets: Served) -> None:
    answer, body = await beginning(kubelets, "slow")
    assert body == b"#"
    answer.close()


async def hanging(kubelets: Served) -> None:
    kubelets.application[BROKEN]["n1"] = "hanging"
    answer = await kubelets.client.get(f"{kubelets.urls['n1']}/metrics", headers=SHOWN)
    assert answer.status == 200
    with pytest.raises(asyncio.TimeoutError):
        await asyncio.wait_for(answer.content.readany(), 0.2)
    answer.close()


async def bomb(kubelets: Served) -> None:
    kubelets.application[BROKEN]["n1"] = "gzip bomb"
    answer = await kubelets.client.get(f"{kubelets.urls['n1']}/metrics", headers=SHOWN)
    body = await answer.read()
    inflate = zlib.decompressobj(wbits=31)
    assert len(inflate.decompress(body, 8 * Mi)) == 8 * Mi
    assert len(body) < 8 * Mi


def refused(fault: str, status: int, start: bytes) -> Callable[[Served], Awaitable[None]]:
    async def work(kubelets: Served) -> None:
        answer, body = await beginning(kubelets, fault)
        assert answer.status == status
        assert body.startswith(start)

    return work


BROKEN_AS: dict[str, Callable[[Served], Awaitable[None]]] = {
    "slow": slow,
    "hanging": hanging,
    "truncated gzip": truncated,
    "cut": cut,
    "HTML": html,
    "garbage": garbage,
    "huge": huge,
    "gzip bomb": bomb,
    "forbidden": refused("forbidden", 403, b"Forbidden (user="),
    "unauthorized": refused("unauthorized", 401, b"Unauthorized"),
    "failing": refused("failing", 500, b"An error has occurred"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_broken_page_is_broken_as_its_name_says_and_no_other_node_is(
    fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(faults, "BOMB_BYTES", 16 * Mi)

    async def work(kubelets: Served) -> None:
        await BROKEN_AS[fault](kubelets)
        async with kubelets.client.get(f"{kubelets.urls['n2']}/metrics", headers=SHOWN) as answer:
            assert answer.status == 200

    served(work)


def test_a_reader_that_hangs_up_is_nobodys_failure(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def hang_up(_request: web.Request, _page: Page) -> web.StreamResponse:
        raise aiohttp.ClientConnectionResetError("Cannot write to closing transport")

    monkeypatch.setitem(FAULTS, "slow", hang_up)

    async def work(kubelets: Served) -> None:
        kubelets.application[BROKEN]["n1"] = "slow"
        await kubelets.client.get(f"{kubelets.urls['n1']}/metrics", headers=SHOWN)

    served(work)
    assert not caplog.records


def test_ports_are_those_that_the_nodes_tell() -> None:
    world = World(seed=1, start=START)
    for name, port in (("n1", 30001), ("n2", 30002)):
        endpoints = {"kubeletEndpoint": {"Port": port}}
        world.store.create("nodes", {"metadata": {"name": name}, "status": {"daemonEndpoints": endpoints}})
    assert ports_of(world) == {30001: "n1", 30002: "n2"}


def test_a_world_whose_cgroups_nobody_reads_cannot_be_served() -> None:
    with pytest.raises(LookupError, match="Housekeepings"):
        application(World(seed=1, start=START), {}, TOKEN)
