"""A real cluster of one or two nodes as one object, and how all of it is removed, at its end or after a crash."""

import fcntl
import json
import os
import shutil
import subprocess
import sys
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import IO

import httpx

from tests.e2e.cgroups import ClusterCgroup
from tests.e2e.guest_node import GuestNode
from tests.e2e.network import CommandError, command, free_network
from tests.e2e.node_files import write_archives, write_node_files
from tests.e2e.own_node import OwnNode
from tests.real.client import Client
from tests.real.control_plane import ControlPlane
from tests.real.waiting import wait_until

REPOSITORY = Path(__file__).parents[2]
PLACE = Path("/var/lib")
PREFIX = "kube-headroom-e2e-"
# An emulated machine beside a busy neighbour takes its time.
PATIENCE_SECONDS = 420
# A kubelet sets these for the whole machine, whatever namespaces it is in.
KERNEL_SETTINGS = tuple(
    Path("/proc/sys", name)
    for name in (
        *("vm/overcommit_memory", "vm/panic_on_oom", "kernel/panic", "kernel/panic_on_oops"),
        *("kernel/keys/root_maxkeys", "kernel/keys/root_maxbytes"),
    )
)

Node = OwnNode | GuestNode


class Cluster:
    """etcd, API server, controller manager, scheduler and the nodes, below one folder and one cgroup.

    `nodes` are `node-1` on this machine's kernel and, unless left out, `node-2` in a virtual machine.
    """

    def __init__(self, *, guest: bool = True) -> None:
        """Take a name, a folder and a network that are free; nothing is started."""
        self.folder = _free_folder()
        self._lock = _lock(self.folder)
        self._watch = _watch()
        _save_kernel_settings(self.folder)
        self.network = free_network(_link(self.folder))
        self.cgroup = ClusterCgroup(self.folder.name)
        self.plane = ControlPlane(self.folder, addresses=(self.network.host,))
        site = self.plane.site
        files = write_node_files(site, self.network, 1, cgroup=f"/{self.cgroup.name}")
        self.own_node = OwnNode(files, self.network, self.folder)
        self.nodes: dict[str, Node] = {files.name: self.own_node}
        self._guest_node: GuestNode | None = None
        if guest:
            files = write_node_files(site, self.network, 2, cgroup="/")
            self._guest_node = GuestNode(files, self.folder)
            self.nodes[files.name] = self._guest_node

    @property
    def client(self) -> Client:
        """A client with every right."""
        return self.plane.client()

    def start(self) -> None:
        """Start everything and wait until every node takes pods."""
        self.cgroup.make()
        write_archives(self.folder)
        with self.cgroup.entered():
            self.own_node.start()
            if self._guest_node:
                self._guest_node.start(self.own_node.in_network())
            self.plane.start()
            self.own_node.kubelet.launch()
        for name in self.nodes:
            wait_until(partial(self._takes_pods, name), what=f"{name} to be Ready", timeout=PATIENCE_SECONDS)

    def restart_kubelets(self) -> None:
        """Restart the kubelet of every node and wait until each has said so to the API server."""
        said = {name: self._last_heartbeat(name) for name in self.nodes}
        with self.cgroup.entered():
            for node in self.nodes.values():
                node.restart_kubelet()
        for name, before in said.items():
            has_heartbeat = partial(self._has_heartbeat, name, after=before)
            wait_until(has_heartbeat, what=f"a heartbeat of {name}", timeout=PATIENCE_SECONDS)

    def keep_logs(self, folder: Path) -> None:
        """Copy the logs of every process: they go with the cluster."""
        shutil.copytree(self.folder / "logs", folder, dirs_exist_ok=True)
        if self._guest_node:
            # A machine that is too slow to tell, or never came up, has nothing to tell.
            with suppress(httpx.HTTPError):
                (folder / "kubelet-2.log").write_text(self._guest_node.read("kubelet"))

    def discard(self) -> None:
        """End everything and leave nothing: processes, mounts, links, cgroups, kernel settings, folder."""
        self.plane.discard()
        _remove(self.folder)
        for node in self.nodes.values():
            node.discard()
        self._lock.close()
        self._watch.kill()
        self._watch.communicate()

    def _takes_pods(self, node: str) -> bool:
        return self.client.exists("Node", node) and self.plane.is_schedulable(node)

    def _has_heartbeat(self, node: str, *, after: str) -> bool:
        return self._last_heartbeat(node) > after

    def _last_heartbeat(self, node: str) -> str:
        conditions = self.client.read("Node", node)["status"]["conditions"]
        latest: str = max(row["lastHeartbeatTime"] for row in conditions)
        return latest


def sweep() -> list[str]:
    """Remove what clusters left whose process has died; return their names."""
    swept = []
    for folder in sorted(PLACE.glob(f"{PREFIX}*")):
        try:
            lock = _lock(folder)
        except (BlockingIOError, FileNotFoundError):
            continue  # somebody lives in it, or has just swept it
        with lock:
            _remove(folder)
            swept.append(folder.name)
    return swept


def _free_folder() -> Path:
    number = os.getpid()
    while (folder := PLACE / f"{PREFIX}{number}").exists():
        number += 1
    folder.mkdir(mode=0o755)
    return folder


def _link(folder: Path) -> str:
    """The name of the machine's end of the pods' network; the kernel takes 15 letters."""
    return f"khe{folder.name.removeprefix(PREFIX)}"


def _lock(folder: Path) -> IO[str]:
    """A lock that the kernel frees with this process, however it ends; BlockingIOError if another holds it."""
    lock = (folder / "lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        raise
    return lock


def _watch() -> "subprocess.Popen[bytes]":
    """A process that sweeps when this one has ended, which it sees by the end of its own input."""
    words = "import sys; sys.stdin.read(); from tests.e2e.cluster import sweep; sweep()"
    return subprocess.Popen(
        (sys.executable, "-c", words), cwd=REPOSITORY, stdin=subprocess.PIPE, start_new_session=True
    )


def _save_kernel_settings(folder: Path) -> None:
    (folder / "kernel.json").write_text(json.dumps({str(path): path.read_text() for path in KERNEL_SETTINGS}))


def _remove(folder: Path) -> None:
    """Remove everything of a cluster, of which any part may be missing."""
    cgroup = ClusterCgroup(folder.name)
    cgroup.kill()
    cgroup.remove()
    # It goes with the namespace, whose last process has just ended, at the kernel's leisure.
    with suppress(CommandError):
        command("ip", "link", "delete", _link(folder))
    saved = folder / "kernel.json"
    if saved.exists():
        for path, value in json.loads(saved.read_text()).items():
            Path(path).write_text(value)
    shutil.rmtree(folder)
