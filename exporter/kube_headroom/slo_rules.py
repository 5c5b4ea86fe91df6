"""`kube-headroom slo rules`: what `sloth generate` writes, of the definitions that it reads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple, Unpack

import click

from kube_headroom.errors import UsageError
from kube_headroom.slo.objective import Problem, Severity
from kube_headroom.slo.sloth.definitions import specifications
from kube_headroom.slo.sloth.output import Output, one_document, outputs, text
from kube_headroom.slo.sloth.rules import Request
from kube_headroom.slo.sloth.specification import PERIODS
from kube_headroom.slo_command import RulesOptions
from kube_headroom.slo_validation import documents

PROBLEMS_FOUND = 2
KUBERNETES = {"auto": None, "prometheus": False, "kubernetes": True}
"""What is asked for by `--format`: objects of everything, of nothing, or of what is an object."""


class Wanted(NamedTuple):
    """What is to be written: `form` is a key of KUBERNETES, `target` a file or `-` for standard output."""

    request: Request
    form: str
    target: str
    one_document: bool


def wanted(**options: Unpack[RulesOptions]) -> Wanted:
    """Return what the options of the command line ask for; UsageError for what they cannot."""
    if options["disable_alerts"] and options["disable_recordings"]:
        raise UsageError("--disable-alerts and --disable-recordings leave no rules; drop one of them")
    request = Request(
        period=PERIODS[options["period"]],
        labels=_labels(options["extra_labels"]),
        alerts=not options["disable_alerts"],
        recordings=not options["disable_recordings"],
    )
    return Wanted(request, options["form"], options["out"], options["one_document"])


def write(paths: tuple[str, ...], asked: Wanted) -> int:
    """Write the rules and return 0; with an error among the definitions, tell of it, write nothing and return 2."""
    texts, problems = documents(paths)
    read, of_documents = specifications(texts)
    own = version("kube-headroom")
    made, of_outputs = outputs(read, asked.request, version=f"kube-headroom-{own}", kubernetes=KUBERNETES[asked.form])
    problems += [*of_documents, *of_outputs]
    _tell(problems)
    if any(problem.severity is Severity.ERROR for problem in problems):
        return PROBLEMS_FOUND
    if not made:
        raise UsageError(f"no SLOs in {', '.join(paths)}")
    if asked.one_document:
        made = one_document(made)
    _warn_of_later_documents(made)
    whole = "".join(text(made, version=own))
    if asked.target == "-":
        click.echo(whole, nl=False)
    else:
        _write_file(asked.target, whole, paths)
    return 0


def _labels(given: Iterable[str]) -> Mapping[str, str]:
    """Parse `key=value` pairs of the command line; UsageError for what is no label."""
    pairs = {}
    for each in given:
        key, separator, value = each.partition("=")
        if not (key and separator and value) or key == "__name__":
            raise UsageError(f"--extra-labels: expected key=value such as cluster=production, found {each!r}")
        pairs[key] = value
    return pairs


def _tell(problems: Iterable[Problem]) -> None:
    for problem in problems:
        click.echo(str(problem), err=True)


def _warn_of_later_documents(made: list[Output]) -> None:
    files = [output for output in made if not output.kubernetes]
    if len(files) > 1:
        click.echo(
            f"warning: {len(files)} documents of rules, one for each that was read, as Sloth writes them; "
            "Prometheus loads only the first document of a file: --one-document makes one of them",
            err=True,
        )


def _write_file(target: str, whole: str, paths: tuple[str, ...]) -> None:
    path = Path(target)
    if any(path.exists() and given != "-" and path.samefile(given) for given in paths):
        raise UsageError(f"--out {target}: that is a file of definitions; name another")
    try:
        path.write_text(whole, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"--out {target}: cannot be written: {error.strerror or error}") from error
