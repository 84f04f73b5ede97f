// The lower mark: the same guarantees the usual way, row by row and awaited. Four statements per change, a relay
// that claims with SKIP LOCKED and awaits each publish, one transaction per consumed message.
import { randomUUID } from 'node:crypto';
import { Pool, type PoolClient } from 'pg';
import { jetstream, jetstreamManager, type JetStreamClient } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { bodyOf, createChanges, metronome, type Change } from './changes';
import type { CpuProbe } from './cpu';
import { addressOf, Recorder, wallMs, type Check, type Line, type LineServers, type Load } from './line';

const STREAM = 'BENCH_NAIVE';
const SUBJECT = 'bench.naive';
const WRITERS = 4;
const MAX_IN_FLIGHT = 500;
const POLL_MS = 100;
const WARM_UP_MS = 1_500;

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

export async function openNaive(servers: LineServers, probe: CpuProbe): Promise<Line> {
  const pool = new Pool({ connectionString: servers.postgresUrl, max: 10 });
  await prepare(pool);
  const publishing = await connect(addressOf(servers));
  const consuming = await connect(addressOf(servers));
  const manager = await jetstreamManager(publishing);
  await manager.streams.delete(STREAM).catch(() => false);
  await manager.streams.add({ name: STREAM, subjects: [`${SUBJECT}.>`], storage: 'file' });
  await manager.consumers.add(STREAM, { durable_name: 'read-model', ack_policy: 'explicit', max_ack_pending: 1_000 });
  const recorder = new Recorder(probe);
  const next = createChanges();
  let produced = 0;

  const messages = await (await jetstream(consuming).consumers.get(STREAM, 'read-model')).consume({ max_messages: 500 });
  const applying = (async () => {
    for await (const message of messages) {
      const event = message.json<{ id: number; v: number; ts: number }>();
      await transaction(pool, (client) => applyOne(client, message.headers?.get('Nats-Msg-Id') ?? '', event, message.string()));
      message.ack();
      recorder.add(1, [event.ts]);
    }
  })();

  const emit = async () => {
    const change = next(wallMs());
    await transaction(pool, (client) => writeOne(client, change));
    produced += 1;
  };

  async function slice(load: Load, seconds: number) {
    let running = true;
    let produces = true;
    const producing = load.kind === 'rate' ? atRate(load.perSecond, emit) : saturating(() => running, () => produced - recorder.applied, emit);
    const relay = relayUntil(() => !produces, pool, jetstream(publishing));
    await pause(WARM_UP_MS);
    const outcome = await recorder.window(seconds);
    running = false;
    await producing.stop();
    produces = false;
    await relay;
    const until = performance.now() + 20_000;
    while (recorder.applied < produced && performance.now() < until) await pause(5);
    return outcome;
  }

  return {
    name: 'lower mark',
    slice,
    check: async () => compare(pool, produced),
    close: async () => {
      await messages.close();
      await applying;
      await manager.streams.delete(STREAM);
      await Promise.all([publishing.close(), consuming.close()]);
      await pool.end();
    },
  };
}

function saturating(running: () => boolean, inFlight: () => number, emit: () => Promise<void>): { stop: () => Promise<void> } {
  const writers = Array.from({ length: WRITERS }, async () => {
    while (running()) await (inFlight() > MAX_IN_FLIGHT ? pause(2) : emit());
  });
  return { stop: async () => void (await Promise.all(writers)) };
}

function atRate(perSecond: number, emit: () => Promise<void>): { stop: () => Promise<void> } {
  const underWay = new Set<Promise<void>>();
  const stop = metronome(perSecond, (count) => {
    for (let made = 0; made < count; made += 1) {
      const one = emit().finally(() => underWay.delete(one));
      underWay.add(one);
    }
  });
  return {
    stop: async () => {
      stop();
      await Promise.all(underWay);
    },
  };
}

async function relayUntil(ending: () => boolean, pool: Pool, stream: JetStreamClient): Promise<void> {
  for (;;) {
    const sent = await transaction(pool, async (client) => {
      const { rows } = await client.query<{ id: string; subject: string; message_id: string; payload: unknown }>(
        'select id, subject, message_id, payload from naive_outbox where published_at is null order by id limit 100 for update skip locked',
      );
      for (const row of rows) await stream.publish(row.subject, JSON.stringify(row.payload), { msgID: row.message_id });
      if (rows.length > 0) await client.query('update naive_outbox set published_at = now() where id = any($1)', [rows.map(({ id }) => id)]);
      return rows.length;
    });
    if (sent === 0 && ending()) return;
    if (sent < 100) await pause(sent === 0 ? POLL_MS : 0);
  }
}

async function writeOne(client: PoolClient, change: Change): Promise<void> {
  const body = bodyOf(change);
  await client.query(
    'insert into naive_state values ($1, $2, $3) on conflict (id) do update set version = excluded.version, payload = excluded.payload where naive_state.version < excluded.version',
    [change.id, change.version, body],
  );
  await client.query('insert into naive_outbox (subject, message_id, payload) values ($1, $2, $3)', [`${SUBJECT}.${change.id}`, randomUUID(), body]);
}

async function applyOne(client: PoolClient, messageId: string, event: { id: number; v: number }, body: string): Promise<void> {
  const noted = await client.query('insert into naive_inbox (consumer, message_id) values ($1, $2) on conflict do nothing', ['read-model', messageId]);
  if (noted.rowCount === 0) return;
  await client.query(
    'insert into naive_read_model values ($1, $2, $3) on conflict (id) do update set version = excluded.version, payload = excluded.payload where naive_read_model.version < excluded.version',
    [event.id, event.v, body],
  );
}

async function transaction<T>(pool: Pool, work: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  try {
    await client.query('begin');
    const result = await work(client);
    await client.query('commit');
    return result;
  } catch (fault) {
    await client.query('rollback');
    throw fault;
  } finally {
    client.release();
  }
}

async function prepare(pool: Pool): Promise<void> {
  await pool.query(`
    drop table if exists naive_state, naive_outbox, naive_read_model, naive_inbox;
    create table naive_state (id bigint primary key, version bigint not null, payload jsonb not null);
    create table naive_outbox (id bigserial primary key, subject text not null, message_id text not null, payload jsonb not null, published_at timestamptz);
    create index on naive_outbox (id) where published_at is null;
    create table naive_read_model (id bigint primary key, version bigint not null, payload jsonb not null);
    create table naive_inbox (consumer text, message_id text, at timestamptz default now(), primary key (consumer, message_id))`);
}

async function compare(pool: Pool, produced: number): Promise<Check> {
  const { rows } = await pool.query<{ pending: number; inbox: number; differing: number }>(`
    select (select count(*)::int from naive_outbox where published_at is null) as pending,
           (select count(*)::int from naive_inbox) as inbox,
           (select count(*)::int from naive_state full join naive_read_model using (id)
             where naive_state.version is distinct from naive_read_model.version) as differing`);
  const [counts] = rows;
  if (!counts) throw new Error('no counts');
  return { ok: counts.pending === 0 && counts.differing === 0 && counts.inbox === produced, counts: { ...counts, produced } };
}
