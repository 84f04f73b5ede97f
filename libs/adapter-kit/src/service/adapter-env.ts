import { type EnvOf, senderEnv, serviceEnv } from '@steward/platform';
import { z } from 'zod';
import type { Adapter } from './define-adapter';

type Shape = Record<string, z.ZodType>;

export const connectorVariable = (adapter: Adapter) => ({
  STEWARD_CONNECTOR: z.enum(Object.keys(adapter.connectors) as [string, ...string[]]).default('sandbox').describe(`vendor of the ${adapter.name}: ${Object.keys(adapter.connectors).join(' | ')}`),
});

type OwnShape = typeof serviceEnv & typeof senderEnv & ReturnType<typeof connectorVariable>;

export type AdapterEnv = EnvOf<OwnShape> & Readonly<Record<string, unknown>>;

/** What the process may be given: the variables of the selected connector strictly, those of the others only known by name. */
export function adapterShape(adapter: Adapter, vendor: string | undefined): OwnShape & Shape {
  const others = Object.values(adapter.connectors).flatMap(({ env }) => Object.keys(env));
  const ignored = Object.fromEntries(others.map((name) => [name, z.string().optional()]));
  const own = vendor === undefined ? {} : (adapter.connectors[vendor]?.env ?? {});
  return { ...ignored, ...(own as Shape), ...(adapter.env as Shape | undefined), ...serviceEnv, ...senderEnv, ...connectorVariable(adapter) };
}

/** B1: an acknowledgement before the disk has the message is enough for production only where somebody said so. */
export function refusesLazyBroker(env: Pick<AdapterEnv, 'STEWARD_MODE' | 'STEWARD_ALLOW_LAZY_BROKER'>): boolean {
  return env.STEWARD_MODE === 'production' && !env.STEWARD_ALLOW_LAZY_BROKER;
}
