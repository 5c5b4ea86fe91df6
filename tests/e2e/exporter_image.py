"""The exporter's image without a container engine: the Dockerfile played on this machine, with its own Python below it.

Instead of the base image there is only what an interpreter needs: itself, its library, the shared libraries that it
and the packages load. So there is no shell, no package manager and no tool that the exporter could come to need.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tarfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from tests.e2e.dockerfile import Copy, Stage, configuration, copies, environment, read_stages
from tests.e2e.image import add_file, write_archive
from tests.real.client import Object

REPOSITORY = Path(__file__).parents[2]
UV = REPOSITORY / ".uv" / "bin" / "uv"

# What the base image says of itself; see `docker image inspect python:3.13-slim-bookworm`.
BASE = {"PATH": "/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin"}
FILES = {"etc/passwd": "root:x:0:0:root:/root:/sbin/nologin\n", "etc/group": "root:x:0:\n"}
FOLDERS = ("/dev", "/etc", "/proc", "/sys", "/tmp", "/var")
# Of the standard library: what is not for programs to import, and other installations' packages.
LEFT_OUT = re.compile(
    r"(test|tests|idlelib|tkinter|turtledemo|lib2to3|ensurepip|config-.*|site-packages|dist-packages|_tkinter.*|.*\.opt-\d\.pyc)"
)
LIBRARY = re.compile(r"(?:=>)?\s(/\S+) \(0x")
INSTALL_UV = re.compile(r"pip install (?:--\S+ )*uv==(\S+)")

# The build's paths are in what it makes, so it has to lie where the image has it; the rest of that place stays.
COVER = """set -eu
mount --make-rprivate /
mkdir {below}
mount --rbind {place} {below}
for each in {below}/*/; do
    name=$(basename "$each")
    [ -d {above}/"$name" ] || {{ mkdir {above}/"$name"; mount --rbind "$each" {above}/"$name"; }}
done
mount --rbind {above} {place}
cd {source}
exec sh -c {command}
"""


def write_exporter_image(archive: Path, tag: str, folder: Path) -> Object:
    """Write a docker archive of the Dockerfile's last stage and return its configuration; `folder` does not exist.

    ValueError if the Dockerfile says what cannot be played, CalledProcessError if a command of it fails.
    """
    build, last = read_stages((REPOSITORY / "Dockerfile").read_text())
    (taken,) = copies(last)
    (made,) = map(Path, taken.sources)
    _play(build, folder, made)
    layer = folder / "layer.tar"
    with tarfile.open(layer, "w") as content:
        _write_layer(content, _below(folder, made), Path(taken.target))
    image = configuration(last, BASE)
    write_archive(archive, tag, layer, image)
    shutil.rmtree(folder)
    return image


def _play(stage: Stage, root: Path, made: Path) -> None:
    """Do what the stage says; what it writes to `made` is then below `root`."""
    source = _below(root, Path(next(text for word, text in stage.instructions if word == "WORKDIR")))
    source.mkdir(parents=True)
    _below(root, made).mkdir(parents=True)
    for copy in copies(stage):
        _copy_context(copy, source / copy.target)
    variables = os.environ | environment(stage, {"UV_LINK_MODE": "copy", "UV_PYTHON": str(interpreter())})
    variables["PATH"] = os.pathsep.join((str(UV.parent), os.environ["PATH"]))
    for text in (text for word, text in stage.instructions if word == "RUN"):
        if wanted := INSTALL_UV.fullmatch(text):
            _check_uv(wanted[1])
            continue
        above, below = _below(root, made.parent), root / "below"
        script = COVER.format(place=made.parent, below=below, above=above, source=source, command=shlex.quote(text))
        subprocess.run(("unshare", "--mount", "sh", "-c", script), env=variables, check=True)


def _below(root: Path, path: Path) -> Path:
    return root / path.relative_to("/")


def _copy_context(copy: Copy, target: Path) -> None:
    for name in copy.sources:
        path = REPOSITORY / name
        if path.is_dir():
            shutil.copytree(path, target, ignore=shutil.ignore_patterns("__pycache__"), dirs_exist_ok=True)
        else:
            shutil.copy(path, target)


def _check_uv(wanted: str) -> None:
    found = subprocess.run((UV, "--version"), capture_output=True, text=True, check=True).stdout.split()[1]
    if found != wanted:
        message = f"Dockerfile: uv is {wanted} and the Makefile's is {found}; take the same"
        raise ValueError(message)


def interpreter() -> Path:
    """Return the interpreter that this one's environment was made of."""
    return Path(sys.executable).resolve()


def _write_layer(layer: tarfile.TarFile, built: Path, place: Path) -> None:
    """Write the whole root, of which `built` becomes `place`."""
    python, library = interpreter(), Path(sysconfig.get_path("stdlib"))
    loading = [python, *library.rglob("*.so"), *built.rglob("*.so*")]
    libraries = [path for path in _libraries(loading) if not path.is_relative_to(built)]
    sources = {path: path for path in (python, library, *libraries)} | {place: built}
    folders = {*map(Path, FOLDERS), *(parent for each in sources for parent in each.parents)}
    for folder in sorted(folders - {Path("/")}):
        entry = tarfile.TarInfo(str(folder.relative_to("/")))
        entry.type, entry.mode = tarfile.DIRTYPE, 0o755
        layer.addfile(entry)
    for name, text in FILES.items():
        add_file(layer, name, text.encode())
    for target, path in sources.items():
        kept = _of_standard_library if path == library else _owned_by_root
        layer.add(path.resolve(), str(target.relative_to("/")), filter=kept)


def _of_standard_library(entry: tarfile.TarInfo) -> tarfile.TarInfo | None:
    return None if LEFT_OUT.fullmatch(Path(entry.name).name) else _owned_by_root(entry)


def _owned_by_root(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    """Times stay, since compiled modules are told by them."""
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    entry.mode = 0o755 if entry.isdir() or entry.mode & 0o100 else 0o644
    return entry


def _libraries(paths: Iterable[Path]) -> Iterator[Path]:
    """Yield every shared library that is loaded with these files, and the loader itself, each once."""
    shown = subprocess.run(("ldd", *paths), capture_output=True, text=True, check=False).stdout
    missing = re.findall(r"\s(\S+) => not found", shown)
    if missing:
        message = (
            f"shared libraries of Python or of a package that this machine lacks: {', '.join(sorted(set(missing)))}"
        )
        raise ValueError(message)
    yield from dict.fromkeys(map(Path, LIBRARY.findall(shown)))
