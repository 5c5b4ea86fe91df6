{{- /* Generated from alerts/ by `make generate`; changes here are lost. */ -}}
{{- define "headroom.seconds" -}}
{{- $total := 0 -}}
{{- range regexFindAll "[0-9]+[wdhms]" . -1 -}}
{{- $unit := get (dict "w" 604800 "d" 86400 "h" 3600 "m" 60 "s" 1) (trimAll "0123456789" .) -}}
{{- $total = add $total (mul (regexFind "[0-9]+" . | atoi) $unit) -}}
{{- end -}}
{{- $total -}}
{{- end -}}
{{- define "headroom.rules" -}}
{{- $rules := .Values.rules -}}
{{- $set := $rules.thresholds -}}
{{- $grafana := default "https://kube-headroom.io/grafana" (trimSuffix "/" $rules.grafanaUrl) -}}
{{- $runbooks := default "https://kube-headroom.io/runbooks" (trimSuffix "/" $rules.runbooksUrl) -}}
{{- $selectors := join "," $rules.selectors -}}
{{- $denied := join "|" $rules.namespacesDenied -}}
{{- $namespaced := empty $denied | ternary "" (printf "namespace!~%q" $denied) | list $selectors | compact | join "," -}}
{{- $node := $rules.alerts.HeadroomNodeNotReady -}}
{{- $nodePages := and $node.enabled (eq $node.severity.critical "critical") | ternary "0" "2" -}}
{{- if or (lt (include "headroom.seconds" $set.page_wait | float64) (include "headroom.seconds" "30s" | float64)) (gt (include "headroom.seconds" $set.page_wait | float64) (include "headroom.seconds" "1d" | float64)) }}{{ fail (printf "rules.thresholds.page_wait is %s; expected a duration such as 5m, from 30s up to 1d" $set.page_wait) }}{{ end -}}
{{- if or (lt (include "headroom.seconds" $set.ticket_wait | float64) (include "headroom.seconds" "30s" | float64)) (gt (include "headroom.seconds" $set.ticket_wait | float64) (include "headroom.seconds" "1d" | float64)) }}{{ fail (printf "rules.thresholds.ticket_wait is %s; expected a duration such as 15m, from 30s up to 1d" $set.ticket_wait) }}{{ end -}}
{{- if or (lt (include "headroom.seconds" $set.brief_wait | float64) (include "headroom.seconds" "30s" | float64)) (gt (include "headroom.seconds" $set.brief_wait | float64) (include "headroom.seconds" "1d" | float64)) }}{{ fail (printf "rules.thresholds.brief_wait is %s; expected a duration such as 5m, from 30s up to 1d" $set.brief_wait) }}{{ end -}}
{{- if or (lt (include "headroom.seconds" $set.hurt_window | float64) (include "headroom.seconds" "2m" | float64)) (gt (include "headroom.seconds" $set.hurt_window | float64) (include "headroom.seconds" "1d" | float64)) }}{{ fail (printf "rules.thresholds.hurt_window is %s; expected a duration such as 15m, from 2m up to 1d" $set.hurt_window) }}{{ end -}}
{{- if or (lt (include "headroom.seconds" $set.loop_window | float64) (include "headroom.seconds" "2m" | float64)) (gt (include "headroom.seconds" $set.loop_window | float64) (include "headroom.seconds" "1d" | float64)) }}{{ fail (printf "rules.thresholds.loop_window is %s; expected a duration such as 30m, from 2m up to 1d" $set.loop_window) }}{{ end -}}
{{- if or (lt (include "headroom.seconds" $set.loop_pause | float64) (include "headroom.seconds" "6m" | float64)) (gt (include "headroom.seconds" $set.loop_pause | float64) (include "headroom.seconds" "1d" | float64)) }}{{ fail (printf "rules.thresholds.loop_pause is %s; expected a duration such as 10m, from 6m up to 1d" $set.loop_pause) }}{{ end -}}
{{- if or (lt (include "headroom.seconds" $set.lately | float64) (include "headroom.seconds" "2m" | float64)) (gt (include "headroom.seconds" $set.lately | float64) (include "headroom.seconds" "1d" | float64)) }}{{ fail (printf "rules.thresholds.lately is %s; expected a duration such as 5m, from 2m up to 1d" $set.lately) }}{{ end -}}
{{- if or (lt (include "headroom.seconds" $set.symptom_window | float64) (include "headroom.seconds" "2m" | float64)) (gt (include "headroom.seconds" $set.symptom_window | float64) (include "headroom.seconds" "1d" | float64)) }}{{ fail (printf "rules.thresholds.symptom_window is %s; expected a duration such as 15m, from 2m up to 1d" $set.symptom_window) }}{{ end -}}
{{- if or (lt (include "headroom.seconds" $set.flap_window | float64) (include "headroom.seconds" "2m" | float64)) (gt (include "headroom.seconds" $set.flap_window | float64) (include "headroom.seconds" "1d" | float64)) }}{{ fail (printf "rules.thresholds.flap_window is %s; expected a duration such as 30m, from 2m up to 1d" $set.flap_window) }}{{ end -}}
{{- if ge (include "headroom.seconds" $set.loop_pause | float64) (include "headroom.seconds" $set.ticket_wait | float64) }}{{ fail (printf "rules.thresholds.loop_pause is %v and rules.thresholds.ticket_wait %v; loop_pause must be shorter than ticket_wait: else one restart of many replicas at once makes a ticket" $set.loop_pause $set.ticket_wait) }}{{ end -}}
{{- if ge (include "headroom.seconds" $set.loop_pause | float64) (include "headroom.seconds" $set.loop_window | float64) }}{{ fail (printf "rules.thresholds.loop_pause is %v and rules.thresholds.loop_window %v; loop_pause must be shorter than loop_window: else a loop is forgotten before it ends" $set.loop_pause $set.loop_window) }}{{ end -}}
{{- if gt (include "headroom.seconds" $set.page_wait | float64) (include "headroom.seconds" $set.ticket_wait | float64) }}{{ fail (printf "rules.thresholds.page_wait is %v and rules.thresholds.ticket_wait %v; page_wait must be at most ticket_wait: else the ticket of a cause comes before its page" $set.page_wait $set.ticket_wait) }}{{ end -}}
{{- if gt (mulf 300.0 (float64 $set.loop_restarts)) (include "headroom.seconds" $set.loop_window | float64) }}{{ fail (printf "rules.thresholds.loop_restarts is %v and rules.thresholds.loop_window %v; loop_restarts times 300s must be at most loop_window: else a container in the kubelet's longest back-off never restarts often enough within it" $set.loop_restarts $set.loop_window) }}{{ end -}}
{{- if gt (mulf 300.0 (float64 $set.loop_oom_kills)) (include "headroom.seconds" $set.loop_window | float64) }}{{ fail (printf "rules.thresholds.loop_oom_kills is %v and rules.thresholds.loop_window %v; loop_oom_kills times 300s must be at most loop_window: else a container in the kubelet's longest back-off never restarts often enough within it" $set.loop_oom_kills $set.loop_window) }}{{ end -}}
{{- if eq $rules.alerts.HeadroomWorkloadUnavailable.severity.critical $rules.alerts.HeadroomWorkloadUnavailable.severity.warning }}{{ fail (printf "rules.alerts.HeadroomWorkloadUnavailable.severity is %s for both critical and warning; expected two that differ" $rules.alerts.HeadroomWorkloadUnavailable.severity.critical) }}{{ end -}}
{{- if eq $rules.alerts.HeadroomCrashLoop.severity.critical $rules.alerts.HeadroomCrashLoop.severity.warning }}{{ fail (printf "rules.alerts.HeadroomCrashLoop.severity is %s for both critical and warning; expected two that differ" $rules.alerts.HeadroomCrashLoop.severity.critical) }}{{ end -}}
{{- if eq $rules.alerts.HeadroomOOMLoop.severity.critical $rules.alerts.HeadroomOOMLoop.severity.warning }}{{ fail (printf "rules.alerts.HeadroomOOMLoop.severity is %s for both critical and warning; expected two that differ" $rules.alerts.HeadroomOOMLoop.severity.critical) }}{{ end -}}
{{- if eq $rules.alerts.HeadroomProbesFailing.severity.critical $rules.alerts.HeadroomProbesFailing.severity.warning }}{{ fail (printf "rules.alerts.HeadroomProbesFailing.severity is %s for both critical and warning; expected two that differ" $rules.alerts.HeadroomProbesFailing.severity.critical) }}{{ end -}}
# Generated from alerts/ by `make generate`; changes here are lost.
groups:
{{- if or $rules.alerts.HeadroomWatchdog.enabled $rules.alerts.HeadroomExporterDown.enabled $rules.alerts.HeadroomSourceStale.enabled $rules.alerts.HeadroomSourceFailing.enabled $rules.alerts.HeadroomKubeletsUnread.enabled }}
  - name: headroom-exporter
    interval: 30s
    rules:
{{- end }}
{{- if $rules.alerts.HeadroomWatchdog.enabled }}
      - alert: HeadroomWatchdog
        expr: |
          vector(1)
        labels:
          severity: {{ $rules.alerts.HeadroomWatchdog.severity.none }}{{ range $name, $text := $rules.labels }}
          {{ toRawJson $name }}: {{ toRawJson $text }}{{ end }}
        annotations:
          summary: |-
            Prometheus evaluates rules and Alertmanager delivers
          description: |-
            This alert always fires; whoever stops receiving it must say so. Since {{ "{{" }} with query (printf `ALERTS_FOR_STATE{{ "{" }}{{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}=%q, {{ end }}alertname="HeadroomWatchdog"}`{{ with $rules.clusterLabel }} $labels.{{ $rules.clusterLabel }}{{ end }}) }}{{ "{{" }} . | first | value | humanizeTimestamp }}{{ "{{" }} else }}now{{ "{{" }} end }}.{{ with $rules.clusterLabel }}{{ "{{" }} with $labels.{{ $rules.clusterLabel }} }} In cluster {{ "{{" }} . }}.{{ "{{" }} end }}{{ end }}
          runbook_url: |-
            {{ $runbooks }}/HeadroomWatchdog
          dashboard_url: |-
            {{ $grafana }}/d/headroom-exporter{{ with $rules.clusterLabel }}?var-cluster={{ "{{" }} $labels.{{ $rules.clusterLabel }} | urlquery }}{{ end }}{{ range $name, $text := $rules.annotations }}
          {{ toRawJson $name }}: {{ toRawJson $text }}{{ end }}
{{- end }}
{{- if $rules.alerts.HeadroomExporterDown.enabled }}
      - alert: HeadroomExporterDown
        expr: |2
            (
                max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}{{ end }}) (last_over_time(headroom_source_up{{ "{" }}{{ with $selectors }}{{ . }},{{ end }}{{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}!=""{{ end }}}[1d]))
              unless on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}{{ end }})
                max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}{{ end }}) (headroom_source_up{{ with $selectors }}{{ printf `{%s}` . }}{{ end }})
            )
          or on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}{{ end }})
            absent(max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}{{ end }}) (headroom_source_up{{ with $selectors }}{{ printf `{%s}` . }}{{ end }}))
        for: {{ $set.page_wait }}
        labels:
          severity: {{ $rules.alerts.HeadroomExporterDown.severity.critical }}{{ range $name, $text := $rules.labels }}
          {{ toRawJson $name }}: {{ toRawJson $text }}{{ end }}
        annotations:
          summary: |-
            Headroom is not scraped
          description: |-
            No workload, node or SLO of the cluster is watched. What fired before goes on for six hours at most. Since {{ "{{" }} with query (printf `ALERTS_FOR_STATE{{ "{" }}{{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}=%q, {{ end }}alertname="HeadroomExporterDown"}`{{ with $rules.clusterLabel }} $labels.{{ $rules.clusterLabel }}{{ end }}) }}{{ "{{" }} . | first | value | humanizeTimestamp }}{{ "{{" }} else }}now{{ "{{" }} end }}.{{ with $rules.clusterLabel }}{{ "{{" }} with $labels.{{ $rules.clusterLabel }} }} In cluster {{ "{{" }} . }}.{{ "{{" }} end }}{{ end }}
          runbook_url: |-
            {{ $runbooks }}/HeadroomExporterDown
          dashboard_url: |-
            {{ $grafana }}/d/headroom-exporter{{ with $rules.clusterLabel }}?var-cluster={{ "{{" }} $labels.{{ $rules.clusterLabel }} | urlquery }}{{ end }}{{ range $name, $text := $rules.annotations }}
          {{ toRawJson $name }}: {{ toRawJson $text }}{{ end }}
{{- end }}
{{- if $rules.alerts.HeadroomSourceStale.enabled }}
      - alert: HeadroomSourceStale
        expr: |
          min by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}source) (last_over_time(headroom_source_stale{{ with $selectors }}{{ printf `{%s}` . }}{{ end }}[5m])) > 0
        for: {{ $set.page_wait }}
        labels:
          severity: {{ $rules.alerts.HeadroomSourceStale.severity.critical }}{{ range $name, $text := $rules.labels }}
          {{ toRawJson $name }}: {{ toRawJson $text }}{{ end }}
        annotations:
          summary: |-
            Headroom hears nothing of {{ "{{" }} $labels.source }} any more
          description: |-
            Last heard: {{ "{{" }} with query (printf `time() - max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}source) (headroom_source_last_success_timestamp_seconds{{ "{" }}{{ with $selectors }}{{ . }},{{ end }}{{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}=%q, {{ end }}source=%q})`{{ with $rules.clusterLabel }} $labels.{{ $rules.clusterLabel }}{{ end }} $labels.source) }}{{ "{{" }} . | first | value | humanizeDuration }}{{ "{{" }} else }}never{{ "{{" }} end }} ago. What it tells is withdrawn, so that no alert can stand on it. Errors of the last 15m:{{ "{{" }} with query (printf `sum by (reason) (increase(headroom_source_errors_total{{ "{" }}{{ with $selectors }}{{ . }},{{ end }}{{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}=%q, {{ end }}source=%q}[15m])) > 0`{{ with $rules.clusterLabel }} $labels.{{ $rules.clusterLabel }}{{ end }} $labels.source) }}{{ "{{" }} range . }} {{ "{{" }} .Labels.reason }} {{ "{{" }} .Value | printf "%.0f" }}×{{ "{{" }} end }}{{ "{{" }} else }} none{{ "{{" }} end }}. Since {{ "{{" }} with query (printf `ALERTS_FOR_STATE{{ "{" }}{{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}=%q, {{ end }}alertname="HeadroomSourceStale", source=%q}`{{ with $rules.clusterLabel }} $labels.{{ $rules.clusterLabel }}{{ end }} $labels.source) }}{{ "{{" }} . | first | value | humanizeTimestamp }}{{ "{{" }} else }}now{{ "{{" }} end }}.{{ with $rules.clusterLabel }}{{ "{{" }} with $labels.{{ $rules.clusterLabel }} }} In cluster {{ "{{" }} . }}.{{ "{{" }} end }}{{ end }}
          runbook_url: |-
            {{ $runbooks }}/HeadroomSourceStale
          dashboard_url: |-
            {{ $grafana }}/d/headroom-exporter?{{ with $rules.clusterLabel }}var-cluster={{ "{{" }} $labels.{{ $rules.clusterLabel }} | urlquery }}&{{ end }}var-source={{ "{{" }} $labels.source | urlquery }}{{ range $name, $text := $rules.annotations }}
          {{ toRawJson $name }}: {{ toRawJson $text }}{{ end }}
{{- end }}
{{- if $rules.alerts.HeadroomSourceFailing.enabled }}
      - alert: HeadroomSourceFailing
        expr: |
          max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}source) (last_over_time(headroom_source_up{{ with $selectors }}{{ printf `{%s}` . }}{{ end }}[5m])) == 0
        for: {{ $set.ticket_wait }}
        labels:
          severity: {{ $rules.alerts.HeadroomSourceFailing.severity.warning }}{{ range $name, $text := $rules.labels }}
          {{ toRawJson $name }}: {{ toRawJson $text }}{{ end }}
        annotations:
          summary: |-
            Headroom cannot read {{ "{{" }} $labels.source }}
          description: |-
            Last heard: {{ "{{" }} with query (printf `time() - max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}source) (headroom_source_last_success_timestamp_seconds{{ "{" }}{{ with $selectors }}{{ . }},{{ end }}{{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}=%q, {{ end }}source=%q})`{{ with $rules.clusterLabel }} $labels.{{ $rules.clusterLabel }}{{ end }} $labels.source) }}{{ "{{" }} . | first | value | humanizeDuration }}{{ "{{" }} else }}never{{ "{{" }} end }} ago; what it tells is as old. Errors of the last 15m:{{ "{{" }} with query (printf `sum by (reason) (increase(headroom_source_errors_total{{ "{" }}{{ with $selectors }}{{ . }},{{ end }}{{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}=%q, {{ end }}source=%q}[15m])) > 0`{{ with $rules.clusterLabel }} $labels.{{ $rules.clusterLabel }}{{ end }} $labels.source) }}{{ "{{" }} range . }} {{ "{{" }} .Labels.reason }} {{ "{{" }} .Value | printf "%.0f" }}×{{ "{{" }} end }}{{ "{{" }} else }} none{{ "{{" }} end }}. Since {{ "{{" }} with query (printf `ALERTS_FOR_STATE{{ "{" }}{{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}=%q, {{ end }}alertname="HeadroomSourceFailing", source=%q}`{{ with $rules.clusterLabel }} $labels.{{ $rules.clusterLabel }}{{ end }} $labels.source) }}{{ "{{" }} . | first | value | humanizeTimestamp }}{{ "{{" }} else }}now{{ "{{" }} end }}.{{ with $rules.clusterLabel }}{{ "{{" }} with $labels.{{ $rules.clusterLabel }} }} In cluster {{ "{{" }} . }}.{{ "{{" }} end }}{{ end }}
          runbook_url: |-
            {{ $runbooks }}/HeadroomSourceFailing
          dashboard_url: |-
            {{ $grafana }}/d/headroom-exporter?{{ with $rules.clusterLabel }}var-cluster={{ "{{" }} $labels.{{ $rules.clusterLabel }} | urlquery }}&{{ end }}var-source={{ "{{" }} $labels.source | urlquery }}{{ range $name, $text := $rules.annotations }}
          {{ toRawJson $name }}: {{ toRawJson $text }}{{ end }}
{{- end }}
{{- if $rules.alerts.HeadroomKubeletsUnread.enabled }}
      - alert: HeadroomKubeletsUnread
        expr: |2
            (
                (
                    (
                        (
                            (
                                max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}{{ end }}) (last_over_time(headroom_kubelet_nodes_expected{{ with $selectors }}{{ printf `{%s}` . }}{{ end }}[5m]))
                              - on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}{{ end }})
                                sum by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}{{ end }}) (
                                    (
                                        (max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}node) (last_over_time(headroom_node_ready{{ with $selectors }}{{ printf `{%s}` . }}{{ end }}[5m])) == 0)
                                      unless on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}node)
                                        (max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}node) (last_over_time(headroom_node_unschedulable{{ with $selectors }}{{ printf `{%s}` . }}{{ end }}[5m])) > 0)
                                    )
                                  == bool
                                    0
                                )
                            )
                          or on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}{{ end }})
                            max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}{{ end }}) (last_over_time(headroom_kubelet_nodes_expected{{ with $selectors }}{{ printf `{%s}` . }}{{ end }}[5m]))
                        )
                      - on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}{{ end }})
                        max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}{{ end }}) (last_over_time(headroom_kubelet_nodes_read{{ "{" }}{{ with $selectors }}{{ . }},{{ end }}page="resource"}[5m]))
                    )
                  / on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}{{ end }})
                    (max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}{{ end }}) (last_over_time(headroom_kubelet_nodes_expected{{ with $selectors }}{{ printf `{%s}` . }}{{ end }}[5m])) > 0)
                )
              >
                {{ $set.kubelets_unread }}
            )
          or on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}{{ end }})
            (
                (
                    (
                        (
                            (
                                max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}{{ end }}) (last_over_time(headroom_kubelet_nodes_expected{{ with $selectors }}{{ printf `{%s}` . }}{{ end }}[5m]))
                              - on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}{{ end }})
                                sum by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}{{ end }}) (
                                    (
                                        (max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}node) (last_over_time(headroom_node_ready{{ with $selectors }}{{ printf `{%s}` . }}{{ end }}[5m])) == 0)
                                      unless on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}node)
                                        (max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}node) (last_over_time(headroom_node_unschedulable{{ with $selectors }}{{ printf `{%s}` . }}{{ end }}[5m])) > 0)
                                    )
                                  == bool
                                    0
                                )
                            )
                          or on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}{{ end }})
                            max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}{{ end }}) (last_over_time(headroom_kubelet_nodes_expected{{ with $selectors }}{{ printf `{%s}` . }}{{ end }}[5m]))
                        )
                      - on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}{{ end }})
                        max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}{{ end }}) (last_over_time(headroom_kubelet_nodes_read{{ "{" }}{{ with $selectors }}{{ . }},{{ end }}page="cadvisor"}[5m]))
                    )
                  / on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}{{ end }})
                    (max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}{{ end }}) (last_over_time(headroom_kubelet_nodes_expected{{ with $selectors }}{{ printf `{%s}` . }}{{ end }}[5m])) > 0)
                )
              >
                {{ $set.kubelets_unread }}
            )
        for: {{ $set.ticket_wait }}
        labels:
          severity: {{ $rules.alerts.HeadroomKubeletsUnread.severity.warning }}{{ range $name, $text := $rules.labels }}
          {{ toRawJson $name }}: {{ toRawJson $text }}{{ end }}
        annotations:
          summary: |-
            Headroom does not read all kubelets
          description: |-
            Of {{ "{{" }} with query (printf `max by () (headroom_kubelet_nodes_expected{{ "{" }}{{ with $selectors }}{{ . }},{{ end }}{{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}=%q{{ end }}})`{{ with $rules.clusterLabel }} $labels.{{ $rules.clusterLabel }}{{ end }}) }}{{ "{{" }} . | first | value | humanize }}{{ "{{" }} else }}no data{{ "{{" }} end }} kubelets it reads:{{ "{{" }} with query (printf `max by (page) (headroom_kubelet_nodes_read{{ "{" }}{{ with $selectors }}{{ . }},{{ end }}{{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}=%q{{ end }}})`{{ with $rules.clusterLabel }} $labels.{{ $rules.clusterLabel }}{{ end }}) }}{{ "{{" }} range . }} {{ "{{" }} .Labels.page }} {{ "{{" }} .Value | humanize }}{{ "{{" }} end }}{{ "{{" }} else }} none{{ "{{" }} end }}. Usage, throttling and probes of the others' pods are unknown. Errors of the last 15m:{{ "{{" }} with query (printf `sum by (page, reason) (increase(headroom_kubelet_errors_total{{ "{" }}{{ with $selectors }}{{ . }},{{ end }}{{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}=%q{{ end }}}[15m])) > 0`{{ with $rules.clusterLabel }} $labels.{{ $rules.clusterLabel }}{{ end }}) }}{{ "{{" }} range . }} {{ "{{" }} .Labels.page }} {{ "{{" }} .Labels.reason }}{{ "{{" }} end }}{{ "{{" }} else }} none{{ "{{" }} end }}. Since {{ "{{" }} with query (printf `ALERTS_FOR_STATE{{ "{" }}{{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}=%q, {{ end }}alertname="HeadroomKubeletsUnread"}`{{ with $rules.clusterLabel }} $labels.{{ $rules.clusterLabel }}{{ end }}) }}{{ "{{" }} . | first | value | humanizeTimestamp }}{{ "{{" }} else }}now{{ "{{" }} end }}.{{ with $rules.clusterLabel }}{{ "{{" }} with $labels.{{ $rules.clusterLabel }} }} In cluster {{ "{{" }} . }}.{{ "{{" }} end }}{{ end }}
          runbook_url: |-
            {{ $runbooks }}/HeadroomKubeletsUnread
          dashboard_url: |-
            {{ $grafana }}/d/headroom-exporter{{ with $rules.clusterLabel }}?var-cluster={{ "{{" }} $labels.{{ $rules.clusterLabel }} | urlquery }}{{ end }}{{ range $name, $text := $rules.annotations }}
          {{ toRawJson $name }}: {{ toRawJson $text }}{{ end }}
{{- end }}
{{- if or $rules.alerts.HeadroomNodeNotReady.enabled $rules.alerts.HeadroomNodeFlapping.enabled }}
  - name: headroom-nodes
    interval: 30s
    rules:
{{- end }}
{{- if $rules.alerts.HeadroomNodeNotReady.enabled }}
      - alert: HeadroomNodeNotReady
        expr: |2
            (
                (max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}node) (last_over_time(headroom_node_ready{{ with $selectors }}{{ printf `{%s}` . }}{{ end }}[5m])) == 0)
              unless on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}node)
                (max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}node) (last_over_time(headroom_node_unschedulable{{ with $selectors }}{{ printf `{%s}` . }}{{ end }}[5m])) > 0)
            )
          or on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}node)
            (
                (
                    max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}node) (
                      ALERTS{alertname="HeadroomNodeNotReady",alertstate="firing",severity="{{ $rules.alerts.HeadroomNodeNotReady.severity.critical }}"}
                    )
                  unless on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}{{ end }})
                    max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}{{ end }}) (headroom_workload_info{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }})
                )
              and on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}{{ end }})
                max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}{{ end }}) (last_over_time(headroom_source_up{{ with $selectors }}{{ printf `{%s}` . }}{{ end }}[6h]))
            )
        for: {{ $set.page_wait }}
        labels:
          severity: {{ $rules.alerts.HeadroomNodeNotReady.severity.critical }}{{ range $name, $text := $rules.labels }}
          {{ toRawJson $name }}: {{ toRawJson $text }}{{ end }}
        annotations:
          summary: |-
            Node {{ "{{" }} $labels.node }} is not ready
          description: |-
            It is in{{ "{{" }} with query (printf `max by (node_pool, zone) (headroom_node_info{{ "{" }}{{ with $selectors }}{{ . }},{{ end }}{{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}=%q, {{ end }}node=%q})`{{ with $rules.clusterLabel }} $labels.{{ $rules.clusterLabel }}{{ end }} $labels.node) }}{{ "{{" }} range . }} pool {{ "{{" }} .Labels.node_pool }}, zone {{ "{{" }} .Labels.zone }}{{ "{{" }} end }}{{ "{{" }} else }} unknown pool{{ "{{" }} end }}, with {{ "{{" }} with query (printf `max by (node) (headroom_node_pods{{ "{" }}{{ with $selectors }}{{ . }},{{ end }}{{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}=%q, {{ end }}node=%q})`{{ with $rules.clusterLabel }} $labels.{{ $rules.clusterLabel }}{{ end }} $labels.node) }}{{ "{{" }} . | first | value | humanize }}{{ "{{" }} else }}no data{{ "{{" }} end }} pods. Workloads with pods on such nodes and no ready replica:{{ "{{" }} with query (printf `((max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload) (headroom_workload_replicas_desired{{ "{" }}{{ with $namespaced }}{{ . }},{{ end }}{{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}=%q{{ end }}}) > 0) unless on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload) (max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload) (headroom_workload_replicas_ready{{ "{" }}{{ with $namespaced }}{{ . }},{{ end }}{{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}=%q{{ end }}}) > 0)) and on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload) (max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload) (headroom_workload_pods_on_unready_nodes{{ "{" }}{{ with $namespaced }}{{ . }},{{ end }}{{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}=%q{{ end }}}) > 0)`{{ with $rules.clusterLabel }} $labels.{{ $rules.clusterLabel }}{{ end }}{{ with $rules.clusterLabel }} $labels.{{ $rules.clusterLabel }}{{ end }}{{ with $rules.clusterLabel }} $labels.{{ $rules.clusterLabel }}{{ end }}) }}{{ "{{" }} range . }} {{ "{{" }} .Labels.workload_kind }} {{ "{{" }} .Labels.namespace }}/{{ "{{" }} .Labels.workload }}{{ "{{" }} end }}{{ "{{" }} else }} none{{ "{{" }} end }}; they do not page for themselves. Other nodes that are not ready:{{ "{{" }} with query (printf `(max by (node) (headroom_node_ready{{ "{" }}{{ with $selectors }}{{ . }},{{ end }}{{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}=%q{{ end }}}) == 0) unless on (node) (max by (node) (headroom_node_ready{{ "{" }}{{ with $selectors }}{{ . }},{{ end }}{{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}=%q, {{ end }}node=%q}) == 0)`{{ with $rules.clusterLabel }} $labels.{{ $rules.clusterLabel }}{{ end }}{{ with $rules.clusterLabel }} $labels.{{ $rules.clusterLabel }}{{ end }} $labels.node) }}{{ "{{" }} range . }} {{ "{{" }} .Labels.node }}{{ "{{" }} end }}{{ "{{" }} else }} none{{ "{{" }} end }}. Since {{ "{{" }} with query (printf `ALERTS_FOR_STATE{{ "{" }}{{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}=%q, {{ end }}alertname="HeadroomNodeNotReady", node=%q}`{{ with $rules.clusterLabel }} $labels.{{ $rules.clusterLabel }}{{ end }} $labels.node) }}{{ "{{" }} . | first | value | humanizeTimestamp }}{{ "{{" }} else }}now{{ "{{" }} end }}.{{ with $rules.clusterLabel }}{{ "{{" }} with $labels.{{ $rules.clusterLabel }} }} In cluster {{ "{{" }} . }}.{{ "{{" }} end }}{{ end }}
          runbook_url: |-
            {{ $runbooks }}/HeadroomNodeNotReady
          dashboard_url: |-
            {{ $grafana }}/d/headroom-cluster?{{ with $rules.clusterLabel }}var-cluster={{ "{{" }} $labels.{{ $rules.clusterLabel }} | urlquery }}&{{ end }}var-node={{ "{{" }} $labels.node | urlquery }}{{ range $name, $text := $rules.annotations }}
          {{ toRawJson $name }}: {{ toRawJson $text }}{{ end }}
{{- end }}
{{- if $rules.alerts.HeadroomNodeFlapping.enabled }}
      - alert: HeadroomNodeFlapping
        expr: |2
            (
                (
                    (
                        (max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}node) (avg_over_time(headroom_node_ready{{ with $selectors }}{{ printf `{%s}` . }}{{ end }}[{{ $set.flap_window }}])) < {{ $set.node_ready_low }})
                      and on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}node)
                        max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}node) (last_over_time(headroom_node_ready{{ with $selectors }}{{ printf `{%s}` . }}{{ end }}[5m]))
                    )
                  unless on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}node)
                    (max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}node) (last_over_time(headroom_node_unschedulable{{ with $selectors }}{{ printf `{%s}` . }}{{ end }}[5m])) > 0)
                )
              unless on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}node)
                max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}node) (
                  last_over_time(ALERTS{alertname="HeadroomNodeNotReady",alertstate="firing"}[{{ $set.flap_window }}])
                )
            )
          or on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}node)
            (
                (
                    max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}node) (
                      ALERTS{alertname="HeadroomNodeFlapping",alertstate="firing",severity="{{ $rules.alerts.HeadroomNodeFlapping.severity.warning }}"}
                    )
                  unless on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}{{ end }})
                    max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}{{ end }}) (headroom_workload_info{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }})
                )
              and on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}{{ end }})
                max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}{{ end }}) (last_over_time(headroom_source_up{{ with $selectors }}{{ printf `{%s}` . }}{{ end }}[6h]))
            )
        for: {{ $set.ticket_wait }}
        labels:
          severity: {{ $rules.alerts.HeadroomNodeFlapping.severity.warning }}{{ range $name, $text := $rules.labels }}
          {{ toRawJson $name }}: {{ toRawJson $text }}{{ end }}
        annotations:
          summary: |-
            Node {{ "{{" }} $labels.node }} comes and goes
          description: |-
            It is in{{ "{{" }} with query (printf `max by (node_pool, zone) (headroom_node_info{{ "{" }}{{ with $selectors }}{{ . }},{{ end }}{{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}=%q, {{ end }}node=%q})`{{ with $rules.clusterLabel }} $labels.{{ $rules.clusterLabel }}{{ end }} $labels.node) }}{{ "{{" }} range . }} pool {{ "{{" }} .Labels.node_pool }}, zone {{ "{{" }} .Labels.zone }}{{ "{{" }} end }}{{ "{{" }} else }} unknown pool{{ "{{" }} end }}, with {{ "{{" }} with query (printf `max by (node) (headroom_node_pods{{ "{" }}{{ with $selectors }}{{ . }},{{ end }}{{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}=%q, {{ end }}node=%q})`{{ with $rules.clusterLabel }} $labels.{{ $rules.clusterLabel }}{{ end }} $labels.node) }}{{ "{{" }} . | first | value | humanize }}{{ "{{" }} else }}no data{{ "{{" }} end }} pods. Ready for {{ "{{" }} with query (printf `max by (node) (avg_over_time(headroom_node_ready{{ "{" }}{{ with $selectors }}{{ . }},{{ end }}{{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}=%q, {{ end }}node=%q}[{{ $set.flap_window }}]))`{{ with $rules.clusterLabel }} $labels.{{ $rules.clusterLabel }}{{ end }} $labels.node) }}{{ "{{" }} . | first | value | humanizePercentage }}{{ "{{" }} else }}no data{{ "{{" }} end }} of the last {{ $set.flap_window }}. Other nodes that are not ready:{{ "{{" }} with query (printf `(max by (node) (headroom_node_ready{{ "{" }}{{ with $selectors }}{{ . }},{{ end }}{{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}=%q{{ end }}}) == 0) unless on (node) (max by (node) (headroom_node_ready{{ "{" }}{{ with $selectors }}{{ . }},{{ end }}{{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}=%q, {{ end }}node=%q}) == 0)`{{ with $rules.clusterLabel }} $labels.{{ $rules.clusterLabel }}{{ end }}{{ with $rules.clusterLabel }} $labels.{{ $rules.clusterLabel }}{{ end }} $labels.node) }}{{ "{{" }} range . }} {{ "{{" }} .Labels.node }}{{ "{{" }} end }}{{ "{{" }} else }} none{{ "{{" }} end }}. Since {{ "{{" }} with query (printf `ALERTS_FOR_STATE{{ "{" }}{{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}=%q, {{ end }}alertname="HeadroomNodeFlapping", node=%q}`{{ with $rules.clusterLabel }} $labels.{{ $rules.clusterLabel }}{{ end }} $labels.node) }}{{ "{{" }} . | first | value | humanizeTimestamp }}{{ "{{" }} else }}now{{ "{{" }} end }}.{{ with $rules.clusterLabel }}{{ "{{" }} with $labels.{{ $rules.clusterLabel }} }} In cluster {{ "{{" }} . }}.{{ "{{" }} end }}{{ end }}
          runbook_url: |-
            {{ $runbooks }}/HeadroomNodeFlapping
          dashboard_url: |-
            {{ $grafana }}/d/headroom-cluster?{{ with $rules.clusterLabel }}var-cluster={{ "{{" }} $labels.{{ $rules.clusterLabel }} | urlquery }}&{{ end }}var-node={{ "{{" }} $labels.node | urlquery }}{{ range $name, $text := $rules.annotations }}
          {{ toRawJson $name }}: {{ toRawJson $text }}{{ end }}
{{- end }}
{{- if or $rules.alerts.HeadroomWorkloadUnavailable.enabled $rules.alerts.HeadroomCrashLoop.enabled $rules.alerts.HeadroomOOMLoop.enabled $rules.alerts.HeadroomProbesFailing.enabled $rules.alerts.HeadroomThrottlingHurts.enabled $rules.alerts.HeadroomMemoryNearLimit.enabled $rules.alerts.HeadroomRolloutStuck.enabled $rules.alerts.HeadroomPodsUnschedulable.enabled }}
  - name: headroom-workloads
    interval: 30s
    rules:
{{- end }}
{{- if $rules.alerts.HeadroomWorkloadUnavailable.enabled }}
      - alert: HeadroomWorkloadUnavailable
        expr: |2
            (
                (
                    (
                        (
                            (
                                max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload) (
                                  last_over_time(headroom_workload_replicas_desired{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }}[5m])
                                )
                              >
                                0
                            )
                          unless on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload)
                            (
                                max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload) (
                                  last_over_time(headroom_workload_replicas_ready{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }}[5m])
                                )
                              >
                                0
                            )
                        )
                      unless on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload)
                        (
                            (
                                (
                                    min by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload) (
                                      last_over_time(headroom_workload_pods_on_unready_nodes{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }}[5m])
                                    )
                                  >
                                    0
                                )
                              >= on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload)
                                (
                                    (
                                        max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload) (
                                          last_over_time(headroom_workload_replicas_desired{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }}[5m])
                                        )
                                      >
                                        0
                                    )
                                  - on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload)
                                    max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload) (
                                      last_over_time(headroom_workload_replicas_ready{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }}[5m])
                                    )
                                )
                            )
                          and on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}{{ end }})
                            max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}{{ end }}) (
                                (max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}node) (last_over_time(headroom_node_ready{{ with $selectors }}{{ printf `{%s}` . }}{{ end }}[5m])) == {{ $nodePages }})
                              unless on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}node)
                                (max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}node) (last_over_time(headroom_node_unschedulable{{ with $selectors }}{{ printf `{%s}` . }}{{ end }}[5m])) > 0)
                            )
                        )
                    )
                  * on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload) group_left (owner)
                    (
                        topk by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload) (
                          1,
                          max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload, owner) (
                            count_over_time(headroom_workload_info{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }}[5m])
                          )
                        )
                      > bool
                        0
                    )
                )
              or on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload)
                (
                    (
                        max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload, owner) (
                          ALERTS{alertname="HeadroomWorkloadUnavailable",alertstate="firing",severity="{{ $rules.alerts.HeadroomWorkloadUnavailable.severity.critical }}"}
                        )
                      unless on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}{{ end }})
                        max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}{{ end }}) (headroom_workload_info{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }})
                    )
                  and on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}{{ end }})
                    max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}{{ end }}) (last_over_time(headroom_source_up{{ with $selectors }}{{ printf `{%s}` . }}{{ end }}[6h]))
                )
            )
          or on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload)
            (
                (
                    (
                        max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload) (
                          last_over_time(headroom_workload_replicas_desired{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }}[5m])
                        )
                      >
                        0
                    )
                  unless on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload)
                    (
                        max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload) (
                          last_over_time(headroom_workload_replicas_ready{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }}[5m])
                        )
                      >
                        0
                    )
                )
              unless on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload)
                (
                    (
                        (
                            min by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload) (
                              last_over_time(headroom_workload_pods_on_unready_nodes{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }}[5m])
                            )
                          >
                            0
                        )
                      >= on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload)
                        (
                            (
                                max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload) (
                                  last_over_time(headroom_workload_replicas_desired{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }}[5m])
                                )
                              >
                                0
                            )
                          - on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload)
                            max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload) (
                              last_over_time(headroom_workload_replicas_ready{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }}[5m])
                            )
                        )
                    )
                  and on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}{{ end }})
                    max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}{{ end }}) (
                        (max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}node) (last_over_time(headroom_node_ready{{ with $selectors }}{{ printf `{%s}` . }}{{ end }}[5m])) == {{ $nodePages }})
                      unless on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}node)
                        (max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}node) (last_over_time(headroom_node_unschedulable{{ with $selectors }}{{ printf `{%s}` . }}{{ end }}[5m])) > 0)
                    )
                )
            )
        for: {{ $set.page_wait }}
        labels:
          severity: {{ $rules.alerts.HeadroomWorkloadUnavailable.severity.critical }}{{ range $name, $text := $rules.labels }}
          {{ toRawJson $name }}: {{ toRawJson $text }}{{ end }}
        annotations:
          summary: |-
            {{ "{{" }} $labels.workload_kind }} {{ "{{" }} $labels.namespace }}/{{ "{{" }} $labels.workload }} lacks replicas
          description: |-
            {{ "{{" }} with query (printf `max by (namespace, workload_kind, workload) (headroom_workload_replicas_available{{ "{" }}{{ with $namespaced }}{{ . }},{{ end }}{{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}=%q, {{ end }}namespace=%q, workload_kind=%q, workload=%q})`{{ with $rules.clusterLabel }} $labels.{{ $rules.clusterLabel }}{{ end }} $labels.namespace $labels.workload_kind $labels.workload) }}{{ "{{" }} . | first | value | humanize }}{{ "{{" }} else }}no data{{ "{{" }} end }} of {{ "{{" }} with query (printf `max by (namespace, workload_kind, workload) (headroom_workload_replicas_desired{{ "{" }}{{ with $namespaced }}{{ . }},{{ end }}{{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}=%q, {{ end }}namespace=%q, workload_kind=%q, workload=%q})`{{ with $rules.clusterLabel }} $labels.{{ $rules.clusterLabel }}{{ end }} $labels.namespace $labels.workload_kind $labels.workload) }}{{ "{{" }} . | first | value | humanize }}{{ "{{" }} else }}no data{{ "{{" }} end }} replicas available, {{ "{{" }} with query (printf `max by (namespace, workload_kind, workload) (headroom_workload_replicas_ready{{ "{" }}{{ with $namespaced }}{{ . }},{{ end }}{{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}=%q, {{ end }}namespace=%q, workload_kind=%q, workload=%q})`{{ with $rules.clusterLabel }} $labels.{{ $rules.clusterLabel }}{{ end }} $labels.namespace $labels.workload_kind $labels.workload) }}{{ "{{" }} . | first | value | humanize }}{{ "{{" }} else }}no data{{ "{{" }} end }} ready. {{ "{{" }} with query (printf `max by (namespace, workload_kind, workload) (headroom_workload_pods_on_unready_nodes{{ "{" }}{{ with $namespaced }}{{ . }},{{ end }}{{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}=%q, {{ end }}namespace=%q, workload_kind=%q, workload=%q})`{{ with $rules.clusterLabel }} $labels.{{ $rules.clusterLabel }}{{ end }} $labels.namespace $labels.workload_kind $labels.workload) }}{{ "{{" }} . | first | value | humanize }}{{ "{{" }} else }}no data{{ "{{" }} end }} pods on nodes that are not ready, {{ "{{" }} with query (printf `max by (namespace, workload_kind, workload) (headroom_workload_pods_unschedulable{{ "{" }}{{ with $namespaced }}{{ . }},{{ end }}{{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}=%q, {{ end }}namespace=%q, workload_kind=%q, workload=%q})`{{ with $rules.clusterLabel }} $labels.{{ $rules.clusterLabel }}{{ end }} $labels.namespace $labels.workload_kind $labels.workload) }}{{ "{{" }} . | first | value | humanize }}{{ "{{" }} else }}no data{{ "{{" }} end }} without a node. Waiting lately:{{ "{{" }} with query (printf `max by (container, reason) (max_over_time(headroom_workload_containers_waiting{{ "{" }}{{ with $namespaced }}{{ . }},{{ end }}{{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}=%q, {{ end }}namespace=%q, workload_kind=%q, workload=%q}[{{ $set.loop_pause }}]))`{{ with $rules.clusterLabel }} $labels.{{ $rules.clusterLabel }}{{ end }} $labels.namespace $labels.workload_kind $labels.workload) }}{{ "{{" }} range . }} {{ "{{" }} .Labels.container }} {{ "{{" }} .Labels.reason }}{{ "{{" }} end }}{{ "{{" }} else }} none{{ "{{" }} end }}. Ends of its containers in the last {{ $set.loop_window }}:{{ "{{" }} with query (printf `sum by (container, reason) (increase(headroom_workload_container_terminations_total{{ "{" }}{{ with $namespaced }}{{ . }},{{ end }}{{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}=%q, {{ end }}namespace=%q, workload_kind=%q, workload=%q}[{{ $set.loop_window }}])) > 0`{{ with $rules.clusterLabel }} $labels.{{ $rules.clusterLabel }}{{ end }} $labels.namespace $labels.workload_kind $labels.workload) }}{{ "{{" }} range . }} {{ "{{" }} .Labels.container }} {{ "{{" }} .Labels.reason }} {{ "{{" }} .Value | printf "%.0f" }}×{{ "{{" }} end }}{{ "{{" }} else }} none{{ "{{" }} end }}. Owner: {{ "{{" }} with $labels.owner }}{{ "{{" }} . }}{{ "{{" }} else }}none declared{{ "{{" }} end }}. Since {{ "{{" }} with query (printf `ALERTS_FOR_STATE{{ "{" }}{{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}=%q, {{ end }}alertname="HeadroomWorkloadUnavailable", namespace=%q, workload_kind=%q, workload=%q}`{{ with $rules.clusterLabel }} $labels.{{ $rules.clusterLabel }}{{ end }} $labels.namespace $labels.workload_kind $labels.workload) }}{{ "{{" }} . | first | value | humanizeTimestamp }}{{ "{{" }} else }}now{{ "{{" }} end }}.{{ with $rules.clusterLabel }}{{ "{{" }} with $labels.{{ $rules.clusterLabel }} }} In cluster {{ "{{" }} . }}.{{ "{{" }} end }}{{ end }}
          runbook_url: |-
            {{ $runbooks }}/HeadroomWorkloadUnavailable
          dashboard_url: |-
            {{ $grafana }}/d/headroom-workload?{{ with $rules.clusterLabel }}var-cluster={{ "{{" }} $labels.{{ $rules.clusterLabel }} | urlquery }}&{{ end }}var-namespace={{ "{{" }} $labels.namespace | urlquery }}&var-workload_kind={{ "{{" }} $labels.workload_kind | urlquery }}&var-workload={{ "{{" }} $labels.workload | urlquery }}{{ range $name, $text := $rules.annotations }}
          {{ toRawJson $name }}: {{ toRawJson $text }}{{ end }}
{{- end }}
{{- if $rules.alerts.HeadroomWorkloadUnavailable.enabled }}
      - alert: HeadroomWorkloadUnavailable
        expr: |2
            (
                (
                    (
                        (
                            (
                                max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload) (
                                  last_over_time(headroom_workload_replicas_available{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }}[5m])
                                )
                              / on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload)
                                (
                                    (
                                        max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload) (
                                          last_over_time(headroom_workload_replicas_desired{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }}[5m])
                                        )
                                      >
                                        0
                                    )
                                  >
                                    0
                                )
                            )
                          <
                            {{ $set.ready_low }}
                        )
                      unless on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload)
                        (
                            (
                                (
                                    min by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload) (
                                      last_over_time(headroom_workload_pods_on_unready_nodes{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }}[5m])
                                    )
                                  >
                                    0
                                )
                              >= on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload)
                                (
                                    (
                                        max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload) (
                                          last_over_time(headroom_workload_replicas_desired{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }}[5m])
                                        )
                                      >
                                        0
                                    )
                                  - on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload)
                                    max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload) (
                                      last_over_time(headroom_workload_replicas_available{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }}[5m])
                                    )
                                )
                            )
                          and on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}{{ end }})
                            max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}{{ end }}) (
                                (max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}node) (last_over_time(headroom_node_ready{{ with $selectors }}{{ printf `{%s}` . }}{{ end }}[5m])) == {{ $nodePages }})
                              unless on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}node)
                                (max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}node) (last_over_time(headroom_node_unschedulable{{ with $selectors }}{{ printf `{%s}` . }}{{ end }}[5m])) > 0)
                            )
                        )
                    )
                  * on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload) group_left (owner)
                    (
                        topk by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload) (
                          1,
                          max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload, owner) (
                            count_over_time(headroom_workload_info{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }}[5m])
                          )
                        )
                      > bool
                        0
                    )
                )
              or on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload)
                (
                    (
                        max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload, owner) (
                          ALERTS{alertname="HeadroomWorkloadUnavailable",alertstate="firing",severity="{{ $rules.alerts.HeadroomWorkloadUnavailable.severity.warning }}"}
                        )
                      unless on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}{{ end }})
                        max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}{{ end }}) (headroom_workload_info{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }})
                    )
                  and on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}{{ end }})
                    max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}{{ end }}) (last_over_time(headroom_source_up{{ with $selectors }}{{ printf `{%s}` . }}{{ end }}[6h]))
                )
            )
          or on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload)
            (
                (
                    (
                        max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload) (
                          last_over_time(headroom_workload_replicas_available{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }}[5m])
                        )
                      / on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload)
                        (
                            (
                                max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload) (
                                  last_over_time(headroom_workload_replicas_desired{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }}[5m])
                                )
                              >
                                0
                            )
                          >
                            0
                        )
                    )
                  <
                    {{ $set.ready_low }}
                )
              unless on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload)
                (
                    (
                        (
                            min by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload) (
                              last_over_time(headroom_workload_pods_on_unready_nodes{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }}[5m])
                            )
                          >
                            0
                        )
                      >= on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload)
                        (
                            (
                                max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload) (
                                  last_over_time(headroom_workload_replicas_desired{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }}[5m])
                                )
                              >
                                0
                            )
                          - on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload)
                            max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload) (
                              last_over_time(headroom_workload_replicas_available{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }}[5m])
                            )
                        )
                    )
                  and on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}{{ end }})
                    max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}{{ end }}) (
                        (max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}node) (last_over_time(headroom_node_ready{{ with $selectors }}{{ printf `{%s}` . }}{{ end }}[5m])) == {{ $nodePages }})
                      unless on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}node)
                        (max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}node) (last_over_time(headroom_node_unschedulable{{ with $selectors }}{{ printf `{%s}` . }}{{ end }}[5m])) > 0)
                    )
                )
            )
        for: {{ $set.ticket_wait }}
        labels:
          severity: {{ $rules.alerts.HeadroomWorkloadUnavailable.severity.warning }}{{ range $name, $text := $rules.labels }}
          {{ toRawJson $name }}: {{ toRawJson $text }}{{ end }}
        annotations:
          summary: |-
            {{ "{{" }} $labels.workload_kind }} {{ "{{" }} $labels.namespace }}/{{ "{{" }} $labels.workload }} lacks replicas
          description: |-
            {{ "{{" }} with query (printf `max by (namespace, workload_kind, workload) (headroom_workload_replicas_available{{ "{" }}{{ with $namespaced }}{{ . }},{{ end }}{{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}=%q, {{ end }}namespace=%q, workload_kind=%q, workload=%q})`{{ with $rules.clusterLabel }} $labels.{{ $rules.clusterLabel }}{{ end }} $labels.namespace $labels.workload_kind $labels.workload) }}{{ "{{" }} . | first | value | humanize }}{{ "{{" }} else }}no data{{ "{{" }} end }} of {{ "{{" }} with query (printf `max by (namespace, workload_kind, workload) (headroom_workload_replicas_desired{{ "{" }}{{ with $namespaced }}{{ . }},{{ end }}{{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}=%q, {{ end }}namespace=%q, workload_kind=%q, workload=%q})`{{ with $rules.clusterLabel }} $labels.{{ $rules.clusterLabel }}{{ end }} $labels.namespace $labels.workload_kind $labels.workload) }}{{ "{{" }} . | first | value | humanize }}{{ "{{" }} else }}no data{{ "{{" }} end }} replicas available, {{ "{{" }} with query (printf `max by (namespace, workload_kind, workload) (headroom_workload_replicas_ready{{ "{" }}{{ with $namespaced }}{{ . }},{{ end }}{{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}=%q, {{ end }}namespace=%q, workload_kind=%q, workload=%q})`{{ with $rules.clusterLabel }} $labels.{{ $rules.clusterLabel }}{{ end }} $labels.namespace $labels.workload_kind $labels.workload) }}{{ "{{" }} . | first | value | humanize }}{{ "{{" }} else }}no data{{ "{{" }} end }} ready. {{ "{{" }} with query (printf `max by (namespace, workload_kind, workload) (headroom_workload_pods_on_unready_nodes{{ "{" }}{{ with $namespaced }}{{ . }},{{ end }}{{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}=%q, {{ end }}namespace=%q, workload_kind=%q, workload=%q})`{{ with $rules.clusterLabel }} $labels.{{ $rules.clusterLabel }}{{ end }} $labels.namespace $labels.workload_kind $labels.workload) }}{{ "{{" }} . | first | value | humanize }}{{ "{{" }} else }}no data{{ "{{" }} end }} pods on nodes that are not ready, {{ "{{" }} with query (printf `max by (namespace, workload_kind, workload) (headroom_workload_pods_unschedulable{{ "{" }}{{ with $namespaced }}{{ . }},{{ end }}{{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}=%q, {{ end }}namespace=%q, workload_kind=%q, workload=%q})`{{ with $rules.clusterLabel }} $labels.{{ $rules.clusterLabel }}{{ end }} $labels.namespace $labels.workload_kind $labels.workload) }}{{ "{{" }} . | first | value | humanize }}{{ "{{" }} else }}no data{{ "{{" }} end }} without a node. Waiting lately:{{ "{{" }} with query (printf `max by (container, reason) (max_over_time(headroom_workload_containers_waiting{{ "{" }}{{ with $namespaced }}{{ . }},{{ end }}{{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}=%q, {{ end }}namespace=%q, workload_kind=%q, workload=%q}[{{ $set.loop_pause }}]))`{{ with $rules.clusterLabel }} $labels.{{ $rules.clusterLabel }}{{ end }} $labels.namespace $labels.workload_kind $labels.workload) }}{{ "{{" }} range . }} {{ "{{" }} .Labels.container }} {{ "{{" }} .Labels.reason }}{{ "{{" }} end }}{{ "{{" }} else }} none{{ "{{" }} end }}. Ends of its containers in the last {{ $set.loop_window }}:{{ "{{" }} with query (printf `sum by (container, reason) (increase(headroom_workload_container_terminations_total{{ "{" }}{{ with $namespaced }}{{ . }},{{ end }}{{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}=%q, {{ end }}namespace=%q, workload_kind=%q, workload=%q}[{{ $set.loop_window }}])) > 0`{{ with $rules.clusterLabel }} $labels.{{ $rules.clusterLabel }}{{ end }} $labels.namespace $labels.workload_kind $labels.workload) }}{{ "{{" }} range . }} {{ "{{" }} .Labels.container }} {{ "{{" }} .Labels.reason }} {{ "{{" }} .Value | printf "%.0f" }}×{{ "{{" }} end }}{{ "{{" }} else }} none{{ "{{" }} end }}. Owner: {{ "{{" }} with $labels.owner }}{{ "{{" }} . }}{{ "{{" }} else }}none declared{{ "{{" }} end }}. Since {{ "{{" }} with query (printf `ALERTS_FOR_STATE{{ "{" }}{{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}=%q, {{ end }}alertname="HeadroomWorkloadUnavailable", namespace=%q, workload_kind=%q, workload=%q}`{{ with $rules.clusterLabel }} $labels.{{ $rules.clusterLabel }}{{ end }} $labels.namespace $labels.workload_kind $labels.workload) }}{{ "{{" }} . | first | value | humanizeTimestamp }}{{ "{{" }} else }}now{{ "{{" }} end }}.{{ with $rules.clusterLabel }}{{ "{{" }} with $labels.{{ $rules.clusterLabel }} }} In cluster {{ "{{" }} . }}.{{ "{{" }} end }}{{ end }}
          runbook_url: |-
            {{ $runbooks }}/HeadroomWorkloadUnavailable
          dashboard_url: |-
            {{ $grafana }}/d/headroom-workload?{{ with $rules.clusterLabel }}var-cluster={{ "{{" }} $labels.{{ $rules.clusterLabel }} | urlquery }}&{{ end }}var-namespace={{ "{{" }} $labels.namespace | urlquery }}&var-workload_kind={{ "{{" }} $labels.workload_kind | urlquery }}&var-workload={{ "{{" }} $labels.workload | urlquery }}{{ range $name, $text := $rules.annotations }}
          {{ toRawJson $name }}: {{ toRawJson $text }}{{ end }}
{{- end }}
{{- if $rules.alerts.HeadroomCrashLoop.enabled }}
      - alert: HeadroomCrashLoop
        expr: |2
            (
                (
                    (
                        max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload) (
                            (
                                (
                                    sum by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload, container) (
                                      increase(headroom_workload_container_restarts_total{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }}[{{ $set.loop_window }}])
                                    )
                                  >=
                                    {{ $set.loop_restarts }}
                                )
                              and on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload, container)
                                (
                                    sum by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload, container) (
                                      increase(headroom_workload_container_terminations_total{{ "{" }}{{ with $namespaced }}{{ . }},{{ end }}reason!~"Completed|OOMKilled"}[{{ $set.loop_window }}])
                                    )
                                  >=
                                    {{ $set.loop_restarts }}
                                )
                            )
                          and on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload, container)
                            (
                                sum by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload, container) (
                                  increase(headroom_workload_container_terminations_total{{ "{" }}{{ with $namespaced }}{{ . }},{{ end }}reason!~"Completed|OOMKilled"}[{{ $set.loop_pause }}])
                                )
                              >
                                0
                            )
                        )
                      and on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload)
                        (
                            (
                                max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload) (
                                  avg_over_time(headroom_workload_replicas_ready{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }}[{{ $set.hurt_window }}])
                                )
                              / on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload)
                                (
                                    (
                                        max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload) (
                                          last_over_time(headroom_workload_replicas_desired{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }}[5m])
                                        )
                                      >
                                        0
                                    )
                                  >
                                    0
                                )
                            )
                          <
                            {{ $set.hurt }}
                        )
                    )
                  * on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload) group_left (owner)
                    (
                        topk by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload) (
                          1,
                          max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload, owner) (
                            count_over_time(headroom_workload_info{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }}[5m])
                          )
                        )
                      > bool
                        0
                    )
                )
              or on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload)
                (
                    (
                        max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload, owner) (
                          ALERTS{alertname="HeadroomCrashLoop",alertstate="firing",severity="{{ $rules.alerts.HeadroomCrashLoop.severity.critical }}"}
                        )
                      unless on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}{{ end }})
                        (
                            max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}{{ end }}) (headroom_workload_info{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }})
                          and on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}{{ end }})
                            max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}{{ end }}) (headroom_source_watches_total{{ with $selectors }}{{ printf `{%s}` . }}{{ end }} >= (headroom_source_watches_total{{ with $selectors }}{{ printf `{%s}` . }}{{ end }} offset {{ $set.loop_pause }}))
                        )
                    )
                  and on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}{{ end }})
                    max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}{{ end }}) (last_over_time(headroom_source_up{{ with $selectors }}{{ printf `{%s}` . }}{{ end }}[6h]))
                )
            )
          or on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload)
            (
                max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload) (
                    (
                        (
                            sum by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload, container) (
                              increase(headroom_workload_container_restarts_total{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }}[{{ $set.loop_window }}])
                            )
                          >=
                            {{ $set.loop_restarts }}
                        )
                      and on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload, container)
                        (
                            sum by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload, container) (
                              increase(headroom_workload_container_terminations_total{{ "{" }}{{ with $namespaced }}{{ . }},{{ end }}reason!~"Completed|OOMKilled"}[{{ $set.loop_window }}])
                            )
                          >=
                            {{ $set.loop_restarts }}
                        )
                    )
                  and on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload, container)
                    (
                        sum by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload, container) (
                          increase(headroom_workload_container_terminations_total{{ "{" }}{{ with $namespaced }}{{ . }},{{ end }}reason!~"Completed|OOMKilled"}[{{ $set.loop_pause }}])
                        )
                      >
                        0
                    )
                )
              and on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload)
                (
                    (
                        max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload) (
                          avg_over_time(headroom_workload_replicas_ready{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }}[{{ $set.hurt_window }}])
                        )
                      / on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload)
                        (
                            (
                                max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload) (
                                  last_over_time(headroom_workload_replicas_desired{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }}[5m])
                                )
                              >
                                0
                            )
                          >
                            0
                        )
                    )
                  <
                    {{ $set.hurt }}
                )
            )
        for: {{ $set.page_wait }}
        labels:
          severity: {{ $rules.alerts.HeadroomCrashLoop.severity.critical }}{{ range $name, $text := $rules.labels }}
          {{ toRawJson $name }}: {{ toRawJson $text }}{{ end }}
        annotations:
          summary: |-
            {{ "{{" }} $labels.workload_kind }} {{ "{{" }} $labels.namespace }}/{{ "{{" }} $labels.workload }} crashes again and again
          description: |-
            Ends of its containers in the last {{ $set.loop_window }}:{{ "{{" }} with query (printf `sum by (container, reason) (increase(headroom_workload_container_terminations_total{{ "{" }}{{ with $namespaced }}{{ . }},{{ end }}{{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}=%q, {{ end }}namespace=%q, workload_kind=%q, workload=%q}[{{ $set.loop_window }}])) > 0`{{ with $rules.clusterLabel }} $labels.{{ $rules.clusterLabel }}{{ end }} $labels.namespace $labels.workload_kind $labels.workload) }}{{ "{{" }} range . }} {{ "{{" }} .Labels.container }} {{ "{{" }} .Labels.reason }} {{ "{{" }} .Value | printf "%.0f" }}×{{ "{{" }} end }}{{ "{{" }} else }} none{{ "{{" }} end }}. {{ "{{" }} with query (printf `max by (namespace, workload_kind, workload) (headroom_workload_replicas_available{{ "{" }}{{ with $namespaced }}{{ . }},{{ end }}{{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}=%q, {{ end }}namespace=%q, workload_kind=%q, workload=%q})`{{ with $rules.clusterLabel }} $labels.{{ $rules.clusterLabel }}{{ end }} $labels.namespace $labels.workload_kind $labels.workload) }}{{ "{{" }} . | first | value | humanize }}{{ "{{" }} else }}no data{{ "{{" }} end }} of {{ "{{" }} with query (printf `max by (namespace, workload_kind, workload) (headroom_workload_replicas_desired{{ "{" }}{{ with $namespaced }}{{ . }},{{ end }}{{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}=%q, {{ end }}namespace=%q, workload_kind=%q, workload=%q})`{{ with $rules.clusterLabel }} $labels.{{ $rules.clusterLabel }}{{ end }} $labels.namespace $labels.workload_kind $labels.workload) }}{{ "{{" }} . | first | value | humanize }}{{ "{{" }} else }}no data{{ "{{" }} end }} replicas available, {{ "{{" }} with query (printf `max by (namespace, workload_kind, workload) (headroom_workload_replicas_ready{{ "{" }}{{ with $namespaced }}{{ . }},{{ end }}{{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}=%q, {{ end }}namespace=%q, workload_kind=%q, workload=%q})`{{ with $rules.clusterLabel }} $labels.{{ $rules.clusterLabel }}{{ end }} $labels.namespace $labels.workload_kind $labels.workload) }}{{ "{{" }} . | first | value | humanize }}{{ "{{" }} else }}no data{{ "{{" }} end }} ready. Owner: {{ "{{" }} with $labels.owner }}{{ "{{" }} . }}{{ "{{" }} else }}none declared{{ "{{" }} end }}. Since {{ "{{" }} with query (printf `ALERTS_FOR_STATE{{ "{" }}{{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}=%q, {{ end }}alertname="HeadroomCrashLoop", namespace=%q, workload_kind=%q, workload=%q}`{{ with $rules.clusterLabel }} $labels.{{ $rules.clusterLabel }}{{ end }} $labels.namespace $labels.workload_kind $labels.workload) }}{{ "{{" }} . | first | value | humanizeTimestamp }}{{ "{{" }} else }}now{{ "{{" }} end }}.{{ with $rules.clusterLabel }}{{ "{{" }} with $labels.{{ $rules.clusterLabel }} }} In cluster {{ "{{" }} . }}.{{ "{{" }} end }}{{ end }}
          runbook_url: |-
            {{ $runbooks }}/HeadroomCrashLoop
          dashboard_url: |-
            {{ $grafana }}/d/headroom-workload?{{ with $rules.clusterLabel }}var-cluster={{ "{{" }} $labels.{{ $rules.clusterLabel }} | urlquery }}&{{ end }}var-namespace={{ "{{" }} $labels.namespace | urlquery }}&var-workload_kind={{ "{{" }} $labels.workload_kind | urlquery }}&var-workload={{ "{{" }} $labels.workload | urlquery }}{{ range $name, $text := $rules.annotations }}
          {{ toRawJson $name }}: {{ toRawJson $text }}{{ end }}
{{- end }}
{{- if $rules.alerts.HeadroomCrashLoop.enabled }}
      - alert: HeadroomCrashLoop
        expr: |2
            (
                (
                    (
                        max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload) (
                            (
                                (
                                    sum by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload, container) (
                                      increase(headroom_workload_container_restarts_total{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }}[{{ $set.loop_window }}])
                                    )
                                  >=
                                    {{ $set.loop_restarts }}
                                )
                              and on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload, container)
                                (
                                    sum by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload, container) (
                                      increase(headroom_workload_container_terminations_total{{ "{" }}{{ with $namespaced }}{{ . }},{{ end }}reason!~"Completed|OOMKilled"}[{{ $set.loop_window }}])
                                    )
                                  >=
                                    {{ $set.loop_restarts }}
                                )
                            )
                          and on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload, container)
                            (
                                sum by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload, container) (
                                  increase(headroom_workload_container_terminations_total{{ "{" }}{{ with $namespaced }}{{ . }},{{ end }}reason!~"Completed|OOMKilled"}[{{ $set.loop_pause }}])
                                )
                              >
                                0
                            )
                        )
                      unless on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload)
                        (
                            (
                                max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload) (
                                  avg_over_time(headroom_workload_replicas_ready{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }}[{{ $set.hurt_window }}])
                                )
                              / on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload)
                                (
                                    (
                                        max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload) (
                                          last_over_time(headroom_workload_replicas_desired{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }}[5m])
                                        )
                                      >
                                        0
                                    )
                                  >
                                    0
                                )
                            )
                          <
                            {{ $set.hurt }}
                        )
                    )
                  * on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload) group_left (owner)
                    (
                        topk by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload) (
                          1,
                          max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload, owner) (
                            count_over_time(headroom_workload_info{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }}[5m])
                          )
                        )
                      > bool
                        0
                    )
                )
              or on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload)
                (
                    (
                        max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload, owner) (
                          ALERTS{alertname="HeadroomCrashLoop",alertstate="firing",severity="{{ $rules.alerts.HeadroomCrashLoop.severity.warning }}"}
                        )
                      unless on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}{{ end }})
                        (
                            max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}{{ end }}) (headroom_workload_info{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }})
                          and on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}{{ end }})
                            max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}{{ end }}) (headroom_source_watches_total{{ with $selectors }}{{ printf `{%s}` . }}{{ end }} >= (headroom_source_watches_total{{ with $selectors }}{{ printf `{%s}` . }}{{ end }} offset {{ $set.loop_pause }}))
                        )
                    )
                  and on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}{{ end }})
                    max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}{{ end }}) (last_over_time(headroom_source_up{{ with $selectors }}{{ printf `{%s}` . }}{{ end }}[6h]))
                )
            )
          or on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload)
            (
                max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload) (
                    (
                        (
                            sum by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload, container) (
                              increase(headroom_workload_container_restarts_total{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }}[{{ $set.loop_window }}])
                            )
                          >=
                            {{ $set.loop_restarts }}
                        )
                      and on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload, container)
                        (
                            sum by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload, container) (
                              increase(headroom_workload_container_terminations_total{{ "{" }}{{ with $namespaced }}{{ . }},{{ end }}reason!~"Completed|OOMKilled"}[{{ $set.loop_window }}])
                            )
                          >=
                            {{ $set.loop_restarts }}
                        )
                    )
                  and on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload, container)
                    (
                        sum by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload, container) (
                          increase(headroom_workload_container_terminations_total{{ "{" }}{{ with $namespaced }}{{ . }},{{ end }}reason!~"Completed|OOMKilled"}[{{ $set.loop_pause }}])
                        )
                      >
                        0
                    )
                )
              unless on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload)
                (
                    (
                        max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload) (
                          avg_over_time(headroom_workload_replicas_ready{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }}[{{ $set.hurt_window }}])
                        )
                      / on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload)
                        (
                            (
                                max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload) (
                                  last_over_time(headroom_workload_replicas_desired{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }}[5m])
                                )
                              >
                                0
                            )
                          >
                            0
                        )
                    )
                  <
                    {{ $set.hurt }}
                )
            )
        for: {{ $set.ticket_wait }}
        labels:
          severity: {{ $rules.alerts.HeadroomCrashLoop.severity.warning }}{{ range $name, $text := $rules.labels }}
          {{ toRawJson $name }}: {{ toRawJson $text }}{{ end }}
        annotations:
          summary: |-
            {{ "{{" }} $labels.workload_kind }} {{ "{{" }} $labels.namespace }}/{{ "{{" }} $labels.workload }} crashes again and again
          description: |-
            Ends of its containers in the last {{ $set.loop_window }}:{{ "{{" }} with query (printf `sum by (container, reason) (increase(headroom_workload_container_terminations_total{{ "{" }}{{ with $namespaced }}{{ . }},{{ end }}{{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}=%q, {{ end }}namespace=%q, workload_kind=%q, workload=%q}[{{ $set.loop_window }}])) > 0`{{ with $rules.clusterLabel }} $labels.{{ $rules.clusterLabel }}{{ end }} $labels.namespace $labels.workload_kind $labels.workload) }}{{ "{{" }} range . }} {{ "{{" }} .Labels.container }} {{ "{{" }} .Labels.reason }} {{ "{{" }} .Value | printf "%.0f" }}×{{ "{{" }} end }}{{ "{{" }} else }} none{{ "{{" }} end }}. {{ "{{" }} with query (printf `max by (namespace, workload_kind, workload) (headroom_workload_replicas_available{{ "{" }}{{ with $namespaced }}{{ . }},{{ end }}{{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}=%q, {{ end }}namespace=%q, workload_kind=%q, workload=%q})`{{ with $rules.clusterLabel }} $labels.{{ $rules.clusterLabel }}{{ end }} $labels.namespace $labels.workload_kind $labels.workload) }}{{ "{{" }} . | first | value | humanize }}{{ "{{" }} else }}no data{{ "{{" }} end }} of {{ "{{" }} with query (printf `max by (namespace, workload_kind, workload) (headroom_workload_replicas_desired{{ "{" }}{{ with $namespaced }}{{ . }},{{ end }}{{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}=%q, {{ end }}namespace=%q, workload_kind=%q, workload=%q})`{{ with $rules.clusterLabel }} $labels.{{ $rules.clusterLabel }}{{ end }} $labels.namespace $labels.workload_kind $labels.workload) }}{{ "{{" }} . | first | value | humanize }}{{ "{{" }} else }}no data{{ "{{" }} end }} replicas available, {{ "{{" }} with query (printf `max by (namespace, workload_kind, workload) (headroom_workload_replicas_ready{{ "{" }}{{ with $namespaced }}{{ . }},{{ end }}{{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}=%q, {{ end }}namespace=%q, workload_kind=%q, workload=%q})`{{ with $rules.clusterLabel }} $labels.{{ $rules.clusterLabel }}{{ end }} $labels.namespace $labels.workload_kind $labels.workload) }}{{ "{{" }} . | first | value | humanize }}{{ "{{" }} else }}no data{{ "{{" }} end }} ready. Owner: {{ "{{" }} with $labels.owner }}{{ "{{" }} . }}{{ "{{" }} else }}none declared{{ "{{" }} end }}. Since {{ "{{" }} with query (printf `ALERTS_FOR_STATE{{ "{" }}{{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}=%q, {{ end }}alertname="HeadroomCrashLoop", namespace=%q, workload_kind=%q, workload=%q}`{{ with $rules.clusterLabel }} $labels.{{ $rules.clusterLabel }}{{ end }} $labels.namespace $labels.workload_kind $labels.workload) }}{{ "{{" }} . | first | value | humanizeTimestamp }}{{ "{{" }} else }}now{{ "{{" }} end }}.{{ with $rules.clusterLabel }}{{ "{{" }} with $labels.{{ $rules.clusterLabel }} }} In cluster {{ "{{" }} . }}.{{ "{{" }} end }}{{ end }}
          runbook_url: |-
            {{ $runbooks }}/HeadroomCrashLoop
          dashboard_url: |-
            {{ $grafana }}/d/headroom-workload?{{ with $rules.clusterLabel }}var-cluster={{ "{{" }} $labels.{{ $rules.clusterLabel }} | urlquery }}&{{ end }}var-namespace={{ "{{" }} $labels.namespace | urlquery }}&var-workload_kind={{ "{{" }} $labels.workload_kind | urlquery }}&var-workload={{ "{{" }} $labels.workload | urlquery }}{{ range $name, $text := $rules.annotations }}
          {{ toRawJson $name }}: {{ toRawJson $text }}{{ end }}
{{- end }}
{{- if $rules.alerts.HeadroomOOMLoop.enabled }}
      - alert: HeadroomOOMLoop
        expr: |2
            (
                (
                    (
                        max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload) (
                            (
                                sum by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload, container) (
                                  increase(headroom_workload_container_terminations_total{{ "{" }}{{ with $namespaced }}{{ . }},{{ end }}reason="OOMKilled"}[{{ $set.loop_window }}])
                                )
                              >=
                                {{ $set.loop_oom_kills }}
                            )
                          and on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload, container)
                            (
                                sum by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload, container) (
                                  increase(headroom_workload_container_terminations_total{{ "{" }}{{ with $namespaced }}{{ . }},{{ end }}reason="OOMKilled"}[{{ $set.loop_pause }}])
                                )
                              >
                                0
                            )
                        )
                      and on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload)
                        (
                            (
                                max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload) (
                                  avg_over_time(headroom_workload_replicas_ready{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }}[{{ $set.hurt_window }}])
                                )
                              / on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload)
                                (
                                    (
                                        max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload) (
                                          last_over_time(headroom_workload_replicas_desired{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }}[5m])
                                        )
                                      >
                                        0
                                    )
                                  >
                                    0
                                )
                            )
                          <
                            {{ $set.hurt }}
                        )
                    )
                  * on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload) group_left (owner)
                    (
                        topk by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload) (
                          1,
                          max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload, owner) (
                            count_over_time(headroom_workload_info{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }}[5m])
                          )
                        )
                      > bool
                        0
                    )
                )
              or on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload)
                (
                    (
                        max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload, owner) (
                          ALERTS{alertname="HeadroomOOMLoop",alertstate="firing",severity="{{ $rules.alerts.HeadroomOOMLoop.severity.critical }}"}
                        )
                      unless on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}{{ end }})
                        (
                            max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}{{ end }}) (headroom_workload_info{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }})
                          and on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}{{ end }})
                            max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}{{ end }}) (headroom_source_watches_total{{ with $selectors }}{{ printf `{%s}` . }}{{ end }} >= (headroom_source_watches_total{{ with $selectors }}{{ printf `{%s}` . }}{{ end }} offset {{ $set.loop_pause }}))
                        )
                    )
                  and on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}{{ end }})
                    max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}{{ end }}) (last_over_time(headroom_source_up{{ with $selectors }}{{ printf `{%s}` . }}{{ end }}[6h]))
                )
            )
          or on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload)
            (
                max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload) (
                    (
                        sum by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload, container) (
                          increase(headroom_workload_container_terminations_total{{ "{" }}{{ with $namespaced }}{{ . }},{{ end }}reason="OOMKilled"}[{{ $set.loop_window }}])
                        )
                      >=
                        {{ $set.loop_oom_kills }}
                    )
                  and on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload, container)
                    (
                        sum by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload, container) (
                          increase(headroom_workload_container_terminations_total{{ "{" }}{{ with $namespaced }}{{ . }},{{ end }}reason="OOMKilled"}[{{ $set.loop_pause }}])
                        )
                      >
                        0
                    )
                )
              and on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload)
                (
                    (
                        max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload) (
                          avg_over_time(headroom_workload_replicas_ready{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }}[{{ $set.hurt_window }}])
                        )
                      / on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload)
                        (
                            (
                                max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload) (
                                  last_over_time(headroom_workload_replicas_desired{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }}[5m])
                                )
                              >
                                0
                            )
                          >
                            0
                        )
                    )
                  <
                    {{ $set.hurt }}
                )
            )
        for: {{ $set.page_wait }}
        labels:
          severity: {{ $rules.alerts.HeadroomOOMLoop.severity.critical }}{{ range $name, $text := $rules.labels }}
          {{ toRawJson $name }}: {{ toRawJson $text }}{{ end }}
        annotations:
          summary: |-
            {{ "{{" }} $labels.workload_kind }} {{ "{{" }} $labels.namespace }}/{{ "{{" }} $labels.workload }} is killed for memory again and again
          description: |-
            In the last {{ $set.loop_window }}:{{ "{{" }} with query (printf `sum by (container, reason) (increase(headroom_workload_container_terminations_total{{ "{" }}{{ with $namespaced }}{{ . }},{{ end }}{{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}=%q, {{ end }}namespace=%q, workload_kind=%q, workload=%q, reason="OOMKilled"}[{{ $set.loop_window }}])) > 0`{{ with $rules.clusterLabel }} $labels.{{ $rules.clusterLabel }}{{ end }} $labels.namespace $labels.workload_kind $labels.workload) }}{{ "{{" }} range . }} {{ "{{" }} .Labels.container }} {{ "{{" }} .Labels.reason }} {{ "{{" }} .Value | printf "%.0f" }}×{{ "{{" }} end }}{{ "{{" }} else }} none{{ "{{" }} end }}. Highest share of its memory limit:{{ "{{" }} with query (printf `max by (container) (headroom_workload_memory_limit_usage_peak_ratio{{ "{" }}{{ with $namespaced }}{{ . }},{{ end }}{{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}=%q, {{ end }}namespace=%q, workload_kind=%q, workload=%q})`{{ with $rules.clusterLabel }} $labels.{{ $rules.clusterLabel }}{{ end }} $labels.namespace $labels.workload_kind $labels.workload) }}{{ "{{" }} range . }} {{ "{{" }} .Labels.container }} {{ "{{" }} .Value | humanizePercentage }}{{ "{{" }} end }}{{ "{{" }} else }} none{{ "{{" }} end }}. {{ "{{" }} with query (printf `max by (namespace, workload_kind, workload) (headroom_workload_replicas_available{{ "{" }}{{ with $namespaced }}{{ . }},{{ end }}{{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}=%q, {{ end }}namespace=%q, workload_kind=%q, workload=%q})`{{ with $rules.clusterLabel }} $labels.{{ $rules.clusterLabel }}{{ end }} $labels.namespace $labels.workload_kind $labels.workload) }}{{ "{{" }} . | first | value | humanize }}{{ "{{" }} else }}no data{{ "{{" }} end }} of {{ "{{" }} with query (printf `max by (namespace, workload_kind, workload) (headroom_workload_replicas_desired{{ "{" }}{{ with $namespaced }}{{ . }},{{ end }}{{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}=%q, {{ end }}namespace=%q, workload_kind=%q, workload=%q})`{{ with $rules.clusterLabel }} $labels.{{ $rules.clusterLabel }}{{ end }} $labels.namespace $labels.workload_kind $labels.workload) }}{{ "{{" }} . | first | value | humanize }}{{ "{{" }} else }}no data{{ "{{" }} end }} replicas available, {{ "{{" }} with query (printf `max by (namespace, workload_kind, workload) (headroom_workload_replicas_ready{{ "{" }}{{ with $namespaced }}{{ . }},{{ end }}{{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}=%q, {{ end }}namespace=%q, workload_kind=%q, workload=%q})`{{ with $rules.clusterLabel }} $labels.{{ $rules.clusterLabel }}{{ end }} $labels.namespace $labels.workload_kind $labels.workload) }}{{ "{{" }} . | first | value | humanize }}{{ "{{" }} else }}no data{{ "{{" }} end }} ready. Owner: {{ "{{" }} with $labels.owner }}{{ "{{" }} . }}{{ "{{" }} else }}none declared{{ "{{" }} end }}. Since {{ "{{" }} with query (printf `ALERTS_FOR_STATE{{ "{" }}{{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}=%q, {{ end }}alertname="HeadroomOOMLoop", namespace=%q, workload_kind=%q, workload=%q}`{{ with $rules.clusterLabel }} $labels.{{ $rules.clusterLabel }}{{ end }} $labels.namespace $labels.workload_kind $labels.workload) }}{{ "{{" }} . | first | value | humanizeTimestamp }}{{ "{{" }} else }}now{{ "{{" }} end }}.{{ with $rules.clusterLabel }}{{ "{{" }} with $labels.{{ $rules.clusterLabel }} }} In cluster {{ "{{" }} . }}.{{ "{{" }} end }}{{ end }}
          runbook_url: |-
            {{ $runbooks }}/HeadroomOOMLoop
          dashboard_url: |-
            {{ $grafana }}/d/headroom-workload?{{ with $rules.clusterLabel }}var-cluster={{ "{{" }} $labels.{{ $rules.clusterLabel }} | urlquery }}&{{ end }}var-namespace={{ "{{" }} $labels.namespace | urlquery }}&var-workload_kind={{ "{{" }} $labels.workload_kind | urlquery }}&var-workload={{ "{{" }} $labels.workload | urlquery }}{{ range $name, $text := $rules.annotations }}
          {{ toRawJson $name }}: {{ toRawJson $text }}{{ end }}
{{- end }}
{{- if $rules.alerts.HeadroomOOMLoop.enabled }}
      - alert: HeadroomOOMLoop
        expr: |2
            (
                (
                    (
                        max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload) (
                            (
                                sum by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload, container) (
                                  increase(headroom_workload_container_terminations_total{{ "{" }}{{ with $namespaced }}{{ . }},{{ end }}reason="OOMKilled"}[{{ $set.loop_window }}])
                                )
                              >=
                                {{ $set.loop_oom_kills }}
                            )
                          and on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload, container)
                            (
                                sum by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload, container) (
                                  increase(headroom_workload_container_terminations_total{{ "{" }}{{ with $namespaced }}{{ . }},{{ end }}reason="OOMKilled"}[{{ $set.loop_pause }}])
                                )
                              >
                                0
                            )
                        )
                      unless on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload)
                        (
                            (
                                max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload) (
                                  avg_over_time(headroom_workload_replicas_ready{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }}[{{ $set.hurt_window }}])
                                )
                              / on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload)
                                (
                                    (
                                        max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload) (
                                          last_over_time(headroom_workload_replicas_desired{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }}[5m])
                                        )
                                      >
                                        0
                                    )
                                  >
                                    0
                                )
                            )
                          <
                            {{ $set.hurt }}
                        )
                    )
                  * on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload) group_left (owner)
                    (
                        topk by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload) (
                          1,
                          max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload, owner) (
                            count_over_time(headroom_workload_info{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }}[5m])
                          )
                        )
                      > bool
                        0
                    )
                )
              or on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload)
                (
                    (
                        max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload, owner) (
                          ALERTS{alertname="HeadroomOOMLoop",alertstate="firing",severity="{{ $rules.alerts.HeadroomOOMLoop.severity.warning }}"}
                        )
                      unless on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}{{ end }})
                        (
                            max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}{{ end }}) (headroom_workload_info{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }})
                          and on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}{{ end }})
                            max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}{{ end }}) (headroom_source_watches_total{{ with $selectors }}{{ printf `{%s}` . }}{{ end }} >= (headroom_source_watches_total{{ with $selectors }}{{ printf `{%s}` . }}{{ end }} offset {{ $set.loop_pause }}))
                        )
                    )
                  and on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}{{ end }})
                    max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}{{ end }}) (last_over_time(headroom_source_up{{ with $selectors }}{{ printf `{%s}` . }}{{ end }}[6h]))
                )
            )
          or on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload)
            (
                max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload) (
                    (
                        sum by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload, container) (
                          increase(headroom_workload_container_terminations_total{{ "{" }}{{ with $namespaced }}{{ . }},{{ end }}reason="OOMKilled"}[{{ $set.loop_window }}])
                        )
                      >=
                        {{ $set.loop_oom_kills }}
                    )
                  and on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload, container)
                    (
                        sum by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload, container) (
                          increase(headroom_workload_container_terminations_total{{ "{" }}{{ with $namespaced }}{{ . }},{{ end }}reason="OOMKilled"}[{{ $set.loop_pause }}])
                        )
                      >
                        0
                    )
                )
              unless on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload)
                (
                    (
                        max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload) (
                          avg_over_time(headroom_workload_replicas_ready{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }}[{{ $set.hurt_window }}])
                        )
                      / on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload)
                        (
                            (
                                max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload) (
                                  last_over_time(headroom_workload_replicas_desired{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }}[5m])
                                )
                              >
                                0
                            )
                          >
                            0
                        )
                    )
                  <
                    {{ $set.hurt }}
                )
            )
        for: {{ $set.ticket_wait }}
        labels:
          severity: {{ $rules.alerts.HeadroomOOMLoop.severity.warning }}{{ range $name, $text := $rules.labels }}
          {{ toRawJson $name }}: {{ toRawJson $text }}{{ end }}
        annotations:
          summary: |-
            {{ "{{" }} $labels.workload_kind }} {{ "{{" }} $labels.namespace }}/{{ "{{" }} $labels.workload }} is killed for memory again and again
          description: |-
            In the last {{ $set.loop_window }}:{{ "{{" }} with query (printf `sum by (container, reason) (increase(headroom_workload_container_terminations_total{{ "{" }}{{ with $namespaced }}{{ . }},{{ end }}{{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}=%q, {{ end }}namespace=%q, workload_kind=%q, workload=%q, reason="OOMKilled"}[{{ $set.loop_window }}])) > 0`{{ with $rules.clusterLabel }} $labels.{{ $rules.clusterLabel }}{{ end }} $labels.namespace $labels.workload_kind $labels.workload) }}{{ "{{" }} range . }} {{ "{{" }} .Labels.container }} {{ "{{" }} .Labels.reason }} {{ "{{" }} .Value | printf "%.0f" }}×{{ "{{" }} end }}{{ "{{" }} else }} none{{ "{{" }} end }}. Highest share of its memory limit:{{ "{{" }} with query (printf `max by (container) (headroom_workload_memory_limit_usage_peak_ratio{{ "{" }}{{ with $namespaced }}{{ . }},{{ end }}{{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}=%q, {{ end }}namespace=%q, workload_kind=%q, workload=%q})`{{ with $rules.clusterLabel }} $labels.{{ $rules.clusterLabel }}{{ end }} $labels.namespace $labels.workload_kind $labels.workload) }}{{ "{{" }} range . }} {{ "{{" }} .Labels.container }} {{ "{{" }} .Value | humanizePercentage }}{{ "{{" }} end }}{{ "{{" }} else }} none{{ "{{" }} end }}. {{ "{{" }} with query (printf `max by (namespace, workload_kind, workload) (headroom_workload_replicas_available{{ "{" }}{{ with $namespaced }}{{ . }},{{ end }}{{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}=%q, {{ end }}namespace=%q, workload_kind=%q, workload=%q})`{{ with $rules.clusterLabel }} $labels.{{ $rules.clusterLabel }}{{ end }} $labels.namespace $labels.workload_kind $labels.workload) }}{{ "{{" }} . | first | value | humanize }}{{ "{{" }} else }}no data{{ "{{" }} end }} of {{ "{{" }} with query (printf `max by (namespace, workload_kind, workload) (headroom_workload_replicas_desired{{ "{" }}{{ with $namespaced }}{{ . }},{{ end }}{{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}=%q, {{ end }}namespace=%q, workload_kind=%q, workload=%q})`{{ with $rules.clusterLabel }} $labels.{{ $rules.clusterLabel }}{{ end }} $labels.namespace $labels.workload_kind $labels.workload) }}{{ "{{" }} . | first | value | humanize }}{{ "{{" }} else }}no data{{ "{{" }} end }} replicas available, {{ "{{" }} with query (printf `max by (namespace, workload_kind, workload) (headroom_workload_replicas_ready{{ "{" }}{{ with $namespaced }}{{ . }},{{ end }}{{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}=%q, {{ end }}namespace=%q, workload_kind=%q, workload=%q})`{{ with $rules.clusterLabel }} $labels.{{ $rules.clusterLabel }}{{ end }} $labels.namespace $labels.workload_kind $labels.workload) }}{{ "{{" }} . | first | value | humanize }}{{ "{{" }} else }}no data{{ "{{" }} end }} ready. Owner: {{ "{{" }} with $labels.owner }}{{ "{{" }} . }}{{ "{{" }} else }}none declared{{ "{{" }} end }}. Since {{ "{{" }} with query (printf `ALERTS_FOR_STATE{{ "{" }}{{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}=%q, {{ end }}alertname="HeadroomOOMLoop", namespace=%q, workload_kind=%q, workload=%q}`{{ with $rules.clusterLabel }} $labels.{{ $rules.clusterLabel }}{{ end }} $labels.namespace $labels.workload_kind $labels.workload) }}{{ "{{" }} . | first | value | humanizeTimestamp }}{{ "{{" }} else }}now{{ "{{" }} end }}.{{ with $rules.clusterLabel }}{{ "{{" }} with $labels.{{ $rules.clusterLabel }} }} In cluster {{ "{{" }} . }}.{{ "{{" }} end }}{{ end }}
          runbook_url: |-
            {{ $runbooks }}/HeadroomOOMLoop
          dashboard_url: |-
            {{ $grafana }}/d/headroom-workload?{{ with $rules.clusterLabel }}var-cluster={{ "{{" }} $labels.{{ $rules.clusterLabel }} | urlquery }}&{{ end }}var-namespace={{ "{{" }} $labels.namespace | urlquery }}&var-workload_kind={{ "{{" }} $labels.workload_kind | urlquery }}&var-workload={{ "{{" }} $labels.workload | urlquery }}{{ range $name, $text := $rules.annotations }}
          {{ toRawJson $name }}: {{ toRawJson $text }}{{ end }}
{{- end }}
{{- if $rules.alerts.HeadroomProbesFailing.enabled }}
      - alert: HeadroomProbesFailing
        expr: |2
            (
                (
                    (
                        max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload) (
                            (
                                sum by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload, container, probe) (
                                  increase(headroom_workload_probe_failures_total{{ "{" }}{{ with $namespaced }}{{ . }},{{ end }}probe!="startup"}[{{ $set.lately }}])
                                )
                              / on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload, container, probe)
                                (
                                    sum by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload, container, probe) (
                                      increase(headroom_workload_probes_total{{ "{" }}{{ with $namespaced }}{{ . }},{{ end }}probe!="startup"}[{{ $set.lately }}])
                                    )
                                  >
                                    0
                                )
                            )
                          >=
                            {{ $set.probes_failed }}
                        )
                      and on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload)
                        (
                            (
                                max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload) (
                                  avg_over_time(headroom_workload_replicas_ready{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }}[{{ $set.hurt_window }}])
                                )
                              / on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload)
                                (
                                    (
                                        max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload) (
                                          last_over_time(headroom_workload_replicas_desired{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }}[5m])
                                        )
                                      >
                                        0
                                    )
                                  >
                                    0
                                )
                            )
                          <
                            {{ $set.hurt }}
                        )
                    )
                  * on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload) group_left (owner)
                    (
                        topk by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload) (
                          1,
                          max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload, owner) (
                            count_over_time(headroom_workload_info{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }}[5m])
                          )
                        )
                      > bool
                        0
                    )
                )
              or on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload)
                (
                    (
                        max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload, owner) (
                          ALERTS{alertname="HeadroomProbesFailing",alertstate="firing",severity="{{ $rules.alerts.HeadroomProbesFailing.severity.critical }}"}
                        )
                      unless on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}{{ end }})
                        (
                            max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}{{ end }}) (headroom_workload_info{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }})
                          and on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}{{ end }})
                            max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}{{ end }}) (headroom_source_watches_total{{ with $selectors }}{{ printf `{%s}` . }}{{ end }} >= (headroom_source_watches_total{{ with $selectors }}{{ printf `{%s}` . }}{{ end }} offset {{ $set.lately }}))
                        )
                    )
                  and on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}{{ end }})
                    max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}{{ end }}) (last_over_time(headroom_source_up{{ with $selectors }}{{ printf `{%s}` . }}{{ end }}[6h]))
                )
            )
          or on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload)
            (
                max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload) (
                    (
                        sum by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload, container, probe) (
                          increase(headroom_workload_probe_failures_total{{ "{" }}{{ with $namespaced }}{{ . }},{{ end }}probe!="startup"}[{{ $set.lately }}])
                        )
                      / on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload, container, probe)
                        (
                            sum by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload, container, probe) (
                              increase(headroom_workload_probes_total{{ "{" }}{{ with $namespaced }}{{ . }},{{ end }}probe!="startup"}[{{ $set.lately }}])
                            )
                          >
                            0
                        )
                    )
                  >=
                    {{ $set.probes_failed }}
                )
              and on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload)
                (
                    (
                        max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload) (
                          avg_over_time(headroom_workload_replicas_ready{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }}[{{ $set.hurt_window }}])
                        )
                      / on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload)
                        (
                            (
                                max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload) (
                                  last_over_time(headroom_workload_replicas_desired{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }}[5m])
                                )
                              >
                                0
                            )
                          >
                            0
                        )
                    )
                  <
                    {{ $set.hurt }}
                )
            )
        for: {{ $set.page_wait }}
        labels:
          severity: {{ $rules.alerts.HeadroomProbesFailing.severity.critical }}{{ range $name, $text := $rules.labels }}
          {{ toRawJson $name }}: {{ toRawJson $text }}{{ end }}
        annotations:
          summary: |-
            {{ "{{" }} $labels.workload_kind }} {{ "{{" }} $labels.namespace }}/{{ "{{" }} $labels.workload }} fails its probes
          description: |-
            Probes that failed in the last {{ $set.lately }}:{{ "{{" }} with query (printf `(sum by (container, probe) (increase(headroom_workload_probe_failures_total{{ "{" }}{{ with $namespaced }}{{ . }},{{ end }}{{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}=%q, {{ end }}namespace=%q, workload_kind=%q, workload=%q}[{{ $set.lately }}])) > 0) / on (container, probe) (sum by (container, probe) (increase(headroom_workload_probes_total{{ "{" }}{{ with $namespaced }}{{ . }},{{ end }}{{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}=%q, {{ end }}namespace=%q, workload_kind=%q, workload=%q}[{{ $set.lately }}])) > 0)`{{ with $rules.clusterLabel }} $labels.{{ $rules.clusterLabel }}{{ end }} $labels.namespace $labels.workload_kind $labels.workload{{ with $rules.clusterLabel }} $labels.{{ $rules.clusterLabel }}{{ end }} $labels.namespace $labels.workload_kind $labels.workload) }}{{ "{{" }} range . }} {{ "{{" }} .Labels.container }} {{ "{{" }} .Labels.probe }} {{ "{{" }} .Value | humanizePercentage }}{{ "{{" }} end }}{{ "{{" }} else }} none{{ "{{" }} end }}. {{ "{{" }} with query (printf `max by (namespace, workload_kind, workload) (headroom_workload_replicas_available{{ "{" }}{{ with $namespaced }}{{ . }},{{ end }}{{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}=%q, {{ end }}namespace=%q, workload_kind=%q, workload=%q})`{{ with $rules.clusterLabel }} $labels.{{ $rules.clusterLabel }}{{ end }} $labels.namespace $labels.workload_kind $labels.workload) }}{{ "{{" }} . | first | value | humanize }}{{ "{{" }} else }}no data{{ "{{" }} end }} of {{ "{{" }} with query (printf `max by (namespace, workload_kind, workload) (headroom_workload_replicas_desired{{ "{" }}{{ with $namespaced }}{{ . }},{{ end }}{{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}=%q, {{ end }}namespace=%q, workload_kind=%q, workload=%q})`{{ with $rules.clusterLabel }} $labels.{{ $rules.clusterLabel }}{{ end }} $labels.namespace $labels.workload_kind $labels.workload) }}{{ "{{" }} . | first | value | humanize }}{{ "{{" }} else }}no data{{ "{{" }} end }} replicas available, {{ "{{" }} with query (printf `max by (namespace, workload_kind, workload) (headroom_workload_replicas_ready{{ "{" }}{{ with $namespaced }}{{ . }},{{ end }}{{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}=%q, {{ end }}namespace=%q, workload_kind=%q, workload=%q})`{{ with $rules.clusterLabel }} $labels.{{ $rules.clusterLabel }}{{ end }} $labels.namespace $labels.workload_kind $labels.workload) }}{{ "{{" }} . | first | value | humanize }}{{ "{{" }} else }}no data{{ "{{" }} end }} ready. Owner: {{ "{{" }} with $labels.owner }}{{ "{{" }} . }}{{ "{{" }} else }}none declared{{ "{{" }} end }}. Since {{ "{{" }} with query (printf `ALERTS_FOR_STATE{{ "{" }}{{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}=%q, {{ end }}alertname="HeadroomProbesFailing", namespace=%q, workload_kind=%q, workload=%q}`{{ with $rules.clusterLabel }} $labels.{{ $rules.clusterLabel }}{{ end }} $labels.namespace $labels.workload_kind $labels.workload) }}{{ "{{" }} . | first | value | humanizeTimestamp }}{{ "{{" }} else }}now{{ "{{" }} end }}.{{ with $rules.clusterLabel }}{{ "{{" }} with $labels.{{ $rules.clusterLabel }} }} In cluster {{ "{{" }} . }}.{{ "{{" }} end }}{{ end }}
          runbook_url: |-
            {{ $runbooks }}/HeadroomProbesFailing
          dashboard_url: |-
            {{ $grafana }}/d/headroom-workload?{{ with $rules.clusterLabel }}var-cluster={{ "{{" }} $labels.{{ $rules.clusterLabel }} | urlquery }}&{{ end }}var-namespace={{ "{{" }} $labels.namespace | urlquery }}&var-workload_kind={{ "{{" }} $labels.workload_kind | urlquery }}&var-workload={{ "{{" }} $labels.workload | urlquery }}{{ range $name, $text := $rules.annotations }}
          {{ toRawJson $name }}: {{ toRawJson $text }}{{ end }}
{{- end }}
{{- if $rules.alerts.HeadroomProbesFailing.enabled }}
      - alert: HeadroomProbesFailing
        expr: |2
            (
                (
                    (
                        max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload) (
                            (
                                sum by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload, container, probe) (
                                  increase(headroom_workload_probe_failures_total{{ "{" }}{{ with $namespaced }}{{ . }},{{ end }}probe!="startup"}[{{ $set.lately }}])
                                )
                              / on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload, container, probe)
                                (
                                    sum by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload, container, probe) (
                                      increase(headroom_workload_probes_total{{ "{" }}{{ with $namespaced }}{{ . }},{{ end }}probe!="startup"}[{{ $set.lately }}])
                                    )
                                  >
                                    0
                                )
                            )
                          >=
                            {{ $set.probes_failed }}
                        )
                      unless on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload)
                        (
                            (
                                max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload) (
                                  avg_over_time(headroom_workload_replicas_ready{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }}[{{ $set.hurt_window }}])
                                )
                              / on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload)
                                (
                                    (
                                        max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload) (
                                          last_over_time(headroom_workload_replicas_desired{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }}[5m])
                                        )
                                      >
                                        0
                                    )
                                  >
                                    0
                                )
                            )
                          <
                            {{ $set.hurt }}
                        )
                    )
                  * on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload) group_left (owner)
                    (
                        topk by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload) (
                          1,
                          max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload, owner) (
                            count_over_time(headroom_workload_info{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }}[5m])
                          )
                        )
                      > bool
                        0
                    )
                )
              or on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload)
                (
                    (
                        max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload, owner) (
                          ALERTS{alertname="HeadroomProbesFailing",alertstate="firing",severity="{{ $rules.alerts.HeadroomProbesFailing.severity.warning }}"}
                        )
                      unless on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}{{ end }})
                        (
                            max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}{{ end }}) (headroom_workload_info{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }})
                          and on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}{{ end }})
                            max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}{{ end }}) (headroom_source_watches_total{{ with $selectors }}{{ printf `{%s}` . }}{{ end }} >= (headroom_source_watches_total{{ with $selectors }}{{ printf `{%s}` . }}{{ end }} offset {{ $set.lately }}))
                        )
                    )
                  and on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}{{ end }})
                    max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}{{ end }}) (last_over_time(headroom_source_up{{ with $selectors }}{{ printf `{%s}` . }}{{ end }}[6h]))
                )
            )
          or on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload)
            (
                max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload) (
                    (
                        sum by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload, container, probe) (
                          increase(headroom_workload_probe_failures_total{{ "{" }}{{ with $namespaced }}{{ . }},{{ end }}probe!="startup"}[{{ $set.lately }}])
                        )
                      / on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload, container, probe)
                        (
                            sum by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload, container, probe) (
                              increase(headroom_workload_probes_total{{ "{" }}{{ with $namespaced }}{{ . }},{{ end }}probe!="startup"}[{{ $set.lately }}])
                            )
                          >
                            0
                        )
                    )
                  >=
                    {{ $set.probes_failed }}
                )
              unless on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload)
                (
                    (
                        max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload) (
                          avg_over_time(headroom_workload_replicas_ready{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }}[{{ $set.hurt_window }}])
                        )
                      / on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload)
                        (
                            (
                                max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload) (
                                  last_over_time(headroom_workload_replicas_desired{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }}[5m])
                                )
                              >
                                0
                            )
                          >
                            0
                        )
                    )
                  <
                    {{ $set.hurt }}
                )
            )
        for: {{ $set.ticket_wait }}
        labels:
          severity: {{ $rules.alerts.HeadroomProbesFailing.severity.warning }}{{ range $name, $text := $rules.labels }}
          {{ toRawJson $name }}: {{ toRawJson $text }}{{ end }}
        annotations:
          summary: |-
            {{ "{{" }} $labels.workload_kind }} {{ "{{" }} $labels.namespace }}/{{ "{{" }} $labels.workload }} fails its probes
          description: |-
            Probes that failed in the last {{ $set.lately }}:{{ "{{" }} with query (printf `(sum by (container, probe) (increase(headroom_workload_probe_failures_total{{ "{" }}{{ with $namespaced }}{{ . }},{{ end }}{{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}=%q, {{ end }}namespace=%q, workload_kind=%q, workload=%q}[{{ $set.lately }}])) > 0) / on (container, probe) (sum by (container, probe) (increase(headroom_workload_probes_total{{ "{" }}{{ with $namespaced }}{{ . }},{{ end }}{{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}=%q, {{ end }}namespace=%q, workload_kind=%q, workload=%q}[{{ $set.lately }}])) > 0)`{{ with $rules.clusterLabel }} $labels.{{ $rules.clusterLabel }}{{ end }} $labels.namespace $labels.workload_kind $labels.workload{{ with $rules.clusterLabel }} $labels.{{ $rules.clusterLabel }}{{ end }} $labels.namespace $labels.workload_kind $labels.workload) }}{{ "{{" }} range . }} {{ "{{" }} .Labels.container }} {{ "{{" }} .Labels.probe }} {{ "{{" }} .Value | humanizePercentage }}{{ "{{" }} end }}{{ "{{" }} else }} none{{ "{{" }} end }}. {{ "{{" }} with query (printf `max by (namespace, workload_kind, workload) (headroom_workload_replicas_available{{ "{" }}{{ with $namespaced }}{{ . }},{{ end }}{{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}=%q, {{ end }}namespace=%q, workload_kind=%q, workload=%q})`{{ with $rules.clusterLabel }} $labels.{{ $rules.clusterLabel }}{{ end }} $labels.namespace $labels.workload_kind $labels.workload) }}{{ "{{" }} . | first | value | humanize }}{{ "{{" }} else }}no data{{ "{{" }} end }} of {{ "{{" }} with query (printf `max by (namespace, workload_kind, workload) (headroom_workload_replicas_desired{{ "{" }}{{ with $namespaced }}{{ . }},{{ end }}{{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}=%q, {{ end }}namespace=%q, workload_kind=%q, workload=%q})`{{ with $rules.clusterLabel }} $labels.{{ $rules.clusterLabel }}{{ end }} $labels.namespace $labels.workload_kind $labels.workload) }}{{ "{{" }} . | first | value | humanize }}{{ "{{" }} else }}no data{{ "{{" }} end }} replicas available, {{ "{{" }} with query (printf `max by (namespace, workload_kind, workload) (headroom_workload_replicas_ready{{ "{" }}{{ with $namespaced }}{{ . }},{{ end }}{{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}=%q, {{ end }}namespace=%q, workload_kind=%q, workload=%q})`{{ with $rules.clusterLabel }} $labels.{{ $rules.clusterLabel }}{{ end }} $labels.namespace $labels.workload_kind $labels.workload) }}{{ "{{" }} . | first | value | humanize }}{{ "{{" }} else }}no data{{ "{{" }} end }} ready. Owner: {{ "{{" }} with $labels.owner }}{{ "{{" }} . }}{{ "{{" }} else }}none declared{{ "{{" }} end }}. Since {{ "{{" }} with query (printf `ALERTS_FOR_STATE{{ "{" }}{{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}=%q, {{ end }}alertname="HeadroomProbesFailing", namespace=%q, workload_kind=%q, workload=%q}`{{ with $rules.clusterLabel }} $labels.{{ $rules.clusterLabel }}{{ end }} $labels.namespace $labels.workload_kind $labels.workload) }}{{ "{{" }} . | first | value | humanizeTimestamp }}{{ "{{" }} else }}now{{ "{{" }} end }}.{{ with $rules.clusterLabel }}{{ "{{" }} with $labels.{{ $rules.clusterLabel }} }} In cluster {{ "{{" }} . }}.{{ "{{" }} end }}{{ end }}
          runbook_url: |-
            {{ $runbooks }}/HeadroomProbesFailing
          dashboard_url: |-
            {{ $grafana }}/d/headroom-workload?{{ with $rules.clusterLabel }}var-cluster={{ "{{" }} $labels.{{ $rules.clusterLabel }} | urlquery }}&{{ end }}var-namespace={{ "{{" }} $labels.namespace | urlquery }}&var-workload_kind={{ "{{" }} $labels.workload_kind | urlquery }}&var-workload={{ "{{" }} $labels.workload | urlquery }}{{ range $name, $text := $rules.annotations }}
          {{ toRawJson $name }}: {{ toRawJson $text }}{{ end }}
{{- end }}
{{- if $rules.alerts.HeadroomThrottlingHurts.enabled }}
      - alert: HeadroomThrottlingHurts
        expr: |2
            (
                (
                    (
                        (
                            max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload) (
                                (
                                    sum by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload, container) (
                                      increase(headroom_workload_cpu_cfs_throttled_periods_total{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }}[{{ $set.lately }}])
                                    )
                                  / on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload, container)
                                    (
                                        sum by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload, container) (
                                          increase(headroom_workload_cpu_cfs_periods_total{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }}[{{ $set.lately }}])
                                        )
                                      >
                                        0
                                    )
                                )
                              >=
                                {{ $set.throttled_share }}
                            )
                          and on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload)
                            (
                                sum by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload) (
                                  rate(headroom_workload_cpu_throttled_seconds_total{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }}[{{ $set.lately }}])
                                )
                              >=
                                {{ $set.throttled_seconds }}
                            )
                        )
                      and on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload)
                        (
                            (
                                (
                                    sum by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload) (
                                      increase(headroom_workload_probe_failures_total{{ "{" }}{{ with $namespaced }}{{ . }},{{ end }}probe!="startup"}[{{ $set.symptom_window }}])
                                    )
                                  >=
                                    {{ $set.symptom_probes }}
                                )
                              or on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload)
                                (
                                    (
                                        (
                                            max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload) (
                                              last_over_time(headroom_workload_replicas_desired{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }}[5m])
                                            )
                                          >
                                            0
                                        )
                                      - on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload)
                                        max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload) (
                                          last_over_time(headroom_workload_replicas_available{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }}[5m])
                                        )
                                    )
                                  >
                                    0
                                )
                            )
                          or on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload)
                            (
                                max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload) (
                                  last_over_time(slo:headroom_slo_burn_rate:ratio_increase1h{workload!=""}[5m])
                                )
                              >=
                                {{ $set.symptom_burn }}
                            )
                        )
                    )
                  * on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload) group_left (owner)
                    (
                        topk by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload) (
                          1,
                          max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload, owner) (
                            count_over_time(headroom_workload_info{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }}[5m])
                          )
                        )
                      > bool
                        0
                    )
                )
              or on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload)
                (
                    (
                        max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload, owner) (
                          ALERTS{alertname="HeadroomThrottlingHurts",alertstate="firing",severity="{{ $rules.alerts.HeadroomThrottlingHurts.severity.warning }}"}
                        )
                      unless on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}{{ end }})
                        (
                            max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}{{ end }}) (headroom_workload_info{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }})
                          and on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}{{ end }})
                            max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}{{ end }}) (headroom_source_watches_total{{ with $selectors }}{{ printf `{%s}` . }}{{ end }} >= (headroom_source_watches_total{{ with $selectors }}{{ printf `{%s}` . }}{{ end }} offset {{ $set.lately }}))
                        )
                    )
                  and on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}{{ end }})
                    max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}{{ end }}) (last_over_time(headroom_source_up{{ with $selectors }}{{ printf `{%s}` . }}{{ end }}[6h]))
                )
            )
          or on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload)
            (
                (
                    max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload) (
                        (
                            sum by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload, container) (
                              increase(headroom_workload_cpu_cfs_throttled_periods_total{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }}[{{ $set.lately }}])
                            )
                          / on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload, container)
                            (
                                sum by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload, container) (
                                  increase(headroom_workload_cpu_cfs_periods_total{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }}[{{ $set.lately }}])
                                )
                              >
                                0
                            )
                        )
                      >=
                        {{ $set.throttled_share }}
                    )
                  and on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload)
                    (
                        sum by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload) (
                          rate(headroom_workload_cpu_throttled_seconds_total{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }}[{{ $set.lately }}])
                        )
                      >=
                        {{ $set.throttled_seconds }}
                    )
                )
              and on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload)
                (
                    (
                        (
                            sum by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload) (
                              increase(headroom_workload_probe_failures_total{{ "{" }}{{ with $namespaced }}{{ . }},{{ end }}probe!="startup"}[{{ $set.symptom_window }}])
                            )
                          >=
                            {{ $set.symptom_probes }}
                        )
                      or on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload)
                        (
                            (
                                (
                                    max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload) (
                                      last_over_time(headroom_workload_replicas_desired{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }}[5m])
                                    )
                                  >
                                    0
                                )
                              - on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload)
                                max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload) (
                                  last_over_time(headroom_workload_replicas_available{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }}[5m])
                                )
                            )
                          >
                            0
                        )
                    )
                  or on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload)
                    (
                        max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload) (
                          last_over_time(slo:headroom_slo_burn_rate:ratio_increase1h{workload!=""}[5m])
                        )
                      >=
                        {{ $set.symptom_burn }}
                    )
                )
            )
        for: {{ $set.ticket_wait }}
        labels:
          severity: {{ $rules.alerts.HeadroomThrottlingHurts.severity.warning }}{{ range $name, $text := $rules.labels }}
          {{ toRawJson $name }}: {{ toRawJson $text }}{{ end }}
        annotations:
          summary: |-
            {{ "{{" }} $labels.workload_kind }} {{ "{{" }} $labels.namespace }}/{{ "{{" }} $labels.workload }} is slowed down by its CPU limit
          description: |-
            Stopped:{{ "{{" }} with query (printf `(sum by (container) (increase(headroom_workload_cpu_cfs_throttled_periods_total{{ "{" }}{{ with $namespaced }}{{ . }},{{ end }}{{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}=%q, {{ end }}namespace=%q, workload_kind=%q, workload=%q}[{{ $set.lately }}])) > 0) / on (container) (sum by (container) (increase(headroom_workload_cpu_cfs_periods_total{{ "{" }}{{ with $namespaced }}{{ . }},{{ end }}{{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}=%q, {{ end }}namespace=%q, workload_kind=%q, workload=%q}[{{ $set.lately }}])) > 0)`{{ with $rules.clusterLabel }} $labels.{{ $rules.clusterLabel }}{{ end }} $labels.namespace $labels.workload_kind $labels.workload{{ with $rules.clusterLabel }} $labels.{{ $rules.clusterLabel }}{{ end }} $labels.namespace $labels.workload_kind $labels.workload) }}{{ "{{" }} range . }} {{ "{{" }} .Labels.container }} {{ "{{" }} .Value | humanizePercentage }} of periods{{ "{{" }} end }}{{ "{{" }} else }} none{{ "{{" }} end }}; at least {{ "{{" }} with query (printf `sum by (namespace, workload_kind, workload) (rate(headroom_workload_cpu_throttled_seconds_total{{ "{" }}{{ with $namespaced }}{{ . }},{{ end }}{{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}=%q, {{ end }}namespace=%q, workload_kind=%q, workload=%q}[{{ $set.lately }}]))`{{ with $rules.clusterLabel }} $labels.{{ $rules.clusterLabel }}{{ end }} $labels.namespace $labels.workload_kind $labels.workload) }}{{ "{{" }} . | first | value | humanize }}{{ "{{" }} else }}no data{{ "{{" }} end }} seconds lost per second. Probes that failed in the last {{ $set.lately }}:{{ "{{" }} with query (printf `(sum by (container, probe) (increase(headroom_workload_probe_failures_total{{ "{" }}{{ with $namespaced }}{{ . }},{{ end }}{{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}=%q, {{ end }}namespace=%q, workload_kind=%q, workload=%q}[{{ $set.lately }}])) > 0) / on (container, probe) (sum by (container, probe) (increase(headroom_workload_probes_total{{ "{" }}{{ with $namespaced }}{{ . }},{{ end }}{{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}=%q, {{ end }}namespace=%q, workload_kind=%q, workload=%q}[{{ $set.lately }}])) > 0)`{{ with $rules.clusterLabel }} $labels.{{ $rules.clusterLabel }}{{ end }} $labels.namespace $labels.workload_kind $labels.workload{{ with $rules.clusterLabel }} $labels.{{ $rules.clusterLabel }}{{ end }} $labels.namespace $labels.workload_kind $labels.workload) }}{{ "{{" }} range . }} {{ "{{" }} .Labels.container }} {{ "{{" }} .Labels.probe }} {{ "{{" }} .Value | humanizePercentage }}{{ "{{" }} end }}{{ "{{" }} else }} none{{ "{{" }} end }}. {{ "{{" }} with query (printf `max by (namespace, workload_kind, workload) (headroom_workload_replicas_available{{ "{" }}{{ with $namespaced }}{{ . }},{{ end }}{{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}=%q, {{ end }}namespace=%q, workload_kind=%q, workload=%q})`{{ with $rules.clusterLabel }} $labels.{{ $rules.clusterLabel }}{{ end }} $labels.namespace $labels.workload_kind $labels.workload) }}{{ "{{" }} . | first | value | humanize }}{{ "{{" }} else }}no data{{ "{{" }} end }} of {{ "{{" }} with query (printf `max by (namespace, workload_kind, workload) (headroom_workload_replicas_desired{{ "{" }}{{ with $namespaced }}{{ . }},{{ end }}{{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}=%q, {{ end }}namespace=%q, workload_kind=%q, workload=%q})`{{ with $rules.clusterLabel }} $labels.{{ $rules.clusterLabel }}{{ end }} $labels.namespace $labels.workload_kind $labels.workload) }}{{ "{{" }} . | first | value | humanize }}{{ "{{" }} else }}no data{{ "{{" }} end }} replicas available, {{ "{{" }} with query (printf `max by (namespace, workload_kind, workload) (headroom_workload_replicas_ready{{ "{" }}{{ with $namespaced }}{{ . }},{{ end }}{{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}=%q, {{ end }}namespace=%q, workload_kind=%q, workload=%q})`{{ with $rules.clusterLabel }} $labels.{{ $rules.clusterLabel }}{{ end }} $labels.namespace $labels.workload_kind $labels.workload) }}{{ "{{" }} . | first | value | humanize }}{{ "{{" }} else }}no data{{ "{{" }} end }} ready. Owner: {{ "{{" }} with $labels.owner }}{{ "{{" }} . }}{{ "{{" }} else }}none declared{{ "{{" }} end }}. Since {{ "{{" }} with query (printf `ALERTS_FOR_STATE{{ "{" }}{{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}=%q, {{ end }}alertname="HeadroomThrottlingHurts", namespace=%q, workload_kind=%q, workload=%q}`{{ with $rules.clusterLabel }} $labels.{{ $rules.clusterLabel }}{{ end }} $labels.namespace $labels.workload_kind $labels.workload) }}{{ "{{" }} . | first | value | humanizeTimestamp }}{{ "{{" }} else }}now{{ "{{" }} end }}.{{ with $rules.clusterLabel }}{{ "{{" }} with $labels.{{ $rules.clusterLabel }} }} In cluster {{ "{{" }} . }}.{{ "{{" }} end }}{{ end }}
          runbook_url: |-
            {{ $runbooks }}/HeadroomThrottlingHurts
          dashboard_url: |-
            {{ $grafana }}/d/headroom-workload?{{ with $rules.clusterLabel }}var-cluster={{ "{{" }} $labels.{{ $rules.clusterLabel }} | urlquery }}&{{ end }}var-namespace={{ "{{" }} $labels.namespace | urlquery }}&var-workload_kind={{ "{{" }} $labels.workload_kind | urlquery }}&var-workload={{ "{{" }} $labels.workload | urlquery }}{{ range $name, $text := $rules.annotations }}
          {{ toRawJson $name }}: {{ toRawJson $text }}{{ end }}
{{- end }}
{{- if $rules.alerts.HeadroomMemoryNearLimit.enabled }}
      - alert: HeadroomMemoryNearLimit
        expr: |2
            (
                (
                    (
                        max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload) (
                          last_over_time(headroom_workload_memory_limit_usage_peak_ratio{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }}[5m])
                        )
                      >=
                        {{ $set.memory_near_limit }}
                    )
                  * on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload) group_left (owner)
                    (
                        topk by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload) (
                          1,
                          max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload, owner) (
                            count_over_time(headroom_workload_info{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }}[5m])
                          )
                        )
                      > bool
                        0
                    )
                )
              or on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload)
                (
                    (
                        max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload, owner) (
                          ALERTS{alertname="HeadroomMemoryNearLimit",alertstate="firing",severity="{{ $rules.alerts.HeadroomMemoryNearLimit.severity.warning }}"}
                        )
                      unless on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}{{ end }})
                        max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}{{ end }}) (headroom_workload_info{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }})
                    )
                  and on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}{{ end }})
                    max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}{{ end }}) (last_over_time(headroom_source_up{{ with $selectors }}{{ printf `{%s}` . }}{{ end }}[6h]))
                )
            )
          or on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload)
            (
                max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload) (
                  last_over_time(headroom_workload_memory_limit_usage_peak_ratio{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }}[5m])
                )
              >=
                {{ $set.memory_near_limit }}
            )
        for: {{ $set.brief_wait }}
        labels:
          severity: {{ $rules.alerts.HeadroomMemoryNearLimit.severity.warning }}{{ range $name, $text := $rules.labels }}
          {{ toRawJson $name }}: {{ toRawJson $text }}{{ end }}
        annotations:
          summary: |-
            {{ "{{" }} $labels.workload_kind }} {{ "{{" }} $labels.namespace }}/{{ "{{" }} $labels.workload }} is about to hit its memory limit
          description: |-
            Highest share in one replica:{{ "{{" }} with query (printf `max by (container) (headroom_workload_memory_limit_usage_peak_ratio{{ "{" }}{{ with $namespaced }}{{ . }},{{ end }}{{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}=%q, {{ end }}namespace=%q, workload_kind=%q, workload=%q})`{{ with $rules.clusterLabel }} $labels.{{ $rules.clusterLabel }}{{ end }} $labels.namespace $labels.workload_kind $labels.workload) }}{{ "{{" }} range . }} {{ "{{" }} .Labels.container }} {{ "{{" }} .Value | humanizePercentage }}{{ "{{" }} end }}{{ "{{" }} else }} none{{ "{{" }} end }}. Owner: {{ "{{" }} with $labels.owner }}{{ "{{" }} . }}{{ "{{" }} else }}none declared{{ "{{" }} end }}. Since {{ "{{" }} with query (printf `ALERTS_FOR_STATE{{ "{" }}{{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}=%q, {{ end }}alertname="HeadroomMemoryNearLimit", namespace=%q, workload_kind=%q, workload=%q}`{{ with $rules.clusterLabel }} $labels.{{ $rules.clusterLabel }}{{ end }} $labels.namespace $labels.workload_kind $labels.workload) }}{{ "{{" }} . | first | value | humanizeTimestamp }}{{ "{{" }} else }}now{{ "{{" }} end }}.{{ with $rules.clusterLabel }}{{ "{{" }} with $labels.{{ $rules.clusterLabel }} }} In cluster {{ "{{" }} . }}.{{ "{{" }} end }}{{ end }}
          runbook_url: |-
            {{ $runbooks }}/HeadroomMemoryNearLimit
          dashboard_url: |-
            {{ $grafana }}/d/headroom-workload?{{ with $rules.clusterLabel }}var-cluster={{ "{{" }} $labels.{{ $rules.clusterLabel }} | urlquery }}&{{ end }}var-namespace={{ "{{" }} $labels.namespace | urlquery }}&var-workload_kind={{ "{{" }} $labels.workload_kind | urlquery }}&var-workload={{ "{{" }} $labels.workload | urlquery }}{{ range $name, $text := $rules.annotations }}
          {{ toRawJson $name }}: {{ toRawJson $text }}{{ end }}
{{- end }}
{{- if $rules.alerts.HeadroomRolloutStuck.enabled }}
      - alert: HeadroomRolloutStuck
        expr: |2
            (
                (
                    (
                        max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload) (
                          last_over_time(headroom_workload_rollout_stuck{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }}[5m])
                        )
                      >
                        0
                    )
                  * on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload) group_left (owner)
                    (
                        topk by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload) (
                          1,
                          max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload, owner) (
                            count_over_time(headroom_workload_info{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }}[5m])
                          )
                        )
                      > bool
                        0
                    )
                )
              or on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload)
                (
                    (
                        max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload, owner) (
                          ALERTS{alertname="HeadroomRolloutStuck",alertstate="firing",severity="{{ $rules.alerts.HeadroomRolloutStuck.severity.warning }}"}
                        )
                      unless on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}{{ end }})
                        max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}{{ end }}) (headroom_workload_info{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }})
                    )
                  and on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}{{ end }})
                    max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}{{ end }}) (last_over_time(headroom_source_up{{ with $selectors }}{{ printf `{%s}` . }}{{ end }}[6h]))
                )
            )
          or on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload)
            (
                max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload) (
                  last_over_time(headroom_workload_rollout_stuck{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }}[5m])
                )
              >
                0
            )
        for: {{ $set.brief_wait }}
        labels:
          severity: {{ $rules.alerts.HeadroomRolloutStuck.severity.warning }}{{ range $name, $text := $rules.labels }}
          {{ toRawJson $name }}: {{ toRawJson $text }}{{ end }}
        annotations:
          summary: |-
            {{ "{{" }} $labels.workload_kind }} {{ "{{" }} $labels.namespace }}/{{ "{{" }} $labels.workload }} has a rollout that makes no progress
          description: |-
            {{ "{{" }} with query (printf `max by (namespace, workload_kind, workload) (headroom_workload_replicas_updated{{ "{" }}{{ with $namespaced }}{{ . }},{{ end }}{{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}=%q, {{ end }}namespace=%q, workload_kind=%q, workload=%q})`{{ with $rules.clusterLabel }} $labels.{{ $rules.clusterLabel }}{{ end }} $labels.namespace $labels.workload_kind $labels.workload) }}{{ "{{" }} . | first | value | humanize }}{{ "{{" }} else }}no data{{ "{{" }} end }} replicas are of the new version. {{ "{{" }} with query (printf `max by (namespace, workload_kind, workload) (headroom_workload_replicas_available{{ "{" }}{{ with $namespaced }}{{ . }},{{ end }}{{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}=%q, {{ end }}namespace=%q, workload_kind=%q, workload=%q})`{{ with $rules.clusterLabel }} $labels.{{ $rules.clusterLabel }}{{ end }} $labels.namespace $labels.workload_kind $labels.workload) }}{{ "{{" }} . | first | value | humanize }}{{ "{{" }} else }}no data{{ "{{" }} end }} of {{ "{{" }} with query (printf `max by (namespace, workload_kind, workload) (headroom_workload_replicas_desired{{ "{" }}{{ with $namespaced }}{{ . }},{{ end }}{{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}=%q, {{ end }}namespace=%q, workload_kind=%q, workload=%q})`{{ with $rules.clusterLabel }} $labels.{{ $rules.clusterLabel }}{{ end }} $labels.namespace $labels.workload_kind $labels.workload) }}{{ "{{" }} . | first | value | humanize }}{{ "{{" }} else }}no data{{ "{{" }} end }} replicas available, {{ "{{" }} with query (printf `max by (namespace, workload_kind, workload) (headroom_workload_replicas_ready{{ "{" }}{{ with $namespaced }}{{ . }},{{ end }}{{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}=%q, {{ end }}namespace=%q, workload_kind=%q, workload=%q})`{{ with $rules.clusterLabel }} $labels.{{ $rules.clusterLabel }}{{ end }} $labels.namespace $labels.workload_kind $labels.workload) }}{{ "{{" }} . | first | value | humanize }}{{ "{{" }} else }}no data{{ "{{" }} end }} ready. Waiting lately:{{ "{{" }} with query (printf `max by (container, reason) (max_over_time(headroom_workload_containers_waiting{{ "{" }}{{ with $namespaced }}{{ . }},{{ end }}{{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}=%q, {{ end }}namespace=%q, workload_kind=%q, workload=%q}[{{ $set.loop_pause }}]))`{{ with $rules.clusterLabel }} $labels.{{ $rules.clusterLabel }}{{ end }} $labels.namespace $labels.workload_kind $labels.workload) }}{{ "{{" }} range . }} {{ "{{" }} .Labels.container }} {{ "{{" }} .Labels.reason }}{{ "{{" }} end }}{{ "{{" }} else }} none{{ "{{" }} end }}. Owner: {{ "{{" }} with $labels.owner }}{{ "{{" }} . }}{{ "{{" }} else }}none declared{{ "{{" }} end }}. Since {{ "{{" }} with query (printf `ALERTS_FOR_STATE{{ "{" }}{{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}=%q, {{ end }}alertname="HeadroomRolloutStuck", namespace=%q, workload_kind=%q, workload=%q}`{{ with $rules.clusterLabel }} $labels.{{ $rules.clusterLabel }}{{ end }} $labels.namespace $labels.workload_kind $labels.workload) }}{{ "{{" }} . | first | value | humanizeTimestamp }}{{ "{{" }} else }}now{{ "{{" }} end }}.{{ with $rules.clusterLabel }}{{ "{{" }} with $labels.{{ $rules.clusterLabel }} }} In cluster {{ "{{" }} . }}.{{ "{{" }} end }}{{ end }}
          runbook_url: |-
            {{ $runbooks }}/HeadroomRolloutStuck
          dashboard_url: |-
            {{ $grafana }}/d/headroom-workload?{{ with $rules.clusterLabel }}var-cluster={{ "{{" }} $labels.{{ $rules.clusterLabel }} | urlquery }}&{{ end }}var-namespace={{ "{{" }} $labels.namespace | urlquery }}&var-workload_kind={{ "{{" }} $labels.workload_kind | urlquery }}&var-workload={{ "{{" }} $labels.workload | urlquery }}{{ range $name, $text := $rules.annotations }}
          {{ toRawJson $name }}: {{ toRawJson $text }}{{ end }}
{{- end }}
{{- if $rules.alerts.HeadroomPodsUnschedulable.enabled }}
      - alert: HeadroomPodsUnschedulable
        expr: |2
            (
                (
                    (
                        min by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload) (
                          last_over_time(headroom_workload_pods_unschedulable{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }}[5m])
                        )
                      >=
                        {{ $set.pods_waiting }}
                    )
                  * on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload) group_left (owner)
                    (
                        topk by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload) (
                          1,
                          max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload, owner) (
                            count_over_time(headroom_workload_info{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }}[5m])
                          )
                        )
                      > bool
                        0
                    )
                )
              or on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload)
                (
                    (
                        max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload, owner) (
                          ALERTS{alertname="HeadroomPodsUnschedulable",alertstate="firing",severity="{{ $rules.alerts.HeadroomPodsUnschedulable.severity.warning }}"}
                        )
                      unless on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}{{ end }})
                        max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}{{ end }}) (headroom_workload_info{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }})
                    )
                  and on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}{{ end }})
                    max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}{{ end }}) (last_over_time(headroom_source_up{{ with $selectors }}{{ printf `{%s}` . }}{{ end }}[6h]))
                )
            )
          or on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload)
            (
                min by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}namespace, workload_kind, workload) (
                  last_over_time(headroom_workload_pods_unschedulable{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }}[5m])
                )
              >=
                {{ $set.pods_waiting }}
            )
        for: {{ $set.ticket_wait }}
        labels:
          severity: {{ $rules.alerts.HeadroomPodsUnschedulable.severity.warning }}{{ range $name, $text := $rules.labels }}
          {{ toRawJson $name }}: {{ toRawJson $text }}{{ end }}
        annotations:
          summary: |-
            {{ "{{" }} $labels.workload_kind }} {{ "{{" }} $labels.namespace }}/{{ "{{" }} $labels.workload }} has pods that find no node
          description: |-
            {{ "{{" }} with query (printf `max by (namespace, workload_kind, workload) (headroom_workload_pods_unschedulable{{ "{" }}{{ with $namespaced }}{{ . }},{{ end }}{{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}=%q, {{ end }}namespace=%q, workload_kind=%q, workload=%q})`{{ with $rules.clusterLabel }} $labels.{{ $rules.clusterLabel }}{{ end }} $labels.namespace $labels.workload_kind $labels.workload) }}{{ "{{" }} . | first | value | humanize }}{{ "{{" }} else }}no data{{ "{{" }} end }} pods. {{ "{{" }} with query (printf `max by (namespace, workload_kind, workload) (headroom_workload_replicas_available{{ "{" }}{{ with $namespaced }}{{ . }},{{ end }}{{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}=%q, {{ end }}namespace=%q, workload_kind=%q, workload=%q})`{{ with $rules.clusterLabel }} $labels.{{ $rules.clusterLabel }}{{ end }} $labels.namespace $labels.workload_kind $labels.workload) }}{{ "{{" }} . | first | value | humanize }}{{ "{{" }} else }}no data{{ "{{" }} end }} of {{ "{{" }} with query (printf `max by (namespace, workload_kind, workload) (headroom_workload_replicas_desired{{ "{" }}{{ with $namespaced }}{{ . }},{{ end }}{{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}=%q, {{ end }}namespace=%q, workload_kind=%q, workload=%q})`{{ with $rules.clusterLabel }} $labels.{{ $rules.clusterLabel }}{{ end }} $labels.namespace $labels.workload_kind $labels.workload) }}{{ "{{" }} . | first | value | humanize }}{{ "{{" }} else }}no data{{ "{{" }} end }} replicas available, {{ "{{" }} with query (printf `max by (namespace, workload_kind, workload) (headroom_workload_replicas_ready{{ "{" }}{{ with $namespaced }}{{ . }},{{ end }}{{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}=%q, {{ end }}namespace=%q, workload_kind=%q, workload=%q})`{{ with $rules.clusterLabel }} $labels.{{ $rules.clusterLabel }}{{ end }} $labels.namespace $labels.workload_kind $labels.workload) }}{{ "{{" }} . | first | value | humanize }}{{ "{{" }} else }}no data{{ "{{" }} end }} ready. Owner: {{ "{{" }} with $labels.owner }}{{ "{{" }} . }}{{ "{{" }} else }}none declared{{ "{{" }} end }}. Since {{ "{{" }} with query (printf `ALERTS_FOR_STATE{{ "{" }}{{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}=%q, {{ end }}alertname="HeadroomPodsUnschedulable", namespace=%q, workload_kind=%q, workload=%q}`{{ with $rules.clusterLabel }} $labels.{{ $rules.clusterLabel }}{{ end }} $labels.namespace $labels.workload_kind $labels.workload) }}{{ "{{" }} . | first | value | humanizeTimestamp }}{{ "{{" }} else }}now{{ "{{" }} end }}.{{ with $rules.clusterLabel }}{{ "{{" }} with $labels.{{ $rules.clusterLabel }} }} In cluster {{ "{{" }} . }}.{{ "{{" }} end }}{{ end }}
          runbook_url: |-
            {{ $runbooks }}/HeadroomPodsUnschedulable
          dashboard_url: |-
            {{ $grafana }}/d/headroom-workload?{{ with $rules.clusterLabel }}var-cluster={{ "{{" }} $labels.{{ $rules.clusterLabel }} | urlquery }}&{{ end }}var-namespace={{ "{{" }} $labels.namespace | urlquery }}&var-workload_kind={{ "{{" }} $labels.workload_kind | urlquery }}&var-workload={{ "{{" }} $labels.workload | urlquery }}{{ range $name, $text := $rules.annotations }}
          {{ toRawJson $name }}: {{ toRawJson $text }}{{ end }}
{{- end }}
  - name: headroom-slo-30s
    interval: 30s
    rules:
      - record: slo:headroom_slo_events:increase5m
        expr: |
          sum by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload) (
            increase(headroom_slo_events_total{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }}[5m])
          )
      - record: slo:headroom_slo_bad_events:increase5m
        expr: |
          sum by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload) (
            increase(headroom_slo_bad_events_total{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }}[5m])
          )
      - record: slo:headroom_slo_burn_rate:ratio_increase5m
        expr: |2
            (
                max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload) (
                  slo:headroom_slo_bad_events:increase5m
                )
              / on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload)
                (
                    max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload) (
                      slo:headroom_slo_events:increase5m
                    )
                  >
                    0
                )
            )
          / on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload)
            (
                (
                    1
                  -
                    max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload) (
                      last_over_time(headroom_slo_objective_ratio{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }}[5m])
                    )
                )
              >
                0
            )
      - record: slo:headroom_slo_events:increase30m
        expr: |
          sum by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload) (
            increase(headroom_slo_events_total{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }}[30m])
          )
      - record: slo:headroom_slo_bad_events:increase30m
        expr: |
          sum by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload) (
            increase(headroom_slo_bad_events_total{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }}[30m])
          )
      - record: slo:headroom_slo_burn_rate:ratio_increase30m
        expr: |2
            (
                max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload) (
                  slo:headroom_slo_bad_events:increase30m
                )
              / on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload)
                (
                    max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload) (
                      slo:headroom_slo_events:increase30m
                    )
                  >
                    0
                )
            )
          / on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload)
            (
                (
                    1
                  -
                    max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload) (
                      last_over_time(headroom_slo_objective_ratio{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }}[5m])
                    )
                )
              >
                0
            )
      - record: slo:headroom_slo_events:increase1h
        expr: |
          sum by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload) (
            increase(headroom_slo_events_total{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }}[1h])
          )
      - record: slo:headroom_slo_bad_events:increase1h
        expr: |
          sum by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload) (
            increase(headroom_slo_bad_events_total{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }}[1h])
          )
      - record: slo:headroom_slo_burn_rate:ratio_increase1h
        expr: |2
            (
                max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload) (
                  slo:headroom_slo_bad_events:increase1h
                )
              / on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload)
                (
                    max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload) (
                      slo:headroom_slo_events:increase1h
                    )
                  >
                    0
                )
            )
          / on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload)
            (
                (
                    1
                  -
                    max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload) (
                      last_over_time(headroom_slo_objective_ratio{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }}[5m])
                    )
                )
              >
                0
            )
{{- if $rules.alerts.HeadroomSLOFastBurn.enabled }}
      - alert: HeadroomSLOFastBurn
        expr: |2
            (
                (
                    (
                        (
                            (
                                max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload) (
                                  last_over_time(slo:headroom_slo_burn_rate:ratio_increase1h[1m15s])
                                )
                              > on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload)
                                min by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload) (
                                  last_over_time(headroom_slo_burn_rate_threshold{{ "{" }}{{ with $namespaced }}{{ . }},{{ end }}window="1h"}[5m])
                                )
                            )
                          and on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload)
                            (
                                (
                                    max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload) (
                                      last_over_time(slo:headroom_slo_burn_rate:ratio_increase5m[1m15s])
                                    )
                                  > on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload)
                                    min by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload) (
                                      last_over_time(headroom_slo_burn_rate_threshold{{ "{" }}{{ with $namespaced }}{{ . }},{{ end }}window="1h"}[5m])
                                    )
                                )
                              or on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload)
                                (
                                    max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload) (
                                      ALERTS{alertname="HeadroomSLOFastBurn",alertstate="firing"}
                                    )
                                  unless on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload)
                                    max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload) (
                                      last_over_time(slo:headroom_slo_burn_rate:ratio_increase5m[1m15s])
                                    )
                                )
                            )
                        )
                      and on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload)
                        (
                            (
                                max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload) (
                                  last_over_time(slo:headroom_slo_bad_events:increase1h[1m15s])
                                )
                              >= on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload)
                                max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload) (
                                  last_over_time(headroom_slo_minimum_bad_events{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }}[5m])
                                )
                            )
                          or on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload)
                            max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload) (
                              ALERTS{alertname="HeadroomSLOFastBurn",alertstate="firing"}
                            )
                        )
                    )
                  or on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload)
                    (
                        (
                            (
                                (
                                    max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload) (
                                      last_over_time(slo:headroom_slo_burn_rate:ratio_increase6h[5m])
                                    )
                                  > on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload)
                                    min by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload) (
                                      last_over_time(headroom_slo_burn_rate_threshold{{ "{" }}{{ with $namespaced }}{{ . }},{{ end }}window="6h"}[5m])
                                    )
                                )
                              and on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload)
                                (
                                    max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload) (
                                      last_over_time(slo:headroom_slo_burn_rate:ratio_increase30m[1m15s])
                                    )
                                  > on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload)
                                    min by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload) (
                                      last_over_time(headroom_slo_burn_rate_threshold{{ "{" }}{{ with $namespaced }}{{ . }},{{ end }}window="6h"}[5m])
                                    )
                                )
                            )
                          and on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload)
                            (
                                (
                                    max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload) (
                                      last_over_time(slo:headroom_slo_burn_rate:ratio_increase5m[1m15s])
                                    )
                                  > on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload)
                                    min by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload) (
                                      last_over_time(headroom_slo_burn_rate_threshold{{ "{" }}{{ with $namespaced }}{{ . }},{{ end }}window="6h"}[5m])
                                    )
                                )
                              or on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload)
                                (
                                    max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload) (
                                      ALERTS{alertname="HeadroomSLOFastBurn",alertstate="firing"}
                                    )
                                  unless on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload)
                                    max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload) (
                                      last_over_time(slo:headroom_slo_burn_rate:ratio_increase5m[1m15s])
                                    )
                                )
                            )
                        )
                      and on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload)
                        (
                            (
                                max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload) (
                                  last_over_time(slo:headroom_slo_bad_events:increase6h[5m])
                                )
                              >= on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload)
                                max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload) (
                                  last_over_time(headroom_slo_minimum_bad_events{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }}[5m])
                                )
                            )
                          or on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload)
                            max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload) (
                              ALERTS{alertname="HeadroomSLOFastBurn",alertstate="firing"}
                            )
                        )
                    )
                )
              * on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload) group_left (owner)
                (
                    topk by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload) (
                      1,
                      max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload, owner) (
                        count_over_time(headroom_slo_info{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }}[5m])
                      )
                    )
                  > bool
                    0
                )
            )
          or on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload)
            (
                (
                    max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload, owner) (
                      ALERTS{alertname="HeadroomSLOFastBurn",alertstate="firing"}
                    )
                  unless on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload)
                    (
                        (
                            max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload) (
                              headroom_slo_events_total{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }} >= (headroom_slo_events_total{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }} offset 3m)
                            )
                          and on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload)
                            (
                                max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload) (
                                  last_over_time(slo:headroom_slo_burn_rate:ratio_increase1h[1m15s])
                                )
                              or on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload)
                                max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload) (
                                  headroom_slo_events_total{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }} >= (headroom_slo_events_total{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }} offset 1h)
                                )
                            )
                        )
                      or on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload)
                        max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload) (
                            (
                                max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload, owner) (
                                  ALERTS{alertname="HeadroomSLOFastBurn",alertstate="firing"}
                                )
                              unless on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload)
                                max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload) (
                                  last_over_time(headroom_slo_objective_ratio{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }}[5m])
                                )
                            )
                          and on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}{{ end }})
                            (
                                max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}{{ end }}) (headroom_workload_info{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }})
                              and on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}{{ end }})
                                max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}{{ end }}) (headroom_source_watches_total{{ with $selectors }}{{ printf `{%s}` . }}{{ end }} >= (headroom_source_watches_total{{ with $selectors }}{{ printf `{%s}` . }}{{ end }} offset 3m))
                            )
                        )
                    )
                )
              and on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload)
                max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload) (
                  slo:headroom_slo_events:increase6h
                )
            )
        labels:
          severity: {{ $rules.alerts.HeadroomSLOFastBurn.severity.critical }}{{ range $name, $text := $rules.labels }}
          {{ toRawJson $name }}: {{ toRawJson $text }}{{ end }}
        annotations:
          summary: |-
            {{ "{{" }} $labels.slo_service }}/{{ "{{" }} $labels.slo }}{{ "{{" }} with $labels.slo_group }} ({{ "{{" }} . }}){{ "{{" }} end }} burns its error budget fast
          description: |-
            Burn rate: {{ "{{" }} with query (printf `last_over_time(slo:headroom_slo_burn_rate:ratio_increase5m{{ "{" }}{{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}=%q, {{ end }}slo_service=%q, slo=%q, slo_group=%q, namespace=%q, workload_kind=%q, workload=%q}[21m])`{{ with $rules.clusterLabel }} $labels.{{ $rules.clusterLabel }}{{ end }} $labels.slo_service $labels.slo $labels.slo_group $labels.namespace $labels.workload_kind $labels.workload) }}{{ "{{" }} . | first | value | humanize }}{{ "{{" }} else }}no data{{ "{{" }} end }} over 5m, {{ "{{" }} with query (printf `last_over_time(slo:headroom_slo_burn_rate:ratio_increase30m{{ "{" }}{{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}=%q, {{ end }}slo_service=%q, slo=%q, slo_group=%q, namespace=%q, workload_kind=%q, workload=%q}[21m])`{{ with $rules.clusterLabel }} $labels.{{ $rules.clusterLabel }}{{ end }} $labels.slo_service $labels.slo $labels.slo_group $labels.namespace $labels.workload_kind $labels.workload) }}{{ "{{" }} . | first | value | humanize }}{{ "{{" }} else }}no data{{ "{{" }} end }} over 30m, {{ "{{" }} with query (printf `last_over_time(slo:headroom_slo_burn_rate:ratio_increase1h{{ "{" }}{{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}=%q, {{ end }}slo_service=%q, slo=%q, slo_group=%q, namespace=%q, workload_kind=%q, workload=%q}[21m])`{{ with $rules.clusterLabel }} $labels.{{ $rules.clusterLabel }}{{ end }} $labels.slo_service $labels.slo $labels.slo_group $labels.namespace $labels.workload_kind $labels.workload) }}{{ "{{" }} . | first | value | humanize }}{{ "{{" }} else }}no data{{ "{{" }} end }} over 1h, {{ "{{" }} with query (printf `last_over_time(slo:headroom_slo_burn_rate:ratio_increase6h{{ "{" }}{{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}=%q, {{ end }}slo_service=%q, slo=%q, slo_group=%q, namespace=%q, workload_kind=%q, workload=%q}[21m])`{{ with $rules.clusterLabel }} $labels.{{ $rules.clusterLabel }}{{ end }} $labels.slo_service $labels.slo $labels.slo_group $labels.namespace $labels.workload_kind $labels.workload) }}{{ "{{" }} . | first | value | humanize }}{{ "{{" }} else }}no data{{ "{{" }} end }} over 6h (1 spends the budget exactly by the end of its period). Since {{ "{{" }} with query (printf `ALERTS_FOR_STATE{{ "{" }}{{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}=%q, {{ end }}alertname="HeadroomSLOFastBurn", slo_service=%q, slo=%q, slo_group=%q, namespace=%q, workload_kind=%q, workload=%q}`{{ with $rules.clusterLabel }} $labels.{{ $rules.clusterLabel }}{{ end }} $labels.slo_service $labels.slo $labels.slo_group $labels.namespace $labels.workload_kind $labels.workload) }}{{ "{{" }} . | first | value | humanizeTimestamp }}{{ "{{" }} else }}now{{ "{{" }} end }}. Budget left:{{ "{{" }} with query (printf `min by (period) (headroom_slo_error_budget_remaining_ratio{{ "{" }}{{ with $namespaced }}{{ . }},{{ end }}{{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}=%q, {{ end }}slo_service=%q, slo=%q, slo_group=%q, namespace=%q, workload_kind=%q, workload=%q})`{{ with $rules.clusterLabel }} $labels.{{ $rules.clusterLabel }}{{ end }} $labels.slo_service $labels.slo $labels.slo_group $labels.namespace $labels.workload_kind $labels.workload) }}{{ "{{" }} range . }} {{ "{{" }} .Labels.period }} {{ "{{" }} .Value | humanizePercentage }}{{ "{{" }} end }}{{ "{{" }} else }} no data{{ "{{" }} end }}. Owner: {{ "{{" }} with $labels.owner }}{{ "{{" }} . }}{{ "{{" }} else }}none declared{{ "{{" }} end }}.{{ with $rules.clusterLabel }}{{ "{{" }} with $labels.{{ $rules.clusterLabel }} }} In cluster {{ "{{" }} . }}.{{ "{{" }} end }}{{ end }}
          runbook_url: |-
            {{ $runbooks }}/HeadroomSLOFastBurn
          dashboard_url: |-
            {{ $grafana }}/d/headroom-slo?{{ with $rules.clusterLabel }}var-cluster={{ "{{" }} $labels.{{ $rules.clusterLabel }} | urlquery }}&{{ end }}var-slo_service={{ "{{" }} $labels.slo_service | urlquery }}&var-slo={{ "{{" }} $labels.slo | urlquery }}&var-slo_group={{ "{{" }} $labels.slo_group | urlquery }}{{ range $name, $text := $rules.annotations }}
          {{ toRawJson $name }}: {{ toRawJson $text }}{{ end }}
{{- end }}
  - name: headroom-slo-2m
    interval: 2m
    rules:
      - record: slo:headroom_slo_events:increase2h
        expr: |
          sum by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload) (
            increase(headroom_slo_events_total{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }}[2h])
          )
      - record: slo:headroom_slo_bad_events:increase2h
        expr: |
          sum by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload) (
            increase(headroom_slo_bad_events_total{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }}[2h])
          )
      - record: slo:headroom_slo_burn_rate:ratio_increase2h
        expr: |2
            (
                max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload) (
                  slo:headroom_slo_bad_events:increase2h
                )
              / on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload)
                (
                    max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload) (
                      slo:headroom_slo_events:increase2h
                    )
                  >
                    0
                )
            )
          / on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload)
            (
                (
                    1
                  -
                    max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload) (
                      last_over_time(headroom_slo_objective_ratio{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }}[5m])
                    )
                )
              >
                0
            )
      - record: slo:headroom_slo_events:increase6h
        expr: |
          sum by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload) (
            increase(headroom_slo_events_total{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }}[6h])
          )
      - record: slo:headroom_slo_bad_events:increase6h
        expr: |
          sum by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload) (
            increase(headroom_slo_bad_events_total{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }}[6h])
          )
      - record: slo:headroom_slo_burn_rate:ratio_increase6h
        expr: |2
            (
                max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload) (
                  slo:headroom_slo_bad_events:increase6h
                )
              / on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload)
                (
                    max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload) (
                      slo:headroom_slo_events:increase6h
                    )
                  >
                    0
                )
            )
          / on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload)
            (
                (
                    1
                  -
                    max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload) (
                      last_over_time(headroom_slo_objective_ratio{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }}[5m])
                    )
                )
              >
                0
            )
{{- if $rules.alerts.HeadroomSLOSlowBurn.enabled }}
      - alert: HeadroomSLOSlowBurn
        expr: |2
            (
                (
                    (
                        (
                            (
                                (
                                    max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload) (
                                      last_over_time(slo:headroom_slo_burn_rate:ratio_increase1d[21m])
                                    )
                                  > on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload)
                                    min by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload) (
                                      last_over_time(headroom_slo_burn_rate_threshold{{ "{" }}{{ with $namespaced }}{{ . }},{{ end }}window="1d"}[5m])
                                    )
                                )
                              and on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload)
                                (
                                    max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload) (
                                      last_over_time(slo:headroom_slo_burn_rate:ratio_increase2h[5m])
                                    )
                                  > on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload)
                                    min by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload) (
                                      last_over_time(headroom_slo_burn_rate_threshold{{ "{" }}{{ with $namespaced }}{{ . }},{{ end }}window="1d"}[5m])
                                    )
                                )
                            )
                          and on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload)
                            (
                                (
                                    max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload) (
                                      last_over_time(slo:headroom_slo_bad_events:increase1d[21m])
                                    )
                                  >= on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload)
                                    max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload) (
                                      last_over_time(headroom_slo_minimum_bad_events{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }}[5m])
                                    )
                                )
                              or on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload)
                                max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload) (
                                  ALERTS{alertname="HeadroomSLOSlowBurn",alertstate="firing"}
                                )
                            )
                        )
                      or on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload)
                        (
                            (
                                (
                                    max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload) (
                                      last_over_time(slo:headroom_slo_burn_rate:ratio_increase3d[21m])
                                    )
                                  > on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload)
                                    min by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload) (
                                      last_over_time(headroom_slo_burn_rate_threshold{{ "{" }}{{ with $namespaced }}{{ . }},{{ end }}window="3d"}[5m])
                                    )
                                )
                              and on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload)
                                (
                                    max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload) (
                                      last_over_time(slo:headroom_slo_burn_rate:ratio_increase6h[5m])
                                    )
                                  > on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload)
                                    min by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload) (
                                      last_over_time(headroom_slo_burn_rate_threshold{{ "{" }}{{ with $namespaced }}{{ . }},{{ end }}window="3d"}[5m])
                                    )
                                )
                            )
                          and on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload)
                            (
                                (
                                    max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload) (
                                      last_over_time(slo:headroom_slo_bad_events:increase3d[21m])
                                    )
                                  >= on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload)
                                    max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload) (
                                      last_over_time(headroom_slo_minimum_bad_events{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }}[5m])
                                    )
                                )
                              or on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload)
                                max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload) (
                                  ALERTS{alertname="HeadroomSLOSlowBurn",alertstate="firing"}
                                )
                            )
                        )
                    )
                  unless on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload)
                    max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload) (
                      last_over_time(ALERTS{alertname="HeadroomSLOFastBurn",alertstate="firing"}[6h])
                    )
                )
              * on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload) group_left (owner)
                (
                    topk by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload) (
                      1,
                      max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload, owner) (
                        count_over_time(headroom_slo_info{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }}[5m])
                      )
                    )
                  > bool
                    0
                )
            )
          or on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload)
            (
                (
                    max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload, owner) (
                      ALERTS{alertname="HeadroomSLOSlowBurn",alertstate="firing"}
                    )
                  unless on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload)
                    (
                        (
                            max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload) (
                              headroom_slo_events_total{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }} >= (headroom_slo_events_total{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }} offset 3m)
                            )
                          and on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload)
                            (
                                max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload) (
                                  last_over_time(slo:headroom_slo_burn_rate:ratio_increase1h[1m15s])
                                )
                              or on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload)
                                max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload) (
                                  headroom_slo_events_total{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }} >= (headroom_slo_events_total{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }} offset 1h)
                                )
                            )
                        )
                      or on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload)
                        max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload) (
                            (
                                max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload, owner) (
                                  ALERTS{alertname="HeadroomSLOSlowBurn",alertstate="firing"}
                                )
                              unless on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload)
                                max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload) (
                                  last_over_time(headroom_slo_objective_ratio{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }}[5m])
                                )
                            )
                          and on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}{{ end }})
                            (
                                max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}{{ end }}) (headroom_workload_info{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }})
                              and on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}{{ end }})
                                max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}{{ end }}) (headroom_source_watches_total{{ with $selectors }}{{ printf `{%s}` . }}{{ end }} >= (headroom_source_watches_total{{ with $selectors }}{{ printf `{%s}` . }}{{ end }} offset 3m))
                            )
                        )
                    )
                )
              and on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload)
                max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload) (
                  slo:headroom_slo_events:increase6h
                )
            )
        labels:
          severity: {{ $rules.alerts.HeadroomSLOSlowBurn.severity.warning }}{{ range $name, $text := $rules.labels }}
          {{ toRawJson $name }}: {{ toRawJson $text }}{{ end }}
        annotations:
          summary: |-
            {{ "{{" }} $labels.slo_service }}/{{ "{{" }} $labels.slo }}{{ "{{" }} with $labels.slo_group }} ({{ "{{" }} . }}){{ "{{" }} end }} burns its error budget slowly but steadily
          description: |-
            Burn rate: {{ "{{" }} with query (printf `last_over_time(slo:headroom_slo_burn_rate:ratio_increase2h{{ "{" }}{{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}=%q, {{ end }}slo_service=%q, slo=%q, slo_group=%q, namespace=%q, workload_kind=%q, workload=%q}[21m])`{{ with $rules.clusterLabel }} $labels.{{ $rules.clusterLabel }}{{ end }} $labels.slo_service $labels.slo $labels.slo_group $labels.namespace $labels.workload_kind $labels.workload) }}{{ "{{" }} . | first | value | humanize }}{{ "{{" }} else }}no data{{ "{{" }} end }} over 2h, {{ "{{" }} with query (printf `last_over_time(slo:headroom_slo_burn_rate:ratio_increase6h{{ "{" }}{{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}=%q, {{ end }}slo_service=%q, slo=%q, slo_group=%q, namespace=%q, workload_kind=%q, workload=%q}[21m])`{{ with $rules.clusterLabel }} $labels.{{ $rules.clusterLabel }}{{ end }} $labels.slo_service $labels.slo $labels.slo_group $labels.namespace $labels.workload_kind $labels.workload) }}{{ "{{" }} . | first | value | humanize }}{{ "{{" }} else }}no data{{ "{{" }} end }} over 6h, {{ "{{" }} with query (printf `last_over_time(slo:headroom_slo_burn_rate:ratio_increase1d{{ "{" }}{{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}=%q, {{ end }}slo_service=%q, slo=%q, slo_group=%q, namespace=%q, workload_kind=%q, workload=%q}[21m])`{{ with $rules.clusterLabel }} $labels.{{ $rules.clusterLabel }}{{ end }} $labels.slo_service $labels.slo $labels.slo_group $labels.namespace $labels.workload_kind $labels.workload) }}{{ "{{" }} . | first | value | humanize }}{{ "{{" }} else }}no data{{ "{{" }} end }} over 1d, {{ "{{" }} with query (printf `last_over_time(slo:headroom_slo_burn_rate:ratio_increase3d{{ "{" }}{{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}=%q, {{ end }}slo_service=%q, slo=%q, slo_group=%q, namespace=%q, workload_kind=%q, workload=%q}[21m])`{{ with $rules.clusterLabel }} $labels.{{ $rules.clusterLabel }}{{ end }} $labels.slo_service $labels.slo $labels.slo_group $labels.namespace $labels.workload_kind $labels.workload) }}{{ "{{" }} . | first | value | humanize }}{{ "{{" }} else }}no data{{ "{{" }} end }} over 3d (1 spends the budget exactly by the end of its period). Since {{ "{{" }} with query (printf `ALERTS_FOR_STATE{{ "{" }}{{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}=%q, {{ end }}alertname="HeadroomSLOSlowBurn", slo_service=%q, slo=%q, slo_group=%q, namespace=%q, workload_kind=%q, workload=%q}`{{ with $rules.clusterLabel }} $labels.{{ $rules.clusterLabel }}{{ end }} $labels.slo_service $labels.slo $labels.slo_group $labels.namespace $labels.workload_kind $labels.workload) }}{{ "{{" }} . | first | value | humanizeTimestamp }}{{ "{{" }} else }}now{{ "{{" }} end }}. Budget left:{{ "{{" }} with query (printf `min by (period) (headroom_slo_error_budget_remaining_ratio{{ "{" }}{{ with $namespaced }}{{ . }},{{ end }}{{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}=%q, {{ end }}slo_service=%q, slo=%q, slo_group=%q, namespace=%q, workload_kind=%q, workload=%q})`{{ with $rules.clusterLabel }} $labels.{{ $rules.clusterLabel }}{{ end }} $labels.slo_service $labels.slo $labels.slo_group $labels.namespace $labels.workload_kind $labels.workload) }}{{ "{{" }} range . }} {{ "{{" }} .Labels.period }} {{ "{{" }} .Value | humanizePercentage }}{{ "{{" }} end }}{{ "{{" }} else }} no data{{ "{{" }} end }}. Owner: {{ "{{" }} with $labels.owner }}{{ "{{" }} . }}{{ "{{" }} else }}none declared{{ "{{" }} end }}.{{ with $rules.clusterLabel }}{{ "{{" }} with $labels.{{ $rules.clusterLabel }} }} In cluster {{ "{{" }} . }}.{{ "{{" }} end }}{{ end }}
          runbook_url: |-
            {{ $runbooks }}/HeadroomSLOSlowBurn
          dashboard_url: |-
            {{ $grafana }}/d/headroom-slo?{{ with $rules.clusterLabel }}var-cluster={{ "{{" }} $labels.{{ $rules.clusterLabel }} | urlquery }}&{{ end }}var-slo_service={{ "{{" }} $labels.slo_service | urlquery }}&var-slo={{ "{{" }} $labels.slo | urlquery }}&var-slo_group={{ "{{" }} $labels.slo_group | urlquery }}{{ range $name, $text := $rules.annotations }}
          {{ toRawJson $name }}: {{ toRawJson $text }}{{ end }}
{{- end }}
{{- if $rules.alerts.HeadroomSLOBudgetSpent.enabled }}
      - alert: HeadroomSLOBudgetSpent
        expr: |2
            (
                (
                    (
                        max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload) (
                            (
                                1
                              -
                                min by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload, period) (
                                  last_over_time(headroom_slo_error_budget_remaining_ratio{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }}[5m])
                                )
                            )
                          >= on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload, period)
                            min by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload, period) (
                              last_over_time(headroom_slo_budget_ticket_ratio{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }}[5m])
                            )
                        )
                      and on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload)
                        (
                            max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload) (
                              last_over_time(slo:headroom_slo_bad_events:increase3d[21m])
                            )
                          >
                            0
                        )
                    )
                  unless on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload)
                    (
                        min by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload) (
                          last_over_time(headroom_slo_burn_rate_threshold{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }}[5m])
                        )
                      unless on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload)
                        (
                            (
                                (
                                    (
                                        (
                                            max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload) (
                                              last_over_time(slo:headroom_slo_burn_rate:ratio_increase1h[1m15s])
                                            )
                                          > on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload)
                                            min by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload) (
                                              last_over_time(headroom_slo_burn_rate_threshold{{ "{" }}{{ with $namespaced }}{{ . }},{{ end }}window="1h"}[5m])
                                            )
                                        )
                                      unless on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload)
                                        (
                                            max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload) (
                                              last_over_time(slo:headroom_slo_bad_events:increase1h[1m15s])
                                            )
                                          >= on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload)
                                            max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload) (
                                              last_over_time(headroom_slo_minimum_bad_events{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }}[5m])
                                            )
                                        )
                                    )
                                  or on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload)
                                    (
                                        (
                                            max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload) (
                                              last_over_time(slo:headroom_slo_burn_rate:ratio_increase6h[5m])
                                            )
                                          > on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload)
                                            min by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload) (
                                              last_over_time(headroom_slo_burn_rate_threshold{{ "{" }}{{ with $namespaced }}{{ . }},{{ end }}window="6h"}[5m])
                                            )
                                        )
                                      unless on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload)
                                        (
                                            max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload) (
                                              last_over_time(slo:headroom_slo_bad_events:increase6h[5m])
                                            )
                                          >= on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload)
                                            max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload) (
                                              last_over_time(headroom_slo_minimum_bad_events{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }}[5m])
                                            )
                                        )
                                    )
                                )
                              or on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload)
                                (
                                    (
                                        max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload) (
                                          last_over_time(slo:headroom_slo_burn_rate:ratio_increase1d[21m])
                                        )
                                      > on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload)
                                        min by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload) (
                                          last_over_time(headroom_slo_burn_rate_threshold{{ "{" }}{{ with $namespaced }}{{ . }},{{ end }}window="1d"}[5m])
                                        )
                                    )
                                  unless on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload)
                                    (
                                        max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload) (
                                          last_over_time(slo:headroom_slo_bad_events:increase1d[21m])
                                        )
                                      >= on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload)
                                        max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload) (
                                          last_over_time(headroom_slo_minimum_bad_events{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }}[5m])
                                        )
                                    )
                                )
                            )
                          or on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload)
                            (
                                (
                                    max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload) (
                                      last_over_time(slo:headroom_slo_burn_rate:ratio_increase3d[21m])
                                    )
                                  > on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload)
                                    min by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload) (
                                      last_over_time(headroom_slo_burn_rate_threshold{{ "{" }}{{ with $namespaced }}{{ . }},{{ end }}window="3d"}[5m])
                                    )
                                )
                              unless on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload)
                                (
                                    max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload) (
                                      last_over_time(slo:headroom_slo_bad_events:increase3d[21m])
                                    )
                                  >= on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload)
                                    max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload) (
                                      last_over_time(headroom_slo_minimum_bad_events{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }}[5m])
                                    )
                                )
                            )
                        )
                    )
                )
              * on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload) group_left (owner)
                (
                    topk by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload) (
                      1,
                      max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload, owner) (
                        count_over_time(headroom_slo_info{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }}[5m])
                      )
                    )
                  > bool
                    0
                )
            )
          or on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload)
            (
                (
                    max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload, owner) (
                      ALERTS{alertname="HeadroomSLOBudgetSpent",alertstate="firing"}
                    )
                  unless on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload)
                    (
                        (
                            max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload) (
                              headroom_slo_events_total{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }} >= (headroom_slo_events_total{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }} offset 3m)
                            )
                          and on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload)
                            (
                                max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload) (
                                  last_over_time(slo:headroom_slo_burn_rate:ratio_increase1h[1m15s])
                                )
                              or on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload)
                                max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload) (
                                  headroom_slo_events_total{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }} >= (headroom_slo_events_total{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }} offset 1h)
                                )
                            )
                        )
                      or on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload)
                        max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload) (
                            (
                                max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload, owner) (
                                  ALERTS{alertname="HeadroomSLOBudgetSpent",alertstate="firing"}
                                )
                              unless on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload)
                                max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload) (
                                  last_over_time(headroom_slo_objective_ratio{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }}[5m])
                                )
                            )
                          and on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}{{ end }})
                            (
                                max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}{{ end }}) (headroom_workload_info{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }})
                              and on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}{{ end }})
                                max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}{{ end }}) (headroom_source_watches_total{{ with $selectors }}{{ printf `{%s}` . }}{{ end }} >= (headroom_source_watches_total{{ with $selectors }}{{ printf `{%s}` . }}{{ end }} offset 3m))
                            )
                        )
                    )
                )
              and on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload)
                max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload) (
                  slo:headroom_slo_events:increase6h
                )
            )
        labels:
          severity: {{ $rules.alerts.HeadroomSLOBudgetSpent.severity.warning }}{{ range $name, $text := $rules.labels }}
          {{ toRawJson $name }}: {{ toRawJson $text }}{{ end }}
        annotations:
          summary: |-
            {{ "{{" }} $labels.slo_service }}/{{ "{{" }} $labels.slo }}{{ "{{" }} with $labels.slo_group }} ({{ "{{" }} . }}){{ "{{" }} end }} has spent of its error budget what makes a ticket
          description: |-
            Bad events of the last 3 days: {{ "{{" }} with query (printf `last_over_time(slo:headroom_slo_bad_events:increase3d{{ "{" }}{{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}=%q, {{ end }}slo_service=%q, slo=%q, slo_group=%q, namespace=%q, workload_kind=%q, workload=%q}[21m])`{{ with $rules.clusterLabel }} $labels.{{ $rules.clusterLabel }}{{ end }} $labels.slo_service $labels.slo $labels.slo_group $labels.namespace $labels.workload_kind $labels.workload) }}{{ "{{" }} . | first | value | humanize }}{{ "{{" }} else }}no data{{ "{{" }} end }} of {{ "{{" }} with query (printf `last_over_time(slo:headroom_slo_events:increase3d{{ "{" }}{{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}=%q, {{ end }}slo_service=%q, slo=%q, slo_group=%q, namespace=%q, workload_kind=%q, workload=%q}[21m])`{{ with $rules.clusterLabel }} $labels.{{ $rules.clusterLabel }}{{ end }} $labels.slo_service $labels.slo $labels.slo_group $labels.namespace $labels.workload_kind $labels.workload) }}{{ "{{" }} . | first | value | humanize }}{{ "{{" }} else }}no data{{ "{{" }} end }}; too few for a burn rate to alert. Since {{ "{{" }} with query (printf `ALERTS_FOR_STATE{{ "{" }}{{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}=%q, {{ end }}alertname="HeadroomSLOBudgetSpent", slo_service=%q, slo=%q, slo_group=%q, namespace=%q, workload_kind=%q, workload=%q}`{{ with $rules.clusterLabel }} $labels.{{ $rules.clusterLabel }}{{ end }} $labels.slo_service $labels.slo $labels.slo_group $labels.namespace $labels.workload_kind $labels.workload) }}{{ "{{" }} . | first | value | humanizeTimestamp }}{{ "{{" }} else }}now{{ "{{" }} end }}. Budget left:{{ "{{" }} with query (printf `min by (period) (headroom_slo_error_budget_remaining_ratio{{ "{" }}{{ with $namespaced }}{{ . }},{{ end }}{{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}=%q, {{ end }}slo_service=%q, slo=%q, slo_group=%q, namespace=%q, workload_kind=%q, workload=%q})`{{ with $rules.clusterLabel }} $labels.{{ $rules.clusterLabel }}{{ end }} $labels.slo_service $labels.slo $labels.slo_group $labels.namespace $labels.workload_kind $labels.workload) }}{{ "{{" }} range . }} {{ "{{" }} .Labels.period }} {{ "{{" }} .Value | humanizePercentage }}{{ "{{" }} end }}{{ "{{" }} else }} no data{{ "{{" }} end }}. Owner: {{ "{{" }} with $labels.owner }}{{ "{{" }} . }}{{ "{{" }} else }}none declared{{ "{{" }} end }}.{{ with $rules.clusterLabel }}{{ "{{" }} with $labels.{{ $rules.clusterLabel }} }} In cluster {{ "{{" }} . }}.{{ "{{" }} end }}{{ end }}
          runbook_url: |-
            {{ $runbooks }}/HeadroomSLOBudgetSpent
          dashboard_url: |-
            {{ $grafana }}/d/headroom-slo?{{ with $rules.clusterLabel }}var-cluster={{ "{{" }} $labels.{{ $rules.clusterLabel }} | urlquery }}&{{ end }}var-slo_service={{ "{{" }} $labels.slo_service | urlquery }}&var-slo={{ "{{" }} $labels.slo | urlquery }}&var-slo_group={{ "{{" }} $labels.slo_group | urlquery }}{{ range $name, $text := $rules.annotations }}
          {{ toRawJson $name }}: {{ toRawJson $text }}{{ end }}
{{- end }}
{{- if $rules.alerts.HeadroomSLONoData.enabled }}
      - alert: HeadroomSLONoData
        expr: |2
            (
                topk by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload) (
                  1,
                  max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload, owner) (
                    count_over_time(headroom_slo_info{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }}[5m])
                  )
                )
              > bool
                0
            )
          unless on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload)
            max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload) (
              headroom_slo_events_total{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }}
            )
        for: 15m
        labels:
          severity: {{ $rules.alerts.HeadroomSLONoData.severity.warning }}{{ range $name, $text := $rules.labels }}
          {{ toRawJson $name }}: {{ toRawJson $text }}{{ end }}
        annotations:
          summary: |-
            {{ "{{" }} $labels.slo_service }}/{{ "{{" }} $labels.slo }}{{ "{{" }} with $labels.slo_group }} ({{ "{{" }} . }}){{ "{{" }} end }} has no data
          description: |-
            The SLO is declared, but for 15 minutes no events of it were counted or could be, so that no outage of it would alert. Since {{ "{{" }} with query (printf `ALERTS_FOR_STATE{{ "{" }}{{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}=%q, {{ end }}alertname="HeadroomSLONoData", slo_service=%q, slo=%q, slo_group=%q, namespace=%q, workload_kind=%q, workload=%q}`{{ with $rules.clusterLabel }} $labels.{{ $rules.clusterLabel }}{{ end }} $labels.slo_service $labels.slo $labels.slo_group $labels.namespace $labels.workload_kind $labels.workload) }}{{ "{{" }} . | first | value | humanizeTimestamp }}{{ "{{" }} else }}now{{ "{{" }} end }}. Owner: {{ "{{" }} with $labels.owner }}{{ "{{" }} . }}{{ "{{" }} else }}none declared{{ "{{" }} end }}.{{ with $rules.clusterLabel }}{{ "{{" }} with $labels.{{ $rules.clusterLabel }} }} In cluster {{ "{{" }} . }}.{{ "{{" }} end }}{{ end }}
          runbook_url: |-
            {{ $runbooks }}/HeadroomSLONoData
          dashboard_url: |-
            {{ $grafana }}/d/headroom-slo?{{ with $rules.clusterLabel }}var-cluster={{ "{{" }} $labels.{{ $rules.clusterLabel }} | urlquery }}&{{ end }}var-slo_service={{ "{{" }} $labels.slo_service | urlquery }}&var-slo={{ "{{" }} $labels.slo | urlquery }}&var-slo_group={{ "{{" }} $labels.slo_group | urlquery }}{{ range $name, $text := $rules.annotations }}
          {{ toRawJson $name }}: {{ toRawJson $text }}{{ end }}
{{- end }}
  - name: headroom-slo-10m
    interval: 10m
    rules:
      - record: slo:headroom_slo_events:increase1d
        expr: |
          sum by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload) (
            increase(headroom_slo_events_total{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }}[1d])
          )
      - record: slo:headroom_slo_bad_events:increase1d
        expr: |
          sum by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload) (
            increase(headroom_slo_bad_events_total{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }}[1d])
          )
      - record: slo:headroom_slo_burn_rate:ratio_increase1d
        expr: |2
            (
                max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload) (
                  slo:headroom_slo_bad_events:increase1d
                )
              / on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload)
                (
                    max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload) (
                      slo:headroom_slo_events:increase1d
                    )
                  >
                    0
                )
            )
          / on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload)
            (
                (
                    1
                  -
                    max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload) (
                      last_over_time(headroom_slo_objective_ratio{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }}[5m])
                    )
                )
              >
                0
            )
      - record: slo:headroom_slo_events:increase3d
        expr: |
          sum by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload) (
            increase(headroom_slo_events_total{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }}[3d])
          )
      - record: slo:headroom_slo_bad_events:increase3d
        expr: |
          sum by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload) (
            increase(headroom_slo_bad_events_total{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }}[3d])
          )
      - record: slo:headroom_slo_burn_rate:ratio_increase3d
        expr: |2
            (
                max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload) (
                  slo:headroom_slo_bad_events:increase3d
                )
              / on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload)
                (
                    max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload) (
                      slo:headroom_slo_events:increase3d
                    )
                  >
                    0
                )
            )
          / on ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload)
            (
                (
                    1
                  -
                    max by ({{ with $rules.clusterLabel }}{{ $rules.clusterLabel }}, {{ end }}slo_service, slo, slo_group, namespace, workload_kind, workload) (
                      last_over_time(headroom_slo_objective_ratio{{ with $namespaced }}{{ printf `{%s}` . }}{{ end }}[5m])
                    )
                )
              >
                0
            )
{{ end }}
