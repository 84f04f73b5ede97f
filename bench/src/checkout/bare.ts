// The least that keeps an order and tells somebody of it, by hand: one transaction with a row, then one message that the broker has on disk.
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { Pool } from 'pg';
import { addressOf, type Check, type LineServers } from '../yardstick/line';

export interface Bare {
  /** Resolves when it is committed, published and acknowledged. */
  readonly place: (key: string, body: string) => Promise<void>;
  readonly check: () => Promise<Check>;
  readonly close: () => Promise<void>;
}

const STREAM = 'BARE';
/** As many as the gateway has; at 50 a second it is never waited for one. */
const CONNECTIONS = 10;

export async function openBare(servers: LineServers): Promise<Bare> {
  const pool = new Pool({ connectionString: servers.postgresUrl, max: CONNECTIONS });
  await pool.query('create table bare_outbox (id bigserial primary key, key text not null unique, payload text not null, created_at timestamptz not null default now())');
  const connection = await connect(addressOf(servers));
  const manager = await jetstreamManager(connection);
  await manager.streams.add({ name: STREAM, subjects: ['bare.>'], storage: 'file', num_replicas: 1 });
  const broker = jetstream(connection);
  let placed = 0;

  return {
    place: async (key, body) => {
      const client = await pool.connect();
      try {
        await client.query('begin');
        await client.query({ name: 'bare', text: 'insert into bare_outbox (key, payload) values ($1, $2)', values: [key, body] });
        await client.query('commit');
      } finally {
        client.release();
      }
      await broker.publish('bare.order', body, { msgID: key });
      placed += 1;
    },
    check: async () => {
      const { rows } = await pool.query<{ rows: number }>('select count(*)::int as rows from bare_outbox');
      const counts = { placed, rows: rows[0]?.rows ?? -1, messages: (await manager.streams.info(STREAM)).state.messages };
      return { ok: counts.rows === placed && counts.messages === placed, counts };
    },
    close: async () => {
      await manager.streams.delete(STREAM);
      await connection.close();
      await pool.end();
    },
  };
}
