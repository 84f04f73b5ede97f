// Charts as helm sees them: staged in a folder of their own with the library chart beside them, as `helm dependency build` would do.
import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseAllDocuments, parse } from 'yaml';

export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>>; readonly annotations?: Readonly<Record<string, string>> };
  readonly [field: string]: unknown;
}

export interface Answer {
  readonly code: number;
  readonly out: string;
  readonly error: string;
}

export type Values = Readonly<Record<string, unknown>> | string;

export interface Charts {
  readonly helm: (...args: readonly string[]) => Promise<Answer>;
  /** Where a chart lies with its dependencies. */
  readonly folder: (chart: string) => string;
  /** `values`: files, or values as such. */
  readonly template: (chart: string, values: readonly Values[], release?: string) => Promise<Answer>;
  readonly close: () => void;
}

export function stageCharts(helmPath: string, k8s: string): Charts {
  const stage = mkdtempSync(join(tmpdir(), 'steward-charts-'));
  let written = 0;
  const staged = new Map<string, string>();
  // helm keeps settings and plugins of its user: none of them may have a say here.
  const env = { PATH: process.env['PATH'] ?? '', HELM_CACHE_HOME: join(stage, '.cache'), HELM_CONFIG_HOME: join(stage, '.config'), HELM_DATA_HOME: join(stage, '.data'), HOME: stage };
  const helm: Charts['helm'] = (...args) =>
    new Promise((resolve) => {
      execFile(helmPath, [...args], { env, cwd: k8s, maxBuffer: 64 * 1024 * 1024 }, (fault, out, error) => resolve({ code: fault === null ? 0 : typeof fault.code === 'number' ? fault.code : 1, out, error }));
    });
  const folder = (chart: string): string => {
    const found = staged.get(chart);
    if (found !== undefined) return found;
    const place = join(stage, chart);
    copyChart(k8s, chart, place);
    staged.set(chart, place);
    return place;
  };
  const asFile = (values: Values): string => {
    if (typeof values === 'string') return values;
    written += 1;
    const file = join(stage, `values-${String(written)}.yaml`);
    // Escaped, because YAML takes U+2028 for the end of a line.
    writeFileSync(file, JSON.stringify(values).replaceAll('\u2028', '\\u2028'));
    return file;
  };
  return {
    helm,
    folder,
    template: (chart, values, release = 'shop') => helm('template', release, folder(chart), '--namespace', 'commerce', ...values.flatMap((each) => ['--values', asFile(each)])),
    close: () => rmSync(stage, { recursive: true, force: true }),
  };
}

function copyChart(k8s: string, chart: string, place: string): void {
  cpSync(join(k8s, chart), place, { recursive: true, filter: (path) => !path.endsWith('/charts') });
  const { dependencies = [] } = parse(readFileSync(join(place, 'Chart.yaml'), 'utf8')) as { dependencies?: { name: string }[] };
  for (const { name } of dependencies) {
    mkdirSync(join(place, 'charts'), { recursive: true });
    if (existsSync(join(k8s, name))) copyChart(k8s, name, join(place, 'charts', name));
  }
}

/** YAML 1.1, as Kubernetes reads it: there `yes` is no text. */
export function manifestsOf(rendered: string): Manifest[] {
  return parseAllDocuments(rendered, { version: '1.1', uniqueKeys: true })
    .map((document) => {
      if (document.errors[0]) throw document.errors[0];
      return document.toJS() as Manifest | null;
    })
    .filter((each): each is Manifest => each !== null);
}
