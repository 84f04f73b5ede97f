import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeVariable, loadEnv } from '@steward/platform';
import { resolveHelm } from './helm/binary';
import { k8s, needsConnector, valuesFile } from './helm/cases';
import { type Charts, type Manifest, manifestsOf, stageCharts } from './helm/render';
import { factsOf, split } from './services/facts';
import { ownShape } from './services/own-shape';
import { services, type Service, setElsewhere, withheld } from './services/services';
import { repository, type Shape } from './services/variables';
import { variableSchema } from './values/environment';

const found = resolveHelm();
const withHelm = found.kind === 'found' || process.platform === 'linux' ? describe : describe.skip;

interface Variable {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: { readonly secretKeyRef: { readonly name: string; readonly key: string; readonly optional?: boolean } };
}

/** What the Secret would hold. */
const secretOf = (name: string): string => (/^(DATABASE|STEWARD_AUDIT_OWNER)_URL$/.test(name) ? 'postgres://u:p@h:5432/d' : name.startsWith('NATS_') ? 'nats://u:p@h:4222' : 'secret-secret-secret');

function variablesOf(manifests: readonly Manifest[], kind: 'Deployment' | 'Job'): Variable[] {
  const { template } = manifests.find((manifest) => manifest.kind === kind)?.['spec'] as { template: { spec: { containers: { env: Variable[] }[] } } };
  return template.spec.containers[0]?.env ?? [];
}

/** As the process would get them: what is optional is left out, so that a required one among them is found. */
const given = (variables: readonly Variable[]): Record<string, string> =>
  Object.fromEntries(variables.flatMap(({ name, value, valueFrom }) => (value !== undefined ? [[name, value]] : valueFrom?.secretKeyRef.optional === true ? [] : [[name, secretOf(name)]])));

withHelm('the environment that a chart gives', () => {
  let charts: Charts;
  beforeAll(() => {
    if (found.kind === 'none') throw new Error(found.reason);
    charts = stageCharts(found.path, k8s);
  });
  afterAll(() => charts.close());

  it.each(services.map((service) => [service.name, service] as const))('is what %s reads: nothing missing, nothing unknown, every default as told', async (name, service) => {
    const { shape, connectors } = service.variables();
    for (const vendor of needsConnector(name) ? Object.keys(connectors) : [undefined]) {
      const all: Shape = { ...(vendor === undefined ? {} : connectors[vendor]), ...shape };
      const { plain } = split(all, service.managed);
      // Some variables have no default that is a value, only an example of one.
      const told = plain.flatMap((variable) => {
        const schema = all[variable];
        if (schema === undefined) return [];
        const { fallback, required } = describeVariable(schema);
        const sample = fallback ?? (required || variable === 'STEWARD_PROMISE_JWKS' ? 'http://example' : undefined);
        const type = variableSchema(schema)['type'];
        return sample === undefined || sample === '' ? [] : [[variable, type === 'integer' || type === 'boolean' ? (JSON.parse(sample) as unknown) : sample]];
      });
      const needed = Object.fromEntries(told.filter(([variable]) => describeVariable(all[String(variable)] as Shape[string]).required));
      const connector = vendor === undefined ? {} : { connector: vendor };
      const [least, most] = await Promise.all([charts.template(name, [{ ...connector, env: needed }]), charts.template(name, [{ ...connector, env: Object.fromEntries(told) }])]);
      expect([vendor, least.error, most.error]).toEqual([vendor, '', '']);
      const own = ownShape(service, vendor);
      const read = (text: string): object => loadEnv(own, given(variablesOf(manifestsOf(text), 'Deployment')));
      const [few, many] = [read(least.out), read(most.out)];
      expect(many).toMatchObject(Object.fromEntries(Object.entries(few).filter(([, value]) => value !== undefined)));
      expect(few).toMatchObject(Object.fromEntries(Object.entries(service.managed).map(([variable]) => [variable, expect.anything()])));
    }
  });

  it('lets the migration end before the service begins', async () => {
    const manifests = manifestsOf((await charts.template('pim', [valuesFile('pim', 'minimal')])).out);
    const migration = variablesOf(manifests, 'Job');
    expect(migration[0]).toEqual({ name: 'STEWARD_MIGRATE_ONLY', value: 'true' });
    expect(migration.slice(1)).toEqual(variablesOf(manifests, 'Deployment'));
    expect(loadEnv(ownShape(services[0] as Service, 'directus'), given(migration))).toMatchObject({ STEWARD_MIGRATE_ONLY: true });
  });

  it('writes large numbers as they are', async () => {
    const answer = await charts.template('gateway-api', [{ env: { STEWARD_GATEWAY_RATE_LIMIT: 1_000_000, STEWARD_GATEWAY_CHECKOUT_RATE_LIMIT: 0 } }]);
    expect(given(variablesOf(manifestsOf(answer.out), 'Deployment'))).toMatchObject({ STEWARD_GATEWAY_RATE_LIMIT: '1000000', STEWARD_GATEWAY_CHECKOUT_RATE_LIMIT: '0' });
  });

  it('has every variable of .env.example in some chart, and none besides', () => {
    const written = [...readFileSync(join(repository, '.env.example'), 'utf8').matchAll(/^#?([A-Z][A-Z0-9_]+)=/gm)].map(([, name]) => name ?? '');
    const offered = services.flatMap((service) => {
      const facts = factsOf(service) as { managed: object; secrets: { required: string[]; optional: string[] }; connectors?: Record<string, { required: string[]; optional: string[] }> };
      const { properties } = JSON.parse(readFileSync(join(k8s, service.name, 'values.schema.json'), 'utf8')) as { properties: { env: { properties: object } } };
      const secrets = [facts.secrets, ...Object.values(facts.connectors ?? {})].flatMap(({ required, optional }) => [...required, ...optional]);
      return [...Object.keys(properties.env.properties), ...Object.keys(facts.managed), ...secrets];
    });
    expect([...new Set([...offered, ...withheld, ...setElsewhere])].toSorted()).toEqual(written.toSorted());
  });
});
