"""Where a control plane lives: its folder, ports and certificates, and who its users are."""

import ssl
from dataclasses import dataclass, field
from pathlib import Path

from tests.real.certificates import NO_GROUP, Authority, write_kubeconfig
from tests.real.processes import free_port

ADMIN = "admin"
CONTROLLER_MANAGER = "system:kube-controller-manager"
SCHEDULER = "system:kube-scheduler"
GROUPS = {ADMIN: "system:masters"}

# A user known by token, not by certificate; both tokens are valid, so that one can be replaced.
TOKEN_USER = "token-user"
TOKENS = ("first-token", "second-token")


@dataclass(frozen=True)
class Site:
    """Everything that stays when a process of the control plane is killed and started again."""

    folder: Path
    authority: Authority
    addresses: tuple[str, ...] = ()
    """Where the API server is reached besides the loopback address."""
    api_port: int = field(default_factory=free_port)
    etcd_port: int = field(default_factory=free_port)
    etcd_peer_port: int = field(default_factory=free_port)
    controller_manager_port: int = field(default_factory=free_port)
    scheduler_port: int = field(default_factory=free_port)
    kwok_port: int = field(default_factory=free_port)

    @classmethod
    def prepare(cls, folder: Path, *addresses: str) -> "Site":
        """Lay out an empty folder: certificates, the tokens' file, a place for logs."""
        site = cls(folder, Authority(folder / "certificates"), addresses)
        (folder / "logs").mkdir()
        rows = (f"{token},{TOKEN_USER},{TOKEN_USER}\n" for token in TOKENS)
        site.token_table.write_text("".join(rows))
        return site

    @property
    def url(self) -> str:
        """The API server's address."""
        return f"https://127.0.0.1:{self.api_port}"

    @property
    def etcd_url(self) -> str:
        """The address of etcd's clients."""
        return f"http://127.0.0.1:{self.etcd_port}"

    @property
    def scheduler_url(self) -> str:
        """The scheduler's address."""
        return f"https://127.0.0.1:{self.scheduler_port}"

    @property
    def token_table(self) -> Path:
        """The API server's static tokens, read when it starts."""
        return self.folder / "tokens.csv"

    def log(self, name: str) -> Path:
        """The log of one process."""
        return self.folder / "logs" / f"{name}.log"

    def tls(self, user: str = ADMIN) -> ssl.SSLContext:
        """TLS that trusts this site's servers alone and shows the user's certificate."""
        return self.authority.client_context(user, group=GROUPS.get(user, NO_GROUP))

    def kubeconfig(self, user: str = ADMIN) -> Path:
        """A kubeconfig with the user's certificate."""
        files = self.authority.client(user, group=GROUPS.get(user, NO_GROUP))
        credentials = {"client-certificate": str(files.certificate), "client-key": str(files.key)}
        return self._kubeconfig(user, credentials)

    def token_kubeconfig(self, token_file: Path) -> Path:
        """A kubeconfig whose token stands in a file: any of TOKENS there makes TOKEN_USER."""
        return self._kubeconfig(token_file.name, {"tokenFile": str(token_file)})

    def _kubeconfig(self, name: str, user: dict[str, str]) -> Path:
        path = self.folder / f"{name}.kubeconfig"
        return write_kubeconfig(path, server=self.url, authority=self.authority.certificate, user=user)
