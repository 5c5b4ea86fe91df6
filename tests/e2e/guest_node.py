"""The second node: a small virtual machine with Debian's own kernel, cgroup v2 and pressure that moves.

Its kernel is read through a page of its own, so that the kubelet is not asked about itself.
"""

import shlex
from pathlib import Path

import httpx

from tests.e2e.initial_system import write_initial_system
from tests.e2e.kernel import FILES
from tests.e2e.network import command
from tests.e2e.node_files import ARCHIVES, NodeFiles
from tests.real.processes import Process
from tools.build import program
from tools.guest_kernel import guest_kernel

AGENT_PORT = 8081
TAP = "guest"

# What an emulated processor does slowly: copying byte by byte, and a page table of its own for the kernel.
PROCESSOR = "max,erms=off,fsrm=off"
MACHINE = (
    *("-accel", "tcg,thread=multi", "-smp", "2", "-cpu", PROCESSOR, "-m", "2560", "-nographic", "-no-reboot"),
    *("-virtfs", "local,path=/,mount_tag=root,security_model=none,readonly=on,multidevs=remap"),
    *("-netdev", f"tap,id=pods,ifname={TAP},script=no,downscript=no", "-device", "virtio-net-pci,netdev=pods"),
)
# It counts the ticks of a moment to see whether its timer works, and panics if a busy machine let some pass.
KERNEL_FLAGS = "console=ttyS0 panic=-1 quiet psi=1 mitigations=off apparmor=0 audit=0 nowatchdog no_timer_check"

# The folders that a node fills are in memory, so nothing of this machine's own shows through in them.
START = """export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
hostname {name}
mount -t cgroup2 none /sys/fs/cgroup
for controller in $(cat /sys/fs/cgroup/cgroup.controllers); do
    echo +$controller > /sys/fs/cgroup/cgroup.subtree_control
done
for folder in /var/lib/containerd /var/lib/kubelet /var/lib/cni /var/log /opt; do
    mkdir -p $folder; mount -t tmpfs none $folder
done
mkdir /run/containerd
ip link set lo up
ip link add pods type bridge
ip address add {address}/16 dev pods
ip link set eth0 master pods up
ip link set pods up
busybox httpd -p {port} -h {agent}
containerd --config {folder}/containerd.toml > /run/containerd.log 2>&1 &
until [ -S /run/containerd/containerd.sock ]; do sleep 0.2; done
for archive in {archives}; do ctr -n k8s.io images import $archive; done
while :; do {kubelet} > /run/kubelet.log 2>&1; sleep 1; done
"""

PAGES = {
    "cgroups": "cd /sys/fs/cgroup/kubepods && find . {files} | xargs grep -H .",
    "runs": "cd /var/lib/kubelet/pods && find . -path '*/volumes/*~empty-dir/runs/*' -type f -exec wc -c {{}} ';'",
    "kernel": "dmesg",
    "kubelet": "cat /run/kubelet.log",
    "restart": "kill $(pidof kubelet)",
}


class GuestNode:
    """A node in a virtual machine under software emulation."""

    def __init__(self, files: NodeFiles, folder: Path) -> None:
        """Prepare it in the cluster's folder; nothing is started."""
        self.files, self._folder = files, folder
        self.url = f"http://{files.address}:{AGENT_PORT}/cgi-bin"
        # The machine is slow, and its server closes each connection.
        self._http = httpx.Client(timeout=60)
        self._machine: Process | None = None
        self._write_pages()
        script = START.format(
            name=files.name,
            address=files.address,
            port=AGENT_PORT,
            agent=files.folder / "agent",
            folder=files.folder,
            archives=" ".join(str(folder / archive) for archive in ARCHIVES),
            kubelet=shlex.join((str(program("kubelet")), *files.kubelet_flags)),
        )
        (files.folder / "start.sh").write_text(script)

    def start(self, inside: tuple[str, ...]) -> None:
        """Boot without waiting; `inside` makes a command run in the network namespace of the pods' bridge."""
        command(*inside, "ip", "tuntap", "add", TAP, "mode", "tap")
        command(*inside, "ip", "link", "set", TAP, "master", "pods", "up")
        kernel = guest_kernel()
        archive = self.files.folder / "initial.cpio"
        write_initial_system(archive, kernel)
        command_line = f"{KERNEL_FLAGS} script={self.files.folder / 'start.sh'}"
        self._machine = Process(
            (
                *inside,
                "qemu-system-x86_64",
                *MACHINE,
                "-kernel",
                kernel.image,
                "-initrd",
                archive,
                "-append",
                command_line,
            ),
            log=self._folder / "logs" / "guest.log",
            ready=lambda: True,  # its node says when it is
        )
        self._machine.launch()

    def restart_kubelet(self) -> None:
        """End the kubelet; the machine starts it again, and its containers go on."""
        self.read("restart")

    def discard(self) -> None:
        """Kill the machine if it runs."""
        self._http.close()
        if self._machine:
            self._machine.discard()

    def cgroup_lines(self) -> list[str]:
        """Every line of the pods' cgroup files that tell of CPU, pressure and OOM kills, behind `path:`."""
        return self.read("cgroups").splitlines()

    def kernel_log(self) -> str:
        """The kernel's messages since it booted."""
        return self.read("kernel")

    def runs(self) -> dict[str, int]:
        """How many bytes each file has that a pod's volume `runs` holds, by `UID/NAME`."""
        rows = (line.split() for line in self.read("runs").splitlines())
        return {f"{Path(path).parts[-5]}/{Path(path).name}": int(size) for size, path in rows}

    def read(self, page: str) -> str:
        """A page of the machine's own, by its name in PAGES."""
        return self._http.get(f"{self.url}/{page}").raise_for_status().text

    def _write_pages(self) -> None:
        files = " -o ".join(f"-name {name}" for name in FILES)
        folder = self.files.folder / "agent" / "cgi-bin"
        folder.mkdir(parents=True)
        for name, words in PAGES.items():
            page = folder / name
            page.write_text(f"#!/bin/sh\nprintf 'Content-Type: text/plain\\r\\n\\r\\n'\n{words.format(files=files)}\n")
            page.chmod(0o755)
