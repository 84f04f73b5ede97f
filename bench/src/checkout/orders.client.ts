// A shopper's two requests: the order, and the news of it until it is decided.
import { Agent, request, type IncomingMessage } from 'node:http';
import type { Placed, ShownOrder } from '@steward/start';

export interface Answer {
  readonly status: number;
  readonly text: string;
}

export interface OrderClient {
  /** Answered as soon as the order is accepted: what becomes of it is news. */
  readonly place: (key: string, body: string) => Promise<Answer>;
  /** The first news that is more than "accepted", or the last when the stream has ended or nothing came in time. */
  readonly decided: (placed: Placed, withinMs: number) => Promise<ShownOrder>;
  readonly close: () => void;
}

export function openOrders(gatewayUrl: string): OrderClient {
  // node:http and not fetch: the shoppers share the cores with what is measured.
  const agent = new Agent({ keepAlive: true });
  return {
    place: (key, body) =>
      new Promise((resolve, reject) => {
        const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body), 'idempotency-key': key, prefer: 'wait=0' };
        const sent = request(`${gatewayUrl}/v1/orders`, { method: 'POST', agent, headers }, (answer) => {
          const chunks: Buffer[] = [];
          answer.on('data', (chunk: Buffer) => chunks.push(chunk));
          answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text: Buffer.concat(chunks).toString() }));
          answer.on('error', reject);
        });
        sent.on('error', reject);
        sent.end(body);
      }),
    decided: async ({ order, orderToken }, withinMs) => {
      let shown = order;
      const patience = AbortSignal.timeout(withinMs);
      let stream: IncomingMessage | undefined;
      try {
        stream = await follow(`${gatewayUrl}/v1/orders/${order.id}/events`, { 'steward-order-token': orderToken }, patience);
        for await (const data of events(stream)) {
          shown = JSON.parse(data) as ShownOrder;
          if (shown.status !== 'ACCEPTED') break;
        }
      } catch (fault) {
        // Out of patience: it is shown as it was last, and the check at the end says that nobody decided it.
        if (!patience.aborted) throw fault;
      } finally {
        stream?.destroy();
      }
      return shown;
    },
    close: () => agent.destroy(),
  };
}

function follow(url: string, headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { headers: { accept: 'text/event-stream', ...headers }, signal }, (answer) => {
      if (answer.statusCode === 200) return resolve(answer);
      answer.destroy();
      return reject(new Error(`GET ${url}: ${answer.statusCode}`));
    });
    asked.on('error', reject);
    asked.end();
  });
}

/** The data of each event; the gateway writes one line of data an event. */
async function* events(stream: IncomingMessage): AsyncGenerator<string> {
  let rest = '';
  stream.setEncoding('utf8');
  for await (const chunk of stream as AsyncIterable<string>) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line.startsWith('data: ')) yield line.slice('data: '.length);
  }
}
