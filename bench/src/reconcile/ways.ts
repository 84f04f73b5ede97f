// Three ways to find what differs between two ends, each in a process of its own, so that its memory is its own.
// digest   the shipped comparison through the shipped doors; its bytes are those of questions and answers as they cross the broker
// full     both ends read whole, compared in a map; bytes from PostgreSQL
// merge    both ends read in the order of their keys side by side, some thousand rows at a time
import { Client } from 'pg';
import { answerDigest, bus } from './shipped';

export const wayNames = ['digest', 'full', 'merge'] as const;
export type WayName = (typeof wayNames)[number];

export interface Found {
  readonly wallMs: number;
  readonly bytes: number;
  readonly rssMiB: number;
  readonly differences: number;
}

type Counted = { readonly bytes: number; readonly differences: number };

export async function runWay(name: WayName, owner: string, reader: string): Promise<Found> {
  const way = name === 'digest' ? await digest(owner, reader) : name === 'full' ? await full(owner, reader) : await merge(owner, reader);
  const from = performance.now();
  const { bytes, differences } = await way();
  return { wallMs: performance.now() - from, bytes, differences, rssMiB: Math.round(process.resourceUsage().maxRSS / 1024) };
}

async function digest(owner: string, reader: string): Promise<() => Promise<Counted>> {
  let bytes = 0;
  const door = async (url: string, table: 'announced' | 'stored_part') => {
    const client = new Client({ connectionString: url });
    await client.connect();
    const database = {
      query: async (text: string, values: unknown[] = []) => (await client.query(text, values)).rows as unknown[],
      transaction: async <T>(work: (tx: never) => Promise<T>): Promise<T> => {
        await client.query('begin');
        const done = await work(client as never);
        await client.query('commit');
        return done;
      },
    };
    return async (question: object): Promise<object> => {
      const asked = JSON.stringify(question);
      const answer = JSON.stringify(await answerDigest(database, table, JSON.parse(asked) as object, undefined));
      bytes += Buffer.byteLength(asked) + Buffer.byteLength(answer);
      return JSON.parse(answer) as object;
    };
  };
  const tableOf = (url: string) => (url.endsWith('_owner') ? 'announced' : 'stored_part');
  const [left, right] = [await door(owner, tableOf(owner)), await door(reader, tableOf(reader))];
  return async () => {
    let differences = 0;
    for await (const page of bus.compareDigests({ entity: 'product', left, right })) differences += page.differences.length;
    return { bytes, differences };
  };
}

type Row = [key: string, revision: string, hash: string];

async function open(url: string): Promise<{ client: Client; received: () => number }> {
  const client = new Client({ connectionString: url });
  await client.connect();
  // The client's own socket: pg counts nothing itself.
  const { stream } = (client as unknown as { connection: { stream: { bytesRead: number } } }).connection;
  const before = stream.bytesRead;
  return { client, received: () => stream.bytesRead - before };
}

const rowsOf = (table: string): string => `select key, revision::text, encode(hash, 'hex') from ${table} where entity = 'product' and data is not null`;

async function full(owner: string, reader: string): Promise<() => Promise<Counted>> {
  const [one, other] = [await open(owner), await open(reader)];
  return async () => {
    const [here, there] = await Promise.all([one.client.query<Row>({ text: rowsOf('announced'), rowMode: 'array' }), other.client.query<Row>({ text: rowsOf('stored_part'), rowMode: 'array' })]);
    const known = new Map(here.rows.map(([key, revision, hash]) => [key, `${revision} ${hash}`]));
    let differences = 0;
    for (const [key, revision, hash] of there.rows) {
      if (known.get(key) !== `${revision} ${hash}`) differences += 1;
      known.delete(key);
    }
    const bytes = one.received() + other.received();
    await Promise.all([one.client.end(), other.client.end()]);
    return { bytes, differences: differences + known.size };
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

async function merge(owner: string, reader: string): Promise<() => Promise<Counted>> {
  const [one, other] = [await open(owner), await open(reader)];
  return async () => {
    const [left, right] = [inOrder(one.client, 'announced'), inOrder(other.client, 'stored_part')];
    let [here, there] = [await left.next(), await right.next()];
    let differences = 0;
    while (!here.done || !there.done) {
      const order = here.done ? 1 : there.done ? -1 : here.value[0] < there.value[0] ? -1 : here.value[0] > there.value[0] ? 1 : 0;
      if (order !== 0 || (!here.done && !there.done && (here.value[1] !== there.value[1] || here.value[2] !== there.value[2]))) differences += 1;
      if (order <= 0) here = await left.next();
      if (order >= 0) there = await right.next();
    }
    const bytes = one.received() + other.received();
    await Promise.all([one.client.end(), other.client.end()]);
    return { bytes, differences };
  };
}
