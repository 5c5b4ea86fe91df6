"""What a cluster could leave on a machine, as names: what is there after it and was not before."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from tests.e2e.cgroups import hierarchies
from tests.e2e.cluster import KERNEL_SETTINGS, PREFIX

# Where the programs of a node write unless they are kept from it.
PLACES = (
    *("/etc", "/etc/cni", "/opt", "/run", "/run/containerd", "/run/netns"),
    *("/usr/libexec", "/var/lib", "/var/lib/cni", "/var/lib/kubelet", "/var/log"),
)


def traces() -> set[str]:
    """The machine's mounts, links, namespaces, cgroups, settings and files of a node's, and a cluster's processes."""
    return {*_mounts(), *_namespaces(), *_cgroups(), *_settings(), *_files(), *_links(), *processes()}


def processes() -> Iterator[str]:
    """The processes that have a cluster's name in their command or their cgroups."""
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            # One without a command has ended; its parent, perhaps the machine's first process, takes its time.
            if command and (PREFIX in command or PREFIX in (process / "cgroup").read_text()):
                yield f"process {command}"


def _mounts() -> Iterator[str]:
    for line in Path("/proc/self/mounts").read_text().splitlines():
        yield f"mount {line.split()[1]}"


def _namespaces() -> Iterator[str]:
    for process in Path("/proc").glob("[0-9]*"):
        for kind in ("net", "mnt"):
            with suppress(OSError):
                name = (process / "ns" / kind).readlink()
                if PREFIX in (process / "cgroup").read_text():
                    yield f"namespace {name}"


def _cgroups() -> Iterator[str]:
    for mount in hierarchies():
        for path in mount.iterdir():
            if path.is_dir():
                yield f"cgroup {path}"


def _settings() -> Iterator[str]:
    for path in (*KERNEL_SETTINGS, Path("/proc/sys/net/ipv4/ip_forward")):
        yield f"setting {path} {path.read_text().strip()}"


def _files() -> Iterator[str]:
    for place in map(Path, PLACES):
        if place.is_dir():
            for path in place.iterdir():
                yield f"file {path}"


def _links() -> Iterator[str]:
    for link in Path("/sys/class/net").iterdir():
        yield f"link {link.name}"
