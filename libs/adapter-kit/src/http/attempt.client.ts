import { cleanText, isSecretName, StewardError, through } from '@steward/platform';
import { type Agent, request } from 'undici';
import { retryAfterMs } from './retry-after';

export interface HttpCall {
  readonly url: string;
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'SEARCH';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Whether doing it twice is as good as once; GET is. A read by POST (JSON-RPC) or SEARCH says so here. */
  readonly idempotent?: boolean;
  readonly deadlineMs?: number;
  readonly signal?: AbortSignal;
  /** Statuses besides 2xx that are answers to the caller, not failures. */
  readonly accept?: (status: number) => boolean;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  /** Throws SOURCE_MALFORMED when the text is no JSON. */
  readonly json: () => unknown;
}

/** How one attempt ended. Only `ok` and `refused` say that the dependency works. */
export type Outcome =
  | { readonly kind: 'ok'; readonly answer: HttpAnswer }
  | {
      readonly kind: 'unreachable' | 'timeout' | 'server' | 'limited' | 'refused' | 'aborted' | 'broken' | 'shed';
      readonly detail: string;
      /** The dependency can't have done anything: it was not reached, or refuses before it begins. */
      readonly unsent?: boolean;
      readonly retryAfter?: number;
      readonly cause?: unknown;
    };

export interface Attempt {
  readonly agent: Agent;
  readonly call: HttpCall;
  readonly requestId: string;
  readonly withinMs: number;
  readonly nowMs: number;
  /** R2: tells a system that takes it how long its answer is wanted, so that it need not finish what nobody waits for. */
  readonly deadlineHeader?: string | undefined;
}

/** Sends once. Its time runs on the real clock: a socket knows no other. */
export async function sendOnce({ agent, call, requestId, withinMs, nowMs, deadlineHeader }: Attempt): Promise<Outcome> {
  const ended = new AbortController();
  const timer = setTimeout(() => ended.abort(), withinMs);
  const giveUp = (): void => ended.abort();
  if (call.signal?.aborted) giveUp();
  call.signal?.addEventListener('abort', giveUp, { once: true });
  try {
    return await through('external-call', async () => {
      const { statusCode, headers, body } = await request(call.url, {
        method: call.method ?? 'GET',
        headers: { accept: 'application/json', 'x-request-id': requestId, ...(deadlineHeader === undefined ? {} : { [deadlineHeader]: String(Math.ceil(withinMs)) }), ...call.headers },
        body: call.body ?? null,
        dispatcher: agent,
        signal: ended.signal,
      });
      return judge(call, { status: statusCode, headers, text: await body.text() }, nowMs);
    });
  } catch (cause) {
    if (call.signal?.aborted) return { kind: 'aborted', detail: 'the caller gave up', cause };
    if (ended.signal.aborted) return { kind: 'timeout', detail: `no whole answer within ${Math.round(withinMs)} ms`, cause };
    return { kind: 'unreachable', detail: cause instanceof Error ? cause.message : String(cause), unsent: isUnconnected(cause), cause };
  } finally {
    clearTimeout(timer);
    call.signal?.removeEventListener('abort', giveUp);
  }
}

/** What fails before there is a connection. A reset or a closed socket is not among them: the request may have been read. */
const isUnconnected = (cause: unknown): boolean =>
  typeof cause === 'object' && cause !== null && 'code' in cause && ['ADDRESS_REFUSED', 'ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'UND_ERR_CONNECT_TIMEOUT'].includes(String(cause.code));

function judge(call: HttpCall, { status, headers, text }: Omit<HttpAnswer, 'json'>, nowMs: number): Outcome {
  if ((status >= 200 && status < 300) || call.accept?.(status)) return { kind: 'ok', answer: { status, headers, text, json: () => parse(text, call) } };
  const detail = `status ${status}: ${withoutCredentials(text, call).slice(0, 200)}`;
  const retryAfter = retryAfterMs(headers['retry-after'], nowMs);
  // A 503 that names a time is the same request to wait as a 429, said by another layer of the vendor.
  if (status === 429 || (status === 503 && retryAfter !== undefined)) return { kind: 'limited', detail, unsent: status === 429, retryAfter: retryAfter ?? 1_000 };
  return { kind: status >= 500 || status === 408 ? 'server' : 'refused', detail };
}

const isCredential = (name: string): boolean => isSecretName(name) || /^(authorization|cookie|x-api-key)$/i.test(name);

/** An answer may quote the request, and what it says goes into errors and logs. */
function withoutCredentials(text: string, { headers = {} }: HttpCall): string {
  const sent = Object.entries(headers).flatMap(([name, value]) => (isCredential(name) ? [value.split(' ').at(-1) ?? value] : []));
  return sent.filter((value) => value !== '').reduce((told, value) => told.replaceAll(value, '***'), cleanText(text));
}

function parse(text: string, call: HttpCall): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new StewardError('SOURCE_MALFORMED', `the answer is no JSON: ${(cause as Error).message}`, { cause, place: addressOf(call) });
  }
}

/** Without query and credentials: it is shown in logs. */
export function addressOf(call: HttpCall): string {
  const { origin, pathname } = new URL(call.url);
  return `${call.method ?? 'GET'} ${origin}${pathname}`;
}
