// The values of every chart over the library chart, in the order in which somebody who installs it asks.
import type { Service } from '../services/services';
import { environmentValues } from './environment';
import { networkValues } from './network';
import { annotations, choice, count, flag, type Group, group, labels, type Leaf, objectName, text } from './node';

const names = (doc: string): Leaf => ({ doc, default: [], schema: { type: 'array', items: { type: 'string', minLength: 1 } } });

const image = (app: string): Group =>
  group('the image that docker/Dockerfile builds', {
    registry: text('host and path in front of the repository; `global.image.registry` where this is empty'),
    repository: text('name', `steward/${app}`, { minLength: 1 }),
    tag: text('`global.image.tag`, else the chart’s appVersion, where this is empty', '', { pattern: '^$|^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$' }),
    digest: text('`sha256:…`; wins over the tag', '', { pattern: '^$|^sha256:[0-9a-f]{64}$' }),
    pullPolicy: choice('when a node fetches it', ['Always', 'IfNotPresent', 'Never'], 'IfNotPresent'),
    pullSecrets: names('Secrets with the registry’s password, besides those of `global.image.pullSecrets`'),
  });

const quantity = { type: 'string', pattern: '^[0-9]+(\\.[0-9]+)?(m|Ki|Mi|Gi)?$' };
const resourceList = { type: 'object', additionalProperties: false, properties: { cpu: quantity, memory: quantity, 'ephemeral-storage': quantity } };

const resources = ({ cpu, memory, memoryLimit }: Service['resources']): Leaf => ({
  doc: 'no limit of CPU: a throttled process misses its leases',
  default: { requests: { cpu, memory }, limits: { memory: memoryLimit } },
  schema: { type: 'object', additionalProperties: false, properties: { requests: resourceList, limits: resourceList } },
});

const pod = group('of the pods', {
  labels: labels('labels'),
  annotations: annotations('annotations'),
  nodeSelector: labels('labels of nodes'),
  tolerations: { doc: 'taints of nodes that don’t matter', default: [], schema: { type: 'array', items: { type: 'object', additionalProperties: false, properties: { key: { type: 'string' }, operator: { enum: ['Exists', 'Equal'] }, value: { type: 'string' }, effect: { enum: ['NoSchedule', 'PreferNoSchedule', 'NoExecute'] }, tolerationSeconds: { type: 'integer' } } } } },
  priorityClassName: objectName('priority class'),
});

const scaling = (service: Service): Group['fields'] => ({
  ...(service.scales === 'no'
    ? {}
    : {
        autoscaling: group('HorizontalPodAutoscaler by CPU', {
          enabled: flag('replaces `replicas`', false),
          minReplicas: count('at least', 2, 1, 100),
          maxReplicas: count('at most', 10, 1, 100),
          cpuUtilization: count('percent of the requested CPU', 70, 1, 100),
        }),
      }),
  ...(service.scales === 'lag'
    ? {
        keda: group('KEDA’s ScaledObject by consumer lag, one trigger a durable', {
          enabled: flag('replaces `replicas`; not together with autoscaling', false),
          minReplicas: count('at least', 1, 0, 100),
          maxReplicas: count('at most', 6, 1, 100),
          lagThreshold: count('messages that one pod is expected to work off', 1_000, 1, 1_000_000),
          monitoringEndpoint: text('monitoring port of the broker', 'nats-headless.nats.svc:8222', { minLength: 1 }),
        }),
      }
    : {}),
});

const ingress = group('from outside of the cluster', {
  enabled: flag('an Ingress', false),
  className: text('ingress class'),
  host: text('host name; needed when enabled', '', { pattern: '^$|^[a-z0-9*]([a-z0-9.-]{0,251}[a-z0-9])?$' }),
  tlsSecret: objectName('Secret of the certificate'),
  annotations: annotations('annotations'),
});

const files = (kind: string, selected: Readonly<Record<string, string>>): Group => group(`${kind} that lie in the chart`, { enabled: flag('deploy them', false), labels: labels('labels that whoever reads them selects by', selected) });

export const monitoring = (metrics: boolean): Group =>
  group('needs the Prometheus operator’s resources, and Grafana’s sidecar', {
    ...(metrics
      ? {
          serviceMonitor: group('scraping', {
            enabled: flag('a ServiceMonitor', false),
            interval: text('how often', '15s', { pattern: '^[0-9]+(s|m)$' }),
            labels: labels('labels that the Prometheus selects by'),
          }),
        }
      : {}),
    rules: files('rules/*.yaml', {}),
    dashboards: files('dashboards/*.json', { grafana_dashboard: '1' }),
  });

/** What every parent chart may say for all of its services at once. */
export const globals = { type: 'object', properties: { image: { type: 'object', additionalProperties: false, properties: { registry: { type: 'string' }, tag: { type: 'string' }, pullSecrets: { type: 'array', items: { type: 'string' } } } } } };

export function valuesOf(service: Service): Group {
  const environment = environmentValues(service);
  return {
    doc: '',
    fields: {
      image: image(service.app),
      replicas: count(service.replicas > 1 || service.scales !== 'no' ? 'pods' : 'pods; more than one does no good', service.replicas, 0, 100),
      ...environment.fields,
      secretRevision: text('anything: when it changes the pods are rolled, for instance after a secret changed'),
      trust: group('certificates of your own authorities', { configMap: objectName('ConfigMap'), key: text('its key', 'ca.crt', { pattern: '^[A-Za-z0-9._-]+$' }) }),
      ...(service.name === 'gateway-api' ? { trustedDocuments: group('GraphQL documents that storefronts may call by id', { configMap: objectName('ConfigMap'), key: text('its key', 'documents.json', { pattern: '^[A-Za-z0-9._-]+$' }) }) } : {}),
      resources: resources(service.resources),
      pod,
      spread: choice('over zones and nodes: `hard` leaves a pod pending rather than beside its like', ['soft', 'hard'], 'soft'),
      probes: group('patience of probes', {
        startupFailureThreshold: count('tries, two seconds apart: waiting for database and migrations is part of the start', 150, 1, 3_600),
        livenessTimeoutSeconds: count('seconds that the event loop may be busy', 5, 1, 60),
      }),
      service: group('the Service', { annotations: annotations('annotations') }),
      serviceAccount: group('the ServiceAccount, which gets no token', { annotations: annotations('annotations') }),
      ...(service.public === undefined ? {} : { ingress }),
      ...(service.migrates
        ? {
            migrations: group('the hook that brings the schema up to date before the first new pod', {
              enabled: flag('without it the first new pod does it at its start', true),
              backoffLimit: count('tries after the first', 2, 0, 20),
              deadlineSeconds: count('seconds that all of it may take', 900, 10, 86_400),
            }),
          }
        : {}),
      ...scaling(service),
      networkPolicy: networkValues(service),
      monitoring: monitoring(service.metrics),
    },
    rules: environment.rules,
    tolerated: { global: globals, 'steward-service': { type: 'object' } },
  };
}
