"""How each program of the control plane is started: one function a program, its flags as they are."""

import os
from collections.abc import Callable, Sequence
from ssl import SSLContext

import httpx

from tests.real.processes import Process
from tests.real.site import CONTROLLER_MANAGER, SCHEDULER, Site
from tools.build import installed, program

# The client defaults (20 requests a second) would make every test of some hundred pods wait.
UNHURRIED = ("--kube-api-qps=1000", "--kube-api-burst=2000")
# After outages of the API server an informer of leases may wait a minute more (client-go's back-off), and a node not
# heard of for 50 s is lost: its pods would be made unready, and kwok makes no running pod ready again.
NEVER_LOST = ("--node-monitor-grace-period=1h",)


def answers(url: str, tls: SSLContext | None = None) -> Callable[[], bool]:
    """A condition: the address answers with success."""

    def asked() -> bool:
        # A connection each: a kept one would tell of the process before a restart.
        return httpx.get(url, verify=tls or True, timeout=5.0).is_success

    return asked


def etcd(site: Site) -> Process:
    """The store, without fsync: its data outlive a kill of the process, not of the machine."""
    peer = f"http://127.0.0.1:{site.etcd_peer_port}"
    return Process(
        (
            program("etcd"),
            f"--data-dir={site.folder / 'etcd'}",
            f"--listen-client-urls={site.etcd_url}",
            f"--advertise-client-urls={site.etcd_url}",
            f"--listen-peer-urls={peer}",
            f"--initial-advertise-peer-urls={peer}",
            f"--initial-cluster=default={peer}",
            "--unsafe-no-fsync",
            "--log-level=warn",
        ),
        log=site.log("etcd"),
        ready=answers(f"{site.etcd_url}/health"),
    )


def api_server(site: Site, flags: Sequence[str] = ()) -> Process:
    """The API server with Node and RBAC authorization; `flags` come last and so win."""
    serving = site.authority.serving("kube-apiserver", *site.addresses)
    service_accounts = site.authority.serving("service-accounts")
    return Process(
        (
            program("kube-apiserver"),
            f"--etcd-servers={site.etcd_url}",
            f"--bind-address={'0.0.0.0' if site.addresses else '127.0.0.1'}",
            "--advertise-address=127.0.0.1",
            "--endpoint-reconciler-type=none",
            f"--secure-port={site.api_port}",
            f"--tls-cert-file={serving.certificate}",
            f"--tls-private-key-file={serving.key}",
            f"--client-ca-file={site.authority.certificate}",
            f"--token-auth-file={site.token_table}",
            f"--service-account-key-file={service_accounts.key}",
            f"--service-account-signing-key-file={service_accounts.key}",
            "--service-account-issuer=https://kubernetes.default.svc",
            "--service-cluster-ip-range=10.96.0.0/16",
            "--authorization-mode=Node,RBAC",
            *flags,
        ),
        log=site.log("kube-apiserver"),
        ready=answers(f"{site.url}/readyz", site.tls()),
    )


def controller_manager(site: Site, flags: Sequence[str] = ()) -> Process:
    """All controllers, each with the service account it has in a real cluster; `flags` come last and so win.

    It is ready when a controller has done something: it answers long before, and if the API
    server is killed meanwhile it ends, which in a cluster its kubelet would mend.
    """
    service_accounts = site.authority.serving("service-accounts")
    url = f"https://127.0.0.1:{site.controller_manager_port}/healthz"
    made = f"{site.url}/api/v1/namespaces/default/serviceaccounts/default"
    healthy, at_work = answers(url, site.tls()), answers(made, site.tls())
    return Process(
        (
            program("kube-controller-manager"),
            *_served(site, CONTROLLER_MANAGER, site.controller_manager_port),
            *UNHURRIED,
            *(() if site.addresses else NEVER_LOST),
            "--use-service-account-credentials",
            f"--service-account-private-key-file={service_accounts.key}",
            f"--root-ca-file={site.authority.certificate}",
            "--horizontal-pod-autoscaler-sync-period=5s",
            *flags,
        ),
        log=site.log("kube-controller-manager"),
        ready=lambda: healthy() and at_work(),
    )


def scheduler(site: Site) -> Process:
    """The scheduler; its `/metrics/resources` says what it charges for every pod."""
    return Process(
        (
            program("kube-scheduler"),
            *_served(site, SCHEDULER, site.scheduler_port),
            *UNHURRIED,
        ),
        log=site.log("kube-scheduler"),
        ready=answers(f"{site.scheduler_url}/healthz", site.tls()),
    )


def kwok(site: Site) -> Process:
    """The kubelets of the nodes annotated as fake: their pods run at once, their Jobs complete."""
    stages = sorted((installed("kwok") / "stages").glob("*.yaml"))
    return Process(
        (
            program("kwok"),
            f"--kubeconfig={site.kubeconfig()}",
            "--manage-nodes-with-annotation-selector=kwok.x-k8s.io/node=fake",
            "--node-lease-duration-seconds=40",
            f"--server-address=127.0.0.1:{site.kwok_port}",
            *(f"--config={stage}" for stage in stages),
        ),
        log=site.log("kwok"),
        ready=answers(f"http://127.0.0.1:{site.kwok_port}/healthz"),
        # It would read the settings in the developer's own home as well.
        environment=os.environ | {"HOME": str(site.folder)},
    )


def _served(site: Site, user: str, port: int) -> tuple[str, ...]:
    """The flags of a component that speaks as `user` and serves its own pages."""
    kubeconfig, serving = site.kubeconfig(user), site.authority.serving(user)
    return (
        f"--kubeconfig={kubeconfig}",
        f"--authentication-kubeconfig={kubeconfig}",
        f"--authorization-kubeconfig={kubeconfig}",
        f"--client-ca-file={site.authority.certificate}",
        "--authentication-skip-lookup",
        "--bind-address=127.0.0.1",
        f"--secure-port={port}",
        f"--tls-cert-file={serving.certificate}",
        f"--tls-private-key-file={serving.key}",
        "--leader-elect=false",
    )
