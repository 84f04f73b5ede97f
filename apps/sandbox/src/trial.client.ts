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

export interface Trial {
  readonly url: string;
  readonly control: (method: 'GET' | 'PUT' | 'POST' | 'DELETE', path: string, body?: unknown) => Promise<Asked>;
  readonly vendor: (path: string, headers?: Record<string, string>) => Promise<Asked>;
  readonly stop: () => Promise<void>;
}

export async function startTrial(settings: Record<string, string> = {}): Promise<Trial> {
  const env = loadEnv(sandboxShape, { STEWARD_SANDBOX_PORT: '0', ...settings });
  const sandbox = await createSandbox(env);
  // Without keep-alive, so that a test that leaves a socket open can be told from one that doesn't.
  const dispatcher = new Agent({ pipelining: 0 });
  const ask = async (method: 'GET' | 'PUT' | 'POST' | 'DELETE', path: string, headers: Record<string, string>, body?: unknown): Promise<Asked> => {
    const answer = await request(sandbox.url + path, { method, dispatcher, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
    const text = await answer.body.text();
    return { status: answer.statusCode, headers: answer.headers, text, json: parse(text) };
  };
  return {
    url: sandbox.url,
    control: (method, path, body) => ask(method, `/_control${path}`, body === undefined ? {} : { 'content-type': 'application/json' }, body),
    vendor: (path, headers = { authorization: `Bearer ${env.STEWARD_SANDBOX_TOKEN}` }) => ask('GET', path, headers),
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

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
