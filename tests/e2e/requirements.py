"""What a machine must have for a real cluster of two nodes; each lack is one line that says what to do."""

import os
import platform
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.e2e.cgroups import hierarchies
from tools.build import ToolError, program
from tools.guest_kernel import guest_kernel

CNI_PLUGINS = Path("/usr/lib/cni")
PACKAGES = {
    "busybox": "busybox-static",
    "containerd": "containerd",
    "cpio": "cpio",
    "ip": "iproute2",
    "modprobe": "kmod",
    "nsenter": "util-linux",
    "qemu-system-x86_64": "qemu-system-x86",
    "runc": "runc",
}
PROGRAMS = (
    *("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet"),
    *("helm", "prometheus"),
)


def lacks() -> list[str]:
    """What this machine lacks, a line each; empty where a cluster can be started."""
    return [*_lacking_of_machine(), *_lacking_programs()]


def _lacking_of_machine() -> list[str]:
    return [*_lacking_rights(), *_lacking_packages()]


def _lacking_rights() -> Iterator[str]:
    if platform.system() != "Linux" or platform.machine() != "x86_64":
        yield f"Linux on x86_64: this is {platform.system()} on {platform.machine()}"
        return
    if os.geteuid() != 0:
        yield "root: namespaces, cgroups and a bridge are made; run it as root"
        return
    if not Path("/dev/net/tun").exists():
        yield "/dev/net/tun: the second node's network; `modprobe tun`, or give it to the container"
    if not hierarchies():
        yield "cgroups: none is mounted below /sys/fs/cgroup"
    for hierarchy in hierarchies():
        if not os.access(hierarchy, os.W_OK):
            yield f"cgroups: {hierarchy} cannot be written"


def _lacking_packages() -> Iterator[str]:
    for command, package in PACKAGES.items():
        if shutil.which(command) is None:
            yield f"{command}: `apt-get install {package}`"
    busybox = shutil.which("busybox")
    if busybox and b"/ld-linux" in Path(busybox).read_bytes():
        yield f"a static busybox: {busybox} is none; `apt-get install busybox-static`"
    for plugin in ("bridge", "host-local", "loopback"):
        if not (CNI_PLUGINS / plugin).exists():
            yield f"{CNI_PLUGINS / plugin}: `apt-get install containernetworking-plugins`"


def _lacking_programs() -> Iterator[str]:
    for binary in PROGRAMS:
        try:
            program(binary)
        except ToolError as error:
            yield f"{binary}: {error}"
    try:
        guest_kernel()
    except ToolError as error:
        yield f"the second node's kernel: {error}"


if __name__ == "__main__":
    # Before anything is built, which takes minutes.
    sys.exit("\n".join(f"make e2e: this machine lacks {lack}" for lack in _lacking_of_machine()) or None)
