"""What is declared right now, in files, ConfigMaps and annotations; read again when one of them changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction

import structlog

from kube_headroom.model import ConfigMap
from kube_headroom.settings import Settings
from kube_headroom.slo.definitions import Defaults, Document, from_annotation, load, parse_period
from kube_headroom.slo.objective import Definitions, Objective, Place, Problem, Severity
from kube_headroom.slo_files import read
from kube_headroom.state.declared import SloInputs
from kube_headroom.state.inventory import Inventory

log = structlog.get_logger(__name__)


def defaults(settings: Settings) -> Defaults:
    """Return what is meant by an SLO that does not say."""
    return Defaults(
        periods=tuple(parse_period(name) for name in settings.slo_periods),
        minimum_bad_events=Fraction(str(settings.slo_minimum_bad_events)),
        budget_ticket=Fraction(str(settings.slo_budget_ticket)),
        group_limit=settings.slo_group_limit,
        annotation_prefix=settings.annotation_prefix,
    )


class Declared:
    """All definitions together: of two with one name, a file's wins over a ConfigMap's, and both over an annotation's."""

    def __init__(self, settings: Settings, inventory: Inventory) -> None:
        self._paths = settings.slo_files
        self._annotations = settings.slo_annotations == "on"
        self._defaults = defaults(settings)
        self._inventory = inventory
        self._seen: object = None
        self._said: frozenset[Problem] = frozenset()

    def read(self) -> Definitions | None:
        """Return all of it if anything changed since the last call; each problem is logged when it appears."""
        documents, unreadable = read(self._paths)
        seen = (self._inventory.slo_version, documents, unreadable)
        if seen == self._seen:
            return None
        self._seen = seen
        found = self._all(documents, unreadable)
        for problem in found.problems:
            if problem not in self._said:
                write = log.error if problem.severity is Severity.ERROR else log.warning
                write("SLO definition", problem=str(problem))
        self._said = frozenset(found.problems)
        return found

    def _all(self, documents: list[Document], unreadable: list[Problem]) -> Definitions:
        inputs = self._inventory.slo_inputs()
        found = load([*documents, *_documents(inputs.config_maps)], self._defaults)
        objectives = {one.key: one for one in found.objectives}
        problems = [*unreadable, *_left_out(inputs.config_maps), *found.problems]
        for one, of_it in self._stated(inputs):
            problems += of_it
            for objective in one:
                first = objectives.setdefault(objective.key, objective)
                if first is not objective:
                    message = f"SLO {objective.name} of {objective.service} is already declared at {first.place}; that one counts"
                    problems.append(Problem(objective.place, "", message, Severity.WARNING))
        return Definitions(tuple(objectives.values()), found.maintenance, tuple(problems))

    def _stated(self, inputs: SloInputs) -> Iterator[tuple[list[Objective], list[Problem]]]:
        if self._annotations:
            for one in inputs.declarations:
                yield from_annotation(one.text, one.workload, one.owner, self._defaults)


def _documents(config_maps: Iterable[ConfigMap]) -> Iterator[Document]:
    for config_map in config_maps:
        for key, text in config_map.data:
            yield Document(_source(config_map, key), text)


def _left_out(config_maps: Iterable[ConfigMap]) -> Iterator[Problem]:
    for config_map in config_maps:
        for key in config_map.left_out:
            yield Problem(Place(_source(config_map, key), 0), "", "too large for a definition and not read; split it")


def _source(config_map: ConfigMap, key: str) -> str:
    return f"configmap {config_map.metadata.namespace}/{config_map.metadata.name} {key}"
