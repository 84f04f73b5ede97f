import { type EnvOf, loadEnv, runMain, senderEnv, serviceEnv } from '@steward/platform';
import { z } from 'zod';
import type { Adapter } from '../source/define';
import { createAdapter } from './create-adapter';

type Shape = Record<string, z.ZodType>;

/** The whole of an adapter's main.ts besides telemetry. */
export function runAdapter(adapter: Adapter): void {
  runMain(adapter.name, adapterShape(adapter, selected(adapter)), (env) => createAdapter(adapter, env as AdapterEnv));
}

const connectorVariable = (adapter: Adapter) => ({
  STEWARD_CONNECTOR: z.enum(Object.keys(adapter.connectors) as [string, ...string[]]).default('sandbox').describe(`vendor of the ${adapter.name}: ${Object.keys(adapter.connectors).join(' | ')}`),
});

export type AdapterEnv = EnvOf<typeof serviceEnv & typeof senderEnv & ReturnType<typeof connectorVariable>> & Readonly<Record<string, unknown>>;

/** What the process may be given: the variables of the selected connector strictly, those of the others only known by name. */
export function adapterShape(adapter: Adapter, vendor: string | undefined): typeof serviceEnv & typeof senderEnv & ReturnType<typeof connectorVariable> & Shape {
  const others = Object.values(adapter.connectors).flatMap(({ env }) => Object.keys(env));
  const ignored = Object.fromEntries(others.map((name) => [name, z.string().optional()]));
  const own = vendor === undefined ? {} : (adapter.connectors[vendor]?.env ?? {});
  return { ...ignored, ...(own as Shape), ...serviceEnv, ...senderEnv, ...connectorVariable(adapter) };
}

/** B1: an acknowledgement before the disk has the message is enough for production only where somebody said so. */
export function refusesLazyBroker(env: Pick<AdapterEnv, 'STEWARD_MODE' | 'STEWARD_ALLOW_LAZY_BROKER'>): boolean {
  return env.STEWARD_MODE === 'production' && !env.STEWARD_ALLOW_LAZY_BROKER;
}

/** The connector that is asked for; undefined when the environment has faults that runMain will tell. */
function selected(adapter: Adapter): string | undefined {
  try {
    return loadEnv(connectorVariable(adapter), undefined, Object.keys(adapterShape(adapter, undefined))).STEWARD_CONNECTOR;
  } catch {
    return undefined;
  }
}
