"""Where the API server is and who we are: a pod's service account or a kubeconfig; never logs what it reads.

Only a kubeconfig imports the `kubernetes` package (25 MB and 0.4 s in 37, 78 MB and 1 s in 36): in a pod
the service account's two files and two variables are read as Kubernetes documents them ("Accessing the
Kubernetes API from a Pod").
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import ssl
import threading
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import urllib3
import yaml

from kube_headroom.errors import UsageError

if TYPE_CHECKING:
    from kubernetes.client.configuration import Configuration

SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
POOL_SIZE = 64  # idle connections kept: one watch per kind and namespace, with room for an allow-list


class ConnectionSettingsError(UsageError):
    """The API server cannot even be asked: the message is one line naming the file and what was expected."""


class Certificates(NamedTuple):
    """Files, in PEM: whom we trust (None: whom the system trusts), and who we are where TLS says it."""

    authority: str | None = None
    certificate: str | None = None
    key: str | None = None


class Access(NamedTuple):
    """A server, a connection pool that trusts it, and the header that says who we are ("" where TLS does).

    `certificates` are what the pool was made of, for the kubelets: they know us by the same names.
    """

    server: str
    pool: urllib3.PoolManager
    authorization: Callable[[], str]
    certificates: Certificates = Certificates()


class Environment(NamedTuple):
    """What a process is given besides its settings; tests give their own."""

    variables: Mapping[str, str] = os.environ
    service_account: Path = SERVICE_ACCOUNT
    home: Path | None = None

    @property
    def in_cluster(self) -> bool:
        """Whether the kubelet told this process where its API server is."""
        return bool(self.variables.get("KUBERNETES_SERVICE_HOST"))


def find_access(
    kubeconfig: str | None, context: str | None, environment: Environment | None = None
) -> Callable[[], Access]:
    """How to reach the API server, in controller-runtime's order: the given kubeconfig, `KUBECONFIG`, the pod, `~/.kube/config`.

    The result is called at start and again whenever the server refuses what it gave.
    Raises ConnectionSettingsError when there is none of them.
    """
    environment = environment or Environment()
    named = kubeconfig or environment.variables.get("KUBECONFIG")
    if not named and environment.in_cluster:
        if context:
            raise ConnectionSettingsError(f"context {context!r}: contexts belong to a kubeconfig, and none was given")
        return lambda: service_account_access(environment)
    default = (environment.home or Path.home()) / ".kube" / "config"
    if not named and not default.exists():
        raise ConnectionSettingsError(
            f"no API server to connect to: not in a pod (KUBERNETES_SERVICE_HOST is not set), KUBECONFIG is not "
            f"set and {default} does not exist; give a kubeconfig with --kubeconfig FILE"
        )
    path = named or str(default)
    return lambda: kubeconfig_access(path, context)


def service_account_access(environment: Environment) -> Access:
    """The pod's own service account; its token is read again for each request, since the kubelet renews it."""
    host = environment.variables["KUBERNETES_SERVICE_HOST"]
    port = environment.variables.get("KUBERNETES_SERVICE_PORT") or "443"
    server = f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}"
    token, authority = environment.service_account / "token", environment.service_account / "ca.crt"
    for path in (token, authority):
        try:
            readable = bool(path.read_bytes().strip())
        except OSError as error:
            raise ConnectionSettingsError(
                f"{path}: {error.strerror or error}; expected the pod's service account to be mounted there "
                f"(automountServiceAccountToken)"
            ) from error
        if not readable:
            raise ConnectionSettingsError(f"{path}: is empty; expected the pod's service account to be mounted there")
    _check_tls(f"service account {environment.service_account}", Certificates(authority=str(authority)))
    proxy = None if urllib.request.proxy_bypass(host) else urllib.request.getproxies().get("https")
    options: dict[str, Any] = {"ca_certs": str(authority), "socket_options": SOCKET_OPTIONS, "maxsize": POOL_SIZE}
    pool = urllib3.ProxyManager(proxy, **options) if proxy else urllib3.PoolManager(**options)
    return Access(
        server, pool, lambda: "Bearer " + token.read_text("utf-8").strip(), Certificates(authority=str(authority))
    )


def kubeconfig_access(path: str, context: str | None) -> Access:
    """A kubeconfig's context (its current one without a name), read by the `kubernetes` package.

    `path` may be a list of files as in `KUBECONFIG`.
    """
    _check_files(path)
    from kubernetes.client.configuration import Configuration  # noqa: PLC0415  (see the module's docstring)
    from kubernetes.client.rest import RESTClientObject  # noqa: PLC0415
    from kubernetes.config import ConfigException, kube_config  # noqa: PLC0415

    configuration = Configuration()
    try:
        kube_config.load_kube_config(path, context, configuration, persist_config=False)  # type: ignore[no-untyped-call]
        if not configuration.api_key and not configuration.cert_file:
            _check_plugin(kube_config.KubeConfigMerger(path).config, path, context)  # type: ignore[no-untyped-call]
    except ConfigException as error:
        raise ConnectionSettingsError(f"kubeconfig {path}: {_explained(str(error))}") from None
    except yaml.YAMLError as error:
        raise ConnectionSettingsError(f"kubeconfig {path}: {_yaml_fault(error)}") from None
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        # The package expects a well-formed file and says what Python says; the values may be secrets.
        raise ConnectionSettingsError(
            f"kubeconfig {path}: cannot be understood ({type(error).__name__}); expected a Config of apiVersion v1 "
            f"as `kubectl config view` shows it, certificates and keys in base64 under the -data keys"
        ) from None
    certificates = Certificates(configuration.ssl_ca_cert, configuration.cert_file, configuration.key_file)
    _check_tls(f"kubeconfig {path}", certificates)
    configuration.socket_options = SOCKET_OPTIONS
    configuration.connection_pool_maxsize = POOL_SIZE
    pool = RESTClientObject(configuration).pool_manager
    return Access(configuration.host, pool, _authorization(configuration), certificates)


def _check_plugin(config: Any, path: str, context: str | None) -> None:  # noqa: ANN401  (the package's untyped node)
    """A plugin that is not installed is a mistake in the settings; one that fails may succeed at the next try."""
    chosen = config["contexts"].get_with_name(context or config["current-context"])["context"]
    name = chosen.safe_get("user")
    user = config["users"].get_with_name(name, safe=True) if name and config.safe_get("users") else None
    plugin = user["user"].safe_get("exec") if user else None
    if plugin and "/" not in plugin["command"] and shutil.which(plugin["command"]) is None:
        raise ConnectionSettingsError(
            f"kubeconfig {path}: user {name!r} gets its credentials from {plugin['command']!r}, which is not on PATH; "
            f"install it, or use a user with a token or a client certificate"
        )


def _authorization(configuration: Configuration) -> Callable[[], str]:
    """The header as the package computes it: exec plugins run again shortly before what they gave expires."""
    lock = threading.Lock()  # the package's refresh hook is not made for threads

    def header() -> str:
        with lock:
            settings: Mapping[str, Any] = configuration.auth_settings()
        return next((str(setting["value"]) for setting in settings.values() if setting["value"]), "")

    return header


def _check_files(path: str) -> None:
    separator = ";" if os.name == "nt" else ":"
    problems = []
    for part in filter(None, path.split(separator)):
        try:
            if Path(part).expanduser().read_bytes().strip():
                return
            problems.append(f"kubeconfig {part}: is empty; expected a Config of apiVersion v1")
        except OSError as error:
            problems.append(f"kubeconfig {part}: {error.strerror or error}; expected a readable kubeconfig")
    raise ConnectionSettingsError("; ".join(problems) or f"kubeconfig {path!r}: names no file")


def _explained(fault: str) -> str:
    line = " ".join(fault.split()).removeprefix("Invalid kube-config file. ")
    found = re.match(r"Expected object with name (.+) in \S.*/contexts list$", line)
    if found:
        return f"has no context {found[1]!r}; `kubectl config get-contexts` lists those it has"
    return line


def _yaml_fault(error: yaml.YAMLError) -> str:
    """Line and problem only: PyYAML's own text may quote the file, secrets included."""
    mark = getattr(error, "problem_mark", None)
    where = f"line {mark.line + 1}: " if mark else ""
    return f"{where}is not YAML: {getattr(error, 'problem', None) or 'unreadable character'}"


def _check_tls(source: str, certificates: Certificates) -> None:
    """Load the files once now: urllib3 would only fail at the first request, as if the server were at fault."""
    authority, certificate, key = certificates
    try:
        context = ssl.create_default_context(cafile=authority)
    except (OSError, ValueError) as error:
        raise ConnectionSettingsError(
            f"{source}: certificate authority ({authority}): {_reason(error)}; expected PEM certificates"
        ) from None
    if not certificate:
        return
    try:
        context.load_cert_chain(certificate, key, password="")
    except (OSError, ValueError) as error:
        raise ConnectionSettingsError(
            f"{source}: client certificate ({certificate}) with key ({key}): {_reason(error)}; expected a PEM "
            f"certificate and its unencrypted key"
        ) from None


def _reason(error: Exception) -> str:
    return str(getattr(error, "reason", None) or getattr(error, "strerror", None) or error)


def _socket_options() -> list[tuple[int, int, int]]:
    """Keep-alive finds a dead peer within 45 s (15 s idle, then 30 s of probes or of unacknowledged bytes)."""
    wanted = (
        ("TCP_NODELAY", 1),
        ("TCP_KEEPIDLE", 15),
        ("TCP_KEEPINTVL", 10),
        ("TCP_KEEPCNT", 3),
        ("TCP_USER_TIMEOUT", 30_000),
    )
    known = [(socket.IPPROTO_TCP, getattr(socket, name), value) for name, value in wanted if hasattr(socket, name)]
    return [(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1), *known]


SOCKET_OPTIONS = _socket_options()
