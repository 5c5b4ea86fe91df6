"""The first node: containerd and the kubelet on this machine's kernel, in a mount and a network namespace.

What they write to a node's usual places goes into the cluster's folder; when their last process ends,
their mounts and links are gone.
"""

from collections.abc import Iterator
from pathlib import Path

from tests.e2e.kernel import read_cgroups
from tests.e2e.network import Network, command
from tests.e2e.node_files import ARCHIVES, NodeFiles
from tests.real.client import Object
from tests.real.processes import Process
from tools.build import program

# The cluster's folder is below the place that is covered, so it is brought along first. Images are in memory: each
# container has a copy of all files of its own, and on a disk removing them takes longer than all that they did.
ENTER = """set -eu
mount --make-rprivate /
mkdir -p {own}/lib/{name} {own}/log {own}/opt
mount --bind {folder} {own}/lib/{name}
mount --rbind {own}/lib {parent}
mount --bind {own}/log /var/log
mount --bind {own}/opt /opt
mkdir {parent}/containerd
mount -t tmpfs none {parent}/containerd
mount -t tmpfs none /run
mkdir /run/containerd
ip link set lo up
ip link add pods type bridge
ip address add {address}/16 dev pods
ip link set pods up
touch /run/ready
exec sleep infinity
"""


class OwnNode:
    """A node on this machine, with its processes."""

    def __init__(self, files: NodeFiles, network: Network, folder: Path) -> None:
        """Prepare it; nothing is started. `folder` is the cluster's, directly below /var/lib."""
        self.files, self._network, self._folder = files, network, folder
        own = self.files.folder
        script = ENTER.format(own=own, name=folder.name, folder=folder, parent=folder.parent, address=files.address)
        # The namespaces hide the cluster's own path to the node's folder behind what is bound there.
        self._lib = own / "lib"
        self.namespaces = Process(
            ("unshare", "--mount", "--net", "sh", "-c", script),
            log=folder / "logs" / "namespaces.log",
            ready=lambda: self._seen("/run/ready").exists(),
        )
        self._processes = [self.namespaces]

    def start(self) -> None:
        """Start all but the kubelet, and bring the images."""
        self.namespaces.start()
        self._network.connect(self.namespaces.pid)
        inside = self._inside()
        containerd = Process(
            (*inside, "containerd", f"--config={self.files.folder / 'containerd.toml'}"),
            log=self._folder / "logs" / "containerd.log",
            ready=lambda: self._seen("/run/containerd/containerd.sock").exists(),
        )
        self._processes.insert(0, containerd)
        containerd.start()
        for archive in ARCHIVES:
            self.import_image(self._folder / archive)
        self.kubelet = Process(
            (*inside, program("kubelet"), *self.files.kubelet_flags),
            log=self._folder / "logs" / "kubelet.log",
            ready=lambda: True,  # its node says when it is
        )
        self._processes.insert(0, self.kubelet)

    def import_image(self, archive: Path) -> None:
        """Bring a docker archive, which has to lie in the cluster's folder."""
        command(*self._inside(), "ctr", "-n", "k8s.io", "images", "import", str(archive))

    def restart_kubelet(self) -> None:
        """End the kubelet and start it again; its containers go on."""
        self.kubelet.restart()

    def discard(self) -> None:
        """Kill what still runs; the cluster has killed its children."""
        for process in self._processes:
            process.discard()

    def in_network(self) -> tuple[str, ...]:
        """What makes a command run in the pods' network, with this machine's own files."""
        return ("nsenter", f"--net=/proc/{self.namespaces.pid}/ns/net")

    def pod_log(self, pod: Object) -> str:
        """What the containers of a pod have written so far, over all their runs."""
        words = (pod["metadata"][word] for word in ("namespace", "name", "uid"))
        found = sorted((self.files.folder / "log" / "pods" / "_".join(words)).rglob("*.log"))
        return "".join(file.read_text() for file in found)

    def cgroup_lines(self) -> Iterator[str]:
        """Every line of the pods' cgroup files that tell of CPU, pressure and OOM kills, behind `path:`."""
        yield from read_cgroups(f"{self._folder.name}/kubepods")

    def kernel_log(self) -> str:
        """The kernel's messages since it forgot the older ones."""
        return command("dmesg")

    def runs(self) -> dict[str, int]:
        """How many bytes each file has that a pod's volume `runs` holds, by `UID/NAME`."""
        found = (self._lib / "kubelet" / "pods").glob("*/volumes/kubernetes.io~empty-dir/runs/*")
        return {f"{path.parts[-5]}/{path.name}": path.stat().st_size for path in found}

    def _inside(self) -> tuple[str, ...]:
        return (*self.in_network(), f"--mount=/proc/{self.namespaces.pid}/ns/mnt")

    def _seen(self, path: str) -> Path:
        """A path as the node sees it."""
        return Path(f"/proc/{self.namespaces.pid}/root{path}")
