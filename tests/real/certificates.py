"""A certificate authority of the test's own, and the kubeconfig files of the users it vouches for."""

import json
import ssl
from dataclasses import dataclass
from pathlib import Path

import trustme

SERVING_NAMES = ("localhost", "127.0.0.1", "10.96.0.1", "kubernetes.default.svc")

# trustme always writes an organization, which Kubernetes reads as the user's group.
NO_GROUP = "kube-headroom:tests"


@dataclass(frozen=True)
class Certificate:
    """A certificate and its private key as PEM files."""

    certificate: Path
    key: Path


class Authority:
    """Issues certificates into one folder, each once."""

    def __init__(self, folder: Path) -> None:
        """Make the authority's own certificate, `ca.crt`, in the folder."""
        folder.mkdir(parents=True)
        self.folder = folder
        self.certificate = folder / "ca.crt"
        self._ca = trustme.CA()
        self._ca.cert_pem.write_to_path(str(self.certificate))

    def serving(self, name: str, *addresses: str) -> Certificate:
        """A server's certificate for the loopback addresses, the API's names in a cluster, and more addresses."""
        return self._issue(f"{name} serving", (*SERVING_NAMES, *addresses), NO_GROUP)

    def client(self, user: str, *, group: str = NO_GROUP) -> Certificate:
        """A certificate that Kubernetes reads as this user in this group."""
        return self._issue(user, ("client.test",), group)

    def client_context(self, user: str, *, group: str = NO_GROUP) -> ssl.SSLContext:
        """TLS that trusts this authority alone and shows the user's certificate."""
        files = self.client(user, group=group)
        context = ssl.create_default_context(cafile=str(self.certificate))
        context.load_cert_chain(files.certificate, files.key)
        return context

    def _issue(self, name: str, identities: tuple[str, ...], group: str) -> Certificate:
        stem = f"{name}@{group}".replace("/", "_")
        files = Certificate(self.folder / f"{stem}.crt", self.folder / f"{stem}.key")
        if not files.certificate.exists():
            leaf = self._ca.issue_cert(*identities, common_name=name, organization_name=group)
            leaf.private_key_pem.write_to_path(str(files.key))
            leaf.cert_chain_pems[0].write_to_path(str(files.certificate))
        return files


def write_kubeconfig(path: Path, *, server: str, authority: Path, user: dict[str, str]) -> Path:
    """Write a kubeconfig with one cluster and one user; `user` holds the fields of kubeconfig's
    user, such as `client-certificate` or `tokenFile`.
    """
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "tests", "cluster": {"server": server, "certificate-authority": str(authority)}}],
        "users": [{"name": "user", "user": user}],
        "contexts": [{"name": "tests", "context": {"cluster": "tests", "user": "user"}}],
        "current-context": "tests",
    }
    path.write_text(json.dumps(content, indent=2))
    return path
