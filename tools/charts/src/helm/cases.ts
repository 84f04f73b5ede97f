// With which values the charts are rendered: files that users may start from, and a case that means harm.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { services } from '../services/services';
import { repository } from '../services/variables';
import type { Values } from './render';

export const k8s = join(repository, 'k8s');
/** All that can be installed: not the library, and not the values of other people's charts. */
export const charts = readdirSync(k8s, { withFileTypes: true }).filter((each) => each.isDirectory() && !['steward-service', 'nats'].includes(each.name)).map(({ name }) => name).toSorted();
/** An adapter can't guess its vendor, so its defaults alone are refused. */
export const needsConnector = (chart: string): boolean => Object.keys(services.find(({ name }) => name === chart)?.variables().connectors ?? {}).length > 0;
export const valuesFile = (chart: string, name: 'minimal' | 'production'): string => join(k8s, chart, 'ci', `${name}-values.yaml`);

/** Text that would end a YAML value, begin another document, be read as something else, or run as a template. */
export const harm = `yes: "'\n---\nkind: Pod\n{{ fail "templated" }} \${HOME} \u2028 é # \\`;
export const longest = `${'r'.repeat(52)}x`;

export function hostileValues(chart: string): Values {
  if (chart === 'steward') return { global: { image: { registry: harm, tag: harm } } };
  if (chart === 'observability') return { monitoring: { rules: { enabled: true, labels: { team: 'yes' } }, dashboards: { enabled: true, labels: { number: '1e3' } } } };
  const annotations = { 'shop.example/harm': harm, 'shop.example/yes': 'yes', 'shop.example/number': '1e3' };
  const service = services.find(({ name }) => name === chart);
  return {
    image: { repository: harm, pullSecrets: [harm, '1e3', 'null'] },
    secretRevision: harm,
    existingSecret: `a${'1'.repeat(252)}`,
    env: { STEWARD_LOG_LEVEL: 'silent', OTEL_EXPORTER_OTLP_ENDPOINT: `http://x:1/${harm}` },
    pod: { annotations, labels: { team: 'yes', number: '1e3', nothing: 'null', empty: '' }, nodeSelector: { 'shop.example/on': 'off' } },
    service: { annotations },
    serviceAccount: { annotations },
    ...(service?.public === undefined ? {} : { ingress: { enabled: true, host: 'a.b', className: harm, annotations } }),
  };
}
