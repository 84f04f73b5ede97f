{{- /* What the restricted pod security standard asks for, and a file system that nobody can write to. */ -}}
{{- define "steward-service.podSecurity" -}}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: 65532
  runAsGroup: 65532
  fsGroup: 65532
  seccompProfile:
    type: RuntimeDefault
{{- with include "steward-service.pullSecrets" . | trim }}
imagePullSecrets:
  {{- . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "steward-service.containerSecurity" -}}
image: {{ include "steward-service.image" . | quote }}
imagePullPolicy: {{ .values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  runAsNonRoot: true
  capabilities:
    drop: [ALL]
{{- end -}}

{{- /*
Variables in one order, so that two renderings agree: what the chart decides, what the values say, what lies in the Secret.
A variable that the service may do without is optional in the Secret too; a missing required one keeps the pod from starting.
*/ -}}
{{- define "steward-service.env" -}}
{{- $connector := dict -}}
{{- if .facts.connectors }}{{ $connector = index .facts.connectors .values.connector }}{{ end -}}
{{- range $variable, $value := .facts.managed }}
- name: {{ $variable }}
  value: {{ $value | quote }}
{{- end }}
{{- if .facts.connectors }}
- name: STEWARD_CONNECTOR
  value: {{ .values.connector | quote }}
{{- end }}
{{- range $variable, $value := .values.env }}
- name: {{ $variable }}
  value: {{ if kindIs "float64" $value }}{{ int64 $value | toString | quote }}{{ else }}{{ $value | toString | quote }}{{ end }}
{{- end }}
{{- with .values.trustedDocuments }}
{{- if .configMap }}
- name: STEWARD_GATEWAY_DOCUMENTS
  value: /etc/steward/documents/{{ .key }}
{{- end }}
{{- end }}
{{- if .values.trust.configMap }}
- name: NODE_EXTRA_CA_CERTS
  value: /etc/steward/trust/{{ .values.trust.key }}
{{- end }}
{{- $root := . -}}
{{- range $variable := concat .facts.secrets.required ($connector.required | default list) | sortAlpha }}
{{ include "steward-service.secret" (dict "variable" $variable "optional" false "values" $root.values) }}
{{- end }}
{{- range $variable := concat .facts.secrets.optional ($connector.optional | default list) | sortAlpha }}
{{ include "steward-service.secret" (dict "variable" $variable "optional" true "values" $root.values) }}
{{- end }}
{{- end -}}

{{- define "steward-service.secret" -}}
{{- $place := index (.values.secretKeys | default dict) .variable | default dict -}}
- name: {{ .variable }}
  valueFrom:
    secretKeyRef:
      name: {{ $place.name | default .values.existingSecret | quote }}
      key: {{ $place.key | default .variable | quote }}
      {{- if and .optional (not $place) }}
      optional: true
      {{- end }}
{{- end -}}

{{- define "steward-service.mounts" -}}
{{- if .values.trust.configMap }}
- name: trust
  mountPath: /etc/steward/trust
  readOnly: true
{{- end }}
{{- with .values.trustedDocuments }}
{{- if .configMap }}
- name: documents
  mountPath: /etc/steward/documents
  readOnly: true
{{- end }}
{{- end }}
{{- with .facts.scratch }}
- name: scratch
  mountPath: {{ . }}
{{- end }}
{{- end -}}

{{- define "steward-service.volumes" -}}
{{- with .values.trust }}
{{- if .configMap }}
- name: trust
  configMap:
    name: {{ .configMap | quote }}
{{- end }}
{{- end }}
{{- with .values.trustedDocuments }}
{{- if .configMap }}
- name: documents
  configMap:
    name: {{ .configMap | quote }}
{{- end }}
{{- end }}
{{- if .facts.scratch }}
- name: scratch
  emptyDir:
    sizeLimit: 256Mi
{{- end }}
{{- end -}}
