"""Documents of Sloth's users: which of them are ours to read, what they declare, and the same as objectives to be counted."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from kube_headroom.slo.definitions.defaults import Defaults
from kube_headroom.slo.definitions.documents import Document, Root, roots
from kube_headroom.slo.definitions.periods import parse_period
from kube_headroom.slo.definitions.reading import Part, Reader, Refused, attempt
from kube_headroom.slo.objective import Alerting, EventRatio, Objective, Period, Problem, RawRatio
from kube_headroom.slo.objective import Sli as Indicator
from kube_headroom.slo.sloth.openslo import OPENSLO
from kube_headroom.slo.sloth.reading import KUBERNETES, PROMETHEUS
from kube_headroom.slo.sloth.specification import (
    Dialect,
    ErrorEvents,
    ErrorRatio,
    ServiceLevelObjective,
    Sli,
    Specification,
    repeated,
)

OWNER_LABELS = ("owner", "team")
"""Labels that say whose an SLO is; the first one that is there counts."""

_BOUNDARY = re.compile("^---", re.MULTILINE)
_COMMENT = re.compile("^#.*$", re.MULTILINE)

_FORMATS: dict[tuple[str, str], Reader[Specification]] = {
    ("version", "prometheus/v1"): PROMETHEUS,
    ("apiVersion", "sloth.slok.dev/v1"): KUBERNETES,
    ("apiVersion", "openslo/v1alpha"): OPENSLO,
}

FORMATS = "version: prometheus/v1, apiVersion: sloth.slok.dev/v1 and apiVersion: openslo/v1alpha"
"""What is read here, for messages."""


def reader(root: Part) -> Reader[Specification] | None:
    """Return what reads a document, going by its version; None for one that is in none of Sloth's formats."""
    return next(
        (
            read
            for (field, version), read in _FORMATS.items()
            if root.has(field) and root.at(field).node.value == version
        ),
        None,
    )


def specifications(documents: Iterable[Document]) -> tuple[list[Specification], list[Problem]]:
    """Return what all documents of the texts declare, and every problem; with an error among them, rules are not to be made."""
    found: list[Specification] = []
    problems: list[Problem] = []
    for document in documents:
        for root in _roots(document):
            if isinstance(root, Problem):
                problems.append(root)
                continue
            part = Part(root.node, "", root.source, root.offset, problems)
            try:
                found.append(_specification(part))
            except Refused:
                continue
    return found, [*problems, *repeated(found)]


def objectives(specification: Specification, defaults: Defaults) -> tuple[Objective, ...]:
    """Return what a specification declares, to be counted by our own engine; a period that it names is its only one."""
    return tuple(_objective(specification, slo, defaults) for slo in specification.objectives)


def _roots(document: Document) -> Iterator[Root | Problem]:
    """Return the documents of a text as Sloth cuts them out, without the white space around them.

    A query that ends its document has no line break at its end then, and no more has its rule.
    """
    text = _COMMENT.sub("", document.text)
    starts = [0, *(match.end() for match in _BOUNDARY.finditer(text))]
    for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
        piece = text[start:end].removesuffix("---")
        offset = text.count("\n", 0, start + len(piece) - len(piece.lstrip()))
        for root in roots(Document(document.source, piece.strip())):
            if isinstance(root, Problem):
                yield root._replace(place=root.place._replace(line=root.place.line + offset))
            else:
                yield root._replace(offset=root.offset + offset)


def _specification(root: Part) -> Specification:
    read = reader(root)
    if read is None:
        at = root.at("apiVersion" if root.has("apiVersion") else "version")
        raise at.error(f"expected one of the formats that Sloth reads: {FORMATS}")
    return attempt(read, root)


def _objective(specification: Specification, slo: ServiceLevelObjective, defaults: Defaults) -> Objective:
    # OpenSLO v1alpha has no alerts that could be switched off; Sloth then writes none, ours are there for every SLO.
    always = specification.dialect is Dialect.OPENSLO
    return Objective(
        service=specification.service,
        name=slo.name,
        target=slo.target,
        sli=_indicator(slo.sli),
        periods=_periods(specification, defaults),
        place=slo.place,
        group_limit=defaults.group_limit,
        alerting=Alerting(
            page=always or slo.page is not None,
            ticket=always or slo.ticket is not None,
            minimum_bad_events=defaults.minimum_bad_events,
            budget_ticket=defaults.budget_ticket,
        ),
        owner=next((slo.labels[label] for label in OWNER_LABELS if label in slo.labels), ""),
        description=slo.description,
        labels=slo.labels,
    )


def _periods(specification: Specification, defaults: Defaults) -> tuple[Period, ...]:
    return defaults.periods if specification.period is None else (parse_period(f"{specification.period}d"),)


def _indicator(sli: Sli) -> Indicator:
    match sli:
        case ErrorEvents(error, total):
            return EventRatio(total=total, bad=error)
        case ErrorRatio(ratio):
            return RawRatio(ratio)
        case _:
            return EventRatio(total=sli.total, good=sli.good)
