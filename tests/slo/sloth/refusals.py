"""Definitions that are refused, and what is said of them: those that Sloth takes, and those that it refuses too."""

from __future__ import annotations

from typing import NamedTuple

FILE = """\
version: prometheus/v1
service: shop
labels:
  owner: web
slos:
  - name: requests
    objective: 99.9
    sli:
      events:
        error_query: sum(rate(failed_total[{{.window}}]))
        total_query: sum(rate(requests_total[{{.window}}]))
    alerting:
      name: Requests
      page_alert:
        labels:
          severity: critical
"""
RAW = FILE.replace(
    """\
      events:
        error_query: sum(rate(failed_total[{{.window}}]))
        total_query: sum(rate(requests_total[{{.window}}]))
""",
    """\
      raw:
        error_ratio_query: avg_over_time(failed_ratio[{{.window}}])
""",
)
OBJECT = """\
apiVersion: sloth.slok.dev/v1
kind: PrometheusServiceLevel
metadata:
  name: shop
  namespace: web
spec:
  service: shop
  slos:
    - name: requests
      objective: 99.9
      sli:
        events:
          errorQuery: sum(rate(failed_total[{{.window}}]))
          totalQuery: sum(rate(requests_total[{{.window}}]))
      alerting:
        name: Requests
        pageAlert:
          labels:
            severity: critical
"""
OPENSLO = """\
apiVersion: openslo/v1alpha
kind: SLO
metadata:
  name: requests
spec:
  service: shop
  budgetingMethod: Occurrences
  timeWindows:
    - unit: Day
      count: 30
      isRolling: true
  objectives:
    - target: 0.999
      ratioMetrics:
        good:
          source: prometheus
          queryType: promql
          query: sum(rate(answered_total[{{.window}}]))
        total:
          source: prometheus
          queryType: promql
          query: sum(rate(requests_total[{{.window}}]))
"""


class Refusal(NamedTuple):
    """A definition, made of a sound one by one change, with the line, the path and a part of the message of its problem."""

    text: str
    line: int
    path: str
    message: str


def changed(sound: str, before: str, after: str) -> str:
    assert before in sound
    return sound.replace(before, after, 1)


_ROOT = "slos[0]"
_EVENTS = f"{_ROOT}.sli.events"
_TEMPLATED = "sum(rate(failed_total[{{.window}}])){{/* all of them */}}"
_LONG = " + ".join(["sum(rate(failed_total[{{.window}}]))"] * 130)
_SLO = FILE[FILE.index("  - name") :].replace("labels:\n          severity: critical", "labels: *all")
_ALIASES = FILE.replace("labels:\n", "labels: &all\n", 1) + "".join(
    _SLO.replace("name: requests", f"name: requests-{index}") for index in range(101)
)
_ELSEWHERE = "source: elsewhere".join(
    OPENSLO.replace("source: prometheus", "source: sloth", 1).rsplit("source: prometheus", 1)
)

TAKEN_BY_SLOTH = {
    "an objective that leaves no budget": Refusal(
        changed(FILE, "99.9", "100"), 7, f"{_ROOT}.objective", "nothing is left for errors"
    ),
    "an objective that leaves none once it is rounded": Refusal(
        changed(FILE, "99.9", "99.99999999999999999"), 7, f"{_ROOT}.objective", "nothing is left for errors"
    ),
    "more aliases than a document may have": Refusal(_ALIASES, 1026, "", "more than 100 aliases"),
    "a key that nobody knows": Refusal(
        changed(FILE, "page_alert", "pageAlert"), 14, f"{_ROOT}.alerting.pageAlert", "did you mean page_alert?"
    ),
    "a key of an object's metadata that nobody knows": Refusal(
        changed(OBJECT, "  namespace: web", "  labelz: {a: b}"), 5, "metadata.labelz", "did you mean labels?"
    ),
    "a key in other letters": Refusal(changed(FILE, "labels:", "Labels:"), 3, "Labels", "did you mean labels?"),
    "a key that stands twice": Refusal(
        changed(FILE, "    objective: 99.9\n", "    objective: 99.9\n    objective: 99\n"), 8, f"{_ROOT}.objective", "twice"
    ),
    "a number where text belongs": Refusal(changed(FILE, "owner: web", "owner: 1.10"), 4, "labels.owner", 'quote it: "1.10"'),
    "a truth where text belongs": Refusal(changed(FILE, "owner: web", "owner: y"), 4, "labels.owner", 'quote it: "y"'),
    "a truth in other words": Refusal(
        changed(FILE, "page_alert:\n", "page_alert:\n        disable: yes\n"),
        15,
        f"{_ROOT}.alerting.page_alert.disable",
        "expected one of true, false",
    ),
    "an octal objective": Refusal(changed(FILE, "99.9", "077"), 7, f"{_ROOT}.objective", "octal"),
    "an objective with a separator": Refusal(changed(FILE, "99.9", "9_9"), 7, f"{_ROOT}.objective", "expected a number"),
    "an empty label of an alert that is disabled": Refusal(
        changed(FILE, "          severity: critical", '          severity: ""\n        disable: true'),
        16,
        f"{_ROOT}.alerting.page_alert.labels.severity",
        "an empty one",
    ),
    "keys merged from elsewhere": Refusal(
        changed(changed(FILE, "labels:\n", "labels: &all\n"), "        labels:\n", "        labels:\n          <<: *all\n"),
        16,
        f"{_ROOT}.alerting.page_alert.labels.<<",
        "merge keys are not read",
    ),
    "a template's other actions": Refusal(
        changed(FILE, "sum(rate(failed_total[{{.window}}]))", _TEMPLATED),
        10,
        f"{_EVENTS}.error_query",
        "only {{.window}} is filled in",
    ),
    "a query whose comment swallows the rule's bracket": Refusal(
        changed(RAW, "avg_over_time(failed_ratio[{{.window}}])", "'avg_over_time(failed_ratio[{{.window}}]) # all'"), 9, f"{_ROOT}.sli", "leave comments at the end"
    ),
    "a query that yields a range": Refusal(
        changed(RAW, "avg_over_time(failed_ratio[{{.window}}])", "failed_ratio[{{.window}}]"),
        10,
        f"{_ROOT}.sli.raw.error_ratio_query",
        "a range of samples",
    ),
    "a query too deep for a parser's stack": Refusal(
        changed(FILE, "sum(rate(failed_total[{{.window}}]))", _LONG), 10, f"{_EVENTS}.error_query", "at most 250 operators"
    ),
    "a plugin of an SLO": Refusal(
        changed(FILE, "    objective:", "    plugins: {chain: [{id: sloth.dev/core/noop/v1}]}\n    objective:"),
        7,
        f"{_ROOT}.plugins",
        "Go source",
    ),
    "plugins of all SLOs": Refusal(
        changed(OBJECT, "  service:", "  sloPlugins: {chain: [{id: sloth.dev/core/noop/v1}]}\n  service:"),
        7,
        "spec.sloPlugins",
        "Go source",
    ),
    "an object without a name": Refusal(changed(OBJECT, "  name: shop\n", ""), 4, "metadata", "missing field name"),
    "one id in two documents": Refusal(f"{FILE}---\n{RAW}", 23, "", "the id shop-requests (service and name) is taken by"),
    "OpenSLO's time slices": Refusal(
        changed(OPENSLO, "Occurrences", "Timeslices"), 7, "spec.budgetingMethod", "expected one of Occurrences"
    ),
    "OpenSLO's target of a time slice": Refusal(
        changed(OPENSLO, "      ratioMetrics:", "      timeSliceTarget: 0.9\n      ratioMetrics:"),
        14,
        "spec.objectives[0].timeSliceTarget",
        "no time slices",
    ),
    "OpenSLO's calendar": Refusal(
        changed(OPENSLO, "isRolling: true", "calendar: {startTime: 2026-01-01 00:00:00, timeZone: UTC}"),
        11,
        "spec.timeWindows[0].calendar",
        "the last days",
    ),
    "OpenSLO's window that does not roll": Refusal(
        changed(OPENSLO, "isRolling: true", "isRolling: false"), 9, "spec.timeWindows[0]", "write isRolling: true"
    ),
    "OpenSLO's total of another source": Refusal(
        _ELSEWHERE, 20, "spec.objectives[0].ratioMetrics.total.source", "expected one of prometheus, sloth"
    ),
    "OpenSLO's threshold": Refusal(
        changed(OPENSLO, "  service: shop", "  indicator: {thresholdMetric: {query: up}}\n  service: shop"),
        6,
        "spec.indicator",
        "ratioMetrics only",
    ),
}  # fmt: skip

REFUSED_BY_BOTH = {
    "a query without a window": Refusal(
        changed(FILE, "failed_total[{{.window}}]", "failed_total[5m]"), 10, f"{_EVENTS}.error_query", "[{{.window}}]"
    ),
    "a query that does not parse": Refusal(
        changed(FILE, "sum(rate(failed_total[{{.window}}]))", "sum(rate(failed_total[{{.window}}])"),
        10,
        f"{_EVENTS}.error_query",
        "not valid PromQL",
    ),
    "an empty query": Refusal(
        changed(FILE, "sum(rate(failed_total[{{.window}}]))", '""'), 10, f"{_EVENTS}.error_query", "an empty one"
    ),
    "the same query twice": Refusal(changed(FILE, "failed_total", "requests_total"), 10, _EVENTS, "are the same"),
    "an SLO that counts nothing": Refusal(changed(FILE, FILE[FILE.index("      events:") : FILE.index("    alerting:")], "      {}\n"), 9, f"{_ROOT}.sli", "expected events or raw"),
    "an objective of 0": Refusal(changed(FILE, "99.9", "0"), 7, f"{_ROOT}.objective", "above 0 and below 100"),
    "an objective above 100": Refusal(changed(FILE, "99.9", "100.1"), 7, f"{_ROOT}.objective", "above 0 and below 100"),
    "an objective that is no number": Refusal(changed(FILE, "99.9", "99,9"), 7, f"{_ROOT}.objective", "found '99,9'"),
    "an objective in quotes": Refusal(changed(FILE, "99.9", '"99.9"'), 7, f"{_ROOT}.objective", "without quotes"),
    "alerts without a name": Refusal(changed(FILE, "      name: Requests\n", ""), 13, f"{_ROOT}.alerting", "missing field name"),
    "no alerting at all": Refusal(FILE[: FILE.index("    alerting:")], 6, _ROOT, "missing field alerting"),
    "a name with a space": Refusal(changed(FILE, "name: requests", "name: all requests"), 6, f"{_ROOT}.name", "found 'all requests'"),
    "a name of one letter": Refusal(changed(FILE, "service: shop", "service: s"), 2, "service", "at least two letters"),
    "a label that is the series' name": Refusal(changed(FILE, "owner: web", "__name__: up"), 4, "labels.__name__", "choose another label"),
    "a label without a value": Refusal(changed(FILE, "owner: web", "owner:"), 4, "labels.owner", "found nothing"),
    "one name twice in a document": Refusal(
        FILE + FILE[FILE.index("  - name") :], 17, "", "is taken by slos.yaml:6"
    ),
    "no SLOs": Refusal(f"{FILE[: FILE.index('slos:')]}slos: []\n", 5, "slos", "at least one"),
    "another kind of object": Refusal(changed(OBJECT, "kind: PrometheusServiceLevel", "kind: ServiceLevel"), 2, "kind", "did you mean PrometheusServiceLevel?"),
    "another version": Refusal(changed(FILE, "prometheus/v1", "prometheus/v2"), 1, "version", "expected one of the formats that Sloth reads"),
    "a label of an object's rules that is no text": Refusal(
        changed(OBJECT, "severity: critical", "severity: 1"), 19, "spec.slos[0].alerting.pageAlert.labels.severity", 'quote it: "1"'
    ),
    "OpenSLO's week": Refusal(changed(OPENSLO, "unit: Day", "unit: Week"), 9, "spec.timeWindows[0].unit", "expected one of day"),
    "OpenSLO's period of seven days": Refusal(changed(OPENSLO, "count: 30", "count: 7"), 9, "spec.timeWindows[0]", "expected 28 or 30 days"),
    "OpenSLO's other source": Refusal(
        changed(OPENSLO, "source: prometheus", "source: datadog"), 16, "spec.objectives[0].ratioMetrics.good.source", "expected one of prometheus, sloth"
    ),
    "OpenSLO's Service": Refusal(changed(OPENSLO, "kind: SLO", "kind: Service"), 2, "kind", "expected one of SLO"),
    "no YAML": Refusal(f"{FILE}  x: [\n", 17, "", "not valid YAML"),
}  # fmt: skip
