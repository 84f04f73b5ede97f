{{- define "steward-service.deployment" -}}
{{- $scaled := or (dig "enabled" false (.values.autoscaling | default dict)) (dig "enabled" false (.values.keda | default dict)) -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  {{- include "steward-service.metadata" . | nindent 2 }}
spec:
  {{- if not $scaled }}
  replicas: {{ int .values.replicas }}
  {{- end }}
  revisionHistoryLimit: 3
  strategy:
    type: RollingUpdate
    rollingUpdate:
      maxSurge: 1
      maxUnavailable: 0
  selector:
    matchLabels:
      {{- include "steward-service.selector" . | nindent 6 }}
  template:
    metadata:
      labels:
        {{- include "steward-service.labels" . | nindent 8 }}
        {{- with .values.pod.labels }}
        {{- include "steward-service.texts" . | trim | nindent 8 }}
        {{- end }}
      {{- if or .values.pod.annotations .values.secretRevision }}
      annotations:
        {{- with .values.secretRevision }}
        steward/secret-revision: {{ . | quote }}
        {{- end }}
        {{- with .values.pod.annotations }}
        {{- include "steward-service.texts" . | trim | nindent 8 }}
        {{- end }}
      {{- end }}
    spec:
      {{- include "steward-service.podSecurity" . | nindent 6 }}
      serviceAccountName: {{ .name }}
      # preStop and the 25 s that a process takes at most to finish what it holds fit in.
      terminationGracePeriodSeconds: 40
      {{- with .values.pod.priorityClassName }}
      priorityClassName: {{ . | quote }}
      {{- end }}
      {{- with .values.pod.nodeSelector }}
      nodeSelector:
        {{- include "steward-service.texts" . | trim | nindent 8 }}
      {{- end }}
      {{- with .values.pod.tolerations }}
      tolerations: {{ toJson . }}
      {{- end }}
      topologySpreadConstraints:
        {{- $when := ternary "DoNotSchedule" "ScheduleAnyway" (eq .values.spread "hard") }}
        {{- range $key := list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
        - maxSkew: 1
          topologyKey: {{ $key }}
          whenUnsatisfiable: {{ $when }}
          labelSelector:
            matchLabels:
              {{- include "steward-service.selector" $ | nindent 14 }}
          # Old and new pods of a rollout are counted apart, else the new ones would be placed around the old.
          matchLabelKeys: [pod-template-hash]
        {{- end }}
      containers:
        - name: service
          {{- include "steward-service.containerSecurity" . | nindent 10 }}
          args: [{{ .facts.main | quote }}]
          env:
            {{- include "steward-service.env" . | trim | nindent 12 }}
          ports:
            {{- range $port, $number := .facts.ports }}
            - name: {{ $port }}
              containerPort: {{ int $number }}
              protocol: TCP
            {{- end }}
          startupProbe:
            httpGet: { path: {{ .facts.probes.startup }}, port: http }
            periodSeconds: 2
            timeoutSeconds: 2
            failureThreshold: {{ int .values.probes.startupFailureThreshold }}
          livenessProbe:
            httpGet: { path: {{ .facts.probes.liveness }}, port: http }
            periodSeconds: 10
            timeoutSeconds: {{ int .values.probes.livenessTimeoutSeconds }}
            failureThreshold: 3
          readinessProbe:
            httpGet: { path: {{ .facts.probes.readiness }}, port: http }
            periodSeconds: 5
            timeoutSeconds: 2
            failureThreshold: 2
          lifecycle:
            preStop:
              # Endpoints learn of the end later than the process: until they have, it goes on taking requests.
              sleep: { seconds: 5 }
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
