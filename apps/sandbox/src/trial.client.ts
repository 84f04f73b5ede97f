// For the specs: a sandbox of their own on a free port, asked over real HTTP.
import { Agent, request } from 'undici';
import { loadEnv } from '@steward/platform';
import { sandboxShape } from './env';
import { createSandbox } from './sandbox';

export interface Asked {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  /** The body as JSON; undefined when it is none. */
  readonly json: any; // eslint-disable-line @typescript-eslint/no-explicit-any -- whatever the test says it is
}

type Method = 'GET' | 'PUT' | 'POST' | 'PATCH' | 'DELETE';

export interface Trial {
  readonly url: string;
  readonly control: (method: Method, path: string, body?: unknown) => Promise<Asked>;
  readonly vendor: (path: string, headers?: Record<string, string>) => Promise<Asked>;
  /** A call of a vendor's API with its token; an `idempotency-key` among the headers. */
  readonly call: (method: Method, path: string, body?: unknown, headers?: Record<string, string>) => Promise<Asked>;
  readonly stop: () => Promise<void>;
}

export async function startTrial(settings: Record<string, string> = {}): Promise<Trial> {
  const env = loadEnv(sandboxShape, { STEWARD_SANDBOX_PORT: '0', ...settings });
  const sandbox = await createSandbox(env);
  // Without keep-alive, so that a test that leaves a socket open can be told from one that doesn't.
  const dispatcher = new Agent({ pipelining: 0 });
  const authorized = { authorization: `Bearer ${env.STEWARD_SANDBOX_TOKEN}` };
  const ask = async (method: Method, path: string, headers: Record<string, string>, body?: unknown): Promise<Asked> => {
    const answer = await request(sandbox.url + path, { method, dispatcher, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
    const text = await answer.body.text();
    return { status: answer.statusCode, headers: answer.headers, text, json: parse(text) };
  };
  return {
    url: sandbox.url,
    control: (method, path, body) => ask(method, `/_control${path}`, body === undefined ? {} : { 'content-type': 'application/json' }, body),
    vendor: (path, headers = authorized) => ask('GET', path, headers),
    call: (method, path, body, headers = {}) => ask(method, path, { ...authorized, 'content-type': 'application/json', ...headers }, body),
    stop: async () => {
      await dispatcher.destroy();
      await sandbox.stop();
    },
  };
}

/** The least that makes a product. */
export function aProduct(title = 'Skarven Dome Tent'): Record<string, unknown> {
  return { labels: { en: { title } } };
}

const anAddress = { recipient: 'Ada Lund', line1: 'Deichstr. 7', zip: '20459', town: 'Hamburg', nation: 'DE' };

/** The least that the OMS takes: 2 × 129.95 and the freight. */
export function anOrder(reference: string): Record<string, unknown> {
  const position = { line: '1', article: 'TENT-1', pieces: 2, unitPrice: '129.95', taxPercent: '19', sum: '259.90' };
  return { reference, orderedAt: '2027-01-04T08:00:00Z', shop: 'eu', currency: 'EUR', mail: 'ada@example.com', deliverTo: anAddress, positions: [position], freight: '4.95', total: '264.85' };
}

/** The least that the ERP takes. */
export function aSale(reference: string, article: string): Record<string, unknown> {
  const position = { line: '1', article, pieces: 3, unitPrice: '129.95', taxPercent: '19', taxIncluded: true, net: '327.61', gross: '389.85' };
  return { reference, orderedAt: '2027-01-04T08:00:00Z', currency: 'EUR', mail: 'ada@example.com', deliverTo: anAddress, positions: [position], total: '389.85' };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
