// B11: whether atomic batches carry more than single publishes in a pipelined window, on a server that syncs lazily and on one
// that syncs every message. The same messages (600 bytes, Steward's headers, newest per key), the same number in flight.
import { rmSync } from 'node:fs';
import { jetstreamManager, StorageType } from '@nats-io/jetstream';
import { connect, headers, type Msg, type NatsConnection, nuid } from '@nats-io/transport-node';
import { freePort, startNats } from '@steward/servers';
import { scratchFolder } from '@steward/start';
import type { Say } from '../pipeline/report';
import { bodyOf } from '../yardstick/changes';
import { median } from '../yardstick/line';

const STREAM = 'BENCH_BATCHES';
const KEYS = 50_000;
const WINDOW = 2_000;
const PAIRS = 7;
const SLICE_MS = 2_000;
const SIZES = [100, 500, 1_000];

export async function runBatches(say: Say): Promise<void> {
  for (const syncAlways of [false, true]) {
    const dir = scratchFolder('bench');
    const server = await startNats({ dir, port: await freePort(), syncAlways, config: '' });
    const connection = await connect({ servers: server.url });
    try {
      const manager = await jetstreamManager(connection);
      await manager.streams.add({ name: STREAM, subjects: ['bench.batches.*'], storage: StorageType.File, max_msgs_per_subject: 1, allow_atomic: true });
      say(`nats-server ${server.version}, sync_interval ${syncAlways ? 'always' : 'as it is by default'}: messages a second, ${PAIRS} pairs of ${SLICE_MS / 1_000} s`);
      for (const size of SIZES) {
        const ratios: number[] = [];
        const rates: { single: number[]; batched: number[] } = { single: [], batched: [] };
        for (let pair = 0; pair < PAIRS; pair += 1) {
          // In turn, and each goes first as often as the other.
          const order = pair % 2 === 0 ? (['single', 'batched'] as const) : (['batched', 'single'] as const);
          for (const kind of order) rates[kind].push(await slice(connection, kind === 'single' ? 1 : size));
          ratios.push((rates.batched.at(-1) ?? 0) / (rates.single.at(-1) ?? 1));
        }
        say(`  single ${whole(median(rates.single))}, batches of ${size} ${whole(median(rates.batched))}: ratio ${tenth(median(ratios))} (${ratios.map(tenth).join(', ')})`);
      }
    } finally {
      await connection.close();
      await server.stop();
      rmSync(dir, { recursive: true, force: true });
    }
  }
}

/** Keeps the window full for a while; answers how many messages a second were acknowledged. */
async function slice(connection: NatsConnection, size: number): Promise<number> {
  const inbox = `bench.answers.${nuid.next()}`;
  let inFlight = 0;
  let acknowledged = 0;
  let wake: () => void = () => undefined;
  let fault: Error | undefined;
  const answers = connection.subscribe(inbox, {
    callback: (_error, message: Msg) => {
      const { error } = JSON.parse(message.string()) as { error?: { description: string } };
      if (error) fault = new Error(`the broker refused: ${error.description}`);
      inFlight -= size;
      acknowledged += size;
      wake();
    },
  });
  const from = performance.now();
  while (performance.now() - from < SLICE_MS) {
    if (fault) throw fault;
    while (inFlight + size <= WINDOW) {
      send(connection, inbox, size);
      inFlight += size;
    }
    await new Promise<void>((resolve) => (wake = resolve));
  }
  const rate = (acknowledged * 1_000) / (performance.now() - from);
  while (inFlight > 0) await new Promise<void>((resolve) => (wake = resolve));
  answers.unsubscribe();
  return rate;
}

let last = 0;

function send(connection: NatsConnection, inbox: string, size: number): void {
  const batch = nuid.next();
  for (let at = 1; at <= size; at += 1) {
    last += 1;
    const id = last % KEYS;
    const given = headers();
    given.set('Nats-Msg-Id', String(last));
    for (const [name, value] of fixed) given.set(name, value);
    given.set('ce-id', String(last));
    if (size > 1) {
      given.set('Nats-Batch-Id', batch);
      given.set('Nats-Batch-Sequence', String(at));
      if (at === size) given.set('Nats-Batch-Commit', '1');
    }
    connection.publish(`bench.batches.${id}`, bodyOf({ id, version: last, at: 0 }), { headers: given, ...(at === size ? { reply: inbox } : {}) });
  }
}

const fixed = Object.entries({ 'ce-specversion': '1.0', 'ce-type': 'bench.product.v1', 'ce-source': '/steward/bench', 'ce-time': '2026-01-01T00:00:00.000Z', 'ce-dataschema': 'urn:steward:contract:product:v1', 'ce-revision': '1', 'ce-origin': 'live' });
const whole = (value: number): string => Math.round(value).toLocaleString('en');
const tenth = (value: number): string => String(Math.round(value * 100) / 100);
