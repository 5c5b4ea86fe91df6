{{- /*
What the exporter reads, by API group; tests compare it with the kinds that it watches. `cluster` asks for the objects
that stand in no namespace, `namespaced` for those that do.
*/ -}}
{{- define "headroom.rights.resources" -}}
cluster:
  "": [namespaces, nodes]
namespaced:
  "": [pods, resourcequotas, limitranges, persistentvolumeclaims, events]
  apps: [replicasets, deployments, statefulsets, daemonsets]
  batch: [jobs, cronjobs]
  autoscaling: [horizontalpodautoscalers]
  policy: [poddisruptionbudgets]
{{- end -}}

{{- /* Rules for one scope of the table, without kinds that are switched off. */ -}}
{{- define "headroom.rights.watched" -}}
{{- $disabled := get .root.Values.settings "kinds-disabled" | default list -}}
{{- $table := get (include "headroom.rights.resources" . | fromYaml) .scope -}}
{{- if and (eq .scope "namespaced") (get .root.Values.settings "slo.configmap-selector") -}}
{{- $_ := set $table "" (append (get $table "") "configmaps") -}}
{{- end -}}
{{- range $group, $resources := $table }}
{{- $wanted := list }}
{{- range $resources }}
{{- if not (has . $disabled) }}{{ $wanted = append $wanted . }}{{ end }}
{{- end }}
{{- if $wanted }}
- apiGroups: [{{ $group | quote }}]
  resources: {{ $wanted | toJson }}
  verbs: [list, watch]
{{- end }}
{{- end }}
{{- end -}}

{{- define "headroom.rights.cluster" -}}
{{- include "headroom.rights.watched" (dict "root" . "scope" "cluster") }}
- apiGroups: [""]
  resources: [namespaces]
  # Its uid tells one cluster from another: a check-point is taken up only where it was made.
  resourceNames: [kube-system]
  verbs: [get]
{{- if include "headroom.settings.enabled" (dict "settings" .Values.settings "name" "kubelets") }}
- apiGroups: [""]
  resources: [nodes/metrics]
  verbs: [get]
{{- end }}
{{- if .Values.rbac.clusterWide }}
{{- include "headroom.rights.watched" (dict "root" . "scope" "namespaced") }}
{{- end }}
{{- with .Values.rbac.extraRules }}
{{ toYaml . }}
{{- end }}
{{- end -}}
