"""The rules as a template of the chart: the same text, with the chart's values where ours are still open."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from alerts.parameters import (
    ALL_SERIES,
    ANNOTATIONS,
    CLUSTER,
    GRAFANA,
    LABELS,
    NAMESPACED,
    NODE_PAGES,
    RUNBOOKS,
    SECTION,
)
from alerts.rules import Group, pieces
from alerts.shape import levels
from alerts.thresholds import RELATIONS, THRESHOLDS, Amount, Period, Relation
from kube_headroom.catalogue.parameter import MARK

HEAD: Final = f"""\
{{{{- /* Generated from alerts/ by `make generate`; changes here are lost. */ -}}}}
{{{{- define "headroom.seconds" -}}}}
{{{{- $total := 0 -}}}}
{{{{- range regexFindAll "[0-9]+[wdhms]" . -1 -}}}}
{{{{- $unit := get (dict "w" 604800 "d" 86400 "h" 3600 "m" 60 "s" 1) (trimAll "0123456789" .) -}}}}
{{{{- $total = add $total (mul (regexFind "[0-9]+" . | atoi) $unit) -}}}}
{{{{- end -}}}}
{{{{- $total -}}}}
{{{{- end -}}}}
{{{{- define "headroom.rules" -}}}}
{{{{- $rules := .Values.rules -}}}}
{{{{- $set := $rules.thresholds -}}}}
{{{{- $grafana := default "{GRAFANA.default}" (trimSuffix "/" $rules.grafanaUrl) -}}}}
{{{{- $runbooks := default "{RUNBOOKS.default}" (trimSuffix "/" $rules.runbooksUrl) -}}}}
{{{{- $selectors := join "," $rules.selectors -}}}}
{{{{- $denied := join "|" $rules.namespacesDenied -}}}}
{{{{- $namespaced := empty $denied | ternary "" (printf "namespace!~%q" $denied) | list $selectors | compact | join "," -}}}}
{{{{- $node := $rules.alerts.HeadroomNodeNotReady -}}}}
{{{{- $nodePages := and $node.enabled (eq $node.severity.critical "critical") | ternary "0" "2" -}}}}
"""

_ADDED: Final = "{{{{ range $name, $text := $rules.{} }}}}\n          {{{{ toRawJson $name }}}}: {{{{ toRawJson $text }}}}{{{{ end }}}}"

_ACTIONS: Final = {
    CLUSTER.name: "{{ $rules.clusterLabel }}",
    ALL_SERIES.alone.name: "{{ with $selectors }}{{ printf `{%s}` . }}{{ end }}",
    ALL_SERIES.before.name: "{{ with $selectors }}{{ . }},{{ end }}",
    NAMESPACED.alone.name: "{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }}",
    NAMESPACED.before.name: "{{ with $namespaced }}{{ . }},{{ end }}",
    GRAFANA.name: "{{ $grafana }}",
    RUNBOOKS.name: "{{ $runbooks }}",
    LABELS.name: _ADDED.format("labels"),
    ANNOTATIONS.name: _ADDED.format("annotations"),
    NODE_PAGES.name: "{{ $nodePages }}",
} | {each.name: f"{{{{ $set.{each.name} }}}}" for each in THRESHOLDS}

# A brace in front of one of ours makes three, of which Go takes the first two.
_OPEN: Final = re.compile("|".join((r"\{\{", rf"\{{(?=[{MARK[0]}{SECTION[0]}])", MARK, *SECTION)))


def page(groups: tuple[Group, ...]) -> str:
    """Return the chart's template; included with the chart's defaults, it is the plain rule file to the byte."""
    checks = "".join((*map(_bounded, THRESHOLDS), *map(_related, RELATIONS), *_told_apart()))
    body = []
    for number, piece in enumerate(pieces(groups)):
        text = _OPEN.sub(_action, piece.text).removesuffix("\n")
        start = "\n" if number else ""
        if piece.alerts:
            each = " ".join(f"$rules.alerts.{alert}.enabled" for alert in piece.alerts)
            asked = f"or {each}" if len(piece.alerts) > 1 else each
            text = f"{{{{- if {asked} }}}}\n{text}\n{{{{- end }}}}"
        body.append(f"{start}{text}")
    return f"{HEAD}{checks}{''.join(body)}\n{{{{ end }}}}\n"


def _told_apart() -> Iterator[str]:
    """The page and the ticket of an alert carry two severities: nothing else tells them apart."""
    for alert, of in levels().items():
        if len(of) > 1:
            values = " ".join(f"$rules.alerts.{alert}.severity.{level}" for level in of)
            told = f"rules.alerts.{alert}.severity is %s for both {' and '.join(of)}; expected two that differ"
            yield f'{{{{- if eq {values} }}}}{{{{ fail (printf "{told}" $rules.alerts.{alert}.severity.{of[0]}) }}}}{{{{ end -}}}}\n'


def _action(found: re.Match[str]) -> str:
    if found[0].startswith("{"):
        return f'{{{{ "{found[0]}" }}}}'
    if found[0] in SECTION:
        return "{{ with $rules.clusterLabel }}" if found[0] == SECTION[0] else "{{ end }}"
    return _ACTIONS.get(found[1]) or f"{{{{ $rules.{found[1]} }}}}"


def _seconds(of: Amount | Period) -> str:
    if isinstance(of, Amount):
        return f"(float64 $set.{of.name})"
    return f'(include "headroom.seconds" $set.{of.name} | float64)'


def _bounded(of: Amount | Period) -> str:
    """A duration's bounds, which a schema cannot express."""
    if isinstance(of, Amount):
        return ""
    outside = " ".join(
        f'({compared} {_seconds(of)} (include "headroom.seconds" "{bound}" | float64))'
        for compared, bound in (("lt", of.least), ("gt", of.most))
    )
    told = f"rules.thresholds.{of.name} is %s; expected {of.expected}"
    return f'{{{{- if or {outside} }}}}{{{{ fail (printf "{told}" $set.{of.name}) }}}}{{{{ end -}}}}\n'


def _related(relation: Relation) -> str:
    lesser, greater = relation.lesser, relation.greater
    compared = "gt" if relation.or_equal else "ge"
    factor = f"(mulf {relation.factor} {_seconds(lesser)})" if relation.factor != 1 else _seconds(lesser)
    told = f"rules.thresholds.{lesser.name} is %v and rules.thresholds.{greater.name} %v; {relation.expected}"
    return (
        f"{{{{- if {compared} {factor} {_seconds(greater)} }}}}"
        f'{{{{ fail (printf "{told}" $set.{lesser.name} $set.{greater.name}) }}}}{{{{ end -}}}}\n'
    )
