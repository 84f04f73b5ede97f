import { setTimeout as pause } from 'node:timers/promises';
import { Client } from 'pg';
import { StewardError } from '../errors/steward-error';
import type { Logger } from '../log/logger';
import { isConnectionError, isRefusal } from './connection-errors';
import { connectionConfig } from './pool';

/** Returns once the database answers; gives up after `withinMs`, and at once when the server refuses role, password or name. */
export async function waitForDatabase(url: string, name: string, withinMs: number, logger: Logger): Promise<void> {
  const deadline = performance.now() + withinMs;
  for (let tries = 0; ; tries++) {
    const client = new Client(connectionConfig(url, name));
    client.on('error', () => undefined);
    try {
      await client.connect();
      await client.query('select 1');
      return;
    } catch (cause) {
      if (isRefusal(cause)) throw new StewardError('DATABASE_REFUSED', messageOf(cause), { cause, place: place(url) });
      if (!isConnectionError(cause)) throw cause;
      if (performance.now() >= deadline) throw new StewardError('DATABASE_UNAVAILABLE', `no answer within ${withinMs} ms`, { cause, place: place(url) });
      if (tries === 0) logger.warn({ err: cause, place: place(url) }, 'the database does not answer yet');
    } finally {
      await client.end().catch(() => undefined);
    }
    // Jitter: after an outage all services wait for the same server.
    await pause(Math.max(0, Math.min(100 + Math.random() * 400, deadline - performance.now())));
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Host and database without role and password. */
function place(url: string): string {
  const { host, pathname } = new URL(url);
  return host + pathname;
}
