"""The ServiceAccount that the exporter runs as, with exactly its reading rights, and its token."""

from pathlib import Path
from typing import NamedTuple

from tests.real.certificates import write_kubeconfig
from tests.real.client import Client, Object
from tests.real.rights import KUBELETS, rules
from tests.real.site import Site

NAME, NAMESPACE = "kube-headroom", "kube-system"
RBAC = "rbac.authorization.k8s.io"


class ServiceAccount(NamedTuple):
    """Its token, and a kubeconfig that shows it."""

    token: str
    kubeconfig: Path


def make_service_account(client: Client, site: Site) -> ServiceAccount:
    """Create the account, grant it what it needs and ask for a token of an hour."""
    account: Object = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": NAME, "namespace": NAMESPACE}}
    role = {
        "apiVersion": f"{RBAC}/v1",
        "kind": "ClusterRole",
        "metadata": {"name": NAME},
        "rules": [*rules(), KUBELETS],
    }
    binding = {
        "apiVersion": f"{RBAC}/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": NAME},
        "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": NAME},
        "subjects": [{"kind": "ServiceAccount", "name": NAME, "namespace": NAMESPACE}],
    }
    for manifest in (account, role, binding):
        client.create(manifest)
    path = client.resource("ServiceAccount").path(NAMESPACE, NAME, "token")
    request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": 3600}}
    token: str = client.request("POST", path, json=request)["status"]["token"]
    file = site.folder / "token"
    file.write_text(token)
    kubeconfig = write_kubeconfig(
        site.folder / "service-account.kubeconfig",
        server=site.url,
        authority=site.authority.certificate,
        user={"tokenFile": str(file)},
    )
    return ServiceAccount(token, kubeconfig)
