// The load, in a process of its own: so many connections, each with one question under way. By hand, because the load shares
// the cores with what it measures: with requests that change each time autocannon costs more than the quickest of the servers.
import { connect } from 'node:net';
import { percentile } from '../yardstick/line';
import { AnswerReader } from './answer-reader';
import { COUNTER } from './questions';

export interface LoadOrder {
  readonly port: number;
  readonly requests: readonly Buffer[];
  readonly connections: number;
  readonly warmUpMs: number;
  readonly seconds: number;
}

export interface LoadOutcome {
  readonly answers: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Answers that were not 200. */
  readonly refused: number;
}

let asked = 0;

async function load({ port, requests, connections, warmUpMs, seconds }: LoadOrder): Promise<LoadOutcome> {
  const templates = requests.map((bytes) => ({ bytes: Buffer.from(bytes), at: bytes.indexOf(COUNTER) }));
  let latencies: number[] = [];
  let refused = 0;
  const next = (): Buffer => {
    asked += 1;
    const { bytes, at } = templates[asked % templates.length] as (typeof templates)[number];
    if (at < 0) return bytes;
    const own = Buffer.from(bytes);
    own.write(String(asked).padStart(COUNTER.length, '0'), at, 'latin1');
    return own;
  };
  const sockets = Array.from({ length: connections }, () => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    let since = 0;
    const ask = (): void => {
      since = performance.now();
      socket.write(next());
    };
    const reader = new AnswerReader((ok) => {
      latencies.push(performance.now() - since);
      if (!ok) refused += 1;
      ask();
    });
    socket.on('data', (data) => reader.read(data as Buffer));
    socket.on('connect', ask);
    socket.on('error', (fault) => fail(fault));
    socket.on('end', () => fail(new Error('a server closed a connection')));
    return socket;
  });
  const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
  await wait(warmUpMs);
  process.send?.('window');
  latencies = [];
  const from = performance.now();
  await wait(seconds * 1_000);
  const perSecond = (latencies.length * 1_000) / (performance.now() - from);
  for (const socket of sockets) socket.destroy();
  return { answers: latencies.length, perSecond, p50Ms: percentile(latencies, 0.5), p99Ms: percentile(latencies, 0.99), refused };
}

function fail(fault: Error): never {
  process.stderr.write(`load: ${fault.message}\n`);
  process.exit(1);
}

process.on('message', (order) => void load(order as LoadOrder).then((outcome) => process.send?.(outcome), fail));
process.on('disconnect', () => process.exit());
