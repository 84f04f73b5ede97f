import { connect } from '@nats-io/transport-node';
import { inboxPrefixOf } from '@steward/contracts';
import type { System } from '../system/system';

/** Asks services as the desk will: over the broker, with the rights of operations. */
export interface Desk {
  ask: <T>(subject: string, question: object) => Promise<T>;
  close: () => Promise<void>;
}

export async function openDesk(system: System): Promise<Desk> {
  const { username: user, password: pass, host: servers } = new URL(system.natsUrl('operations'));
  const operations = await connect({ servers, user, pass, inboxPrefix: inboxPrefixOf('operations') });
  return {
    ask: async <T>(pattern: string, data: object) => {
      const answer = await operations.request(pattern, JSON.stringify({ pattern, data, id: '1' }), { timeout: 5_000 });
      const { err, response } = answer.json<{ err?: unknown; response: T }>();
      if (err !== undefined && err !== null) throw new Error(JSON.stringify(err));
      return response;
    },
    close: () => operations.close(),
  };
}
