import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { changes, refusedChanges } from './checks/upgrade';
import { resolveHelm } from './helm/binary';
import { charts as names, k8s } from './helm/cases';
import { type Charts, type Manifest, manifestsOf, stageCharts } from './helm/render';
import { previousCharts, type Previous } from './helm/previous';

const found = resolveHelm();
const withHelm = found.kind === 'found' || process.platform === 'linux' ? describe : describe.skip;

const deployment = (selector: object, image = 'a'): Manifest => ({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'x' }, spec: { selector, template: { image } } });
const versionOf = (folder: string, chart: string): number[] => (parse(readFileSync(join(folder, chart, 'Chart.yaml'), 'utf8')) as { version: string }).version.split('.').map(Number);

/** Values of the last release have to do, unless the chart's version says that they don't: its first number, below 1.0 its second. */
const mayBreak = ([wasMajor = 0, wasMinor = 0]: readonly number[], [major = 0, minor = 0]: readonly number[]): boolean => major > wasMajor || (major === 0 && minor > wasMinor);

describe('an upgrade', () => {
  it('is refused by Kubernetes where a selector changes, and shown line by line where it isn’t', () => {
    expect(refusedChanges([deployment({ a: '1' })], [deployment({ a: '2' })])).toEqual(['Deployment/x: spec.selector can not change']);
    expect(refusedChanges([deployment({ a: '1' })], [deployment({ a: '1' }, 'b')])).toEqual([]);
    expect(changes([deployment({}, 'a')], [deployment({}, 'b')])).toEqual(['~ Deployment/x', '    - image: a', '    + image: b']);
    expect(changes([deployment({})], [])).toEqual(['- Deployment/x']);
  });

  it('may break values only with a new version', () => {
    expect([mayBreak([0, 1, 0], [0, 1, 9]), mayBreak([0, 1, 0], [0, 2, 0]), mayBreak([1, 1, 0], [1, 9, 0]), mayBreak([1, 1, 0], [2, 0, 0])]).toEqual([false, true, false, true]);
  });
});

withHelm('an upgrade from the charts before', () => {
  const previous: Previous | undefined = previousCharts();
  const shared = names.filter((name) => name !== 'steward' && previous !== undefined && existsSync(join(previous.k8s, name, 'ci')));
  let now: Charts | undefined;
  let before: Charts | undefined;
  beforeAll(() => {
    if (found.kind === 'none') throw new Error(found.reason);
    now = stageCharts(found.path, k8s);
    if (previous !== undefined) before = stageCharts(found.path, previous.k8s);
    else process.stdout.write('no charts before these are known, so there is nothing to upgrade from\n');
  });
  afterAll(() => {
    now?.close();
    before?.close();
    previous?.close();
  });

  it('takes the values of then and changes nothing that can not change', async () => {
    const broken: string[] = [];
    for (const chart of shared) {
      if (previous === undefined || now === undefined || before === undefined) break;
      const values = join(previous.k8s, chart, 'ci', 'production-values.yaml');
      const [was, is] = await Promise.all([before.template(chart, [values]), now.template(chart, [values])]);
      if (is.code !== 0 && !mayBreak(versionOf(previous.k8s, chart), versionOf(k8s, chart))) broken.push(`${chart}: ${is.error}`);
      if (was.code !== 0 || is.code !== 0) continue;
      broken.push(...refusedChanges(manifestsOf(was.out), manifestsOf(is.out)).map((fault) => `${chart}: ${fault}`));
      const shown = changes(manifestsOf(was.out), manifestsOf(is.out));
      process.stdout.write(`${chart}, ${previous.revision.slice(0, 10)} → now: ${shown.length === 0 ? 'no change' : `\n${shown.map((line) => `  ${line}\n`).join('')}`}\n`);
    }
    expect(broken).toEqual([]);
  });
});
