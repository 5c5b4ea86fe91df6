"""What the virtual machine boots into: a busybox, the kernel's modules, and a root that is this machine's, read-only."""

import shutil
import subprocess
from pathlib import Path

from tests.e2e.network import command
from tools.guest_kernel import GuestKernel

MODULES = ("9pnet_virtio", "9p", "virtio_pci", "virtio_net", "overlay", "veth", "bridge")

# Nothing is mounted over the folders that hold the cluster's files and the programs: /var/lib, homes, /tmp.
INIT = """#!/bin/sh
export PATH=/bin
/bin/busybox --install -s /bin
mount -t proc none /proc; mount -t sysfs none /sys; mount -t devtmpfs none /dev
for module in /modules/*; do insmod $module; done
mount -t 9p -o trans=virtio,version=9p2000.L,cache=loose,ro root /host
mount -t tmpfs none /above; mkdir /above/upper /above/work
mount -t overlay -o lowerdir=/host,upperdir=/above/upper,workdir=/above/work none /new
mount -t proc none /new/proc; mount -t sysfs none /new/sys; mount -t devtmpfs none /new/dev
mkdir -p /new/dev/pts /new/dev/shm
mount -t devpts none /new/dev/pts; mount -t tmpfs none /new/dev/shm; mount -t tmpfs none /new/run
exec switch_root /new /bin/sh $(sed 's/.*script=\\([^ ]*\\).*/\\1/' /proc/cmdline)
"""


def write_initial_system(archive: Path, kernel: GuestKernel) -> None:
    """Write the archive for `qemu -initrd`; it ends by running the script named on the kernel's command line."""
    tree = archive.with_suffix(".tree")
    for name in ("bin", "proc", "sys", "dev", "modules", "host", "new", "above"):
        (tree / name).mkdir(parents=True)
    shutil.copy(shutil.which("busybox") or "busybox", tree / "bin" / "busybox")
    (tree / "bin" / "sh").symlink_to("busybox")
    for number, module in enumerate(_with_dependencies(kernel)):
        shutil.copy(module, tree / "modules" / f"{number:02}-{module.name}")
    (tree / "init").write_text(INIT)
    (tree / "init").chmod(0o755)
    names = "\n".join(str(path.relative_to(tree)) for path in sorted(tree.rglob("*")))
    with archive.open("wb") as output:
        subprocess.run(
            ("cpio", "--create", "--format=newc", "--quiet"), cwd=tree, input=names.encode(), stdout=output, check=True
        )
    shutil.rmtree(tree)


def _with_dependencies(kernel: GuestKernel) -> list[Path]:
    """The modules in the order in which they are loaded, each once."""
    lines = [
        line.split()[1]
        for module in MODULES
        for line in command(
            "modprobe", f"--dirname={kernel.root}", f"--set-version={kernel.version}", "--show-depends", module
        ).splitlines()
        if line.startswith("insmod")
    ]
    return [Path(path) for path in dict.fromkeys(lines)]
