import { parse } from 'yaml';
import { modelFaults, unknownFields } from './checks/models';
import { podFaults, podSpecs } from './checks/pod-security';
import { type Helm, resolveHelm } from './helm/binary';
import { charts, harm, hostileValues, k8s, longest, needsConnector, valuesFile } from './helm/cases';
import { type Answer, type Charts, type Manifest, manifestsOf, stageCharts, type Values } from './helm/render';

const found: Helm = resolveHelm();
const helm = found.kind === 'found' ? found.path : '';
if (found.kind === 'none') process.stderr.write(`charts are not tested: ${found.reason}\n`);
const withHelm = found.kind === 'found' || process.platform === 'linux' ? describe : describe.skip;

interface Case {
  readonly chart: string;
  readonly name: 'default' | 'minimal' | 'production' | 'hostile';
  readonly values: readonly Values[];
  readonly release: string;
}

const cases: Case[] = charts.flatMap((chart) => {
  const minimal = chart === 'steward' ? [] : [valuesFile(chart, 'minimal')];
  const all: Case[] = [
    { chart, name: 'minimal', values: minimal, release: 'shop' },
    { chart, name: 'hostile', values: [...minimal, hostileValues(chart)], release: longest },
  ];
  if (!needsConnector(chart)) all.push({ chart, name: 'default', values: [], release: 'shop' });
  if (chart !== 'steward') all.push({ chart, name: 'production', values: [valuesFile(chart, 'production')], release: 'shop' });
  return all;
});

/** Two at a time: as many as CI has cores. */
async function pairwise<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let at = 0; at < items.length; at += 2) results.push(...(await Promise.all(items.slice(at, at + 2).map(work))));
  return results;
}

withHelm('the charts, as the real helm renders them', () => {
  let staged: Charts;
  const rendered = new Map<Case, { readonly answer: Answer; readonly manifests: readonly Manifest[] }>();
  const each = (): [Case, readonly Manifest[]][] => [...rendered].map(([one, { manifests }]) => [one, manifests]);
  const titleOf = ({ chart, name }: Case): string => `${chart}, ${name}`;

  beforeAll(async () => {
    if (found.kind === 'none') throw new Error(found.reason);
    staged = stageCharts(helm, k8s);
    const answers = await pairwise(cases, (one) => staged.template(one.chart, one.values, one.release));
    cases.forEach((one, index) => {
      const answer = answers[index] ?? { code: 1, out: '', error: 'not rendered' };
      rendered.set(one, { answer, manifests: answer.code === 0 ? manifestsOf(answer.out) : [] });
    });
  });
  afterAll(() => staged.close());

  it('render with default, minimal, production and hostile values', () => {
    expect([...rendered].filter(([, { answer }]) => answer.code !== 0).map(([one, { answer }]) => `${titleOf(one)}: ${answer.error}`)).toEqual([]);
    expect(each().filter(([, manifests]) => manifests.length === 0).map(([one]) => titleOf(one))).toEqual(['observability, minimal', 'observability, default']);
  });

  it('render twice the same', async () => {
    const fullest = cases.filter(({ chart, name }) => name === 'production' || (chart === 'steward' && name === 'default'));
    const again = await pairwise(fullest, (one) => staged.template(one.chart, one.values, one.release));
    expect(fullest.filter((one, index) => rendered.get(one)?.answer.out !== again[index]?.out).map(titleOf)).toEqual([]);
  });

  it('say what they lack where a vendor has to be named', async () => {
    const answer = await staged.template('pim', []);
    expect(answer.code).not.toBe(0);
    expect(answer.error).toContain("missing property 'connector'");
  });

  it('lint without a word', async () => {
    const linted = await Promise.all(charts.map((chart) => staged.helm('lint', '--strict', '--quiet', staged.folder(chart), ...(chart === 'steward' ? [] : ['--values', valuesFile(chart, 'minimal')]))));
    expect(linted.map(({ out, error }) => out + error).join('').trim()).toBe('');
    expect(linted.every(({ code }) => code === 0)).toBe(true);
  });

  it('are what the schemas of Kubernetes, KEDA and the Prometheus operator know', async () => {
    const all = each().flatMap(([, manifests]) => manifests);
    expect(await modelFaults(all)).toEqual([]);
    // Hostile values fill the same fields.
    expect(unknownFields(each().flatMap(([{ name }, manifests]) => (name === 'hostile' ? [] : manifests)))).toEqual([]);
    expect(new Set(all.map(({ kind }) => kind))).toEqual(
      new Set(['ConfigMap', 'Deployment', 'HorizontalPodAutoscaler', 'Ingress', 'Job', 'NetworkPolicy', 'Pod', 'PodDisruptionBudget', 'PrometheusRule', 'ScaledObject', 'Service', 'ServiceAccount', 'ServiceMonitor']),
    );
  });

  it('would be told of a wrong type, of a missing and of an unknown field', async () => {
    const wrong = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'x' }, spec: { ports: [{ port: '80' }] } };
    const misspelt = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'y' }, spec: { selector: {}, template: { spec: { containers: [{ name: 'c', imagePullPolic: 'Always' }] } } } };
    expect(await modelFaults([wrong, { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'z' }, spec: { selector: {} } }])).toHaveLength(2);
    expect(unknownFields([misspelt])).toEqual([expect.stringContaining('imagePullPolic')]);
  });

  it('make pods under the restricted standard only, the hooks’ too', () => {
    expect(each().flatMap(([one, manifests]) => manifests.flatMap((manifest) => podFaults(manifest).map((fault) => `${titleOf(one)}: ${fault}`)))).toEqual([]);
    const pods = each().flatMap(([, manifests]) => manifests.filter((manifest) => podSpecs(manifest).length > 0).map(({ kind }) => kind));
    expect(new Set(pods)).toEqual(new Set(['Deployment', 'Job', 'Pod']));
    const [sound] = each().flatMap(([, manifests]) => manifests.filter(({ kind }) => kind === 'Deployment'));
    const weakened = JSON.parse(JSON.stringify(sound).replace('"readOnlyRootFilesystem":true', '"readOnlyRootFilesystem":false').replace('"runAsNonRoot":true', '"runAsNonRoot":false')) as Manifest;
    expect(podFaults(weakened)).toHaveLength(2);
  });

  it('keep names apart and short, whatever the release is called', () => {
    for (const [one, manifests] of each()) {
      const names = manifests.map(({ kind, metadata }) => `${kind} ${metadata.name}`);
      expect([titleOf(one), names.filter((name, index) => names.indexOf(name) !== index)]).toEqual([titleOf(one), []]);
      expect([titleOf(one), manifests.filter(({ kind, metadata }) => metadata.name.length > (['ConfigMap', 'PrometheusRule'].includes(kind) ? 253 : 63)).map(({ metadata }) => metadata.name)]).toEqual([titleOf(one), []]);
    }
  });

  it('pass on hostile texts as texts and nothing else', () => {
    for (const chart of charts.filter((name) => !['steward', 'observability'].includes(name))) {
      const of = (name: Case['name']): readonly Manifest[] => each().find(([one]) => one.chart === chart && one.name === name)?.[1] ?? [];
      const kinds = (manifests: readonly Manifest[]): string[] => manifests.map(({ kind }) => kind).filter((kind) => kind !== 'Ingress').toSorted();
      expect([chart, kinds(of('hostile'))]).toEqual([chart, kinds(of('minimal'))]);
      const texts = JSON.stringify(of('hostile').find(({ kind }) => kind === 'Deployment'));
      const { template } = (of('hostile').find(({ kind }) => kind === 'Deployment')?.['spec'] ?? {}) as { template: { metadata: { annotations: object; labels: object }; spec: { containers: { image: string }[] } } };
      expect(template.metadata.annotations).toMatchObject({ 'shop.example/harm': harm, 'shop.example/yes': 'yes', 'shop.example/number': '1e3', 'steward/secret-revision': harm });
      expect(template.metadata.labels).toMatchObject({ team: 'yes', number: '1e3', nothing: 'null', empty: '', 'app.kubernetes.io/name': chart });
      expect(template.spec.containers[0]?.image).toContain(harm);
      expect(texts).toContain(JSON.stringify(`http://x:1/${harm}`));
    }
  });

  it('can each be packed and installed alone', async () => {
    // In the order of their dependencies: helm packs what it finds and does not fetch for others.
    const order = [...charts.filter((chart) => chart !== 'steward'), 'steward'];
    const copy = stageCharts(helm, k8s);
    try {
      for (const chart of order) {
        const packed = await copy.helm('package', copy.folder(chart), '--destination', `${copy.folder(chart)}/..`);
        expect([chart, packed.code, packed.error]).toEqual([chart, 0, '']);
        const tgz = packed.out.trim().split(': ').at(-1) ?? '';
        const answer = await copy.helm('install', 'alone', tgz, '--dry-run=client', '--output', 'json', ...(chart === 'steward' ? [] : ['--values', valuesFile(chart, 'minimal')]));
        expect([chart, answer.code, answer.error]).toEqual([chart, 0, '']);
        const { info } = JSON.parse(answer.out) as { info: { notes?: string } };
        expect(info.notes ?? '').toContain('default');
      }
    } finally {
      copy.close();
    }
  });

  it('have a version of their own for everything that is built', async () => {
    const shown = await Promise.all(charts.map(async (chart) => parse((await staged.helm('show', 'chart', staged.folder(chart))).out) as { name: string; version: string; appVersion: string }));
    expect(shown.map(({ name, version, appVersion }) => [name, /^\d+\.\d+\.\d+$/.test(version), /^\d+\.\d+\.\d+$/.test(appVersion)])).toEqual(charts.map((chart) => [chart, true, true]));
  });
});
