// Finds the variables of every app without importing one: this package is below them. Whatever an env, adapter or connector file
// of an app exports and looks like a shape is one.
import { globSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, sep } from 'node:path';
import { z } from 'zod';
import { senderEnv, serviceEnv } from '../env/service-env';
import type { EnvSection } from './env-example';

/** The sections of all apps under `root`, from their sources ("src", tests) or their build ("dist"). */
export function appSections(root: string, tree: 'src' | 'dist'): EnvSection[] {
  const load = createRequire(__filename);
  const extension = tree === 'src' ? 'ts' : 'js';
  const files = ['env', '*.env', '*.adapter'].flatMap((name) => globSync(join('apps', '*', tree, `${name}.${extension}`), { cwd: root }));
  const exported = files.toSorted().flatMap((file) => {
    const values: unknown = load(join(root, file));
    return Object.values(isObject(values) ? values : {}).map((value) => ({ app: file.split(sep)[1] ?? '', value }));
  });
  const adapters = exported.flatMap(({ app, value }) => (isObject(value) && isObject(value['connectors']) ? [{ app, connectors: value['connectors'] }] : []));
  const sections = [
    ...adapterSection(adapters),
    ...exported.flatMap(({ app, value }) => (isShape(value) ? [{ title: app, shape: value }] : [])),
    ...adapters.flatMap(({ app, connectors }) =>
      Object.entries(connectors).flatMap(([vendor, connector]) => (isObject(connector) && isShape(connector['env']) ? [{ title: `${app}, connector ${vendor}`, shape: connector['env'] }] : [])),
    ),
  ];
  const seen = new Set(Object.keys(serviceEnv));
  return sections.flatMap((section) => unseen(section, seen));
}

function adapterSection(adapters: readonly { readonly app: string; readonly connectors: object }[]): EnvSection[] {
  const vendors = adapters.map(({ app, connectors }) => `${app}: ${Object.keys(connectors).join(' | ')}`).join('; ');
  return adapters.length === 0 ? [] : [{ title: 'Every adapter', shape: { STEWARD_CONNECTOR: z.string().optional().describe(`the vendor; ${vendors}`), ...senderEnv } }];
}

/** Each variable is told once, where it comes first. */
function unseen({ title, shape }: EnvSection, seen: Set<string>): EnvSection[] {
  const fresh = Object.entries(shape).filter(([name]) => !seen.has(name));
  for (const [name] of fresh) seen.add(name);
  return fresh.length === 0 ? [] : [{ title, shape: Object.fromEntries(fresh) }];
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
const isShape = (value: unknown): value is z.ZodRawShape => isObject(value) && Object.keys(value).length > 0 && Object.entries(value).every(([name, schema]) => /^[A-Z][A-Z0-9_]+$/.test(name) && isObject(schema) && '_zod' in schema);
