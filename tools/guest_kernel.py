"""Fetch Debian's own kernel package for the virtual machine of tests/e2e, once, into the tools' cache.

Nothing is installed: the machine's own kernel and boot files stay as they are.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from tools.build import ToolError, cache_root, locked

PACKAGE = "linux-image-amd64"


class GuestKernel(NamedTuple):
    """A kernel that a virtual machine can boot."""

    image: Path
    root: Path
    """Holds lib/modules/VERSION, as `modprobe --dirname` wants it."""
    version: str


def guest_kernel() -> GuestKernel:
    """The newest kernel in the cache; ToolError naming the command that fetches one if there is none."""
    found = sorted((cache_root() / "guest-kernel").glob("*/lib/modules/*"))
    if not found:
        message = "not fetched: run `python3 -m tools.guest_kernel`"
        raise ToolError(message)
    modules = found[-1]
    root = modules.parents[2]
    return GuestKernel(root / "boot" / f"vmlinuz-{modules.name}", root, modules.name)


def fetch() -> GuestKernel:
    """Download and unpack the package that Debian's linux-image-amd64 stands for, unless one is there.

    Raises ToolError where apt-get cannot.
    """
    folder = cache_root() / "guest-kernel"
    with locked(cache_root() / "guest-kernel.lock"):
        try:
            return guest_kernel()
        except ToolError:
            folder.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder, prefix=".") as scratch:
            package = _newest(_output("apt-cache", "depends", PACKAGE))
            _output("apt-get", "download", "-qq", package, folder=scratch)
            (archive,) = Path(scratch).glob("*.deb")
            unpacked = Path(scratch) / "unpacked"
            _output("dpkg-deb", "-x", str(archive), str(unpacked))
            (modules,) = (unpacked / "lib" / "modules").iterdir()
            _output("depmod", "-b", str(unpacked), modules.name)
            unpacked.rename(folder / package)
        return guest_kernel()


def _newest(dependencies: str) -> str:
    found = re.search(r"Depends: (linux-image-\d\S+)", dependencies)
    if found is None:
        message = f"apt-cache knows no {PACKAGE}: run `apt-get update` on Debian or a descendant of it"
        raise ToolError(message)
    return found.group(1)


def _output(*command: str, folder: str | None = None) -> str:
    if shutil.which(command[0]) is None:
        message = f"{command[0]} is missing; a Debian kernel is fetched with Debian's own programs"
        raise ToolError(message)
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        message = f"`{' '.join(command)}` ended with {done.returncode}: {done.stderr.strip()[-300:]}"
        raise ToolError(message)
    return done.stdout


if __name__ == "__main__":
    try:
        print(fetch().image)
    except ToolError as error:
        sys.exit(f"tools/guest_kernel.py: {error}")
