"""A small Kubernetes client for tests: objects are dicts, resources come from the server's discovery."""

import ssl
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import httpx

Object = dict[str, Any]

CONCURRENT_REQUESTS = 16
DISCOVERY = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
MERGE_PATCH = "application/merge-patch+json"


class RefusedError(Exception):
    """The server's answer was an error; `code` and `status` are what it said."""

    def __init__(self, response: httpx.Response) -> None:
        """Keep the Status object where the server sent one."""
        self.code = response.status_code
        self.status: Object = {}
        if "json" in response.headers.get("content-type", ""):
            self.status = response.json()
        words = self.status.get("message") or response.text
        super().__init__(f"{response.request.method} {response.request.url}: {self.code} {words}")


@dataclass(frozen=True)
class Resource:
    """Where a kind's objects live."""

    root: str
    """`/api/v1` or `/apis/GROUP/VERSION`."""
    plural: str
    namespaced: bool

    def path(self, namespace: str | None, name: str = "", subresource: str = "") -> str:
        """The path of one object, or of all where no name is given."""
        scope = ("namespaces", namespace) if self.namespaced and namespace else ()
        return "/".join(filter(None, (self.root, *scope, self.plural, name, subresource)))


class Client:
    """Speaks to one API server as one user; safe to share between threads."""

    def __init__(self, url: str, tls: ssl.SSLContext) -> None:
        """Connect lazily: nothing is sent before the first call."""
        limits = httpx.Limits(max_connections=2 * CONCURRENT_REQUESTS)
        self.http = httpx.Client(base_url=url, verify=tls, timeout=30.0, limits=limits)
        self._resources: dict[str, Resource] = {}

    def close(self) -> None:
        """Close the connections."""
        self.http.close()

    def create(self, manifest: Object) -> Object:
        """Create an object; its namespace, where its kind has one, is in the manifest."""
        resource = self.resource(manifest["kind"])
        namespace = manifest["metadata"].get("namespace", "default")
        return self.request("POST", resource.path(namespace), json=manifest)

    def create_many(self, manifests: Iterable[Object]) -> list[Object]:
        """Create objects concurrently; the first refusal is raised after all were tried."""
        with ThreadPoolExecutor(CONCURRENT_REQUESTS) as pool:
            return list(pool.map(self.create, manifests))

    def read(self, kind: str, name: str, namespace: str | None = None) -> Object:
        """Read one object; RefusedError with code 404 if there is none."""
        return self.request("GET", self.resource(kind).path(namespace, name))

    def objects(self, kind: str, namespace: str | None = None, **parameters: str) -> list[Object]:
        """All objects of a kind, of one namespace or of all, unpaged; parameters are the API's own
        (`labelSelector`, `fieldSelector`).
        """
        path = self.resource(kind).path(namespace)
        items: list[Object] = self.request("GET", path, params=parameters)["items"]
        return items

    def patch(
        self, kind: str, name: str, namespace: str | None = None, *, patch: Object, subresource: str = ""
    ) -> Object:
        """Apply a JSON merge patch: lists are replaced whole."""
        path = self.resource(kind).path(namespace, name, subresource)
        return self.request("PATCH", path, json=patch, headers={"content-type": MERGE_PATCH})

    def patch_status(self, kind: str, name: str, namespace: str | None = None, *, status: Object) -> Object:
        """Merge into an object's status, as its controller or kubelet does."""
        return self.patch(kind, name, namespace, patch={"status": status}, subresource="status")

    def delete(
        self,
        kind: str,
        name: str,
        namespace: str | None = None,
        *,
        propagation: str = "Background",
        grace_seconds: int | None = None,
    ) -> None:
        """Delete one object; `propagation` is Background, Foreground or Orphan."""
        options: Object = {"propagationPolicy": propagation}
        if grace_seconds is not None:
            options["gracePeriodSeconds"] = grace_seconds
        self.request("DELETE", self.resource(kind).path(namespace, name), json=options)

    def exists(self, kind: str, name: str, namespace: str | None = None) -> bool:
        """Whether the server holds the object."""
        try:
            self.read(kind, name, namespace)
        except RefusedError as refusal:
            if refusal.code == httpx.codes.NOT_FOUND:
                return False
            raise
        return True

    def request(self, method: str, path: str, **arguments: Any) -> Object:
        """Send any request of the API and return its JSON; RefusedError on an error status."""
        response = self.http.request(method, path, **arguments)
        if response.is_error:
            raise RefusedError(response)
        content: Object = response.json()
        return content

    def resource(self, kind: str) -> Resource:
        """The server's resource of a kind; where groups share one (Event), the core group's."""
        if kind not in self._resources:
            self._resources = self._discover()
        return self._resources[kind]

    def _discover(self) -> dict[str, Resource]:
        found: dict[str, Resource] = {}
        for root in ("/api", "/apis"):
            groups = self.request("GET", root, headers={"accept": DISCOVERY})["items"]
            for group in groups:
                name = group.get("metadata", {}).get("name", "")
                preferred = group["versions"][0]
                for entry in preferred.get("resources", ()):
                    kind = entry["responseKind"]["kind"]
                    place = "/".join(filter(None, (root, name, preferred["version"])))
                    resource = Resource(place, entry["resource"], entry["scope"] == "Namespaced")
                    found.setdefault(kind, resource)
        return found
