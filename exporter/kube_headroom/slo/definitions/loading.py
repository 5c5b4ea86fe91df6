"""All texts in, all definitions out: each object goes to its format's reader, then names are matched across files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import yaml

from kube_headroom.slo.definitions import maintenance, openslo
from kube_headroom.slo.definitions.checks import limits
from kube_headroom.slo.definitions.defaults import Defaults
from kube_headroom.slo.definitions.documents import Document, roots
from kube_headroom.slo.definitions.objectives import Library, check_references, objectives
from kube_headroom.slo.definitions.openslo import Declared
from kube_headroom.slo.definitions.reading import Part, Refused, attempt, nearest, scalar, shown, slip
from kube_headroom.slo.objective import Definitions, Maintenance, Objective, Problem, Severity

# Sloth's documents are read with the readers of this room; as a module, since either may be the first to be imported.
from kube_headroom.slo.sloth import definitions as sloth


class Taken(NamedTuple):
    """What was read so far: OpenSLO's objects wait for those they refer to, the others are complete."""

    declared: list[Declared]
    objectives: list[Objective]
    maintenance: list[Maintenance]


def load(documents: Iterable[Document], defaults: Defaults) -> Definitions:
    """Everything the texts declare, and every problem of it; no text makes it raise.

    Names refer across all texts. Where two objectives share service and name, the first is kept.
    """
    problems: list[Problem] = []
    taken = Taken([], [], [])
    for part in _objects(documents, problems):
        try:
            _take(part, defaults, taken)
        except Refused:
            continue
    library = _library(taken.declared)
    taken.objectives.extend(_resolved(taken.declared, library, defaults))
    for each in taken.objectives:
        problems += (Problem(each.place, "", message, Severity.WARNING) for message in limits(each))
    problems += _missed(taken)
    return Definitions(
        _distinct_objectives(taken.objectives, problems),
        _distinct_maintenance(taken.maintenance, problems),
        tuple(sorted(dict.fromkeys(problems), key=lambda problem: problem.place)),
    )


def _objects(documents: Iterable[Document], problems: list[Problem]) -> Iterator[Part]:
    for document in documents:
        for root in roots(document):
            if isinstance(root, Problem):
                problems.append(root)
                continue
            part = Part(root.node, "", root.source, root.offset, problems)
            # OpenSLO's own tools also take a list of objects.
            yield from part.items() if isinstance(root.node, yaml.SequenceNode) else (part,)


def _take(part: Part, defaults: Defaults, taken: Taken) -> None:
    if not isinstance(part.node, yaml.MappingNode):
        raise part.error(f"expected an object with apiVersion and kind, found {part.shape}")
    version, kind = _text(part, "apiVersion"), _text(part, "kind")
    of_sloth = sloth.reader(part)
    if of_sloth is not None:
        taken.objectives.extend(sloth.objectives(attempt(of_sloth, part), defaults))
    elif version == openslo.API_VERSION:
        if not kind:
            raise part.error(f"missing field kind; known are {', '.join(openslo.SPECS)}")
        if kind not in openslo.SPECS:
            raise part.at("kind").error(f"unknown kind {shown(kind)}{nearest(kind, openslo.SPECS)}")
        taken.declared.append(attempt(openslo.declared(kind, defaults.annotation_prefix), part))
    elif version == maintenance.API_VERSION:
        if kind != maintenance.KIND:
            raise part.at("kind").error(f"unknown kind {shown(kind)}; did you mean {maintenance.KIND}?")
        taken.maintenance.append(attempt(maintenance.maintenance, part))
    else:
        raise _unknown(part, version)


def _text(part: Part, key: str) -> str:
    return attempt(scalar, part.at(key)) if part.has(key) else ""


def _unknown(part: Part, version: str) -> Refused:
    known = f"known are apiVersion: {openslo.API_VERSION}, apiVersion: {maintenance.API_VERSION}, {sloth.FORMATS}"
    if not version:
        return part.error(f"missing field apiVersion; {known}")
    return part.at("apiVersion").error(f"unknown apiVersion {shown(version)}; {known}")


def _library(declared: list[Declared]) -> Library:
    by_kind: dict[str, dict[str, Declared]] = {}
    for each in declared:
        named = by_kind.setdefault(each.kind, {})
        first = named.setdefault(each.metadata.name, each)
        # Two SLOs may share a name as long as they are of different services.
        if first is not each and each.kind != "SLO":
            each.metadata.part.at("name").error(
                f"{each.kind} {each.metadata.name} is already declared at {first.part.place}; rename one of the two"
            )
    return Library(by_kind)


def _resolved(declared: list[Declared], library: Library, defaults: Defaults) -> Iterator[Objective]:
    for each in declared:
        try:
            if each.kind == "SLI":
                check_references(each.spec, library)
            elif each.kind in {"DataSource", "AlertNotificationTarget"}:
                each.part.warn(f"{each.kind} {each.metadata.name} is not used: {_INSTEAD[each.kind]}")
            elif each.kind == "SLO":
                _warn_of_service(each, library)
                yield from objectives(each, library, defaults)
        except Refused:
            continue


def _warn_of_service(slo: Declared, library: Library) -> None:
    services, service = library.objects.get("Service", {}), slo.spec.service
    # A Service need not be declared; one that is nearly the same is a slip of the pen.
    similar = slip(service, services) if service not in services else ""
    if similar:
        slo.spec.part.at("service").warn(f"no Service is named {shown(service)}{similar}")


_INSTEAD = {
    "DataSource": "the settings prometheus.* name the server that is asked",
    "AlertNotificationTarget": "Alertmanager routes by severity, owner and service",
}


def _missed(taken: Taken) -> Iterator[Problem]:
    # Workloads' annotations declare SLOs as well, so only what is nearly the name of a known one is a slip of the pen.
    known = {f"{each.service} {each.name}" for each in taken.objectives}
    for each in taken.maintenance:
        for service, name in each.objectives:
            names = {pair if name else pair.partition(" ")[0] for pair in known}
            similar = slip(f"{service} {name}".rstrip(), names) if service else ""
            if similar and f"{service} {name}".rstrip() not in names:
                message = f"no SLO is named {shown(f'{service} {name}'.rstrip())} (service and name){similar}"
                yield Problem(each.place, "spec.objectives", message, Severity.WARNING)


def _distinct_objectives(found: Iterable[Objective], problems: list[Problem]) -> tuple[Objective, ...]:
    kept: dict[tuple[str, str], Objective] = {}
    for each in found:
        first = kept.setdefault(each.key, each)
        if first is not each:
            message = f"SLO {each.name} of {each.service} is already declared at {first.place}; rename one of the two"
            problems.append(Problem(each.place, "", message))
    return tuple(kept.values())


def _distinct_maintenance(found: Iterable[Maintenance], problems: list[Problem]) -> tuple[Maintenance, ...]:
    kept: dict[str, Maintenance] = {}
    for each in found:
        first = kept.setdefault(each.name, each)
        if first is not each:
            message = f"Maintenance {each.name} is already declared at {first.place}; rename one of the two"
            problems.append(Problem(each.place, "metadata.name", message))
    return tuple(kept.values())
