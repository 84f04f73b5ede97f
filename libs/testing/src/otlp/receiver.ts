import { createServer, type Server } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { decodeJson } from './json';
import { decodeProtobuf, type ReceivedSpan } from './protobuf';

export type { ReceivedSpan } from './protobuf';

/** Takes the place of Jaeger or a collector: set OTEL_EXPORTER_OTLP_ENDPOINT to `url` and look at `spans`. */
export class OtlpReceiver {
  readonly spans: ReceivedSpan[] = [];
  /** Requests that could not be read: a test should expect none. */
  readonly faults: string[] = [];
  url = '';

  private constructor(private readonly server: Server) {}

  static async start(): Promise<OtlpReceiver> {
    const server = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        const type = request.headers['content-type'] ?? '';
        const sent = Buffer.concat(parts);
        const json = type.includes('json');
        try {
          const body = request.headers['content-encoding'] === 'gzip' ? gunzipSync(sent) : sent;
          receiver.spans.push(...(json ? decodeJson(body) : decodeProtobuf(body)));
          response.writeHead(200, { 'content-type': type }).end(json ? '{}' : '');
        } catch (fault) {
          receiver.faults.push(String(fault));
          response.writeHead(400).end();
        }
      });
    });
    const receiver = new OtlpReceiver(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    if (address !== null && typeof address === 'object') receiver.url = `http://127.0.0.1:${address.port}`;
    return receiver;
  }

  trace(traceId: string): ReceivedSpan[] {
    return this.spans.filter((span) => span.traceId === traceId);
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
