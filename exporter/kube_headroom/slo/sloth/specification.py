"""What a definition in one of the three formats of Sloth v0.16 declares, checked and complete; nothing of how it is written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum
from fractions import Fraction
from typing import NamedTuple

from kube_headroom.slo.objective import Place, Problem, Query

PERIODS = {"28d": 28, "30d": 30}
"""Days of every period that Sloth ships windows for, by the name that `--period` takes."""


class Dialect(Enum):
    """A format; the values are what Sloth's `sloth_mode` and `sloth_spec` labels tell of it."""

    PROMETHEUS = ("cli-gen-prom", "prometheus/v1")
    KUBERNETES = ("cli-gen-k8s", "sloth.slok.dev/v1")
    OPENSLO = ("cli-gen-openslo", "openslo/v1alpha")


class ErrorEvents(NamedTuple):
    """Bad events and all events, each a rate over `{{.window}}`."""

    error: Query
    total: Query


class ErrorRatio(NamedTuple):
    """The share of bad events over `{{.window}}`."""

    ratio: Query


class GoodEvents(NamedTuple):
    """Good events and all events; only OpenSLO v1alpha declares them so."""

    good: Query
    total: Query


Sli = ErrorEvents | ErrorRatio | GoodEvents


class Alert(NamedTuple):
    """What a page or a ticket carries beside Sloth's own labels and annotations."""

    name: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str]


class ServiceLevelObjective(NamedTuple):
    """One SLO of a service; `page` and `ticket` are None where that alert is disabled.

    `percent` is the objective as Sloth holds it, `target` the ratio as it is written. `labels` are those of the
    service and its own.
    """

    name: str
    percent: float
    target: Fraction
    sli: Sli
    place: Place
    description: str = ""
    labels: Mapping[str, str] = {}
    page: Alert | None = None
    ticket: Alert | None = None


class Metadata(NamedTuple):
    """What a PrometheusRule takes over from the object that declares its SLOs; annotations, if only an empty mapping."""

    name: str
    namespace: str = ""
    labels: Mapping[str, str] = {}
    annotations: Mapping[str, str] | None = None


class Specification(NamedTuple):
    """One document; `period` in days if it says one, `metadata` if it has a name of its own."""

    dialect: Dialect
    service: str
    objectives: tuple[ServiceLevelObjective, ...]
    place: Place
    period: int | None = None
    metadata: Metadata | None = None

    def identity(self, slo: ServiceLevelObjective) -> str:
        """Return what Sloth calls one of its SLOs: the `sloth_id` label."""
        return f"{self.service}-{slo.name}"


def repeated(specifications: Iterable[Specification]) -> list[Problem]:
    """Return a problem for every SLO whose id an earlier one has: their series were the same."""
    first: dict[str, ServiceLevelObjective] = {}
    problems = []
    for specification in specifications:
        for slo in specification.objectives:
            identity = specification.identity(slo)
            before = first.setdefault(identity, slo)
            if before is not slo:
                message = f"the id {identity} (service and name) is taken by {before.place}; choose another name"
                problems.append(Problem(slo.place, "", message))
    return problems
