// The variables of a process as its own code declares them. Apps are found by path and not imported: nobody may depend on one.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { describeVariable, isSecretName, processEnv, senderEnv, serviceEnv } from '@steward/platform';
import type { z } from 'zod';

export const repository = join(__dirname, '..', '..', '..', '..');
/** Specs run from sources, the command from what was built. */
const tree = __filename.endsWith('.ts') ? 'src' : 'dist';
const load = createRequire(__filename);

export type Shape = Readonly<Record<string, z.ZodType>>;

export interface Variables {
  readonly shape: Shape;
  /** Of an adapter: what each connector adds. */
  readonly connectors: Readonly<Record<string, Shape>>;
}

interface AdapterDeclaration {
  readonly env?: Shape;
  readonly connectors: Readonly<Record<string, { readonly env: Shape }>>;
}

export function fromModule<T>(path: readonly string[], name: string): T {
  const [kind = '', project = '', ...below] = path;
  const found = (load(join(repository, kind, project, tree, ...below)) as Record<string, T>)[name];
  if (found === undefined) throw new TypeError(`${path.join('/')} exports no ${name}`);
  return found;
}

export const adapterOf = (app: string): AdapterDeclaration => fromModule(['apps', app, `${app}.adapter`], app);

export function adapterVariables(app: string): Variables {
  const { env, connectors } = adapterOf(app);
  return {
    shape: { ...serviceEnv, ...senderEnv, ...env },
    connectors: Object.fromEntries(Object.entries(connectors).map(([vendor, connector]) => [vendor, connector.env])),
  };
}

export const exportedVariables = (app: string, file: string, name: string): Variables => ({
  shape: { ...processEnv, ...fromModule<Shape>(['apps', app, file], name) },
  connectors: {},
});

/** A name says so, or an address that carries a password. */
export const isSecret = (name: string, schema: z.ZodType): boolean => isSecretName(name) || /user:password@/.test(describeVariable(schema).accepted);
