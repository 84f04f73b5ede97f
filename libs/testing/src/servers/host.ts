// Servers that all test files of a jest run share live in jest's own process and are started when the first file asks.
// Workers ask over a local socket: they must not start one each, and a run of unit tests should start none.
import { createServer, connect, type Server } from 'node:net';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, resolveNats, startPostgres, type NatsBinary, type RunningPostgres } from '@steward/servers';

/** Jest hands the environment on to its workers, and nothing else. */
const VARIABLE = 'TESTING_SERVERS_PORT';

interface Answers {
  postgres: { adminUrl: string };
  nats: NatsBinary;
}

const settings = [
  'max_connections=300',
  // Killed at the end, it would leave its shared memory behind where nobody looks; so that goes with its folder.
  'dynamic_shared_memory_type=mmap',
  'max_wal_size=512MB',
];

type Answer<T> = { ok: true; value: T } | { ok: false; message: string };

export interface Host {
  close(): Promise<void>;
}

export async function openHost(): Promise<Host> {
  let postgres: Promise<RunningPostgres> | undefined;
  let nats: Promise<NatsBinary> | undefined;
  const startShared = async (): Promise<RunningPostgres> =>
    startPostgres({ dir: mkdtempSync(join(tmpdir(), 'steward-test-')), port: await freePort(), durable: false, settings });
  const answers: { [K in keyof Answers]: () => Promise<Answers[K]> } = {
    postgres: async () => ({ adminUrl: (await (postgres ??= startShared())).adminUrl }),
    nats: () => (nats ??= resolveNats()),
  };
  const server: Server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => undefined);
    socket.once('data', (question) => {
      const name = question.toString() as keyof Answers;
      answers[name]().then(
        (value) => socket.end(JSON.stringify({ ok: true, value })),
        (fault: Error) => socket.end(JSON.stringify({ ok: false, message: fault.message })),
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  server.unref();
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port for the shared test servers');
  process.env[VARIABLE] = String(address.port);
  return {
    close: async () => {
      server.close();
      const running = await postgres?.catch(() => undefined);
      if (running === undefined) return;
      await running.kill(); // nothing in it is kept
      rmSync(running.folder, { recursive: true, force: true });
    },
  };
}

/** Asks jest's process for a shared server; starts it if this is the first question. */
export function sharedServer<K extends keyof Answers>(name: K): Promise<Answers[K]> {
  const port = process.env[VARIABLE];
  if (port === undefined) return Promise.reject(new Error('no shared test servers: run jest with the configuration in the root folder'));
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), '127.0.0.1');
    let text = '';
    socket.on('error', reject);
    socket.on('data', (part) => (text += part.toString()));
    socket.on('end', () => {
      const answer = JSON.parse(text) as Answer<Answers[K]>;
      if (answer.ok) resolve(answer.value);
      else reject(new Error(answer.message));
    });
    socket.write(name);
  });
}
