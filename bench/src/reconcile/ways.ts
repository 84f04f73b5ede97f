// Three ways to find what differs between two ends, each in a process of its own, so that its memory is its own.
// digest   the shipped comparison through the shipped doors; its bytes are those of questions and answers as they cross the broker
// full     both ends read whole, compared in a map; bytes from PostgreSQL
// merge    both ends read in the order of their keys side by side, some thousand rows at a time
import { Client } from 'pg';
import { cpuProbeOf } from '../yardstick/cpu';
import { answerDigest, bus, type Statement } from './shipped';

const wayNames = ['digest', 'full', 'merge'] as const;
export type WayName = (typeof wayNames)[number];

export interface Found {
  readonly wallMs: number;
  /** Of the process and its two backends; without those workers that a backend may start beside itself. */
  readonly cpuMs: number;
  readonly bytes: number;
  readonly rssMiB: number;
  readonly differences: number;
}

type Counted = { readonly bytes: number; readonly differences: number };

/** What has happened before on the same connections: a service compares every few minutes, and PostgreSQL plans a statement once more after five times. */
const LOOKS_BEFORE = 7;

/** `again`: not the first time of its process. */
export async function runWay(name: WayName, { owner, reader, again }: { owner: string; reader: string; again: boolean }): Promise<Found> {
  const ends = { owner: await connect(owner), reader: await connect(reader) };
  const [ownerPid, readerPid] = [await pidOf(ends.owner), await pidOf(ends.reader)];
  const probe = cpuProbeOf({ owner: ownerPid, reader: readerPid });
  const way = { digest, full, merge }[name](ends);
  if (again) for (let look = 0; look < LOOKS_BEFORE; look += 1) await way();
  const used = probe();
  const from = performance.now();
  const { bytes, differences } = await way();
  const wallMs = performance.now() - from;
  return { wallMs, cpuMs: Object.values(used()).reduce((sum, ms) => sum + ms, 0), bytes, differences, rssMiB: Math.round(process.resourceUsage().maxRSS / 1024) };
}

async function connect(url: string): Promise<Client> {
  const client = new Client({ connectionString: url });
  await client.connect();
  return client;
}

async function pidOf(client: Client): Promise<number> {
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
  return rows[0]?.pid ?? 0;
}

interface Ends {
  readonly owner: Client;
  readonly reader: Client;
}

function digest({ owner, reader }: Ends): () => Promise<Counted> {
  let bytes = 0;
  const door = (client: Client) => {
    const database = { query: async (statement: Statement, values: unknown[] = []) => (await client.query({ ...(typeof statement === 'string' ? { text: statement } : statement), values })).rows as unknown[] };
    const table = client.database?.endsWith('_owner') === true ? 'announced' : 'stored_part';
    return async (question: object): Promise<object> => {
      const asked = JSON.stringify(question);
      const answer = JSON.stringify(await answerDigest(database, table, JSON.parse(asked) as object, undefined));
      bytes += Buffer.byteLength(asked) + Buffer.byteLength(answer);
      return JSON.parse(answer) as object;
    };
  };
  const [left, right] = [door(owner), door(reader)];
  return async () => {
    bytes = 0;
    let differences = 0;
    for await (const page of bus.compareDigests({ entity: 'product', left, right })) differences += page.differences.length;
    return { bytes, differences };
  };
}

type Row = [key: string, revision: string, hash: string];

/** The client's own socket: pg counts nothing itself. */
const receivedBy = (client: Client): number => (client as unknown as { connection: { stream: { bytesRead: number } } }).connection.stream.bytesRead;

const rowsOf = (table: string): string => `select key, revision::text, encode(hash, 'hex') from ${table} where entity = 'product' and data is not null`;

function full({ owner, reader }: Ends): () => Promise<Counted> {
  return async () => {
    const before = receivedBy(owner) + receivedBy(reader);
    const [here, there] = await Promise.all([owner.query<Row>({ text: rowsOf('announced'), rowMode: 'array' }), reader.query<Row>({ text: rowsOf('stored_part'), rowMode: 'array' })]);
    const known = new Map(here.rows.map(([key, revision, hash]) => [key, `${revision} ${hash}`]));
    let differences = 0;
    for (const [key, revision, hash] of there.rows) {
      if (known.get(key) !== `${revision} ${hash}`) differences += 1;
      known.delete(key);
    }
    return { bytes: receivedBy(owner) + receivedBy(reader) - before, differences: differences + known.size };
  };
}

const CURSOR_ROWS = 5_000;

async function* inOrder(client: Client, table: string): AsyncGenerator<Row> {
  await client.query('begin');
  await client.query(`declare sorted no scroll cursor for ${rowsOf(table)} order by key collate "C"`);
  for (;;) {
    const { rows } = await client.query<Row>({ text: `fetch ${CURSOR_ROWS} from sorted`, rowMode: 'array' });
    yield* rows;
    if (rows.length < CURSOR_ROWS) break;
  }
  await client.query('rollback');
}

function merge({ owner, reader }: Ends): () => Promise<Counted> {
  return async () => {
    const before = receivedBy(owner) + receivedBy(reader);
    const [left, right] = [inOrder(owner, 'announced'), inOrder(reader, 'stored_part')];
    let [here, there] = [await left.next(), await right.next()];
    let differences = 0;
    while (!here.done || !there.done) {
      const order = here.done ? 1 : there.done ? -1 : here.value[0] < there.value[0] ? -1 : here.value[0] > there.value[0] ? 1 : 0;
      if (order !== 0 || (!here.done && !there.done && (here.value[1] !== there.value[1] || here.value[2] !== there.value[2]))) differences += 1;
      if (order <= 0) here = await left.next();
      if (order >= 0) there = await right.next();
    }
    return { bytes: receivedBy(owner) + receivedBy(reader) - before, differences };
  };
}
