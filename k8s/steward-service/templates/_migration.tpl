{{- /*
The schema of this release, before its first pod and while pods of the last release still run: a migration may only add (expand),
see docs/how-to/deploy.md. The service's own start finds nothing left to do. The hook has a network policy of its own, since on a first
install the release's do not exist yet, and no service account for the same reason.
*/ -}}
{{- define "steward-service.migration" -}}
{{- if and .facts.migrates .values.migrations.enabled -}}
{{- $hook := dict "helm.sh/hook" "pre-install,pre-upgrade" "helm.sh/hook-delete-policy" "before-hook-creation,hook-succeeded" -}}
{{- $migration := merge (dict "component" "migration" "suffix" "migrate") . -}}
{{- if .values.networkPolicy.enabled }}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  {{- include "steward-service.metadata" (merge (dict "annotations" (merge (dict "helm.sh/hook-weight" "-5" "helm.sh/hook-delete-policy" "before-hook-creation") $hook)) $migration) | nindent 2 }}
spec:
  podSelector:
    matchLabels:
      {{- include "steward-service.selector" $migration | nindent 6 }}
  policyTypes: [Ingress, Egress]
  egress:
    {{- range $flow := list "dns" "database" }}
    {{- include "steward-service.flow" (dict "flow" (index $.values.networkPolicy.egress $flow) "direction" "to" "name" $flow) | nindent 4 }}
    {{- end }}
---
{{- end }}
apiVersion: batch/v1
kind: Job
metadata:
  {{- include "steward-service.metadata" (merge (dict "annotations" $hook) $migration) | nindent 2 }}
spec:
  backoffLimit: {{ int .values.migrations.backoffLimit }}
  activeDeadlineSeconds: {{ int .values.migrations.deadlineSeconds }}
  template:
    metadata:
      labels:
        {{- include "steward-service.labels" $migration | nindent 8 }}
    spec:
      {{- include "steward-service.podSecurity" . | nindent 6 }}
      restartPolicy: Never
      {{- with .values.pod.nodeSelector }}
      nodeSelector:
        {{- include "steward-service.texts" . | trim | nindent 8 }}
      {{- end }}
      {{- with .values.pod.tolerations }}
      tolerations: {{ toJson . }}
      {{- end }}
      containers:
        - name: migrate
          {{- include "steward-service.containerSecurity" . | nindent 10 }}
          args: [{{ .facts.main | quote }}]
          env:
            - name: STEWARD_MIGRATE_ONLY
              value: "true"
            {{- include "steward-service.env" . | trim | nindent 12 }}
          resources:
            {{- toYaml .values.resources | nindent 12 }}
          {{- with include "steward-service.mounts" . | trim }}
          volumeMounts:
            {{- . | nindent 12 }}
          {{- end }}
      {{- with include "steward-service.volumes" . | trim }}
      volumes:
        {{- . | nindent 8 }}
      {{- end }}
{{- end -}}
{{- end -}}
