"""Definitions that are right, to be made wrong one edit at a time."""

from __future__ import annotations

from kube_headroom.slo.definitions import Defaults, Document, load
from kube_headroom.slo.objective import Definitions

SLO = """\
apiVersion: openslo/v1
kind: SLO
metadata:
  name: checkout
  annotations:
    kube-headroom.io/owner: payments
spec:
  service: shop
  indicator:
    metadata: {name: responses}
    spec:
      ratioMetric:
        counter: true
        bad:
          metricSource:
            type: Prometheus
            spec:
              query: http_requests_total{code=~"5.."}
        total:
          metricSource: {type: Prometheus, spec: {query: http_requests_total}}
  timeWindow:
  - duration: 30d
    isRolling: true
  budgetingMethod: Occurrences
  objectives:
  - target: 0.999
"""

STATE = """\
apiVersion: openslo/v1
kind: SLO
metadata:
  name: up
spec:
  service: shop
  indicator:
    spec:
      ratioMetric:
        rawType: success
        raw:
          metricSource:
            type: Headroom
            spec: {indicator: availability, namespace: shop, kind: Deployment, name: cart}
  objectives:
  - targetPercent: 99.9
"""

LATENCY = """\
apiVersion: openslo/v1
kind: SLO
metadata: {name: latency}
spec:
  service: shop
  indicator:
    spec:
      thresholdMetric:
        metricSource:
          type: Prometheus
          spec: {query: "histogram_quantile(0.9, sum by (le) (rate(seconds_bucket[{{.window}}])))"}
  objectives:
  - {target: 0.99, op: lte, value: 0.3}
"""

WEEKLY = """\
apiVersion: kube-headroom.io/v1
kind: Maintenance
metadata: {name: patching}
spec:
  weekly: {day: Sunday, at: "02:00", duration: 2h, timeZone: Europe/Berlin}
"""

ONCE = """\
apiVersion: kube-headroom.io/v1
kind: Maintenance
metadata: {name: move}
spec:
  start: 2026-03-01T22:00:00Z
  end: 2026-03-02T04:00:00+01:00
  objectives:
  - {service: shop, slo: checkout}
  - service: bank
"""


def read(*texts: str, defaults: Defaults | None = None) -> Definitions:
    names = [f"{chr(ord('a') + index)}.yaml" for index in range(len(texts))]
    documents = [Document(name, text) for name, text in zip(names, texts, strict=True)]
    return load(documents, defaults or Defaults())


def told(definitions: Definitions) -> list[str]:
    return [f"{problem.severity}: {problem}" for problem in definitions.problems]
