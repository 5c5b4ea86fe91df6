"""Rules as YAML: rule files that Prometheus loads, or PrometheusRule objects; one document for each that was read, as Sloth does."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import yaml

from kube_headroom.slo.objective import Problem
from kube_headroom.slo.sloth.rules import Request, groups, prometheus_rule
from kube_headroom.slo.sloth.specification import Dialect, Metadata, Specification

_TEXT = "tag:yaml.org,2002:str"
_NOT_IN_NAMES = re.compile(r"[^a-z0-9.]+")


_DUMPER = yaml.CSafeDumper if yaml.__with_libyaml__ else yaml.SafeDumper  # several times faster where it is built in


class Output(NamedTuple):
    """A document of rules and what it was made of."""

    specification: Specification
    content: dict[str, Any]

    @property
    def kubernetes(self) -> bool:
        """Whether it is an object, and no rule file."""
        return "kind" in self.content


def outputs(
    specifications: Iterable[Specification], request: Request, *, version: str, kubernetes: bool | None = None
) -> tuple[list[Output], list[Problem]]:
    """Return the documents of rules, and a problem for each that were empty or the same object as one before.

    `kubernetes` asks for objects of everything, or of nothing; None for objects of objects, as Sloth does.
    """
    made: list[Output] = []
    problems: list[Problem] = []
    names: dict[tuple[str, str], Specification] = {}
    for specification in specifications:
        of_groups = groups(specification, request, version=version)
        wanted = specification.dialect is Dialect.KUBERNETES if kubernetes is None else kubernetes
        if not wanted:
            if not of_groups:
                problems.append(Problem(specification.place, "", "no rules are left: its alerts are all disabled"))
            made.append(Output(specification, {"groups": of_groups}))
            continue
        metadata = specification.metadata or Metadata(specification.service)
        if specification.dialect is not Dialect.KUBERNETES:
            metadata = Metadata(_NOT_IN_NAMES.sub("-", metadata.name.lower()))
        first = names.setdefault((metadata.namespace, metadata.name), specification)
        if first is not specification:
            message = f"the PrometheusRule {metadata.name} is made of {first.place} already; put them into one document"
            problems.append(Problem(specification.place, "", message))
        made.append(Output(specification, prometheus_rule(metadata, of_groups)))
    return made, problems


def one_document(made: list[Output]) -> list[Output]:
    """Return the rule files as one, at the place of the first: Prometheus loads only the first document of a file."""
    files = [output for output in made if not output.kubernetes]
    if not files:
        return made
    whole = Output(files[0].specification, {"groups": [group for file in files for group in file.content["groups"]]})
    return [whole, *(output for output in made if output.kubernetes)]


def text(made: Iterable[Output], *, version: str) -> Iterator[str]:
    """Write documents of rules, each with a comment that says where it comes from."""
    for output in made:
        yield f"---\n# Made of {output.specification.place} by kube-headroom {version}: change that, not this.\n"
        node = _Representer(default_flow_style=False, sort_keys=False).represent_data(output.content)
        yield yaml.serialize(node, Dumper=_DUMPER, allow_unicode=True, width=2**20)


class _Representer(yaml.representer.SafeRepresenter):
    """Expressions of several lines as they are read, and nothing by reference: the same labels stand in many rules."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 - yaml's signature
        return True


def _string(representer: yaml.representer.SafeRepresenter, value: str) -> yaml.ScalarNode:
    return representer.represent_scalar(_TEXT, value, style="|" if "\n" in value else None)


_Representer.add_representer(str, _string)
