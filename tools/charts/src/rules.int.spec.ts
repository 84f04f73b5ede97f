import { resolveHelm } from './helm/binary';
import { charts as names, k8s, needsConnector, valuesFile } from './helm/cases';
import { type Charts, type Manifest, manifestsOf, stageCharts, type Values } from './helm/render';
import { policiesFor, policiesOf, rangesOf, reachesPod, reachesRange } from './checks/routes';

const found = resolveHelm();
const withHelm = found.kind === 'found' || process.platform === 'linux' ? describe : describe.skip;

const adapters = names.filter(needsConnector);
const pod = (name: string, component = 'service') => ({ 'app.kubernetes.io/name': name, 'app.kubernetes.io/instance': 'shop', 'app.kubernetes.io/component': component });

withHelm('the charts refuse', () => {
  let charts: Charts;
  beforeAll(() => {
    if (found.kind === 'none') throw new Error(found.reason);
    charts = stageCharts(found.path, k8s);
  });
  afterAll(() => charts.close());

  const faultOf = async (chart: string, values: Values): Promise<string> => {
    const answer = await charts.template(chart, [...(needsConnector(chart) ? [valuesFile(chart, 'minimal')] : []), values]);
    return answer.code === 0 ? 'nothing' : answer.error;
  };
  const flow = (direction: 'egress' | 'ingress', name: string, peers: unknown): Values => ({ networkPolicy: { [direction]: { [name]: { peers, ports: [443] } } } });
  const everybody = [{ ipBlock: { cidr: '0.0.0.0/0' } }];

  it.each([
    ['a name that nobody declared', 'operations', { replicaCount: 3 }, "additional properties 'replicaCount' not allowed"],
    ['one deep below', 'operations', { monitoring: { serviceMonitor: { intervall: '1s' } } }, 'intervall'],
    ['a value of another type', 'operations', { replicas: '3' }, '/replicas'],
    ['half a pod', 'operations', { replicas: 1.5 }, '/replicas'],
    ['a variable that the service doesn’t know', 'operations', { env: { STEWARD_GATEWAY_PORT: 1 } }, 'STEWARD_GATEWAY_PORT'],
    ['a variable outside of its bounds', 'operations', { env: { STEWARD_STREAM_REPLICAS: 7 } }, 'STEWARD_STREAM_REPLICAS'],
    ['a mode that there isn’t', 'operations', { env: { STEWARD_MODE: 'prod' } }, 'STEWARD_MODE'],
    ['a secret among the values', 'pim', { env: { STEWARD_DIRECTUS_TOKEN: 'x' } }, 'STEWARD_DIRECTUS_TOKEN'],
    ['a database’s password among the values', 'pim', { env: { DATABASE_URL: 'postgres://u:p@h/d' } }, 'DATABASE_URL'],
    ['faults, which are for tests', 'pim', { env: { STEWARD_FAULTS: 'hang' } }, 'STEWARD_FAULTS'],
    ['a variable of another vendor', 'pim', { env: { STEWARD_SANDBOX_URL: 'http://x' } }, 'STEWARD_SANDBOX_URL'],
    ['a vendor that there isn’t', 'pim', { connector: 'akeneo' }, '/connector'],
    ['a vendor without its address', 'erp', { connector: 'sandbox', env: { STEWARD_TRYTON_URL: null, STEWARD_TRYTON_USER: null } }, "missing property 'STEWARD_SANDBOX_URL'"],
    ['no Secret', 'pim', { existingSecret: '' }, '/existingSecret'],
    ['a label of ours set anew', 'pim', { pod: { labels: { 'app.kubernetes.io/name': 'gateway-api' } } }, 'app.kubernetes.io/name'],
    ['an image by a digest that is none', 'pim', { image: { digest: 'latest' } }, '/image/digest'],
    ['two who scale', 'gateway-projector', { autoscaling: { enabled: true }, keda: { enabled: true } }, 'exclude each other'],
    ['a pod security of one’s own', 'pim', { securityContext: { runAsUser: 0 } }, 'securityContext'],
    ['a route to a system of record for the gateway', 'gateway-api', flow('egress', 'systemOfRecord', []), 'systemOfRecord'],
    ['one for its other half', 'gateway-projector', flow('egress', 'systemOfRecord', []), 'systemOfRecord'],
    ['a route to everybody for the gateway', 'gateway-api', flow('egress', 'identityProvider', everybody), '/identityProvider'],
    ['a route to a whole namespace for the gateway', 'gateway-api', flow('egress', 'telemetry', [{ namespaceSelector: { matchLabels: { a: 'b' } } }]), '/telemetry'],
    ['the broker for the gateway’s API', 'gateway-api', flow('egress', 'broker', []), 'broker'],
    ['a peer that is nobody in particular', 'pim', flow('egress', 'systemOfRecord', [{}]), '/systemOfRecord'],
    ['a part that the umbrella has not', 'steward', { install: { shop: true } }, 'shop'],
    ['a wrong value of a part', 'steward', { pim: { replicas: 'many' } }, 'replicas'],
    ['an Ingress without a host', 'gateway-api', { ingress: { enabled: true } }, 'ingress.host'],
  ])('%s', async (_what, chart, values, told) => {
    expect(await faultOf(chart, values)).toContain(told);
  });

  it('nothing but what is wrong: the same values without it are good', async () => {
    expect(await faultOf('pim', flow('egress', 'systemOfRecord', everybody))).toBe('nothing');
    expect(await faultOf('operations', { replicas: 3, env: { STEWARD_STREAM_REPLICAS: 3 } })).toBe('nothing');
  });
});

withHelm('the network of a shop in production', () => {
  let manifests: Manifest[];
  beforeAll(async () => {
    if (found.kind === 'none') throw new Error(found.reason);
    const charts = stageCharts(found.path, k8s);
    try {
      const one = async (name: string): Promise<Manifest[]> => manifestsOf((await charts.template(name, [valuesFile(name, 'production')])).out);
      manifests = (await Promise.all(names.filter((name) => name !== 'steward').map(one))).flat();
    } finally {
      charts.close();
    }
  });
  const policies = (name: string, component?: string) => policiesFor(policiesOf(manifests), pod(name, component));

  it('has a policy with both directions for every pod, hooks and tests included', () => {
    const pods = manifests.filter(({ kind }) => ['Deployment', 'Job', 'Pod'].includes(kind)).map(({ metadata }) => metadata.labels ?? {});
    expect(pods.length).toBeGreaterThan(20);
    expect(pods.filter((labels) => policiesFor(policiesOf(manifests), labels).length !== 1)).toEqual([]);
    expect(policiesOf(manifests).filter(({ policyTypes }) => !['Ingress', 'Egress'].every((type) => policyTypes.includes(type)))).toEqual([]);
  });

  it('gives the gateway no route to any system of record', () => {
    const systems = adapters.flatMap((name) => rangesOf(policies(name)));
    expect(systems.length).toBeGreaterThanOrEqual(adapters.length);
    for (const half of ['gateway-api', 'gateway-projector']) {
      for (const component of ['service', 'migration', 'test']) {
        expect([half, component, systems.filter((cidr) => reachesRange(policies(half, component), cidr))]).toEqual([half, component, []]);
        expect([half, component, [...adapters, 'sandbox'].filter((name) => reachesPod(policies(half, component), pod(name)))]).toEqual([half, component, []]);
      }
    }
  });

  it('lets each adapter reach its own system and no other’s', () => {
    for (const name of adapters) {
      const others = adapters.filter((other) => other !== name).flatMap((other) => rangesOf(policies(other)));
      expect([name, others.filter((cidr) => reachesRange(policies(name), cidr))]).toEqual([name, []]);
    }
  });

  it('lets migrations reach the database and names, and nothing else', () => {
    expect(policies('pim', 'migration').flatMap(({ egress = [], ingress = [] }) => [...egress, ...ingress])).toHaveLength(2);
  });
});
