{{- /*
Everything that a service is, from its values and from service.json, which is generated from the declarations in the code.
Nothing in here is random or looked up in the cluster: rendering twice gives the same.
*/ -}}
{{- define "steward-service.all" -}}
{{- $facts := .Files.Get "service.json" | fromJson -}}
{{- $context := dict "root" . "facts" $facts "name" (include "steward-service.fullname" .) "values" .Values -}}
{{- if and .Values.autoscaling .Values.keda -}}
{{- if and .Values.autoscaling.enabled .Values.keda.enabled -}}
{{- fail "autoscaling.enabled and keda.enabled exclude each other: two controllers would set the same number of replicas" -}}
{{- end -}}
{{- end -}}
{{- range $part := list "service-account" "network-policy" "migration" "deployment" "service" "pod-disruption-budget" "autoscaling" "keda" "ingress" "monitoring" "helm-test" }}
{{- $text := include (printf "steward-service.%s" $part) $context | trim }}
{{- if $text }}
---
{{ trimPrefix "---" $text | trim }}
{{- end }}
{{- end }}
{{- end -}}
