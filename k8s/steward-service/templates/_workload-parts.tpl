{{- define "steward-service.service-account" -}}
apiVersion: v1
kind: ServiceAccount
metadata:
  {{- include "steward-service.metadata" (merge (dict "annotations" .values.serviceAccount.annotations) .) | nindent 2 }}
automountServiceAccountToken: false
{{- end -}}

{{- define "steward-service.service" -}}
apiVersion: v1
kind: Service
metadata:
  {{- include "steward-service.metadata" (merge (dict "annotations" .values.service.annotations) .) | nindent 2 }}
spec:
  type: ClusterIP
  selector:
    {{- include "steward-service.selector" . | nindent 4 }}
  ports:
    {{- range $port, $number := .facts.ports }}
    - name: {{ $port }}
      port: {{ int $number }}
      targetPort: {{ $port }}
      protocol: TCP
    {{- end }}
{{- end -}}

{{- /* maxUnavailable and not minAvailable: with one replica the latter would keep a node from ever being drained. */ -}}
{{- define "steward-service.pod-disruption-budget" -}}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  {{- include "steward-service.metadata" . | nindent 2 }}
spec:
  maxUnavailable: 1
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector:
    matchLabels:
      {{- include "steward-service.selector" . | nindent 6 }}
{{- end -}}

{{- define "steward-service.autoscaling" -}}
{{- with .values.autoscaling }}
{{- if .enabled }}
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  {{- include "steward-service.metadata" $ | nindent 2 }}
spec:
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: {{ $.name }}
  minReplicas: {{ int .minReplicas }}
  maxReplicas: {{ int .maxReplicas }}
  metrics:
    - type: Resource
      resource:
        name: cpu
        target:
          type: Utilization
          averageUtilization: {{ int .cpuUtilization }}
  behavior:
    scaleDown:
      stabilizationWindowSeconds: 300
{{- end }}
{{- end }}
{{- end -}}

{{- /* One trigger a durable: the longest line decides how many work at it. */ -}}
{{- define "steward-service.keda" -}}
{{- with .values.keda }}
{{- if .enabled }}
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata:
  {{- include "steward-service.metadata" $ | nindent 2 }}
spec:
  scaleTargetRef:
    name: {{ $.name }}
  minReplicaCount: {{ int .minReplicas }}
  maxReplicaCount: {{ int .maxReplicas }}
  triggers:
    {{- range $.facts.durables }}
    - type: nats-jetstream
      metadata:
        natsServerMonitoringEndpoint: {{ $.values.keda.monitoringEndpoint | quote }}
        account: {{ $.facts.streamsAccount }}
        stream: {{ .stream }}
        consumer: {{ .name }}
        lagThreshold: {{ int $.values.keda.lagThreshold | toString | quote }}
    {{- end }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "steward-service.ingress" -}}
{{- with .values.ingress }}
{{- if .enabled }}
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  {{- include "steward-service.metadata" (merge (dict "annotations" .annotations) $) | nindent 2 }}
spec:
  {{- with .className }}
  ingressClassName: {{ . | quote }}
  {{- end }}
  rules:
    - host: {{ required "ingress.host is needed with ingress.enabled" .host | quote }}
      http:
        paths:
          - path: {{ $.facts.public.path }}
            pathType: Prefix
            backend:
              service:
                name: {{ $.name }}
                port:
                  name: {{ $.facts.public.port }}
  {{- with .tlsSecret }}
  tls:
    - hosts: [{{ $.values.ingress.host | quote }}]
      secretName: {{ . | quote }}
  {{- end }}
{{- end }}
{{- end }}
{{- end -}}
