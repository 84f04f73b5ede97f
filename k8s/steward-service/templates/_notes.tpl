{{- define "steward-service.notes" -}}
{{- $facts := .Files.Get "service.json" | fromJson -}}
{{- $name := include "steward-service.fullname" . -}}
{{ .Chart.Name }} {{ .Chart.AppVersion }} is installed as {{ $name }} in {{ .Release.Namespace }}.

  kubectl -n {{ .Release.Namespace }} rollout status deployment/{{ $name }}
  helm -n {{ .Release.Namespace }} test {{ .Release.Name }}     asks whether it is ready, and why not

It reads its secrets from the Secret {{ .Values.existingSecret | quote }}:
{{- range concat $facts.secrets.required (dig (.Values.connector | default "-") "required" list ($facts.connectors | default dict)) | sortAlpha }}
  {{ . }} (required)
{{- end }}
{{- range concat $facts.secrets.optional (dig (.Values.connector | default "-") "optional" list ($facts.connectors | default dict)) | sortAlpha }}
  {{ . }}
{{- end }}
A change of the Secret reaches the pods with the next rollout: set secretRevision to something new.
{{- range $flow, $peers := .Values.networkPolicy.egress }}
{{- if not $peers.peers }}
Closed: networkPolicy.egress.{{ $flow }} names nobody yet, so nothing goes there.
{{- end }}
{{- end }}
{{- end -}}
