// The yardstick: the smallest line by hand, in one process, that gives what Steward promises.
//   change → [state behind a version guard + outbox row, one statement a batch] → relay → JetStream on disk
//   → durable consumer → [inbox + read model behind a version guard, one statement a batch] → acknowledge
// 1. State and outbox row commit together; a row leaves the pending set only after the broker acknowledged it.
// 2. Inbox row and read model commit together, and only then is the message acknowledged.
// 3. Nothing may be lost, doubled or overtaken: `check` compares both ends, and a difference voids the run.
import { Pool, type PoolClient } from 'pg';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { createChanges, KEYS } from './changes';
import { startConsumer } from './limit-consumer';
import { produceAtRate, produceToSaturation, type Batch } from './limit-producer';
import { startRelay, STREAM, SUBJECT } from './limit-relay';
import type { CpuProbe } from './cpu';
import { addressOf, Recorder, type Check, type Likeness, type Line, type LineServers, type Load } from './line';

const WARM_UP_MS = 2_000;
const SETTLE_WITHIN_MS = 20_000;

export async function openLimit(servers: LineServers, likeness: Likeness, probe: CpuProbe): Promise<Line> {
  const pool = new Pool({ connectionString: servers.postgresUrl, max: 6 });
  // Six connections of their own, as six roles of a program that never wait for each other.
  const [writer, reader, marker, ears, left, right] = await Promise.all(Array.from({ length: 6 }, () => pool.connect())) as [PoolClient, PoolClient, PoolClient, PoolClient, PoolClient, PoolClient];
  await prepare(writer, likeness);
  const publishing = await connect(addressOf(servers));
  const consuming = await connect(addressOf(servers));
  const manager = await jetstreamManager(publishing);
  await manager.streams.delete(STREAM).catch(() => false);
  await manager.streams.add({
    name: STREAM,
    subjects: [`${SUBJECT}.>`],
    storage: 'file',
    num_replicas: 1,
    duplicate_window: 120e9,
    ...(likeness === 'steward' ? { max_msgs_per_subject: 1 } : {}),
  });
  await manager.consumers.add(STREAM, { durable_name: 'read-model', ack_policy: 'explicit', max_ack_pending: 20_000, ack_wait: 30e9 });
  const recorder = new Recorder(probe);
  const batch: Batch = { writer, next: createChanges(), produced: 0 };
  const consumer = await startConsumer(await jetstream(consuming).consumers.get(STREAM, 'read-model'), [left, right], recorder);

  async function slice(load: Load, seconds: number) {
    const producer = load.kind === 'rate' ? produceAtRate(batch, load.perSecond) : produceToSaturation(batch, recorder);
    const relay = await startRelay({ reader, marker, ears, publishing, likeness });
    await new Promise((resolve) => setTimeout(resolve, WARM_UP_MS));
    const outcome = await recorder.window(seconds);
    await producer.stop();
    await relay.drain();
    await settle(async () => {
      const { num_ack_pending, num_pending } = await manager.consumers.info(STREAM, 'read-model');
      return num_ack_pending + num_pending === 0 && consumer.idle();
    });
    return outcome;
  }

  async function check(): Promise<Check> {
    const counts = await compare(writer);
    // A stream that keeps the newest of a key may drop what was overtaken on the way, so there `inbox` may be lower.
    const complete = likeness === 'steward' ? counts.inbox <= batch.produced : counts.inbox === batch.produced;
    return { ok: counts.pending === 0 && counts.differing === 0 && complete, counts: { ...counts, produced: batch.produced } };
  }

  return {
    name: 'yardstick',
    slice,
    check,
    close: async () => {
      await consumer.stop();
      await manager.streams.delete(STREAM);
      await Promise.all([publishing.close(), consuming.close()]);
      for (const client of [writer, reader, marker, ears, left, right]) client.release();
      await pool.end();
    },
  };
}

async function settle(done: () => Promise<boolean>): Promise<void> {
  const until = performance.now() + SETTLE_WITHIN_MS;
  while (!(await done()) && performance.now() < until) await new Promise((resolve) => setTimeout(resolve, 20));
}

async function prepare(client: PoolClient, likeness: Likeness): Promise<void> {
  await client.query(`
    drop table if exists limit_state, limit_outbox, limit_read_model, limit_inbox;
    create table limit_state (id bigint primary key, version bigint not null, payload jsonb not null) with (fillfactor = 70);
    create table limit_outbox (id bigserial primary key, subject text not null, payload text not null, published_at timestamptz);
    create table limit_read_model (id bigint primary key, version bigint not null, payload jsonb not null) with (fillfactor = 70);
    create table limit_inbox (message_id bigint primary key)`);
  if (likeness === 'steward') await client.query('create index on limit_outbox (id) where published_at is null');
  for (const table of ['limit_state', 'limit_read_model']) await client.query(`insert into ${table} select id, 0, '{}' from generate_series(0, ${KEYS - 1}) id`);
  await client.query('vacuum analyze limit_state, limit_read_model');
  await client.query('checkpoint');
}

async function compare(client: PoolClient): Promise<{ pending: number; inbox: number; differing: number }> {
  const { rows } = await client.query<{ pending: number; inbox: number; differing: number }>(`
    select (select count(*)::int from limit_outbox where published_at is null) as pending,
           (select count(*)::int from limit_inbox) as inbox,
           (select count(*)::int from limit_state join limit_read_model using (id)
             where limit_state.version <> limit_read_model.version or limit_state.payload <> limit_read_model.payload) as differing`);
  const [counts] = rows;
  if (!counts) throw new Error('no counts');
  return counts;
}
