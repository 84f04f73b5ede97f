{{- /*
Nothing comes in or goes out but what has a name here. service.json says which flows a service may have at all; the gateway's list has
none to a system of record, and its values schema knows no way to add one.
*/ -}}
{{- define "steward-service.network-policy" -}}
{{- if .values.networkPolicy.enabled -}}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  {{- include "steward-service.metadata" . | nindent 2 }}
spec:
  podSelector:
    matchLabels:
      {{- include "steward-service.selector" . | nindent 6 }}
  policyTypes: [Ingress, Egress]
  ingress:
    - # helm test
      from:
        - podSelector:
            matchLabels:
              {{- include "steward-service.selector" (merge (dict "component" "test") .) | nindent 14 }}
      ports:
        - { port: http, protocol: TCP }
    {{- range $name, $flow := .values.networkPolicy.ingress }}
    {{- include "steward-service.flow" (dict "flow" $flow "direction" "from" "name" $name) | nindent 4 }}
    {{- end }}
  egress:
    {{- range $name, $flow := .values.networkPolicy.egress }}
    {{- include "steward-service.flow" (dict "flow" $flow "direction" "to" "name" $name) | nindent 4 }}
    {{- end }}
{{- end -}}
{{- end -}}

{{- /* A flow without peers is no rule at all: an empty "to" would mean everybody. */ -}}
{{- define "steward-service.flow" -}}
{{- if .flow.peers }}
- # {{ .name }}
  {{ .direction }}:
    {{- toYaml .flow.peers | nindent 4 }}
  ports:
    {{- range .flow.ports }}
    {{- if eq $.name "dns" }}
    - { port: {{ int . }}, protocol: UDP }
    {{- end }}
    - { port: {{ if kindIs "string" . }}{{ . }}{{ else }}{{ int . }}{{ end }}, protocol: TCP }
    {{- end }}
{{- end }}
{{- end -}}
