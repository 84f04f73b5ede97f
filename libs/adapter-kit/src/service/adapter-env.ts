import { type EnvOf, senderEnv, serviceEnv } from '@steward/platform';
import { z } from 'zod';
import type { Connector } from '../source/define';

type Shape = Record<string, z.ZodType>;

/** What an adapter declares that its environment depends on. */
interface Declared {
  readonly name: string;
  readonly connectors: Readonly<Record<string, Pick<Connector, 'env'>>>;
  readonly env?: z.ZodRawShape;
}

export const connectorVariable = ({ name, connectors }: Declared) => ({
  STEWARD_CONNECTOR: z.enum(Object.keys(connectors) as [string, ...string[]]).default('sandbox').describe(`vendor of the ${name}: ${Object.keys(connectors).join(' | ')}`),
});

type OwnShape = typeof serviceEnv & typeof senderEnv & ReturnType<typeof connectorVariable>;

export type AdapterEnv = EnvOf<OwnShape> & Readonly<Record<string, unknown>>;

/** What the process may be given: the variables of the selected connector strictly, those of the others only known by name. */
export function adapterShape(adapter: Declared, vendor: string | undefined): OwnShape & Shape {
  const others = Object.values(adapter.connectors).flatMap(({ env }) => Object.keys(env));
  const ignored = Object.fromEntries(others.map((name) => [name, z.string().optional()]));
  const own = vendor === undefined ? {} : (adapter.connectors[vendor]?.env ?? {});
  return { ...ignored, ...(own as Shape), ...(adapter.env as Shape | undefined), ...serviceEnv, ...senderEnv, ...connectorVariable(adapter) };
}

/** B1: an acknowledgement before the disk has the message is enough for production only where somebody said so. */
export function refusesLazyBroker(env: Pick<AdapterEnv, 'STEWARD_MODE' | 'STEWARD_ALLOW_LAZY_BROKER'>): boolean {
  return env.STEWARD_MODE === 'production' && !env.STEWARD_ALLOW_LAZY_BROKER;
}
