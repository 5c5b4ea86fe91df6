"""What each mistake in a definition is told: place, path, what was expected."""

from __future__ import annotations

import pytest

from tests.slo.definitions.documents import LATENCY, ONCE, SLO, STATE, WEEKLY, read, told

ANNOTATION = "    kube-headroom.io/owner: payments\n"

MISTAKES = [
    pytest.param(
        SLO,
        "target: 0.999",
        "target: 99.9",
        [
            "a.yaml:26: spec.objectives[0].target: expected a ratio between 0 and 1, found 99.9; as a percentage write targetPercent: 99.9"
        ],
        id="a percentage where a ratio is expected is told to be targetPercent",
    ),
    pytest.param(
        SLO,
        "target: 0.999",
        "target: 1",
        [
            "a.yaml:26: spec.objectives[0].target: a target of 1 leaves no error budget: a single bad event overspends it; choose less than 1"
        ],
        id="a target of 1 leaves no budget",
    ),
    pytest.param(
        SLO,
        "target: 0.999",
        "target: 0.0",
        ["a.yaml:26: spec.objectives[0].target: a target of 0 can never be missed; choose more than 0"],
        id="a target of 0 cannot be missed",
    ),
    pytest.param(
        SLO,
        "target: 0.999",
        "targetPercent: 100",
        [
            "a.yaml:26: spec.objectives[0].targetPercent: a target of 100 leaves no error budget: a single bad event overspends it; choose less than 100"
        ],
        id="100 percent leaves no budget",
    ),
    pytest.param(
        SLO,
        "target: 0.999",
        "targetPercent: 101",
        ["a.yaml:26: spec.objectives[0].targetPercent: expected a percentage between 0 and 100, found 101"],
        id="more than 100 percent is no target",
    ),
    pytest.param(
        SLO,
        "target: 0.999",
        "target: -0.5",
        ["a.yaml:26: spec.objectives[0].target: expected a ratio between 0 and 1, found -0.5"],
        id="a negative target is none",
    ),
    pytest.param(
        SLO,
        "target: 0.999",
        "target: three nines",
        ["a.yaml:26: spec.objectives[0].target: expected a number, found 'three nines'"],
        id="a target in words is no number",
    ),
    pytest.param(
        SLO,
        "target: 0.999",
        "target: .nan",
        ["a.yaml:26: spec.objectives[0].target: expected a number, found '.nan'"],
        id="NaN is no number",
    ),
    pytest.param(
        SLO,
        "target: 0.999",
        "target: 0.999\n    targetPercent: 99.9",
        ["a.yaml:26: spec.objectives[0]: expected one of target and targetPercent, found both"],
        id="target and targetPercent exclude each other",
    ),
    pytest.param(
        SLO,
        "target: 0.999",
        "displayName: x",
        ["a.yaml:26: spec.objectives[0]: expected one of target and targetPercent, found neither"],
        id="an objective needs a target",
    ),
    pytest.param(
        SLO,
        "objectives:\n  - target: 0.999",
        "objectives: []",
        ["a.yaml:25: spec.objectives: expected at least one objective with a target"],
        id="a list of objectives must not be empty",
    ),
    pytest.param(
        SLO,
        "objectives:\n  - target: 0.999",
        "objectives:",
        ["a.yaml:25: spec.objectives: expected a list, found nothing"],
        id="a required list must not be left out",
    ),
    pytest.param(
        SLO,
        "budgetingMethod",
        "budgettingMethod",
        ["a.yaml:24: spec.budgettingMethod: unknown field; did you mean budgetingMethod?"],
        id="a misspelt field is told the nearest one",
    ),
    pytest.param(
        SLO,
        "objectives:",
        "objektives:",
        [
            "a.yaml:8: spec: missing field objectives",
            "a.yaml:25: spec.objektives: unknown field; did you mean objectives?",
        ],
        id="a misspelt required field is told as unknown and as missing",
    ),
    pytest.param(
        SLO,
        "budgetingMethod",
        "zzz",
        [
            "a.yaml:24: spec.zzz: unknown field; known are description, service, indicator, indicatorRef, timeWindow, budgetingMethod, objectives, alertPolicies"
        ],
        id="a field like no other is told all that are known",
    ),
    pytest.param(
        SLO,
        "  service: shop\n",
        "  service: shop\n  service: bank\n",
        ["a.yaml:9: spec.service: given twice, first on line 8; keep one of the two"],
        id="a field given twice is an error even if both say the same",
    ),
    pytest.param(
        SLO,
        "  service: shop\n",
        "  service: shop\n  <<: {}\n",
        ["a.yaml:9: spec.<<: merge keys are not read; write the fields out"],
        id="a merge key is not read",
    ),
    pytest.param(
        SLO,
        "  service: shop\n",
        "  service: shop\n  ? [a]\n  : b\n",
        ["a.yaml:9: spec.?: expected a field's name, found a list"],
        id="a list is no field's name",
    ),
    pytest.param(
        SLO,
        "  service: shop\n",
        "  service: shop: bank\n",
        ["a.yaml:8: not valid YAML: mapping values are not allowed in this context"],
        id="broken YAML is one line",
    ),
    pytest.param(
        SLO,
        "  service: shop\n",
        "\tservice: shop\n",
        ["a.yaml:8: not valid YAML: while scanning for the next token, found character that cannot start any token"],
        id="a tab is one line",
    ),
    pytest.param(
        SLO,
        "service: shop\n",
        "service: sh\x01op\n",
        ["a.yaml:8: not valid YAML: character U+0001 is not allowed"],
        id="a control character is named",
    ),
    pytest.param(
        SLO,
        "service: shop\n",
        "service: " + "[" * 100000 + "\n",
        ["a.yaml:8: nested deeper than 64 levels; no definition is"],
        id="nesting without end is refused before it is composed",
    ),
    pytest.param(
        SLO,
        "service: shop\n",
        "service: &a shop\n  x: [" + "*a, " * 101 + "]\n",
        ["a.yaml:9: more than 100 aliases; write what they stand for"],
        id="aliases without end are refused before they are followed",
    ),
    pytest.param(
        SLO,
        "apiVersion: openslo/v1\n",
        "",
        [
            "a.yaml:1: missing field apiVersion; known are apiVersion: openslo/v1, apiVersion: kube-headroom.io/v1, version: prometheus/v1, apiVersion: sloth.slok.dev/v1 and apiVersion: openslo/v1alpha"
        ],
        id="an object needs an apiVersion",
    ),
    pytest.param(
        SLO,
        "openslo/v1",
        "pyrra.dev/v1alpha1",
        [
            "a.yaml:1: apiVersion: unknown apiVersion 'pyrra.dev/v1alpha1'; known are apiVersion: openslo/v1, apiVersion: kube-headroom.io/v1, version: prometheus/v1, apiVersion: sloth.slok.dev/v1 and apiVersion: openslo/v1alpha"
        ],
        id="Pyrra's objects are told which formats are known",
    ),
    pytest.param(
        SLO,
        "openslo/v1",
        "openslo/v2alpha1",
        [
            "a.yaml:1: apiVersion: unknown apiVersion 'openslo/v2alpha1'; known are apiVersion: openslo/v1, apiVersion: kube-headroom.io/v1, version: prometheus/v1, apiVersion: sloth.slok.dev/v1 and apiVersion: openslo/v1alpha"
        ],
        id="a later version of OpenSLO is not taken for this one",
    ),
    pytest.param(
        SLO,
        "kind: SLO",
        "kind: Slo",
        ["a.yaml:2: kind: unknown kind 'Slo'; did you mean SLO?"],
        id="a kind is written as it is",
    ),
    pytest.param(
        SLO,
        "kind: SLO\n",
        "",
        [
            "a.yaml:1: missing field kind; known are SLO, SLI, Service, AlertPolicy, AlertCondition, AlertNotificationTarget, DataSource"
        ],
        id="an object needs a kind",
    ),
    pytest.param(
        SLO, "  name: checkout\n", "", ["a.yaml:4: metadata: missing field name"], id="an object needs a name"
    ),
    pytest.param(
        SLO,
        "name: checkout",
        "name: Check_out",
        [
            "a.yaml:4: metadata.name: expected a name of at most 63 lower case letters, digits and '-' (RFC 1123), found 'Check_out'"
        ],
        id="a name has lower case letters",
    ),
    pytest.param(
        SLO,
        "service: shop",
        "service: TheShop",
        [
            "a.yaml:8: spec.service: expected a service's name of lower case letters, digits, '-', '.' and '/', found 'TheShop'"
        ],
        id="a service's name has lower case letters",
    ),
    pytest.param(
        STATE,
        STATE[STATE.index("spec:") :],
        "spec: nothing\n",
        [
            "a.yaml:5: spec: expected a mapping with description, service, indicator, indicatorRef, timeWindow, budgetingMethod, objectives, alertPolicies, found 'nothing'"
        ],
        id="a spec is a mapping",
    ),
    pytest.param(
        SLO,
        SLO,
        "- just text\n",
        ["a.yaml:1: [0]: expected an object with apiVersion and kind, found 'just text'"],
        id="a list holds objects",
    ),
    pytest.param(
        SLO,
        SLO,
        "just text\n",
        ["a.yaml:1: expected an object with apiVersion and kind, found 'just text'"],
        id="a document is an object",
    ),
    pytest.param(
        SLO,
        'query: http_requests_total{code=~"5.."}',
        'query: ""',
        [
            "a.yaml:18: spec.indicator.spec.ratioMetric.bad.metricSource.spec.query: expected a PromQL query, found nothing"
        ],
        id="an empty query is none",
    ),
    pytest.param(
        SLO,
        'query: http_requests_total{code=~"5.."}',
        "query:",
        [
            "a.yaml:18: spec.indicator.spec.ratioMetric.bad.metricSource.spec.query: expected a PromQL query, found nothing"
        ],
        id="a query left out is none",
    ),
    pytest.param(
        SLO,
        '{code=~"5.."}',
        '{code=~"5.."',
        [
            "a.yaml:18: spec.indicator.spec.ratioMetric.bad.metricSource.spec.query: not valid PromQL: unexpected end of input inside braces, in 'http_requests_total{code=~\"5..\"'"
        ],
        id="a query that ends early is told the parser's reason",
    ),
    pytest.param(
        SLO,
        'http_requests_total{code=~"5.."}',
        "sum(rate(x[5m])",
        [
            "a.yaml:18: spec.indicator.spec.ratioMetric.bad.metricSource.spec.query: not valid PromQL: unclosed left parenthesis, in 'sum(rate(x[5m])'"
        ],
        id="a query with an open parenthesis is told the parser's reason",
    ),
    pytest.param(
        SLO,
        'http_requests_total{code=~"5.."}',
        "http_requests_total[5m]",
        [
            "a.yaml:18: spec.indicator.spec.ratioMetric.bad.metricSource.spec.query: expected a query that yields series, found a range of samples; wrap it in rate() or leave the range out"
        ],
        id="a range of samples cannot be counted",
    ),
    pytest.param(
        SLO,
        'http_requests_total{code=~"5.."}',
        '"rate(x[{{.interval}}])"',
        [
            "a.yaml:18: spec.indicator.spec.ratioMetric.bad.metricSource.spec.query: only {{.window}} is filled in, found '{{.interval}}'"
        ],
        id="no placeholder but the window is filled in",
    ),
    pytest.param(
        SLO,
        'http_requests_total{code=~"5.."}',
        "1",
        [
            "a.yaml:18: spec.indicator.spec.ratioMetric.bad.metricSource.spec.query: expected a query that yields series, found a constant"
        ],
        id="a constant cannot be counted",
    ),
    pytest.param(
        SLO,
        'http_requests_total{code=~"5.."}',
        "(" * 20000 + "x" + ")" * 20000,
        [
            "a.yaml:18: spec.indicator.spec.ratioMetric.bad.metricSource.spec.query: expected a query of at most 10000 characters, found 40001"
        ],
        id="a query longer than any is refused unparsed",
    ),
    pytest.param(
        SLO,
        'http_requests_total{code=~"5.."}',
        "(" * 2000 + "x" + ")" * 2000,
        [
            "a.yaml:18: spec.indicator.spec.ratioMetric.bad.metricSource.spec.query: expected a query of at most 250 operators and brackets; record parts of it"
        ],
        id="a query deeper than the parser's stack is refused unparsed",
    ),
    pytest.param(
        SLO,
        'http_requests_total{code=~"5.."}',
        "|\n                # `\n                " + "(" * 2000 + "x" + ")" * 2000 + "\n                # `",
        [
            "a.yaml:18: spec.indicator.spec.ratioMetric.bad.metricSource.spec.query: expected a query of at most 250 operators and brackets; record parts of it"
        ],
        id="operators between backticks of comments are seen",
    ),
    pytest.param(
        SLO,
        "        total:",
        "        good:\n          metricSource: {type: Prometheus, spec: {query: x}}\n        total:",
        [
            "a.yaml:13: spec.indicator.spec.ratioMetric: expected good and total, bad and total, or raw with rawType, found good and bad and total"
        ],
        id="good and bad exclude each other",
    ),
    pytest.param(
        SLO,
        "        bad:",
        "        rawType: success\n        raw:",
        ["a.yaml:13: spec.indicator.spec.ratioMetric: raw and total exclude each other; keep one way"],
        id="raw and total exclude each other",
    ),
    pytest.param(
        STATE,
        "        rawType: success\n",
        "",
        ["a.yaml:10: spec.indicator.spec.ratioMetric: expected rawType: success, which is what Headroom's SLIs are"],
        id="an SLI from cluster state is a success ratio",
    ),
    pytest.param(
        STATE,
        "rawType: success",
        "rawType: failure",
        [
            "a.yaml:10: spec.indicator.spec.ratioMetric.rawType: expected rawType: success, which is what Headroom's SLIs are"
        ],
        id="an SLI from cluster state is no failure ratio",
    ),
    pytest.param(
        STATE,
        "rawType: success",
        "rawType: sucess",
        [
            "a.yaml:10: spec.indicator.spec.ratioMetric.rawType: expected one of success, failure, found 'sucess'; did you mean success?"
        ],
        id="a misspelt rawType is told the nearest one",
    ),
    pytest.param(
        SLO,
        "        counter: true",
        "        counter: true\n        rawType: success",
        ["a.yaml:14: spec.indicator.spec.ratioMetric.rawType: rawType goes with raw, which is missing"],
        id="rawType needs raw",
    ),
    pytest.param(
        SLO,
        "        total:\n          metricSource: {type: Prometheus, spec: {query: http_requests_total}}\n",
        "",
        [
            "a.yaml:13: spec.indicator.spec.ratioMetric: expected good and total, bad and total, or raw with rawType, found bad"
        ],
        id="bad needs total",
    ),
    pytest.param(
        LATENCY,
        "      thresholdMetric:",
        "      ratioMetric: {raw: {metricSource: {type: Prometheus, spec: {query: x}}}, rawType: success}\n      thresholdMetric:",
        ["a.yaml:8: spec.indicator.spec: expected one of ratioMetric and thresholdMetric, found both"],
        id="ratioMetric and thresholdMetric exclude each other",
    ),
    pytest.param(
        STATE,
        STATE[STATE.index("    spec:\n") : STATE.index("  objectives")],
        "    spec: {}\n",
        ["a.yaml:8: spec.indicator.spec: expected one of ratioMetric and thresholdMetric, found neither"],
        id="an SLI needs a metric",
    ),
    pytest.param(
        SLO,
        "            type: Prometheus\n",
        "            type: prometheus\n",
        [
            "a.yaml:16: spec.indicator.spec.ratioMetric.bad.metricSource.type: expected one of Prometheus, Headroom, found 'prometheus'; did you mean Prometheus?"
        ],
        id="a metric source's type is written as it is",
    ),
    pytest.param(
        SLO,
        "            type: Prometheus\n",
        "            type: Datadog\n",
        [
            "a.yaml:16: spec.indicator.spec.ratioMetric.bad.metricSource.type: expected one of Prometheus, Headroom, found 'Datadog'"
        ],
        id="another metric source is told which are known",
    ),
    pytest.param(
        SLO,
        "            type: Prometheus\n",
        "",
        [
            "a.yaml:16: spec.indicator.spec.ratioMetric.bad.metricSource: missing field type: one of Prometheus, Headroom"
        ],
        id="a metric source needs a type",
    ),
    pytest.param(
        SLO,
        "            type: Prometheus\n",
        "            metricSourceRef: thanos\n",
        [
            "a.yaml:16: spec.indicator.spec.ratioMetric.bad.metricSource.metricSourceRef: no DataSource is named 'thanos'; none is in these files"
        ],
        id="a DataSource that has to name the type must be there",
    ),
    pytest.param(
        STATE,
        "rawType: success\n        raw",
        "total: {metricSource: {type: Prometheus, spec: {query: x}}}\n        good",
        [
            "a.yaml:13: spec.indicator.spec.ratioMetric.good.metricSource.type: type Headroom goes under ratioMetric.raw with rawType: success; it brings good and total itself"
        ],
        id="an SLI from cluster state has no total of its own",
    ),
    pytest.param(
        STATE,
        "availability",
        "availabilty",
        [
            "a.yaml:14: spec.indicator.spec.ratioMetric.raw.metricSource.spec.indicator: unknown indicator 'availabilty'; did you mean availability?"
        ],
        id="a misspelt indicator is told the nearest one",
    ),
    pytest.param(
        STATE,
        "indicator: availability",
        "indicator: availability, within: 3s",
        [
            "a.yaml:14: spec.indicator.spec.ratioMetric.raw.metricSource.spec.within: availability has no option within; its options: needed, settle"
        ],
        id="an option of another indicator is told the own ones",
    ),
    pytest.param(
        STATE,
        "indicator: availability",
        "indicator: availability, needed: 175%, settle: soon",
        [
            "a.yaml:14: spec.indicator.spec.ratioMetric.raw.metricSource.spec.needed: expected a share such as 75% or 0.75, above 0 and at most 1, found 175%",
            "a.yaml:14: spec.indicator.spec.ratioMetric.raw.metricSource.spec.settle: expected a duration such as 30s, 5m or 1h30m, found 'soon'",
        ],
        id="every option is checked",
    ),
    pytest.param(
        STATE,
        "kind: Deployment",
        "kind: CronJob",
        ["a.yaml:14: spec.indicator.spec.ratioMetric.raw.metricSource.spec.kind: availability is not for a CronJob"],
        id="CronJobs have no availability",
    ),
    pytest.param(
        STATE,
        "indicator: availability",
        "indicator: job-success",
        [
            "a.yaml:14: spec.indicator.spec.ratioMetric.raw.metricSource.spec.kind: job-success is for CronJob or Job, not for a Deployment"
        ],
        id="only Jobs have job success",
    ),
    pytest.param(
        STATE,
        "{indicator: availability, namespace: shop, kind: Deployment, name: cart}",
        "{template: ingres-nginx}",
        [
            "a.yaml:14: spec.indicator.spec.ratioMetric.raw.metricSource.spec: unknown template 'ingres-nginx', did you mean 'ingress-nginx-availability'; expected one of ingress-nginx-availability, ingress-nginx-latency, istio-availability, istio-latency, linkerd-availability, linkerd-latency, grpc-availability, grpc-latency, span-metrics-availability, span-metrics-latency, kube-apiserver-availability, kube-apiserver-latency"
        ],
        id="a misspelt template is told the nearest one",
    ),
    pytest.param(
        STATE,
        "{indicator: availability, namespace: shop, kind: Deployment, name: cart}",
        "{template: ingress-nginx-availability}",
        [
            "a.yaml:14: spec.indicator.spec.ratioMetric.raw.metricSource.spec: template ingress-nginx-availability needs the parameter 'ingress': Name of the Ingress."
        ],
        id="a template is told which parameter it lacks",
    ),
    pytest.param(
        SLO,
        "duration: 30d",
        "duration: 1m",
        [
            "a.yaml:22: spec.timeWindow[0].duration: expected a period from 1d to 366d, found 1m; 1m is one minute; write 1M for a month"
        ],
        id="one minute is not one month",
    ),
    pytest.param(
        SLO,
        "duration: 30d",
        "duration: 12h",
        ["a.yaml:22: spec.timeWindow[0].duration: expected a period from 1d to 366d, found 12h"],
        id="half a day is no period",
    ),
    pytest.param(
        SLO,
        "duration: 30d",
        "duration: 2Y",
        ["a.yaml:22: spec.timeWindow[0].duration: expected a period from 1d to 366d, found 730d"],
        id="two years are no period",
    ),
    pytest.param(
        SLO,
        "duration: 30d",
        "duration: 30 days",
        [
            "a.yaml:22: spec.timeWindow[0].duration: expected a duration such as 30d, 4w or 1M (one number, one unit of m h d w M Q Y), found '30 days'"
        ],
        id="a duration is one number and one unit",
    ),
    pytest.param(
        SLO,
        "isRolling: true",
        "isRolling: true\n    calendar: {startTime: 2024-01-01 00:00:00, timeZone: UTC}",
        ["a.yaml:22: spec.timeWindow[0]: isRolling: true and calendar contradict each other; keep one of them"],
        id="a rolling period has no calendar",
    ),
    pytest.param(
        SLO,
        "isRolling: true",
        "isRolling: false",
        ["a.yaml:22: spec.timeWindow[0]: isRolling: false needs a calendar with startTime and timeZone"],
        id="a period that does not roll needs a calendar",
    ),
    pytest.param(
        SLO,
        "isRolling: true",
        "isRolling: yes",
        ["a.yaml:23: spec.timeWindow[0].isRolling: expected one of true, false, found 'yes'"],
        id="yes is no boolean",
    ),
    pytest.param(
        SLO,
        "isRolling: true",
        "calendar: {startTime: 2024-01-01 00:00:00, timeZone: Europe/Berln}",
        [
            "a.yaml:23: spec.timeWindow[0].calendar.timeZone: expected a time zone such as Europe/Berlin, found 'Europe/Berln'; did you mean Europe/Berlin?"
        ],
        id="a misspelt time zone is told the nearest one",
    ),
    pytest.param(
        SLO,
        "isRolling: true",
        "calendar: {startTime: 2024-01-01T00:00:00Z, timeZone: Europe}",
        [
            "a.yaml:23: spec.timeWindow[0].calendar.startTime: expected a time without zone such as 2024-01-01 00:00:00, found '2024-01-01T00:00:00Z'; timeZone names its zone",
            "a.yaml:23: spec.timeWindow[0].calendar.timeZone: expected a time zone such as Europe/Berlin, found 'Europe'; did you mean Europe/Brussels?",
        ],
        id="a start has no zone and a region is no zone",
    ),
    pytest.param(
        SLO,
        "duration: 30d\n    isRolling: true",
        "duration: 36h\n    calendar: {startTime: 2024-01-01, timeZone: UTC}",
        ["a.yaml:22: spec.timeWindow[0].duration: a calendar period counts in d, w, M, Q or Y, found 36h"],
        id="a calendar does not count in hours",
    ),
    pytest.param(
        SLO,
        "isRolling: true",
        "isRolling: true\n  - duration: 7d",
        [
            "a.yaml:22: spec.timeWindow: expected exactly one window (OpenSLO v1), found 2; for periods side by side add the annotation `periods`"
        ],
        id="two windows are told where periods side by side go",
    ),
    pytest.param(
        SLO,
        "Occurrences",
        "Occurences",
        [
            "a.yaml:24: spec.budgetingMethod: expected one of Occurrences, Timeslices, RatioTimeslices, found 'Occurences'; did you mean Occurrences?"
        ],
        id="a misspelt method is told the nearest one",
    ),
    pytest.param(
        SLO,
        "Occurrences",
        "Timeslices",
        ["a.yaml:26: spec.objectives[0]: budgetingMethod Timeslices needs timeSliceWindow, such as 1m"],
        id="time slices need a window",
    ),
    pytest.param(
        SLO,
        "Occurrences\n  objectives:\n  - ",
        "Timeslices\n  objectives:\n  - timeSliceWindow: 1m\n    ",
        ["a.yaml:26: spec.objectives[0]: budgetingMethod Timeslices needs timeSliceTarget, such as 0.95"],
        id="time slices need a target",
    ),
    pytest.param(
        SLO,
        "Occurrences\n  objectives:\n  - ",
        "Timeslices\n  objectives:\n  - timeSliceWindow: 2d\n    ",
        ["a.yaml:26: spec.objectives[0].timeSliceWindow: expected a time slice of at most 1d, found 2d"],
        id="a time slice is no longer than a day",
    ),
    pytest.param(
        SLO,
        "target: 0.999",
        "target: 0.999\n    timeSliceWindow: 1m",
        [
            "a.yaml:27: spec.objectives[0].timeSliceWindow: timeSliceWindow needs budgetingMethod: Timeslices, found Occurrences"
        ],
        id="a slice window without slices is told the method",
    ),
    pytest.param(
        SLO,
        "Occurrences\n  objectives:\n  - ",
        "RatioTimeslices\n  objectives:\n  - timeSliceWindow: 5\n    timeSliceTarget: 0.9\n    ",
        [
            "warning: a.yaml:27: spec.objectives[0].timeSliceTarget: not used: RatioTimeslices averages the slices and judges none"
        ],
        id="a slice target that nothing judges is warned of",
    ),
    pytest.param(
        SLO,
        "target: 0.999",
        "target: 0.999\n    compositeWeight: 2\n    indicatorRef: x",
        [
            "a.yaml:27: spec.objectives[0].compositeWeight: composite objectives are not counted: an indicator or a weight of its own makes it another SLO; declare one for each",
            "a.yaml:28: spec.objectives[0].indicatorRef: composite objectives are not counted: an indicator or a weight of its own makes it another SLO; declare one for each",
        ],
        id="a composite objective is told to be several SLOs",
    ),
    pytest.param(
        SLO,
        "target: 0.999",
        "target: 0.999\n    op: gt\n    value: 1",
        [
            "warning: a.yaml:27: spec.objectives[0].op: not used: it is for a thresholdMetric, and this SLI is a ratio",
            "warning: a.yaml:28: spec.objectives[0].value: not used: it is for a thresholdMetric, and this SLI is a ratio",
        ],
        id="an operator on a ratio is warned of",
    ),
    pytest.param(
        LATENCY,
        ", op: lte",
        "",
        [
            "a.yaml:13: spec.objectives[0]: a thresholdMetric needs op and value: what is good, such as op: lte, value: 0.3"
        ],
        id="a threshold needs operator and value",
    ),
    pytest.param(
        SLO,
        "  indicator:",
        "  indicatorRef: x\n  indicator:",
        ["a.yaml:8: spec: expected one of indicator and indicatorRef, found both"],
        id="indicator and indicatorRef exclude each other",
    ),
    pytest.param(
        STATE,
        STATE[STATE.index("  indicator:") : STATE.index("  objectives")],
        "  indicatorRef: responses\n",
        ["a.yaml:7: spec.indicatorRef: no SLI is named 'responses'; none is in these files"],
        id="an SLI that is referred to must be there",
    ),
    pytest.param(
        STATE,
        STATE[STATE.index("  indicator:") : STATE.index("  objectives")],
        "",
        ["a.yaml:6: spec: expected one of indicator and indicatorRef, found neither"],
        id="an SLO needs an indicator",
    ),
    pytest.param(
        SLO,
        ANNOTATION,
        ANNOTATION + "    kube-headroom.io/ownr: x\n    other/key: [1]\n",
        [
            "a.yaml:7: metadata.annotations.kube-headroom.io/ownr: unknown annotation; did you mean kube-headroom.io/owner?"
        ],
        id="an unknown annotation of ours is an error and others' are not ours",
    ),
    pytest.param(
        SLO,
        ANNOTATION,
        ANNOTATION
        + "    kube-headroom.io/periods: 30d, fortnight\n    kube-headroom.io/group-by: route, 1st\n    kube-headroom.io/group-limit: many\n    kube-headroom.io/minimum-bad-events: -1\n    kube-headroom.io/budget-ticket: 200%\n    kube-headroom.io/freeze: maybe\n    kube-headroom.io/alerts: pager\n",
        [
            "a.yaml:7: metadata.annotations.kube-headroom.io/periods: expected a period such as 30d, 4w, week, month or quarter, found 'fortnight'",
            "a.yaml:8: metadata.annotations.kube-headroom.io/group-by: expected label names such as `namespace, route`, found '1st'",
            "a.yaml:9: metadata.annotations.kube-headroom.io/group-limit: expected a whole number from 1 to 10000, found 'many'",
            "a.yaml:10: metadata.annotations.kube-headroom.io/minimum-bad-events: expected a number of events, 0 or more, found -1",
            "a.yaml:11: metadata.annotations.kube-headroom.io/budget-ticket: expected a share such as 75% or 0.75, above 0 and at most 1, found 200%",
            "a.yaml:12: metadata.annotations.kube-headroom.io/freeze: expected one of true, false, found 'maybe'",
            "a.yaml:13: metadata.annotations.kube-headroom.io/alerts: expected `page, ticket`, page, ticket or none, found 'pager'",
        ],
        id="every annotation is checked",
    ),
    pytest.param(
        SLO,
        ANNOTATION,
        ANNOTATION + "    kube-headroom.io/periods: 30d, 30d\n",
        ["a.yaml:7: metadata.annotations.kube-headroom.io/periods: expected every period once, found '30d, 30d'"],
        id="a period is named once",
    ),
    pytest.param(
        SLO,
        ANNOTATION,
        ANNOTATION + "    kube-headroom.io/periods: 1M\n",
        [
            "a.yaml:7: metadata.annotations.kube-headroom.io/periods: a rolling period has days or weeks; write month for the calendar's, or 30d"
        ],
        id="a month is the calendar's",
    ),
    pytest.param(
        SLO,
        ANNOTATION,
        ANNOTATION + "    kube-headroom.io/periods: monht\n",
        [
            "a.yaml:7: metadata.annotations.kube-headroom.io/periods: expected a period such as 30d, 4w, week, month or quarter, found 'monht'; did you mean month?"
        ],
        id="a misspelt period is told the nearest one",
    ),
    pytest.param(
        STATE,
        "  name: up\n",
        "  name: up\n  annotations: {kube-headroom.io/group-by: route}\n",
        [
            "a.yaml:5: metadata.annotations: an SLI from cluster state is grouped by namespace, workload_kind, workload, found 'route'"
        ],
        id="cluster state has three labels to group by",
    ),
    pytest.param(
        STATE,
        "  name: up\n",
        "  name: up\n  annotations: {kube-headroom.io/group-limit: 5}\n",
        ["warning: a.yaml:5: metadata.annotations: group-limit without group-by limits nothing"],
        id="a group limit without groups is warned of",
    ),
    pytest.param(
        SLO,
        "  objectives:\n",
        "  alertPolicies:\n  - alertPolicyRef: page-me\n  objectives:\n",
        ["a.yaml:26: spec.alertPolicies[0].alertPolicyRef: no AlertPolicy is named 'page-me'; none is in these files"],
        id="an alert policy that is referred to must be there",
    ),
    pytest.param(
        SLO,
        "  objectives:\n",
        "  alertPolicies:\n  - spec: {conditions: [{conditionRef: a}, {conditionRef: b}]}\n  objectives:\n",
        ["a.yaml:26: spec.alertPolicies[0].spec.conditions: expected exactly one condition (OpenSLO v1), found 2"],
        id="an alert policy has one condition",
    ),
    pytest.param(
        SLO,
        "  objectives:\n",
        "  alertPolicies:\n  - {}\n  objectives:\n",
        ["a.yaml:26: spec.alertPolicies[0]: expected one of alertPolicyRef and an inlined policy with spec"],
        id="an alert policy is named or written",
    ),
    pytest.param(
        SLO,
        "  objectives:\n",
        "  alertPolicies:\n  - kind: AlertPolicy\n    metadata: {name: x}\n    spec:\n      alertWhenResolved: true\n      alertWhenNoData: false\n      notificationTargets: [{targetRef: mail}]\n      conditions:\n      - kind: AlertCondition\n        metadata: {name: y}\n        spec:\n          severity: sev1\n          condition: {kind: burnrate, op: lte, threshold: 2, lookbackWindow: 1h, alertAfter: 5m}\n  objectives:\n",
        [
            "warning: a.yaml:29: spec.alertPolicies[0].spec.alertWhenResolved: not used: Alertmanager's send_resolved tells who is told of an alert's end",
            "warning: a.yaml:30: spec.alertPolicies[0].spec.alertWhenNoData: not used: the default alert on missing data holds for every SLO",
            "warning: a.yaml:31: spec.alertPolicies[0].spec.notificationTargets: not used: Alertmanager routes by severity, owner and service",
            "warning: a.yaml:36: spec.alertPolicies[0].spec.conditions[0].spec.severity: severity 'sev1' says neither page nor ticket (known: page, critical, ticket, warning); both default alerts apply",
            "warning: a.yaml:37: spec.alertPolicies[0].spec.conditions[0].spec.condition: this condition is not used: the default page compares burn rates above 14.4 over 1h and 5m, 6 over 6h and 30m",
        ],
        id="what an alert policy asks beyond the defaults is warned of",
    ),
    pytest.param(
        SLO,
        "target: 0.999",
        "target: 0.9",
        [
            "warning: a.yaml:4: a total outage burns at 10: the burn rate 14.4 over 1h is lowered to 8 so that it can be reached"
        ],
        id="a burn rate beyond a total outage is lowered",
    ),
    pytest.param(
        SLO,
        "duration: 30d",
        "duration: 4w",
        [
            "warning: a.yaml:4: in 4w the burn rate 0.9333 over 3d is below 1, which spends no more than the budget: it is raised to 1"
        ],
        id="a burn rate below the budget's speed is raised",
    ),
    pytest.param(
        SLO,
        "duration: 30d",
        "duration: 2d",
        [
            "warning: a.yaml:4: in 2d the burn rate 0.96 over 1h, 0.4 over 6h, 0.2 over 1d, 0.06667 over 3d is below 1, which spends no more than the budget: it is raised to 1",
            "warning: a.yaml:4: the default alerts' window 3d is longer than the period 2d",
        ],
        id="a period shorter than the windows is warned of",
    ),
    pytest.param(
        SLO,
        "duration: 30d",
        "duration: 1M",
        [
            "warning: a.yaml:22: spec.timeWindow[0].duration: a rolling period has no months: 1M is counted as the last 30d"
        ],
        id="a rolling month is counted in days",
    ),
    pytest.param(
        SLO,
        "  service: shop\n",
        "  service: shop\n  description: " + "x" * 1051 + "\n",
        ["a.yaml:9: spec.description: expected at most 1050 characters, found 1051"],
        id="a description is no essay",
    ),
    pytest.param(
        SLO,
        "  name: checkout\n",
        "  name: checkout\n  labels: [a]\n",
        ["a.yaml:5: metadata.labels: expected labels as `name: value`, found a list"],
        id="labels are a mapping",
    ),
    pytest.param(
        WEEKLY,
        "Sunday",
        "sunday",
        [
            "a.yaml:5: spec.weekly.day: expected one of Monday, Tuesday, Wednesday, Thursday, Friday, Saturday, Sunday, found 'sunday'; did you mean Sunday?"
        ],
        id="a weekday is written as it is",
    ),
    pytest.param(
        WEEKLY,
        '"02:00"',
        '"2:00"',
        ["a.yaml:5: spec.weekly.at: expected a time of day such as \"02:00\", found '2:00'"],
        id="a time of day has two digits",
    ),
    pytest.param(
        WEEKLY,
        "2h",
        "7d",
        ["a.yaml:5: spec.weekly.duration: expected less than a week, or nothing is left to count"],
        id="maintenance leaves something to count",
    ),
    pytest.param(
        WEEKLY,
        "2h",
        "two hours",
        ["a.yaml:5: spec.weekly.duration: expected a duration such as 30s, 5m or 1h30m, found 'two hours'"],
        id="a duration in words is none",
    ),
    pytest.param(
        WEEKLY,
        "  weekly",
        "  start: 2026-03-01T22:00:00Z\n  weekly",
        ["a.yaml:5: spec: expected either start and end, or weekly"],
        id="maintenance is once or weekly",
    ),
    pytest.param(
        ONCE,
        "  end: 2026-03-02T04:00:00+01:00\n",
        "",
        ["a.yaml:5: spec: expected either start and end, or weekly"],
        id="maintenance that begins ends",
    ),
    pytest.param(
        ONCE,
        "2026-03-02T04",
        "2026-02-02T04",
        ["a.yaml:6: spec.end: expected an end after the start"],
        id="maintenance ends after it begins",
    ),
    pytest.param(
        ONCE,
        "22:00:00Z",
        "22:00:00",
        [
            "a.yaml:5: spec.start: expected a time with its zone such as 2026-03-01T22:00:00Z (RFC 3339), found '2026-03-01T22:00:00'"
        ],
        id="a moment needs a zone",
    ),
    pytest.param(
        ONCE,
        "- service: bank",
        "- {}",
        ["a.yaml:9: spec.objectives[1]: expected service, slo or both; leave objectives out for all SLOs"],
        id="an objective of a maintenance is named",
    ),
    pytest.param(
        ONCE,
        "kind: Maintenance",
        "kind: Maintenence",
        ["a.yaml:2: kind: unknown kind 'Maintenence'; did you mean Maintenance?"],
        id="a misspelt Maintenance is told so",
    ),
    pytest.param(
        ONCE,
        ONCE[ONCE.index("  start") : ONCE.index("  obj")],
        "",
        ["a.yaml:5: spec: expected either start and end, or weekly"],
        id="maintenance has a time",
    ),
]


@pytest.mark.parametrize(("document", "right", "wrong", "expected"), MISTAKES)
def test_mistake(document: str, right: str, wrong: str, expected: list[str]) -> None:
    assert right in document
    assert [problem.removeprefix("error: ") for problem in told(read(document.replace(right, wrong, 1)))] == expected


def test_an_error_keeps_the_object_out_and_a_warning_does_not() -> None:
    for document, right, wrong, expected in (mistake.values for mistake in MISTAKES):
        definitions = read(str(document).replace(str(right), str(wrong), 1))
        kept = len(definitions.objectives) + len(definitions.maintenance)
        assert kept == all(each.startswith("warning: ") for each in expected)
