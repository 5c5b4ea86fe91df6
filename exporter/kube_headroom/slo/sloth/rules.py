"""The rules that `sloth generate` v0.16 writes for a definition: the same groups, names, labels, expressions and windows."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from kube_headroom.slo.sloth.specification import (
    Alert,
    Dialect,
    ErrorEvents,
    ErrorRatio,
    Metadata,
    ServiceLevelObjective,
    Sli,
    Specification,
)
from kube_headroom.slo.windows import PAIRS, WINDOWS, Pair

WINDOW = re.compile(r"\{\{ *\.window *\}\}")
"""Sloth's placeholder for a window."""

Rule = dict[str, Any]
Group = dict[str, Any]

SHORTEST = "5m"
# prometheus/common writes a duration in its largest unit that divides it.
_PERIOD_NAMES = {28: "4w", 30: "30d"}
_WINDOW_LABEL = "sloth_window"


class Request(NamedTuple):
    """What is wanted: `period` in days where a definition names none, `labels` for every recording rule."""

    period: int = 30
    labels: Mapping[str, str] = {}
    alerts: bool = True
    recordings: bool = True


class _Subject(NamedTuple):
    """One SLO with all that its rules need to know; `version` is what its info series tells."""

    slo: ServiceLevelObjective
    dialect: Dialect
    version: str
    days: int
    identity: Mapping[str, str]
    labels: Mapping[str, str]

    @property
    def period(self) -> str:
        return _PERIOD_NAMES[self.days]

    def series(self, name: str) -> str:
        """Return the selector of one of this SLO's series."""
        matchers = ", ".join(f'{label}="{value}"' for label, value in sorted(self.identity.items()))
        return f"{name}{{{matchers}}}"

    def sli_series(self, window: str) -> str:
        return self.series(_sli_name(window))


def groups(specification: Specification, request: Request, *, version: str) -> list[Group]:
    """Return the groups of every SLO in Sloth's order; `version` is the value of the `sloth_version` label."""
    kinds: list[tuple[str, Callable[[_Subject], list[Rule]]]] = []
    if request.recordings:
        kinds += [("sloth-slo-sli-recordings", _sli_rules), ("sloth-slo-meta-recordings", _metadata_rules)]
    if request.alerts:
        kinds += [("sloth-slo-alerts", _alert_rules)]
    return [
        {"name": f"{prefix}-{subject.identity['sloth_id']}", "rules": rules}
        for subject in _subjects(specification, request, version)
        for prefix, kind in kinds
        if (rules := kind(subject))
    ]


def prometheus_rule(metadata: Metadata, of_groups: list[Group]) -> dict[str, Any]:
    """Return the PrometheusRule object that holds the groups, with the labels that Sloth gives it."""
    own = {"app.kubernetes.io/component": "SLO", "app.kubernetes.io/managed-by": "sloth"}
    fields: dict[str, Any] = {"name": metadata.name}
    if metadata.namespace:
        fields["namespace"] = metadata.namespace
    fields["labels"] = _merged(metadata.labels, own)
    if metadata.annotations is not None:
        fields["annotations"] = _merged(metadata.annotations)
    return {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "metadata": fields,
        "spec": {"groups": of_groups},
    }


def expression(sli: Sli, window: str) -> str:
    """Return the share of bad events over a window such as `5m`, as Sloth builds it from an SLI's queries."""
    match sli:
        case ErrorEvents(error, total):
            text = f"({error.text})\n/\n({total.text})\n"
        case ErrorRatio(ratio):
            text = f"({ratio.text})"
        case _:
            lines = ("1 - (", "  (", f"    {sli.good.text}", "  )", "  /", "  (", f"    {sli.total.text}", "  )", ")")
            text = "(\n" + "".join(f"  {line}\n" for line in lines) + ")"
    return WINDOW.sub(window, text)


def _subjects(specification: Specification, request: Request, version: str) -> list[_Subject]:
    days = specification.period or request.period
    subjects = []
    for slo in specification.objectives:
        identity = {
            "sloth_id": specification.identity(slo),
            "sloth_service": specification.service,
            "sloth_slo": slo.name,
        }
        labels = _merged(slo.labels, request.labels)
        subjects.append(_Subject(slo, specification.dialect, version, days, identity, labels))
    return subjects


def _sli_rules(subject: _Subject) -> list[Rule]:
    expressions = {window: expression(subject.slo.sli, window) for window in WINDOWS}
    over_period = f"{subject.sli_series(SHORTEST)}[{subject.period}]"
    expressions[subject.period] = (
        f"sum_over_time({over_period})\n/ ignoring ({_WINDOW_LABEL})\ncount_over_time({over_period})\n"
    )
    return [
        {
            "record": _sli_name(window),
            "expr": text,
            "labels": _merged(subject.identity, {_WINDOW_LABEL: window}, subject.labels),
        }
        for window, text in expressions.items()
    ]


def _metadata_rules(subject: _Subject) -> list[Rule]:
    objective = _shortest(subject.slo.percent / 100)
    mode, spec = subject.dialect.value
    labels = _merged(subject.identity, subject.labels)
    information = {
        "sloth_version": subject.version,
        "sloth_mode": mode,
        "sloth_spec": spec,
        "sloth_objective": format(Decimal(_shortest(subject.slo.percent)), "f"),
    }
    expressions = {
        "slo:objective:ratio": f"vector({objective})",
        "slo:error_budget:ratio": f"vector(1-{objective})",
        "slo:time_period:days": f"vector({subject.days})",
        "slo:current_burn_rate:ratio": _burn_rate(subject, SHORTEST),
        "slo:period_burn_rate:ratio": _burn_rate(subject, subject.period),
        "slo:period_error_budget_remaining:ratio": f"1 - {subject.series('slo:period_burn_rate:ratio')}",
    }
    rules: list[Rule] = [{"record": name, "expr": text, "labels": labels} for name, text in expressions.items()]
    return [*rules, {"record": "sloth_slo_info", "expr": "vector(1)", "labels": _merged(labels, information)}]


def _burn_rate(subject: _Subject, window: str) -> str:
    budget = subject.series("slo:error_budget:ratio")
    return f"{subject.sli_series(window)}\n/ on(sloth_id, sloth_slo, sloth_service) group_left\n{budget}\n"


def _alert_rules(subject: _Subject) -> list[Rule]:
    slo = subject.slo
    return [_alert_rule(subject, alert, page=page) for page, alert in ((True, slo.page), (False, slo.ticket)) if alert]


def _alert_rule(subject: _Subject, alert: Alert, *, page: bool) -> Rule:
    severity = "page" if page else "ticket"
    names = "{{$labels.sloth_service}} {{$labels.sloth_slo}}"
    annotations = {
        "title": f"({severity}) {names} SLO error budget burn rate is too fast.",
        "summary": f"{names} SLO error budget burn rate is over expected.",
    }
    return {
        "alert": alert.name,
        "expr": "or\n".join(_burns(subject, pair) for pair in PAIRS if pair.page is page),
        "labels": _merged({"sloth_severity": severity}, alert.labels),
        "annotations": _merged(annotations, alert.annotations),
    }


def _burns(subject: _Subject, pair: Pair) -> str:
    # In Sloth's order of operations: the last digits of the factors depend on it, as do those of the budget.
    factor = float(pair.budget * 100) * (subject.days * 24) / 100 / (WINDOWS[pair.long] / 3600)
    threshold = f"({_shortest(factor)} * {_shortest((100 - subject.slo.percent) / 100)})"
    short, long = (
        f"    max({subject.sli_series(window)} > {threshold}) without ({_WINDOW_LABEL})\n"
        for window in (pair.short, pair.long)
    )
    return f"(\n{short}    and\n{long})\n"


def _sli_name(window: str) -> str:
    return f"slo:sli_error:ratio_rate{window}"


def _merged(*mappings: Mapping[str, str]) -> dict[str, str]:
    """Later ones win; sorted, so that what is written stays the same whatever the order it was declared in."""
    merged: dict[str, str] = {}
    for mapping in mappings:
        merged.update(mapping)
    return dict(sorted(merged.items()))


def _shortest(number: float) -> str:
    """Write a number below 1e6 as Go's %g does: the fewest digits that read back the same."""
    return repr(number).removesuffix(".0")
