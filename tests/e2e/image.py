"""Container images made on the spot, as docker archives: one of a static busybox and nothing else, or of any layer."""

import hashlib
import io
import json
import shutil
import tarfile
from collections.abc import Sequence
from pathlib import Path

from tests.real.client import Object

# Few, since every container has a copy of its own.
APPLETS = ("awk", "cat", "chmod", "date", "head", "httpd", "mkdir", "sh", "sleep", "tail", "touch", "tr", "true")
FOLDERS = ("bin", "etc", "proc", "sys", "dev", "var", "root", "www")
FILES = {
    "etc/passwd": "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n",
    "etc/group": "root:x:0:\nnogroup:x:65534:\n",
    "www/index.html": "here\n",
}


def write_image(path: Path, tag: str, entrypoint: Sequence[str]) -> None:
    """Write an archive for `ctr images import`; the busybox on PATH has to be static."""
    layer = path.with_suffix(".layer")
    _write_layer(layer)
    write_archive(path, tag, layer, {"Entrypoint": list(entrypoint), "Env": ["PATH=/bin"]})
    layer.unlink()


def write_archive(path: Path, tag: str, layer: Path, configuration: Object) -> None:
    """Write a docker archive of one layer, an uncompressed tar; `configuration` is the image's, as the OCI has it."""
    with layer.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    image = {
        "architecture": "amd64",
        "os": "linux",
        "config": configuration,
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{digest}"]},
        "history": [{"created_by": tag}],
    }
    encoded = json.dumps(image).encode()
    name = f"{hashlib.sha256(encoded).hexdigest()}.json"
    manifest = [{"Config": name, "RepoTags": [tag], "Layers": [f"{digest}/layer.tar"]}]
    with tarfile.open(path, "w") as archive:
        add_file(archive, name, encoded)
        archive.add(layer, f"{digest}/layer.tar")
        add_file(archive, "manifest.json", json.dumps(manifest).encode())


def add_file(archive: tarfile.TarFile, name: str, content: bytes, *, mode: int = 0o644) -> None:
    """Add a file that is nowhere else."""
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(content), mode
    archive.addfile(entry, io.BytesIO(content))


def _write_layer(path: Path) -> None:
    busybox = shutil.which("busybox") or "busybox"
    with tarfile.open(path, "w") as layer:
        for folder in (*FOLDERS, "tmp"):
            entry = tarfile.TarInfo(folder)
            entry.type, entry.mode = tarfile.DIRTYPE, 0o1777 if folder == "tmp" else 0o755
            layer.addfile(entry)
        add_file(layer, "bin/busybox", Path(busybox).read_bytes(), mode=0o755)
        for applet in APPLETS:
            link = tarfile.TarInfo(f"bin/{applet}")
            link.type, link.linkname = tarfile.SYMTYPE, "busybox"
            layer.addfile(link)
        for name, text in FILES.items():
            add_file(layer, name, text.encode())
