/** /ops/v1 over HTTP. Every refusal becomes a Failure with the code that operations gave, its places and what would be accepted. */
import { exitCodes, type ExitCode, Failure } from './failure';
import type { Settings } from './settings';

export type Json = Readonly<Record<string, unknown>>;
export type Query = Readonly<Record<string, string | undefined>>;

export interface Operations {
  readonly get: (path: string, query?: Query) => Promise<Json>;
  readonly post: (path: string, body: Json) => Promise<Json>;
  /** Server-sent events until the connection ends or the signal aborts. */
  readonly events: (path: string, signal: AbortSignal) => AsyncGenerator<{ readonly event: string; readonly data: string }>;
}

const WITHIN_MS = 60_000;

export function operationsAt({ url, token }: Settings): Operations {
  const call = async (method: string, path: string, body?: Json, signal: AbortSignal = AbortSignal.timeout(WITHIN_MS)): Promise<Response> => {
    const headers = { ...(token === undefined ? {} : { authorization: `Bearer ${token}` }), ...(body === undefined ? {} : { 'content-type': 'application/json' }) };
    const request = { method, headers, signal, redirect: 'error' as const, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
    const response = await fetch(`${url}/ops/v1${path}`, request).catch((error: unknown) => {
      throw new Failure(exitCodes.unreachable, `operations does not answer at ${url}: ${reasonOf(error)}`);
    });
    if (!response.ok) throw failureOf(response.status, await response.text());
    return response;
  };
  return {
    get: async (path, query = {}) => (await (await call('GET', path + textOf(query))).json()) as Json,
    post: async (path, body) => (await (await call('POST', path, body)).json()) as Json,
    events: async function* (path, signal) {
      const response = await call('GET', path, undefined, signal);
      let text = '';
      for await (const part of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
        text += part;
        for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
          const event = eventOf(text.slice(0, end));
          text = text.slice(end + 2);
          if (event !== undefined) yield event;
        }
      }
    },
  };
}

function textOf(query: Query): string {
  const given = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return given.length === 0 ? '' : `?${new URLSearchParams(given).toString()}`;
}

function eventOf(text: string): { readonly event: string; readonly data: string } | undefined {
  const fields = new Map(text.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trimStart()]));
  const data = fields.get('data');
  return data === undefined ? undefined : { event: fields.get('event') ?? 'message', data };
}

/** What fetch throws says "fetch failed"; why stands in its cause. */
function reasonOf(error: unknown): string {
  const { name, message, cause } = error as Error & { cause?: { code?: string; message?: string } };
  if (name === 'TimeoutError') return `nothing within ${String(WITHIN_MS / 1_000)} s`;
  return cause?.code ?? cause?.message ?? message;
}

const byStatus: Readonly<Record<number, ExitCode>> = { 400: exitCodes.usage, 401: exitCodes.forbidden, 403: exitCodes.forbidden, 404: exitCodes.notFound, 409: exitCodes.conflict, 422: exitCodes.usage };

interface Problem {
  readonly code?: string;
  readonly title?: string;
  readonly detail?: string;
  readonly errors?: readonly { readonly pointer: string; readonly detail: string; readonly accepted?: string }[];
  readonly traceId?: string;
}

function failureOf(status: number, text: string): Failure {
  const problem = problemIn(text);
  const { code = `status ${String(status)}`, detail = problem.title ?? text.slice(0, 300), errors = [] } = problem;
  const places = errors.map((place) => `\n  ${place.pointer || 'input'} ${place.detail}${place.accepted === undefined ? '' : `; accepted: ${place.accepted}`}`);
  const login = status === 401 ? '\n  STEWARD_TOKEN holds the token of an operator, or --token-file names its file' : '';
  return new Failure(byStatus[status] ?? exitCodes.failed, `${code}: ${detail}${places.join('')}${login}`, problem);
}

function problemIn(text: string): Problem {
  try {
    return JSON.parse(text) as Problem;
  } catch {
    return {};
  }
}
