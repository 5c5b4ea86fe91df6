"""The kubelets' HTTP application: every node's pages on a port of its own, refused and broken as real ones are."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Callable, Mapping

from aiohttp import web

from kube_headroom.simulator.kubelet import replies
from kube_headroom.simulator.kubelet.faults import FAULTS
from kube_headroom.simulator.kubelet.housekeeping import Housekeepings
from kube_headroom.simulator.kubelet.pages import cadvisor, own, probes, resource
from kube_headroom.simulator.kubelet.pages.view import View
from kube_headroom.simulator.world import World

PAGES: Mapping[str, Callable[[View], str]] = {
    "/metrics": own.page,
    "/metrics/cadvisor": cadvisor.page,
    "/metrics/probes": probes.page,
    "/metrics/resource": resource.page,
}
BROKEN: web.AppKey[dict[str, str]] = web.AppKey("broken", dict)
"""In the application: the fault of FAULTS that each named node's pages have now."""


def application(world: World, ports: Mapping[int, str], token: str) -> web.Application:
    """Return the application of all kubelets: `ports` names the node behind each local port.

    Who shows `token` may get every page. A world without Housekeepings among its parts is a LookupError.
    """
    kubelets = _Kubelets(world, ports, token.encode())
    made = web.Application()
    made[BROKEN] = kubelets.broken
    made.router.add_route("*", "/{path:.*}", kubelets.answer)
    return made


def ports_of(world: World) -> dict[int, str]:
    """Return the node behind each kubelet's port, as the nodes' objects tell it."""
    return {
        node["status"]["daemonEndpoints"]["kubeletEndpoint"]["Port"]: node["metadata"]["name"]
        for node in world.store.all("nodes")
    }


class _Kubelets:
    def __init__(self, world: World, ports: Mapping[int, str], token: bytes) -> None:
        self.broken: dict[str, str] = {}
        self._world = world
        self._ports = ports
        self._token = token
        found = next((part for part in world.parts if isinstance(part, Housekeepings)), None)
        if found is None:
            raise LookupError("nobody reads the cgroups of this world: add a Housekeepings to it, after its Kubelets")
        self._housekeepings = found

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Answer as the node's kubelet, or as a machine that is down."""
        node = self._ports.get(request.transport.get_extra_info("sockname")[1], "") if request.transport else ""
        machine = self._world.machines.get(node)
        if machine is None or not (machine.up and machine.powered):
            if machine is not None and machine.hangs:
                await asyncio.Event().wait()
            return replies.no_answer(request)
        refusal = self._refuse(request)
        if refusal is not None:
            return refusal
        if request.path == replies.HEALTH:
            return replies.text(200, "ok")
        view = self._view(node)
        page = replies.Page(PAGES[request.path](view).encode(), int(view.kubelet_started))
        fault = self.broken.get(node)
        if fault is None:
            return replies.served(request, page)
        try:
            return await FAULTS[fault](request, page)
        except ConnectionResetError:
            return web.Response()  # the reader is gone: nobody is left to be told, and an exception would be logged

    def _refuse(self, request: web.Request) -> web.Response | None:
        """Refuse what a kubelet refuses: unknown paths first, then strangers, then all but reading."""
        if request.path not in PAGES and request.path != replies.HEALTH:
            return replies.text(404, "404 page not found\n")
        scheme, _, shown = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not hmac.compare_digest(shown.strip().encode(), self._token):
            return replies.refusal(401, "Unauthorized")
        if request.method != "GET":
            return replies.forbidden(request)
        return None

    def _view(self, node: str) -> View:
        world = self._world
        found = world.store.get("nodes", "", node) or {}
        return View(
            machine=world.machines[node],
            housekeeping=self._housekeepings.on(node),
            now=world.now,
            kubernetes=world.kubernetes,
            node_info=found.get("status", {}).get("nodeInfo", {}),
        )
