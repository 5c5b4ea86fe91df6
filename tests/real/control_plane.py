"""A real control plane as one object: its processes, its users, its nodes, its history."""

import base64
from collections.abc import Sequence
from pathlib import Path

import httpx

from tests.real import components
from tests.real.client import Client, Object
from tests.real.processes import start_together
from tests.real.site import ADMIN, Site
from tests.real.waiting import wait_until

FAKE_NODE = {"kwok.x-k8s.io/node": "fake"}
RBAC = "rbac.authorization.k8s.io"
ANSWER_SECONDS = 30.0


class ControlPlane:
    """etcd, API server, controller manager and scheduler, each a Process of that name, and kwok.

    Any of them may be killed and started again: ports, certificates and data stay.
    """

    def __init__(
        self,
        folder: Path,
        *,
        api_server_flags: Sequence[str] = (),
        controller_manager_flags: Sequence[str] = (),
        addresses: Sequence[str] = (),
    ) -> None:
        """Prepare everything in an empty folder; nothing is started.

        With `addresses` the API server answers at those too, for real kubelets, and kwok plays none.
        """
        self.site = Site.prepare(folder, *addresses)
        self.etcd = components.etcd(self.site)
        self.api_server = components.api_server(self.site, api_server_flags)
        self.controller_manager = components.controller_manager(self.site, controller_manager_flags)
        self.scheduler = components.scheduler(self.site)
        kwok = () if addresses else (components.kwok(self.site),)
        self._controllers = (self.controller_manager, self.scheduler, *kwok)
        self._clients: dict[str, Client] = {}

    @property
    def url(self) -> str:
        """The API server's address."""
        return self.site.url

    def start(self) -> None:
        """Start everything and wait until each says it is ready."""
        self.etcd.start()
        self.api_server.start()
        start_together(self._controllers)

    def discard(self) -> None:
        """End everything at once: the data are worth nothing any more."""
        for client in self._clients.values():
            client.close()
        for process in (*self._controllers, self.api_server, self.etcd):
            process.discard()

    def client(self, user: str = ADMIN) -> Client:
        """A client with the user's certificate; all but the admin have the rights RBAC gives."""
        if user not in self._clients:
            self._clients[user] = Client(self.url, self.site.tls(user))
        return self._clients[user]

    def kubeconfig(self, user: str = ADMIN) -> Path:
        """A kubeconfig with the user's certificate."""
        return self.site.kubeconfig(user)

    def grant(self, user: str, rules: Sequence[Object]) -> None:
        """Give a user RBAC rules in the whole cluster, in place of those granted before."""
        admin, role = self.client(), {"apiGroup": RBAC, "kind": "ClusterRole", "name": user}
        if admin.exists("ClusterRole", user):
            admin.patch("ClusterRole", user, patch={"rules": list(rules)})
            return
        common = {"apiVersion": f"{RBAC}/v1", "metadata": {"name": user}}
        subject = {"apiGroup": RBAC, "kind": "User", "name": user}
        admin.create(common | {"kind": "ClusterRole", "rules": list(rules)})
        admin.create(common | {"kind": "ClusterRoleBinding", "roleRef": role, "subjects": [subject]})

    def compact_history(self) -> int:
        """Make etcd forget all revisions before the present one, and return that.

        The API server's watch cache still remembers them until it is started again.
        """
        prefix = {"key": base64.b64encode(b"/").decode()}
        revision = int(self._ask_etcd("kv/range", prefix)["header"]["revision"])
        self._ask_etcd("kv/compaction", {"revision": str(revision), "physical": True})
        return revision

    def scheduler_page(self, path: str) -> str:
        """A page of the scheduler's, such as `/metrics/resources`."""
        url = f"{self.site.scheduler_url}{path}"
        return httpx.get(url, verify=self.site.tls(), timeout=ANSWER_SECONDS).raise_for_status().text

    def add_fake_nodes(self, *names: str, cpu: str = "32", memory: str = "256Gi") -> None:
        """Add nodes that kwok plays, with room for 250 pods each; return when they are Ready."""
        room = {"cpu": cpu, "memory": memory, "pods": "250", "ephemeral-storage": "1Ti"}
        status = {"capacity": room, "allocatable": room}
        self.client().create_many(
            {
                "apiVersion": "v1",
                "kind": "Node",
                "metadata": {"name": name, "annotations": FAKE_NODE},
                "status": status,
            }
            for name in names
        )
        wait_until(lambda: all(map(self.is_schedulable, names)), what=f"nodes {names} to be Ready")

    def is_schedulable(self, node: str) -> bool:
        """Ready, and rid of the taint that keeps pods off a node that was not."""
        found = self.client().read("Node", node)
        conditions = found["status"].get("conditions", ())
        ready = any(row["type"] == "Ready" and row["status"] == "True" for row in conditions)
        return ready and not found["spec"].get("taints")

    def _ask_etcd(self, call: str, body: Object) -> Object:
        url = f"{self.site.etcd_url}/v3/{call}"
        answer: Object = httpx.post(url, json=body, timeout=ANSWER_SECONDS).raise_for_status().json()
        return answer
