{{- define "headroom.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "headroom.fullname" -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- $full := contains $name .Release.Name | ternary .Release.Name (printf "%s-%s" .Release.Name $name) -}}
{{- default $full .Values.fullnameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "headroom.namespace" -}}
{{- default .Release.Namespace .Values.namespaceOverride -}}
{{- end -}}

{{- /* Cluster-wide objects of two releases of one name in two namespaces must not meet. */ -}}
{{- define "headroom.clusterName" -}}
{{- printf "%s-%s" (include "headroom.namespace" .) (include "headroom.fullname" .) -}}
{{- end -}}

{{- define "headroom.serviceAccount" -}}
{{- default (.Values.serviceAccount.create | ternary (include "headroom.fullname" .) "default") .Values.serviceAccount.name -}}
{{- end -}}

{{- define "headroom.selector" -}}
app.kubernetes.io/name: {{ include "headroom.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- /* What additionalLabels and an object's own labels say wins; a selector's labels cannot be replaced. */ -}}
{{- define "headroom.labels" -}}
{{- $root := .root | default . -}}
{{- $labels := dict
  "helm.sh/chart" (printf "%s-%s" $root.Chart.Name $root.Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-")
  "app.kubernetes.io/version" $root.Chart.AppVersion
  "app.kubernetes.io/component" "exporter"
  "app.kubernetes.io/part-of" "headroom"
  "app.kubernetes.io/managed-by" $root.Release.Service -}}
{{- $selector := include "headroom.selector" $root | fromYaml -}}
{{- mustMergeOverwrite $labels $root.Values.additionalLabels (.own | default dict) $selector | toYaml -}}
{{- end -}}

{{- define "headroom.image" -}}
{{- $registry := default .Values.image.registry .Values.global.imageRegistry -}}
{{- $path := list $registry .Values.image.repository | compact | join "/" -}}
{{- if .Values.image.digest -}}
{{- printf "%s@%s" $path .Values.image.digest -}}
{{- else -}}
{{- printf "%s:%s" $path (default .Chart.AppVersion .Values.image.tag) -}}
{{- end -}}
{{- end -}}
