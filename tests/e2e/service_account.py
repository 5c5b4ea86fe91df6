"""ServiceAccounts that the exporter runs as, with exactly its reading rights or fewer, and their tokens."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from tests.real.certificates import write_kubeconfig
from tests.real.client import Client, Object
from tests.real.rights import KUBELETS, rules
from tests.real.site import Site
from tests.real.waiting import wait_until

NAME, NAMESPACE = "kube-headroom", "kube-system"
RBAC = "rbac.authorization.k8s.io"


class ServiceAccount(NamedTuple):
    """Its token, and a kubeconfig that shows it."""

    token: str
    kubeconfig: Path


def make_service_account(
    client: Client, site: Site, name: str = NAME, granted: Sequence[Object] = (*rules(), KUBELETS)
) -> ServiceAccount:
    """Create an account, grant it what it needs or the rules given, and ask for a token of an hour."""
    account: Object = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name, "namespace": NAMESPACE}}
    role = {
        "apiVersion": f"{RBAC}/v1",
        "kind": "ClusterRole",
        "metadata": {"name": name},
        "rules": list(granted),
    }
    binding = {
        "apiVersion": f"{RBAC}/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": name},
        "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": name},
        "subjects": [{"kind": "ServiceAccount", "name": name, "namespace": NAMESPACE}],
    }
    for manifest in (account, role, binding):
        client.create(manifest)
    # A kubelet that asks too early remembers the refusal for half a minute.
    wait_until(partial(_may, client, name, granted[0]), what=f"the API server to know the rights of {name}")
    token = token_of(client, NAMESPACE, name)
    file = site.folder / f"{name}.token"
    file.write_text(token)
    kubeconfig = write_kubeconfig(
        site.folder / f"{name}.kubeconfig",
        server=site.url,
        authority=site.authority.certificate,
        user={"tokenFile": str(file)},
    )
    return ServiceAccount(token, kubeconfig)


def _may(client: Client, name: str, rule: Object) -> bool:
    """Whether the API server, which watches its roles as everybody does, lets an account do what a rule grants."""
    asked = {"group": rule["apiGroups"][0], "resource": rule["resources"][0], "verb": rule["verbs"][0]}
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SubjectAccessReview",
        "metadata": {},
        "spec": {"user": f"system:serviceaccount:{NAMESPACE}:{name}", "resourceAttributes": asked},
    }
    allowed: bool = client.create(review)["status"]["allowed"]
    return allowed


def token_of(client: Client, namespace: str, name: str) -> str:
    """Ask for a token of an account, which is good for an hour."""
    path = client.resource("ServiceAccount").path(namespace, name, "token")
    request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": 3600}}
    token: str = client.request("POST", path, json=request)["status"]["token"]
    return token
