{{- /*
ServiceMonitor of the service; besides, whatever lies in the chart's rules/*.yaml (files of Prometheus, `groups:`) and
dashboards/*.json (of Grafana) becomes a PrometheusRule and a ConfigMap. Files are passed on as they are and never templated: their own
braces belong to Prometheus and Grafana.
*/ -}}
{{- define "steward-service.monitoring" -}}
{{- if and .facts.metrics .values.monitoring.serviceMonitor.enabled }}
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata:
  {{- include "steward-service.metadata" (merge (dict "extraLabels" .values.monitoring.serviceMonitor.labels) .) | nindent 2 }}
spec:
  selector:
    matchLabels:
      {{- include "steward-service.selector" . | nindent 6 }}
  # The Service's label names the service in every series, whatever the release is called.
  jobLabel: app.kubernetes.io/name
  endpoints:
    - port: http
      path: /metrics
      interval: {{ .values.monitoring.serviceMonitor.interval | quote }}
{{- end }}
{{- include "steward-service.rules" . }}
{{- include "steward-service.dashboards" . }}
{{- end -}}

{{- define "steward-service.rules" -}}
{{- if .values.monitoring.rules.enabled }}
{{- range $path, $content := .root.Files.Glob "rules/*.yaml" }}
---
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  {{- include "steward-service.metadata" (merge (dict "suffix" (base $path | trimSuffix ".yaml") "extraLabels" $.values.monitoring.rules.labels) $) | nindent 2 }}
spec:
  {{- $.root.Files.Get $path | fromYaml | toYaml | nindent 2 }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "steward-service.dashboards" -}}
{{- if .values.monitoring.dashboards.enabled }}
{{- range $path, $content := .root.Files.Glob "dashboards/*.json" }}
---
apiVersion: v1
kind: ConfigMap
metadata:
  {{- include "steward-service.metadata" (merge (dict "suffix" (printf "dashboard-%s" (base $path | trimSuffix ".json")) "extraLabels" $.values.monitoring.dashboards.labels) $) | nindent 2 }}
data:
  {{ base $path }}: {{ $.root.Files.Get $path | quote }}
{{- end }}
{{- end }}
{{- end -}}
