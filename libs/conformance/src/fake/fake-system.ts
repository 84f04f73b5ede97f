/** A system of record in memory that keeps records and speaks the words a vendor's profile gives it. */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { StandIn, Things } from '../vendor-profile';

export interface FakeRecord {
  readonly n: number;
  readonly key: string;
  readonly edition: number;
  readonly malformed: boolean;
  /** Milliseconds since 1970; what was put together shares them. */
  readonly changedAt: number;
  /** Grows with every change of anything. */
  readonly version: number;
}

export interface FakeRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Parsed JSON; undefined without a body. */
  readonly body: unknown;
}

export interface FakeAnswer {
  readonly status?: number;
  readonly body: unknown;
}

export interface FakeSpec {
  readonly things: Readonly<Record<string, Pick<Things, 'count' | 'keyOf'>>>;
  /** Records of an entity, in the order of their numbers. */
  readonly answer: (request: FakeRequest, recordsOf: (entity: string) => readonly FakeRecord[]) => FakeAnswer;
}

export async function startFake({ things, answer }: FakeSpec): Promise<StandIn> {
  const shelves = new Map(Object.keys(things).map((entity) => [entity, new Map<number, FakeRecord>()]));
  const recordsOf = (entity: string): FakeRecord[] => [...(shelves.get(entity)?.values() ?? [])].sort((a, b) => a.n - b.n);
  let version = 0;
  let lastChange = 0;

  const server = createServer((incoming, response) => {
    void read(incoming).then((request) => {
      const { status = 200, body } = answer(request, recordsOf);
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

  const thingsOf = (entity: string, { count, keyOf }: FakeSpec['things'][string]): Things => {
    const shelf = shelves.get(entity) ?? new Map<number, FakeRecord>();
    const put = async (records: readonly Pick<FakeRecord, 'n' | 'edition' | 'malformed'>[]): Promise<void> => {
      lastChange = Math.max(Date.now(), lastChange + 1);
      for (const record of records) shelf.set(record.n, { ...record, key: keyOf(record.n), changedAt: lastChange, version: ++version });
    };
    return {
      count,
      keyOf,
      put: (all) => put(all.map(({ n, edition }) => ({ n, edition, malformed: false }))),
      malform: (n) => put([{ n, edition: 0, malformed: true }]),
      remove: async (n) => void shelf.delete(n),
    };
  };
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    things: Object.fromEntries(Object.entries(things).map(([entity, spec]) => [entity, thingsOf(entity, spec)])),
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function read(incoming: IncomingMessage): Promise<FakeRequest> {
  const parts: Buffer[] = [];
  for await (const part of incoming) parts.push(part as Buffer);
  const text = Buffer.concat(parts).toString();
  const { pathname, searchParams } = new URL(incoming.url ?? '/', 'http://fake');
  return { method: incoming.method ?? 'GET', path: pathname, query: searchParams, headers: incoming.headers, body: text === '' ? undefined : (JSON.parse(text) as unknown) };
}
