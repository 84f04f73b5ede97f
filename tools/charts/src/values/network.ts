// Flows by name. What a chart doesn't list, its schema doesn't know: that is how the gateway stays without a route to a system of record.
import type { EgressName, IngressName, Service } from '../services/services';
import { type Group, group, type JsonSchema, type Leaf, flag, selector } from './node';

type Peer = Readonly<Record<string, unknown>>;

const namespace = (name: string): Peer => ({ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': name } } });
const anywhere = (name: string): Peer => ({ namespaceSelector: { matchLabels: {} }, podSelector: { matchLabels: { 'app.kubernetes.io/name': name } } });
const neighbour = (name: string): Peer => ({ podSelector: { matchLabels: { 'app.kubernetes.io/name': name } } });

interface Flow {
  readonly doc: string;
  readonly peers: readonly Peer[];
  readonly ports: readonly (number | string)[];
}

const egress: Readonly<Record<EgressName, Flow>> = {
  dns: { doc: 'names; UDP and TCP', peers: [namespace('kube-system')], ports: [53] },
  database: { doc: 'the service’s own PostgreSQL', peers: [anywhere('postgresql')], ports: [5432] },
  broker: { doc: 'NATS', peers: [anywhere('nats')], ports: [4222] },
  telemetry: { doc: 'receiver of traces (OTLP over HTTP)', peers: [anywhere('jaeger')], ports: [4318] },
  systemOfRecord: { doc: 'the system of record; nobody by default', peers: [], ports: [443] },
  paymentProvider: { doc: 'the payment provider; nobody by default', peers: [], ports: [443] },
  identityProvider: { doc: 'the issuer’s public keys (STEWARD_AUTH_JWKS_URL); nobody by default', peers: [], ports: [443] },
  shopSystems: { doc: 'who is told of orders (STEWARD_GATEWAY_WEBHOOKS); nobody by default', peers: [], ports: [443] },
  promiseKeys: { doc: 'the gateway’s public keys of price promises', peers: [neighbour('gateway-api')], ports: [4000] },
  storefront: { doc: 'the gateway, whose pages are compared (STEWARD_GATEWAY_URL)', peers: [neighbour('gateway-api')], ports: [4000] },
  subscribers: { doc: 'adapters that are told of changes', peers: ['pim', 'erp', 'crm', 'pricing', 'oms'].map(neighbour), ports: [4300] },
};

const ingress: Readonly<Record<IngressName, Flow>> = {
  metrics: { doc: 'Prometheus', peers: [namespace('monitoring')], ports: ['http'] },
  webhooks: { doc: 'whoever forwards the system’s webhooks: the ingress controller', peers: [namespace('ingress-nginx')], ports: ['http'] },
  storefront: { doc: 'whoever forwards shoppers: the ingress controller', peers: [namespace('ingress-nginx')], ports: ['storefront'] },
  promiseKeys: { doc: 'the OMS asks for public keys of price promises', peers: [neighbour('oms')], ports: ['storefront'] },
  comparison: { doc: 'reconciliation compares pages', peers: [neighbour('reconciliation')], ports: ['storefront'] },
  operators: { doc: 'whoever forwards operators to the desk: the ingress controller', peers: [namespace('ingress-nginx')], ports: ['desk'] },
  connectors: { doc: 'adapters and the gateway’s identity check', peers: ['pim', 'erp', 'crm', 'pricing', 'oms', 'gateway-api'].map(neighbour), ports: ['http'] },
};

/** A peer is never everybody: a namespace alone would be as good as a route to whatever is put there later. */
const closed = (properties: JsonSchema, required: readonly string[]): JsonSchema => ({ type: 'object', additionalProperties: false, properties, required });
const ip = (narrow: boolean): JsonSchema => ({
  type: 'string',
  pattern: '^[0-9a-fA-F:.]+/[0-9]{1,3}$',
  ...(narrow ? { not: { pattern: '/[0-7]$' } } : {}),
});
const ipBlock = (narrow: boolean): JsonSchema => closed({ cidr: ip(narrow), except: { type: 'array', items: ip(false) } }, ['cidr']);

/** `narrow`: no half of the internet, and no whole namespace. */
function peerSchema(narrow: boolean): JsonSchema {
  return {
    oneOf: [
      closed({ ipBlock: ipBlock(narrow) }, ['ipBlock']),
      closed({ namespaceSelector: selector, podSelector: selector }, ['podSelector']),
      ...(narrow ? [] : [closed({ namespaceSelector: selector }, ['namespaceSelector'])]),
    ],
  };
}

function flow(of: Flow, narrow: boolean): Leaf {
  const ports = { type: 'array', minItems: 1, items: { oneOf: [{ type: 'integer', minimum: 1, maximum: 65_535 }, { type: 'string', pattern: '^[a-z][a-z0-9-]{0,14}$' }] } };
  return {
    doc: `${of.doc}: \`peers\` as in a NetworkPolicy, \`ports\``,
    default: { peers: of.peers, ports: of.ports },
    schema: { type: 'object', additionalProperties: false, required: ['peers', 'ports'], properties: { peers: { type: 'array', items: peerSchema(narrow) }, ports } },
  };
}

export function networkValues({ name, egress: out, ingress: into }: Service): Group {
  const ofGateway = name.startsWith('gateway-');
  return group('default deny, with the flows that have a name here', {
    enabled: flag('without it whoever may reach the namespace may reach the pods', true),
    ingress: group('who may come in', Object.fromEntries(into.map((each) => [each, flow(ingress[each], false)]))),
    egress: group('where it may go', Object.fromEntries(out.map((each) => [each, flow(egress[each], ofGateway && each !== 'dns')]))),
  });
}
