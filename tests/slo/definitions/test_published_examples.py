"""What OpenSLO's repository shows as examples (README and examples/, 2025-09), written anew: taken, or told why not."""

from __future__ import annotations

import pytest

from tests.slo.definitions.documents import read, told

SOURCE = "{metricSource: {type: Prometheus, spec: {query: %s}}}"
RATIO = f"{{good: {SOURCE % 'good_total'}, total: {SOURCE % 'all_total'}}}"


def slo(rest: str, ratio: str = RATIO) -> str:
    return f"""\
apiVersion: openslo/v1
kind: SLO
metadata: {{name: example, displayName: Example}}
spec:
  service: web
  indicator:
    metadata: {{name: ratio, displayName: Ratio}}
    spec: {{ratioMetric: {ratio}}}
{rest}
"""


CALENDAR = "calendar: {startTime: 2022-01-01 12:00:00, timeZone: America/New_York}"

EXAMPLES = [
    pytest.param(slo("  objectives: [{displayName: Total errors, target: 0.98}]"), ["example"], [], id="the smallest has neither window nor method"),
    pytest.param(
        slo("  objectives: [{target: 0.98}]", RATIO.replace("Prometheus", "Datadog", 1)), [],
        ["error: a.yaml:8: spec.indicator.spec.ratioMetric.good.metricSource.type: expected one of Prometheus, Headroom, found 'Datadog'"],
        id="of another source the type is refused",
    ),
    pytest.param(
        slo(f"  timeWindow: [{{duration: 1m, isRolling: false, {CALENDAR}}}]\n  objectives: [{{target: 0.995}}]"), [],
        ["error: a.yaml:9: spec.timeWindow[0].duration: expected a period from 1d to 366d, found 1m; 1m is one minute; write 1M for a month"],
        id="a month written as a minute is refused",
    ),
    pytest.param(
        slo(
            f"  timeWindow: [{{duration: 1M, isRolling: false, {CALENDAR}}}]\n  budgetingMethod: Timeslices\n  objectives:\n"
            "  - {displayName: Internal objective, op: gt, target: 0.995, timeSliceTarget: 0.99, timeSliceWindow: 1m}\n"
            "  - {displayName: SLA, target: 0.99, timeSliceTarget: 0.99, timeSliceWindow: 1m}\n  alertPolicies:"
        ),
        ["example-internal-objective", "example-sla"],
        ["warning: a.yaml:12: spec.objectives[0].op: not used: it is for a thresholdMetric, and this SLI is a ratio"],
        id="a stricter objective beside the contract's, and alert policies left empty",
    ),
    pytest.param(
        slo("  timeWindow: [{duration: 2w, isRolling: true}]\n  budgetingMethod: RatioTimeslices\n  objectives: [{target: 0.99, timeSliceWindow: 1m}]"),
        ["example"],
        ["warning: a.yaml:3: in 2w the burn rate 0.4667 over 3d is below 1, which spends no more than the budget: it is raised to 1"],
        id="ratio time slices over two weeks",
    ),
    pytest.param(
        "{apiVersion: openslo/v1, kind: AlertNotificationTarget, metadata: {name: OnCallMail}, spec: {target: email, description: Mail}}", [],
        ["warning: a.yaml:1: AlertNotificationTarget OnCallMail is not used: Alertmanager routes by severity, owner and service"],
        id="a notification target is for Alertmanager",
    ),
    pytest.param(
        "{apiVersion: openslo/v1, kind: SLI, metadata: {name: sql}, spec: {thresholdMetric: {metricSource: {metricSourceRef: redshift, spec: {region: eu, query: SELECT 1}}}}}", [],
        [
            "error: a.yaml:1: spec.thresholdMetric.metricSource.spec.region: unknown field; known are query",
            "error: a.yaml:1: spec.thresholdMetric.metricSource.spec.query: not valid PromQL: invalid promql query, in 'SELECT 1'",
        ],
        id="SQL is no PromQL",
    ),
    pytest.param(
        "{apiVersion: openslo/v1, kind: AlertCondition, metadata: {name: cpu-usage-breach}, spec: {severity: page, condition: {kind: burnrate, op: lte, threshold: 2, lookbackWindow: 1h, alertAfter: 5m}}}",
        [], [], id="a condition that nothing refers to is only read",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("text", "names", "expected"), EXAMPLES)
def test_example(text: str, names: list[str], expected: list[str]) -> None:
    definitions = read(text)
    assert [objective.name for objective in definitions.objectives] == names
    assert told(definitions) == expected
