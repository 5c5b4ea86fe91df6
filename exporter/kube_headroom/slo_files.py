"""Files and directories of SLO definitions as texts; what cannot be read is a problem beside what can."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from kube_headroom.slo.definitions import Document
from kube_headroom.slo.objective import Place, Problem, Severity

SUFFIXES = (".yaml", ".yml")
MAXIMUM_BYTES = 8 << 20
"""Of one file: several thousand SLOs; more is a wrong path, and reading it whole costs memory."""


def read(paths: Iterable[Path]) -> tuple[list[Document], list[Problem]]:
    """Texts of the files, and of every *.yaml and *.yml below the directories, in the order of their names.

    A file that is named is read whatever its name is, and once. Hidden directories are passed over: a mounted
    ConfigMap keeps its versions in them and links to the current one.
    """
    documents: list[Document] = []
    problems: list[Problem] = []
    for path in dict.fromkeys(file for given in paths for file in _files(given, problems)):
        try:
            documents.append(Document(str(path), _text(path)))
        except OSError as error:
            problems.append(Problem(Place(str(path), 0), "", f"cannot be read: {error.strerror or error}"))
        except UnicodeDecodeError as error:
            line = error.object.count(b"\n", 0, error.start) + 1
            problems.append(Problem(Place(str(path), line), "", "not UTF-8 text"))
        except ValueError as error:
            problems.append(Problem(Place(str(path), 0), "", str(error)))
    return documents, problems


def _files(given: Path, problems: list[Problem]) -> Iterator[Path]:
    if not given.is_dir():
        yield given
        return

    def unreadable(error: OSError) -> None:
        problems.append(Problem(Place(str(error.filename), 0), "", f"cannot be read: {error.strerror}"))

    found = False
    for folder, folders, names in os.walk(given, onerror=unreadable):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if name.endswith(SUFFIXES) and not name.startswith("."):
                found = True
                yield Path(folder, name)
    if not found:
        nothing = f"holds no {' or '.join('*' + suffix for suffix in SUFFIXES)} file"
        problems.append(Problem(Place(str(given), 0), "", nothing, Severity.WARNING))


def _text(path: Path) -> str:
    with path.open("rb") as file:
        data = file.read(MAXIMUM_BYTES + 1)
    if len(data) > MAXIMUM_BYTES:
        raise ValueError(f"larger than {MAXIMUM_BYTES >> 20} MiB; is it a file of definitions?")
    return data.decode("utf-8-sig")
