{{- /* A value as the settings file has it. YAML makes a boolean of a bare `off`, and Helm a float of every number. */ -}}
{{- define "headroom.settings.text" -}}
{{- if kindIs "bool" .value -}}
{{- hasSuffix "insecure-tls" .name | ternary (printf "%t" .value) (.value | ternary "on" "off") -}}
{{- else if and (kindIs "float64" .value) (eq .value (floor .value)) -}}
{{- .value | int64 -}}
{{- else -}}
{{- .value -}}
{{- end -}}
{{- end -}}

{{- define "headroom.settings.enabled" -}}
{{- $value := get .settings .name -}}
{{- if kindIs "bool" $value -}}
{{- $value | ternary "on" "" -}}
{{- else -}}
{{- ne (toString $value) "off" | ternary "on" "" -}}
{{- end -}}
{{- end -}}

{{- define "headroom.settings.file" -}}
{{- $settings := mustMergeOverwrite (dict) .Values.settings (dict
  "state.file" "/var/lib/headroom/state.sqlite"
  "slo.state-file" "/var/lib/headroom/slo.sqlite") -}}
{{- if .Values.slos -}}
{{- $_ := set $settings "slo.files" (append (get $settings "slo.files" | default list) "/etc/headroom/slos") -}}
{{- end -}}
{{- range $name, $value := $settings }}
{{- if kindIs "slice" $value }}
{{ $name }}:
{{- if not $value }} []{{ end }}
{{- range $value }}
  - {{ include "headroom.settings.text" (dict "name" $name "value" .) | quote }}
{{- end }}
{{- else }}
{{ $name }}: {{ include "headroom.settings.text" (dict "name" $name "value" $value) | quote }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "headroom.telemetryPath" -}}
{{- get .Values.settings "web.telemetry-path" | default "/metrics" -}}
{{- end -}}
