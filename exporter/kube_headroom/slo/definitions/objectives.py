"""From what OpenSLO documents say together to complete objectives: references, defaults, and whether the parts fit."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import NamedTuple

from kube_headroom.slo.definitions.alerting import (
    PAGE,
    TICKET,
    ConditionSpec,
    PolicySpec,
    severities,
    warn_of_differences,
)
from kube_headroom.slo.definitions.defaults import Defaults
from kube_headroom.slo.definitions.indicators import PROMETHEUS, Measured
from kube_headroom.slo.definitions.openslo import Declared, Target
from kube_headroom.slo.definitions.periods import parse_periods
from kube_headroom.slo.definitions.reading import Part, nearest, shown
from kube_headroom.slo.objective import (
    Alerting,
    Budgeting,
    ClusterIndicator,
    Objective,
    Period,
    Query,
    Sli,
    Slices,
    Threshold,
)

OPERATORS = {"lt": "<", "lte": "<=", "gt": ">", "gte": ">="}

_CLUSTER_LABELS = ("namespace", "workload_kind", "workload")
_LONGEST_NAME = 63


class Library(NamedTuple):
    """All objects by kind, then by name."""

    objects: Mapping[str, Mapping[str, Declared]]

    def find(self, kind: str, name: str, where: Part) -> Declared:
        """Return the object that is referred to; notes one that is missing and raises Refused."""
        known = self.objects.get(kind, {})
        if name not in known:
            hint = nearest(name, known) if known else "; none is in these files"
            raise where.error(f"no {kind} is named {shown(name)}{hint}")
        return known[name]


def objectives(slo: Declared, library: Library, defaults: Defaults) -> Iterator[Objective]:
    """One objective for each item of `spec.objectives` of an SLO whose parts are each right; raises Refused."""
    spec = slo.spec
    measured = _measured(slo, library)
    conditions = list(_conditions(slo, library))
    periods = _periods(slo, defaults)
    options = slo.metadata.annotations
    _check_groups(slo, measured)
    asked = options.alerts if options.alerts is not None else severities(conditions) or {PAGE, TICKET}
    for index, target in enumerate(spec.objectives):
        objective = Objective(
            service=spec.service,
            name=_name(slo, index, target),
            target=_target(target),
            sli=_sli(measured, target),
            periods=periods,
            place=slo.metadata.part.at("name").place if len(spec.objectives) == 1 else target.part.place,
            budgeting=spec.budgeting_method,
            slices=_slices(spec.budgeting_method, target),
            group_by=options.group_by or (),
            group_limit=options.group_limit or defaults.group_limit,
            alerting=Alerting(
                page=PAGE in asked,
                ticket=TICKET in asked,
                minimum_bad_events=_first(options.minimum_bad_events, defaults.minimum_bad_events),
                budget_ticket=_first(options.budget_ticket, defaults.budget_ticket),
            ),
            owner=options.owner or _service_owner(slo, library),
            description=spec.description,
            labels=slo.metadata.labels,
            freeze=options.freeze or False,
        )
        for condition in conditions:
            warn_of_differences(condition, objective)
        yield objective


def check_references(measured: Measured, library: Library) -> None:
    """See to it that DataSources which have to name the type name Prometheus; raises Refused."""
    for reference in measured.references:
        name = str(reference.node.value)
        kind = library.find("DataSource", name, reference).spec.type
        if kind != PROMETHEUS:
            raise reference.error(f"expected a DataSource of type {PROMETHEUS}, found {shown(kind)}")


def _measured(slo: Declared, library: Library) -> Measured:
    spec = slo.spec
    if (spec.indicator is None) == (not spec.indicator_ref):
        found = "both" if spec.indicator_ref else "neither"
        raise spec.part.error(f"expected one of indicator and indicatorRef, found {found}")
    if spec.indicator is not None:
        measured: Measured = spec.indicator.spec
        check_references(measured, library)
        return measured
    referred: Measured = library.find("SLI", spec.indicator_ref, spec.part.at("indicatorRef")).spec
    return referred


def _conditions(slo: Declared, library: Library) -> Iterator[ConditionSpec]:
    for policy in slo.spec.alert_policies:
        spec: PolicySpec = policy.spec
        if spec is None:
            spec = library.find("AlertPolicy", policy.alert_policy_ref, policy.part.at("alertPolicyRef")).spec
        _warn_of_policy(spec)
        for condition in spec.conditions:
            found = condition.spec
            if found is None:
                where = condition.part.at("conditionRef")
                found = library.find("AlertCondition", condition.condition_ref, where).spec
            if spec.alert_when_breaching is not False:
                yield found


def _warn_of_policy(spec: PolicySpec) -> None:
    if spec.alert_when_resolved:
        spec.part.at("alertWhenResolved").warn(
            "not used: Alertmanager's send_resolved tells who is told of an alert's end"
        )
    if spec.alert_when_no_data is False:
        spec.part.at("alertWhenNoData").warn("not used: the default alert on missing data holds for every SLO")
    if spec.notification_targets is not None:
        spec.notification_targets.warn("not used: Alertmanager routes by severity, owner and service")


def _periods(slo: Declared, defaults: Defaults) -> tuple[Period, ...]:
    written: tuple[Period, ...] = slo.spec.time_window
    text = slo.metadata.annotations.periods
    if text is None:
        return written or defaults.periods
    calendar = written[0].calendar if written else None
    added = parse_periods(text, calendar.time_zone if calendar else "UTC")
    names = {period.name for period in written}
    return (*written, *(period for period in added if period.name not in names))


def _check_groups(slo: Declared, measured: Measured) -> None:
    options, annotations = slo.metadata.annotations, slo.metadata.part.at("annotations")
    if isinstance(measured.sli, ClusterIndicator):
        for label in options.group_by or ():
            if label not in _CLUSTER_LABELS:
                raise annotations.error(
                    f"an SLI from cluster state is grouped by {', '.join(_CLUSTER_LABELS)}, found {shown(label)}"
                )
    if options.group_limit and not options.group_by:
        annotations.warn("group-limit without group-by limits nothing")


def _name(slo: Declared, index: int, target: Target) -> str:
    name = slo.metadata.name
    if len(slo.spec.objectives) == 1:
        return name
    suffix = re.sub(r"[^a-z0-9]+", "-", target.display_name.lower()).strip("-") or str(index)
    return f"{name}-{suffix}"[:_LONGEST_NAME].rstrip("-")


def _target(target: Target) -> Fraction:
    given = [value for value in (target.target, target.target_percent) if value is not None]
    if len(given) != 1:
        raise target.part.error(f"expected one of target and targetPercent, found {'both' if given else 'neither'}")
    return given[0]


def _sli(measured: Measured, target: Target) -> Sli:
    if not isinstance(measured.sli, Query):
        for field in ("op", "value"):
            if target.part.has(field):
                target.part.at(field).warn("not used: it is for a thresholdMetric, and this SLI is a ratio")
        return measured.sli
    if not target.op or target.value is None:
        raise target.part.error("a thresholdMetric needs op and value: what is good, such as op: lte, value: 0.3")
    return Threshold(measured.sli, OPERATORS[target.op], float(target.value))


def _slices(method: Budgeting, target: Target) -> Slices | None:
    window, share = target.time_slice_window, target.time_slice_target
    if method is Budgeting.OCCURRENCES:
        for field in ("timeSliceTarget", "timeSliceWindow"):
            if target.part.has(field):
                raise target.part.at(field).error(f"{field} needs budgetingMethod: Timeslices, found Occurrences")
        return None
    if window is None:
        raise target.part.error(f"budgetingMethod {method} needs timeSliceWindow, such as 1m")
    if method is Budgeting.RATIO_TIMESLICES:
        if share is not None:
            target.part.at("timeSliceTarget").warn("not used: RatioTimeslices averages the slices and judges none")
        return Slices(window, Fraction(1))
    if share is None:
        raise target.part.error("budgetingMethod Timeslices needs timeSliceTarget, such as 0.95")
    return Slices(window, share)


def _service_owner(slo: Declared, library: Library) -> str:
    service = library.objects.get("Service", {}).get(slo.spec.service)
    return service.metadata.annotations.owner or "" if service else ""


def _first(given: Fraction | None, default: Fraction) -> Fraction:
    return default if given is None else given
