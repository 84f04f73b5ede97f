{{- /* `helm test`: the service's own image asks the Service, as a neighbour would, whether it is ready, and shows the reasons if not. */ -}}
{{- define "steward-service.helm-test" -}}
{{- $test := merge (dict "component" "test" "suffix" "test") . -}}
{{- if .values.networkPolicy.enabled }}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  {{- include "steward-service.metadata" $test | nindent 2 }}
spec:
  podSelector:
    matchLabels:
      {{- include "steward-service.selector" $test | nindent 6 }}
  policyTypes: [Ingress, Egress]
  egress:
    {{- include "steward-service.flow" (dict "flow" .values.networkPolicy.egress.dns "direction" "to" "name" "dns") | nindent 4 }}
    - # the service
      to:
        - podSelector:
            matchLabels:
              {{- include "steward-service.selector" . | nindent 14 }}
      ports:
        - { port: http, protocol: TCP }
---
{{- end }}
apiVersion: v1
kind: Pod
metadata:
  {{- include "steward-service.metadata" (merge (dict "annotations" (dict "helm.sh/hook" "test" "helm.sh/hook-delete-policy" "before-hook-creation")) $test) | nindent 2 }}
spec:
  {{- include "steward-service.podSecurity" . | nindent 2 }}
  restartPolicy: Never
  containers:
    - name: test
      {{- include "steward-service.containerSecurity" . | nindent 6 }}
      args:
        - --eval
        - |
          fetch(process.argv[1], { signal: AbortSignal.timeout(10_000) }).then(async (answer) => {
            process.stdout.write(`${String(answer.status)} ${await answer.text()}\n`);
            process.exitCode = answer.ok ? 0 : 1;
          });
        - http://{{ .name }}:{{ int .facts.ports.http }}{{ .facts.probes.readiness }}
      resources:
        requests: { cpu: 50m, memory: 64Mi }
        limits: { memory: 128Mi }
{{- end -}}
