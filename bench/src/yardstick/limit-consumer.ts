// 1. Two transactions are in flight, and never about the same entity.
// 2. Within a batch the newest version of an entity is written, every message is noted in the inbox.
// 3. Acknowledged after the commit.
import type { PoolClient } from 'pg';
import type { Consumer, JsMsg } from '@nats-io/jetstream';
import type { Recorder } from './line';

interface Received {
  readonly message: JsMsg;
  readonly messageId: number;
  readonly id: number;
  readonly version: number;
  readonly at: number;
  readonly payload: string;
}

const BATCH = 500;

const apply = {
  name: 'limit-apply',
  text: `
    with fresh as (insert into limit_inbox select * from unnest($1::bigint[]) on conflict do nothing returning 1),
    model as (
      insert into limit_read_model select id, version, payload::jsonb from unnest($2::bigint[], $3::bigint[], $4::text[]) given (id, version, payload)
      on conflict (id) do update set version = excluded.version, payload = excluded.payload
      where limit_read_model.version < excluded.version)
    select count(*)::int as fresh from fresh`,
};

export interface RunningConsumer {
  readonly idle: () => boolean;
  readonly stop: () => Promise<void>;
}

export async function startConsumer(consumer: Consumer, clients: readonly PoolClient[], recorder: Recorder): Promise<RunningConsumer> {
  const decoder = new TextDecoder();
  const free = [...clients];
  const busy = new Set<number>();
  let waiting: Received[] = [];
  let kicked = false;

  const messages = await consumer.consume({
    max_messages: 4_000,
    callback: (message) => {
      const payload = decoder.decode(message.data);
      const { id, v, ts } = JSON.parse(payload) as { id: number; v: number; ts: number };
      waiting.push({ message, messageId: Number(message.headers?.get('Nats-Msg-Id')), id, version: v, at: ts, payload });
      if (kicked) return;
      kicked = true;
      setImmediate(() => {
        kicked = false;
        kick();
      });
    },
  });

  function kick(): void {
    while (waiting.length > 0) {
      const client = free.pop();
      if (!client) return;
      const batch = take();
      if (batch.length === 0) {
        free.push(client);
        return;
      }
      void commit(client, batch).then(() => {
        free.push(client);
        kick();
      });
    }
  }

  function take(): Received[] {
    const taken: Received[] = [];
    const rest: Received[] = [];
    for (const received of waiting) (taken.length < BATCH && !busy.has(received.id) ? taken : rest).push(received);
    waiting = rest;
    for (const { id } of taken) busy.add(id);
    return taken;
  }

  async function commit(client: PoolClient, batch: readonly Received[]): Promise<void> {
    const newest = new Map<number, Received>();
    for (const received of batch) if ((newest.get(received.id)?.version ?? -1) < received.version) newest.set(received.id, received);
    const rows = [...newest.values()];
    const answer = await client.query<{ fresh: number }>({ ...apply, values: [batch.map((one) => one.messageId), rows.map((row) => row.id), rows.map((row) => row.version), rows.map((row) => row.payload)] });
    for (const id of newest.keys()) busy.delete(id);
    recorder.add(answer.rows[0]?.fresh ?? 0, batch.map((one) => one.at));
    for (const { message } of batch) message.ack();
  }

  return {
    idle: () => waiting.length === 0 && busy.size === 0,
    stop: async () => {
      await messages.close();
    },
  };
}
