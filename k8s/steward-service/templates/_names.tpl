{{- /*
<release>-<chart>, or the release alone where it names the chart. Only the release's part is cut: in one release, services of one
long name must not become the same. 50 characters leave room for our longest suffix within the 63 of a label.
*/ -}}
{{- define "steward-service.fullname" -}}
{{- if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" (.Release.Name | trunc (int (sub 49 (len .Chart.Name))) | trimSuffix "-") .Chart.Name -}}
{{- end -}}
{{- end -}}

{{- /* Never changes for a release: a Deployment's selector can't. "component" keeps the hooks' pods out of Services and budgets. */ -}}
{{- define "steward-service.selector" -}}
app.kubernetes.io/name: {{ .root.Chart.Name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component | default "service" }}
{{- end -}}

{{- define "steward-service.labels" -}}
{{ include "steward-service.selector" . }}
app.kubernetes.io/part-of: steward
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- end -}}

{{- define "steward-service.metadata" -}}
name: {{ .name }}{{ with .suffix }}-{{ . }}{{ end }}
namespace: {{ .root.Release.Namespace }}
labels:
  {{- include "steward-service.labels" . | nindent 2 }}
{{- with .extraLabels }}
  {{- include "steward-service.texts" . | trim | nindent 2 }}
{{- end }}
{{- with .annotations }}
annotations:
  {{- include "steward-service.texts" . | trim | nindent 2 }}
{{- end }}
{{- end -}}

{{- /* A digest says more than a tag and wins over it. What is set for all services (global) wins where the service says nothing. */ -}}
{{- define "steward-service.image" -}}
{{- $global := dig "image" dict (.root.Values.global | default dict) -}}
{{- $image := .values.image -}}
{{- $registry := $image.registry | default $global.registry -}}
{{- $tag := $image.tag | default $global.tag | default .root.Chart.AppVersion -}}
{{- if $registry }}{{ $registry }}/{{ end }}{{ $image.repository }}{{ if $image.digest }}@{{ $image.digest }}{{ else }}:{{ $tag }}{{ end }}
{{- end -}}

{{- define "steward-service.pullSecrets" -}}
{{- $global := dig "image" dict (.root.Values.global | default dict) -}}
{{- range concat ($global.pullSecrets | default list) (.values.image.pullSecrets | default list) | uniq }}
- name: {{ . | quote }}
{{- end }}
{{- end -}}

{{- /* Texts of users, as JSON: toYaml folds at U+2028, and what follows then stands at the wrong indent. */ -}}
{{- define "steward-service.texts" -}}
{{- range $name, $text := . }}
{{ toJson $name }}: {{ toJson $text }}
{{- end }}
{{- end -}}
