import { createServer, type Server, type Socket } from 'node:net';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { BasicTracerProvider } from '@opentelemetry/sdk-trace-node';
import { eventually, OtlpReceiver } from '@steward/testing';
import { spanOutcomes } from '../metrics/metrics';
import { boundedSpans } from './bounded-spans';

/** Takes every connection and all that is sent, and never says a word. */
class BlackHole {
  readonly sockets: Socket[] = [];
  private constructor(private readonly server: Server) {}

  static async open(): Promise<BlackHole> {
    const server = createServer((socket) => void hole.sockets.push(socket.on('error', () => undefined).resume()));
    const hole = new BlackHole(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return hole;
  }

  get url(): string {
    const address = this.server.address();
    return typeof address === 'object' && address !== null ? `http://127.0.0.1:${address.port}/v1/traces` : '';
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

describe('spans for a collector', () => {
  const became = async (): Promise<Record<string, number>> => Object.fromEntries((await spanOutcomes().get()).values.map(({ labels, value }) => [String(labels.outcome), value]));
  const since = async (before: Record<string, number>) => Object.fromEntries(Object.entries(await became()).map(([outcome, value]) => [outcome, value - (before[outcome] ?? 0)]));
  const bounds = { most: 300, batch: 100, everyMs: 10, exportTimeoutMs: 60_000 };

  it('that takes everything and never answers: nobody waits, so many are kept and no more, and each lost one is counted', async () => {
    const hole = await BlackHole.open();
    const provider = new BasicTracerProvider({ spanProcessors: [boundedSpans(new OTLPTraceExporter({ url: hole.url, timeoutMillis: 100 }), bounds)] });
    const before = await became();
    for (let each = 0; each < 5_000; each += 1) provider.getTracer('test').startSpan('work').end();
    // Still in the same turn. One batch was taken to be sent, the queue was filled up again behind it.
    expect(await since(before)).toEqual({ sent: 0, not_delivered: 0, no_room: 5_000 - bounds.most - bounds.batch });
    await eventually(() => hole.sockets.length > 0);
    await eventually(async () => (await since(before))['not_delivered'] === bounds.most + bounds.batch, { withinMs: 60_000 });
    expect(await since(before)).toMatchObject({ sent: 0 });
    await provider.shutdown();
    await hole.close();
  }, 90_000);

  it('that is there: all arrive, but those that nobody has sampled', async () => {
    const receiver = await OtlpReceiver.start();
    const provider = new BasicTracerProvider({ spanProcessors: [boundedSpans(new OTLPTraceExporter({ url: `${receiver.url}/v1/traces`, timeoutMillis: 10_000 }), bounds)] });
    const before = await became();
    for (let each = 0; each < 250; each += 1) provider.getTracer('test').startSpan('work').end();
    await provider.forceFlush();
    expect([receiver.spans.length, await since(before)]).toEqual([250, { sent: 250, not_delivered: 0, no_room: 0 }]);
    await provider.shutdown();
    await receiver.close();
  });
});
