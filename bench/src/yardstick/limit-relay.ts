// 1. Rows are read once by ascending id; a look from the beginning every 200 ms finds those of transactions that
//    committed after a higher id was read.
// 2. Many publishes are in flight, all answered to one inbox in the order they were sent; a group of rows is marked
//    when the last of its answers is in.
// 3. A refused publish ends the run: a yardstick that retries would hide what it costs.
import { randomUUID } from 'node:crypto';
import type { PoolClient } from 'pg';
import { headers, type Msg, type NatsConnection } from '@nats-io/transport-node';
import type { Likeness } from './line';

export const STREAM = 'BENCH_LIMIT';
export const SUBJECT = 'bench.limit';

export interface RelayParts {
  readonly reader: PoolClient;
  readonly marker: PoolClient;
  readonly ears: PoolClient;
  readonly publishing: NatsConnection;
  readonly likeness: Likeness;
}

type Row = readonly [id: number, subject: string, payload: string];

interface Group {
  readonly ids: readonly number[];
  unanswered: number;
  readonly answered: () => void;
}

const CLAIM = 1_000;
const WINDOW = 2_000;
const SWEEP_EVERY_MS = 200;
const POLL_MS = 20;
/** Rows of a sweep that were marked while it read are told from new ones for this long. */
const REMEMBER_MS = 500;

export async function startRelay({ reader, marker, ears, publishing, likeness }: RelayParts): Promise<{ drain: () => Promise<void> }> {
  const claim = { name: `relay-claim-${likeness}`, text: `select id::float8, subject, payload from limit_outbox where id > $1 ${likeness === 'steward' ? 'and published_at is null' : ''} order by id limit ${CLAIM}`, rowMode: 'array' as const };
  const mark = likeness === 'steward' ? 'update limit_outbox set published_at = now() where id = any($1::bigint[])' : 'delete from limit_outbox where id = any($1::bigint[])';
  const groups: Group[] = [];
  const flying = new Set<number>();
  let marked = new Set<number>();
  let markedBefore = new Set<number>();
  let turnedAt = performance.now();
  let pending = 0;
  let draining = false;
  let wake: () => void = () => undefined;
  let marking: Promise<void> = Promise.resolve();

  const onNotify = () => wake();
  ears.on('notification', onNotify);
  await ears.query('listen limit_outbox');
  const inbox = `bench.acks.${randomUUID()}`;
  const answers = publishing.subscribe(inbox, { callback: (_fault, message) => answer(message) });

  function answer(message: Msg): void {
    // {"error"… or {"stream"…: one byte tells, and decoding every answer would cost more than the rest of this.
    if (message.data[2] !== 's'.charCodeAt(0)) throw new Error(`the broker refused a publish: ${message.string()}`);
    const group = groups[0];
    if (!group) return;
    group.unanswered -= 1;
    if (group.unanswered > 0) return;
    groups.shift();
    group.answered();
  }

  function send(rows: readonly Row[]): void {
    const ids = rows.map(([id]) => id);
    for (const id of ids) flying.add(id);
    pending += ids.length;
    const answered = new Promise<void>((resolve) => groups.push({ ids, unanswered: ids.length, answered: resolve }));
    for (const [id, subject, payload] of rows) publishing.publish(subject, payload, { reply: inbox, headers: headersOf(id, likeness) });
    marking = Promise.all([marking, answered]).then(async () => {
      await marker.query({ name: `relay-mark-${likeness}`, text: mark, values: [ids] });
      for (const id of ids) {
        flying.delete(id);
        marked.add(id);
      }
      pending -= ids.length;
      wake();
    });
  }

  const sleep = (ms: number) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });

  const work = (async () => {
    let last = 0;
    let sweptAt = performance.now();
    for (;;) {
      if (performance.now() - turnedAt > REMEMBER_MS) {
        turnedAt = performance.now();
        markedBefore = marked;
        marked = new Set();
      }
      const sweeping = draining || performance.now() - sweptAt > SWEEP_EVERY_MS;
      if (sweeping) sweptAt = performance.now();
      const found = await reader.query<[number, string, string]>({ ...claim, values: [sweeping ? 0 : last] });
      const rows = found.rows.filter(([id]) => !flying.has(id) && !marked.has(id) && !markedBefore.has(id));
      if (rows.length > 0) {
        last = Math.max(last, rows.at(-1)?.[0] ?? 0);
        send(rows);
      } else if (draining && pending === 0 && found.rows.length === 0) return;
      else if (!sweeping || found.rows.length < CLAIM) await sleep(draining ? 2 : POLL_MS);
      while (pending > WINDOW) await sleep(POLL_MS);
    }
  })();

  return {
    drain: async () => {
      draining = true;
      wake();
      await work;
      await marking;
      answers.unsubscribe();
      ears.off('notification', onNotify);
    },
  };
}

function headersOf(id: number, likeness: Likeness): ReturnType<typeof headers> {
  const given = headers();
  given.set('Nats-Msg-Id', String(id));
  if (likeness === 'bare') return given;
  const now = new Date().toISOString();
  for (const [name, value] of Object.entries({ 'ce-specversion': '1.0', 'ce-id': String(id), 'ce-type': 'bench.product.v1', 'ce-source': '/steward/bench', 'ce-subject': String(id), 'ce-time': now, 'ce-dataschema': 'steward:product:v1', 'ce-revision': String(id), 'ce-origin': 'live', 'content-type': 'application/json' })) given.set(name, value);
  return given;
}
