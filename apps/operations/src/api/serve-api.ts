/** Puts the features together and serves them, on a port of their own beside the probes. */
import type { AddressInfo } from 'node:net';
import { ask as askOver, STILL_STARTING } from '@steward/event-bus';
import { issuerOf, StewardError, type Database, type ErrorCode, errorTable, type Runtime } from '@steward/platform';
import type { OperationsEnv } from '../operations.env';
import { createApi } from './api';
import type { Ask, Opened } from './feature';

type Client = Parameters<typeof askOver>[0];

export interface Desk {
  /** http://host:port */
  readonly url: string;
}

export async function serveApi(opened: readonly Opened[], env: OperationsEnv, database: Database, { clock, logger, shutdown }: Runtime): Promise<Desk> {
  const api = await createApi({
    routes: opened.flatMap(({ routes }) => routes),
    database,
    issuer: issuerOf(env, { clock, logger }),
    clock,
    logger,
    rateLimit: env.STEWARD_OPERATIONS_RATE_LIMIT,
    explorer: env.STEWARD_MODE !== 'production',
  });
  for (const { start, stop } of opened) {
    start?.();
    if (stop) shutdown.onDrain('feature of operations', stop);
  }
  await api.listen({ port: env.STEWARD_OPERATIONS_PORT, host: env.STEWARD_OPERATIONS_HOST });
  shutdown.onDrain('api', () => api.close());
  const { address, port, family } = api.server.address() as AddressInfo;
  const url = `http://${family === 'IPv6' ? `[${address}]` : address}:${String(port)}`;
  logger.info({ url }, 'desk open');
  return { url };
}

/** Asks other services; what the owner refuses is thrown with the code that its words begin with. */
export function askerOf(client: Client): Ask {
  return async <A>(subject: string, question: unknown, withinMs?: number): Promise<A> => {
    try {
      return await askOver<A>(client, subject, question, withinMs);
    } catch (error) {
      throw refusalOf(error, subject) ?? error;
    }
  };
}

/** What an RpcException carries comes as a plain object; everything else is the broker's or the connection's. */
function refusalOf(error: unknown, subject: string): StewardError | undefined {
  const { cause } = error as { cause?: unknown };
  if (typeof cause !== 'object' || cause === null || cause instanceof Error || !('message' in cause) || typeof cause.message !== 'string') return undefined;
  const words = cause.message;
  if (words === STILL_STARTING) return new StewardError('BROKER_NO_ANSWERER', `${subject}: ${words}`);
  const [code] = /^[A-Z][A-Z0-9_]+(?=$|:)/.exec(words) ?? [];
  const known = code !== undefined && code in errorTable && errorTable[code as ErrorCode].http !== undefined;
  return known ? new StewardError(code as ErrorCode, words.slice(code.length).replace(/^: /, ''), { place: subject }) : new StewardError('OPERATIONS_OWNER_REFUSED', words, { place: subject });
}
