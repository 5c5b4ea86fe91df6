"""The API server as an aiohttp application: who may ask, which path is whose, and what is answered."""

from __future__ import annotations

import hmac
import logging
import zlib
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from kube_headroom.simulator.apiserver import discovery
from kube_headroom.simulator.apiserver.encoding import Encodings, encode
from kube_headroom.simulator.apiserver.faults import Faults
from kube_headroom.simulator.apiserver.history import History
from kube_headroom.simulator.apiserver.listing import list_page
from kube_headroom.simulator.apiserver.media import JSON, aggregated_discovery, negotiate
from kube_headroom.simulator.apiserver.options import read_options
from kube_headroom.simulator.apiserver.representing import View
from kube_headroom.simulator.apiserver.selection import select
from kube_headroom.simulator.apiserver.status import (
    StatusError,
    not_found,
    read_only,
    unauthorized,
    unknown_path,
)
from kube_headroom.simulator.apiserver.watching import Watch, Watches
from kube_headroom.simulator.kinds import BY_PLURAL, RESOURCES, Resource
from kube_headroom.simulator.world import World

logger = logging.getLogger(__name__)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

GZIP_FROM_BYTES = 128 * 1024
"""As kube-apiserver: smaller bodies are not worth it."""
_GZIP = 16 + zlib.MAX_WBITS
_HEALTH = ("/healthz", "/livez", "/readyz")
_PUBLIC = (*_HEALTH, "/version")
"""What kube-apiserver shows without credentials (ClusterRole system:public-info-viewer)."""
_HEADERS = {"Cache-Control": "no-cache, private"}


class ApiServer:
    """The API server of a world; its application is served by one loop, its methods are called there."""

    def __init__(self, world: World, *, token: str, speed: float = 1.0) -> None:
        """Answer those who show `token` as bearer; of watches' seconds, `speed` pass in a real one."""
        self.faults = Faults()
        self._world = world
        self._store = world.store
        self._token = token.encode()
        self._speed = speed
        self._history = History(world.store)
        self._encodings = Encodings(world.store)
        self._watches = Watches(world.store)
        self.application = web.Application(middlewares=[self._guarded])
        self.application.on_shutdown.append(self._end_watches)
        self._route()

    @property
    def open_watches(self) -> int:
        """How many watches are open."""
        return self._watches.count

    def cut_watches(self) -> int:
        """Break the connections of all watches in the middle of the stream; return how many there were."""
        return self._watches.end(broken=True)

    def compact(self) -> None:
        """Forget the history: versions and pages of before are answered 410; open watches go on."""
        self._store.compact()

    async def _end_watches(self, _: web.Application) -> None:
        self._watches.end()

    def _route(self) -> None:
        router = self.application.router
        for path in _HEALTH:
            router.add_get(path, self._health)
        for path, handler in (
            ("/version", self._version),
            ("/api", self._core),
            ("/api/v1", self._core_resources),
            ("/apis", self._groups),
            ("/apis/{group}", self._group),
            ("/apis/{group}/{version}", self._group_resources),
        ):
            router.add_get(path, handler)
            router.add_get(f"{path}/", handler)
        for resource in RESOURCES:
            root = f"/apis/{resource.api_version}" if resource.group else "/api/v1"
            collection, one = self._collection(resource), self._one(resource)
            router.add_get(f"{root}/{resource.plural}", collection)
            place = f"{root}/namespaces/{{namespace}}" if resource.namespaced else root
            if resource.namespaced:
                router.add_get(f"{place}/{resource.plural}", collection)
            router.add_get(f"{place}/{resource.plural}/{{name}}", one)
            router.add_get(f"{place}/{resource.plural}/{{name}}/status", one)
        router.add_get("/api/v1/namespaces/{namespace}/pods/{name}/log", self._log)

    @web.middleware
    async def _guarded(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Let in who may ask, and tell every failure as a Status."""
        try:
            await self.faults.meet()
            self._admit(request)
            return await handler(request)
        except StatusError as error:
            return _answered(request, encode(error.body) + b"\n", status=error.code, headers=error.headers)
        except web.HTTPNotFound:
            return self._nowhere(request)
        except ConnectionResetError:
            return web.Response()  # the client is gone: nobody is left to be told, and an exception would be logged
        except Exception:
            logger.exception("answering %s failed", request.path)
            failed = StatusError(500, "InternalError", "Internal error occurred: the simulated API server has a bug")
            return _answered(request, encode(failed.body) + b"\n", status=500)

    def _admit(self, request: web.Request) -> None:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        known = scheme.lower() == "bearer" and hmac.compare_digest(token.strip().encode(), self._token)
        if request.path not in _PUBLIC and not known:
            raise unauthorized()
        if request.method not in ("GET", "HEAD"):
            raise read_only(request.method)

    @staticmethod
    def _nowhere(request: web.Request) -> web.Response:
        """Below a group that is served the answer is a Status, elsewhere text."""
        first, _, rest = request.path.strip("/").partition("/")
        if first == "api" or (first == "apis" and rest.partition("/")[0] in discovery.GROUPS):
            return _answered(request, encode(unknown_path().body) + b"\n", status=404)
        return web.Response(text="404 page not found\n", status=404, headers=_HEADERS)

    def _collection(self, resource: Resource) -> Handler:
        async def collection(request: web.Request) -> web.StreamResponse:
            namespace = request.match_info.get("namespace", "")
            view = self._view(resource, request)
            options = read_options(request.query)
            selection = select(resource, namespace, options)
            if not options.watch:
                page = list_page(self._history, selection, options, self._store.revision)
                return _answered(request, view.page(page))
            watch = Watch(self._store, selection, options, view, self._speed)
            feed = self._watches.open(resource.plural, request.transport)
            try:
                return await watch.serve(request, feed, self._history)
            finally:
                self._watches.close(resource.plural, feed)

        return collection

    def _one(self, resource: Resource) -> Handler:
        async def one(request: web.Request) -> web.StreamResponse:
            namespace, name = request.match_info.get("namespace", ""), request.match_info["name"]
            view = self._view(resource, request)
            stored = self._store.get(resource.plural, namespace, name)
            if stored is None:
                raise not_found(resource, name)
            return _answered(request, view.one(stored))

        return one

    def _view(self, resource: Resource, request: web.Request) -> View:
        representation = negotiate(request.headers.get("Accept", ""))
        included = request.query.get("includeObject", "")
        return View(resource, representation, self._encodings, included, lambda: self._world.now)

    async def _health(self, request: web.Request) -> web.Response:
        name = request.path.strip("/")
        checks = "".join(f"[+]{check} ok\n" for check in ("ping", "log", "etcd"))
        text = f"{checks}{name} check passed\n" if "verbose" in request.query else "ok"
        return web.Response(text=text, headers=_HEADERS)

    async def _version(self, request: web.Request) -> web.Response:
        version = self._world.kubernetes
        major, minor = version.removeprefix("v").split(".")[:2]
        told = {
            "major": major,
            "minor": minor,
            "gitVersion": version,
            "gitCommit": "",
            "gitTreeState": "clean",
            "buildDate": "1970-01-01T00:00:00Z",
            "goVersion": "",
            "compiler": "",
            "platform": "linux/amd64",
        }
        return _answered(request, encode(told) + b"\n")

    async def _log(self, request: web.Request) -> web.Response:
        namespace, name = request.match_info["namespace"], request.match_info["name"]
        if self._store.get("pods", namespace, name) is None:
            raise not_found(BY_PLURAL["pods"], name)
        raise StatusError(404, "NotFound", "simulated containers write no logs", details={})

    async def _core(self, request: web.Request) -> web.Response:
        if aggregated_discovery(request.headers.get("Accept", "")):
            return _aggregated(request, discovery.aggregated([""]))
        return _document(request, discovery.api_versions(request.host))

    async def _groups(self, request: web.Request) -> web.Response:
        if aggregated_discovery(request.headers.get("Accept", "")):
            return _aggregated(request, discovery.aggregated(discovery.GROUPS))
        return _document(request, discovery.group_list())

    async def _core_resources(self, request: web.Request) -> web.Response:
        return _document(request, discovery.resource_list("", "v1"))

    async def _group(self, request: web.Request) -> web.Response:
        name = request.match_info["group"]
        if name not in discovery.GROUPS:
            raise web.HTTPNotFound
        return _document(request, discovery.group(name))

    async def _group_resources(self, request: web.Request) -> web.Response:
        name, version = request.match_info["group"], request.match_info["version"]
        if version not in discovery.versions_of(name):
            raise web.HTTPNotFound
        return _document(request, discovery.resource_list(name, version))


def _document(request: web.Request, document: dict[str, Any]) -> web.Response:
    return _answered(request, encode(document) + b"\n")


def _aggregated(request: web.Request, document: dict[str, Any]) -> web.Response:
    content_type = f"{JSON};g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
    return _answered(request, encode(document) + b"\n", headers={"Content-Type": content_type})


def _answered(
    request: web.Request, body: bytes, *, status: int = 200, headers: dict[str, str] | None = None
) -> web.Response:
    """Answer with JSON, compressed if it is large and the client can read that."""
    told = {**_HEADERS, "Content-Type": JSON, **(headers or {})}
    if len(body) >= GZIP_FROM_BYTES and "gzip" in request.headers.get("Accept-Encoding", ""):
        packer = zlib.compressobj(1, wbits=_GZIP)
        body = packer.compress(body) + packer.flush()
        told["Content-Encoding"] = "gzip"
        told["Vary"] = "Accept-Encoding"
    return web.Response(body=body, status=status, headers=told)
