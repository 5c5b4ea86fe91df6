"""What OpenSLO's alert policies say about the default alerts, and where they ask for what the default alerts do otherwise."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import NamedTuple

from kube_headroom.slo.definitions import values
from kube_headroom.slo.definitions.reading import Field, Part, Reader, each, record, shown
from kube_headroom.slo.objective import Objective
from kube_headroom.slo.windows import PAIRS, WINDOWS, Pair, threshold

PAGE, TICKET = "page", "ticket"
SEVERITIES = {PAGE: PAGE, "critical": PAGE, TICKET: TICKET, "warning": TICKET}
"""Severities that say which of the default alerts is meant."""

_OPERATORS = ("lte", "gte", "lt", "gt")


class Burn(NamedTuple):
    """`condition` of an AlertCondition."""

    part: Part
    op: str
    threshold: Fraction
    lookback_window: int
    alert_after: str = "0m"
    kind: str = "burnrate"


class ConditionSpec(NamedTuple):
    """`spec` of an AlertCondition."""

    part: Part
    severity: str
    condition: Burn
    description: str = ""


class WrittenCondition(NamedTuple):
    """An AlertCondition within a policy, or the name of one."""

    part: Part
    condition_ref: str = ""
    spec: ConditionSpec | None = None
    api_version: str = ""
    kind: str = ""
    metadata: Part | None = None


class PolicySpec(NamedTuple):
    """`spec` of an AlertPolicy."""

    part: Part
    conditions: tuple[WrittenCondition, ...]
    description: str = ""
    alert_when_no_data: bool | None = None
    alert_when_resolved: bool | None = None
    alert_when_breaching: bool | None = None
    notification_targets: Part | None = None


class WrittenPolicy(NamedTuple):
    """An AlertPolicy within an SLO, or the name of one."""

    part: Part
    alert_policy_ref: str = ""
    spec: PolicySpec | None = None
    api_version: str = ""
    kind: str = ""
    metadata: Part | None = None


def _after(text: str) -> str:
    if text not in {"0m", "0s", "0"}:
        values.shorthand_seconds(text)
    return text


condition_spec: Reader[ConditionSpec] = record(
    ConditionSpec,
    Field("description", values.on_text(values.description)),
    Field("severity", values.on_text(values.words), required=True),
    Field(
        "condition",
        record(
            Burn,
            Field("kind", values.on_text(values.one_of("burnrate"))),
            Field("op", values.on_text(values.one_of(*_OPERATORS)), required=True),
            Field("threshold", values.on_text(values.number), required=True),
            Field("lookbackWindow", values.on_text(values.shorthand_seconds), required=True),
            Field("alertAfter", values.on_text(_after)),
        ),
        required=True,
    ),
)

# An inlined object may carry its own head, which says nothing that its place does not.
_HEAD = (
    Field("apiVersion", values.on_text(values.one_of("openslo/v1"))),
    Field("metadata", values.ignored),
)


def _condition(part: Part) -> WrittenCondition:
    written = _CONDITION(part)
    if bool(written.condition_ref) == (written.spec is not None):
        raise ValueError("expected one of conditionRef and an inlined condition with spec")
    return written


def _conditions(part: Part) -> tuple[WrittenCondition, ...]:
    conditions = each(_condition)(part)
    if len(conditions) != 1:
        raise ValueError(f"expected exactly one condition (OpenSLO v1), found {len(conditions)}")
    return conditions


_CONDITION: Reader[WrittenCondition] = record(
    WrittenCondition,
    Field("conditionRef", values.on_text(values.reference)),
    Field("kind", values.on_text(values.one_of("AlertCondition"))),
    Field("spec", condition_spec),
    *_HEAD,
)

policy_spec: Reader[PolicySpec] = record(
    PolicySpec,
    Field("description", values.on_text(values.description)),
    Field("alertWhenNoData", values.on_text(values.truth)),
    Field("alertWhenResolved", values.on_text(values.truth)),
    Field("alertWhenBreaching", values.on_text(values.truth)),
    Field("conditions", _conditions, required=True),
    Field("notificationTargets", values.ignored),
)

_POLICY: Reader[WrittenPolicy] = record(
    WrittenPolicy,
    Field("alertPolicyRef", values.on_text(values.reference)),
    Field("kind", values.on_text(values.one_of("AlertPolicy"))),
    Field("spec", policy_spec),
    *_HEAD,
)


def _policy(part: Part) -> WrittenPolicy:
    written = _POLICY(part)
    if bool(written.alert_policy_ref) == (written.spec is not None):
        raise ValueError("expected one of alertPolicyRef and an inlined policy with spec")
    return written


policies: Reader[tuple[WrittenPolicy, ...]] = each(_policy)


def severities(conditions: Iterable[ConditionSpec]) -> set[str]:
    """Return which default alerts are asked for; an unknown severity is warned of and asks for both."""
    asked: set[str] = set()
    for condition in conditions:
        alert = SEVERITIES.get(condition.severity.lower())
        if alert is None:
            condition.part.at("severity").warn(
                f"severity {shown(condition.severity)} says neither page nor ticket (known: {', '.join(SEVERITIES)}); "
                "both default alerts apply"
            )
            asked |= {PAGE, TICKET}
        else:
            asked.add(alert)
    return asked


def warn_of_differences(condition: ConditionSpec, objective: Objective) -> None:
    """Warn where the default alerts of an objective burn at other rates, over other windows, than the condition asks."""
    burn = condition.condition
    page = SEVERITIES.get(condition.severity.lower(), PAGE) == PAGE
    pairs = [pair for pair in PAIRS if pair.page == page]
    if burn.op in {"gt", "gte"} and _starts_at_once(burn) and any(_same(burn, pair, objective) for pair in pairs):
        return
    used = ", ".join(f"{_rate(objective, pair)} over {pair.long} and {pair.short}" for pair in pairs)
    burn.part.warn(
        f"this condition is not used: the default {PAGE if page else TICKET} compares burn rates above {used}"
    )


def _starts_at_once(burn: Burn) -> bool:
    return burn.alert_after.startswith("0")


def _same(burn: Burn, pair: Pair, objective: Objective) -> bool:
    rate = threshold(pair, objective.target, objective.periods[0].seconds)
    return burn.lookback_window == WINDOWS[pair.long] and abs(burn.threshold - rate) * 100 <= rate


def _rate(objective: Objective, pair: Pair) -> str:
    return f"{float(threshold(pair, objective.target, objective.periods[0].seconds)):.4g}"
