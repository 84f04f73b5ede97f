/**
 * Tryton 6.0 over JSON-RPC.
 *
 * 1. Errors come with HTTP 200; a call counts as done only when the answer has a result.
 * 2. A session ends on the server's side whenever it likes (401): one new log-in, then the call again. What was refused by 401 has
 *    not happened.
 * 3. A read may be repeated, although it is a POST. A write is sent once: who wants it again looks first what became of it.
 */
import type { ResilientHttp } from '@steward/adapter-kit';
import { RejectedError, StewardError } from '@steward/platform';
import { z } from 'zod';

export interface TrytonSettings {
  /** `https://host/<database>/` */
  readonly url: string;
  readonly user: string;
  readonly password: string;
}

/** What Tryton says of a write: done, or no in words for a user. Anything else is thrown, and nobody knows. */
export type Said<T> = { readonly kind: 'done'; readonly result: T } | { readonly kind: 'no'; readonly code: string; readonly reason: string };

export interface TrytonSession {
  /** `context` is added to the user's own. */
  readonly read: <T>(shape: z.ZodType<T>, method: string, params: unknown[], signal: AbortSignal, context?: object) => Promise<T>;
  readonly write: <T>(shape: z.ZodType<T>, method: string, params: unknown[], signal: AbortSignal) => Promise<Said<T>>;
}

interface Opened {
  readonly authorization: string;
  readonly context: Readonly<Record<string, unknown>>;
}

const loginAnswer = z.tuple([z.number(), z.string()]);
const answerShape = z.object({ result: z.unknown(), error: z.unknown() }).partial();
/** What its users would read in a window: a rule of the business, or of the model. */
const userError = z.tuple([z.enum(['UserError', 'UserWarning']), z.array(z.unknown())]);

export function trytonSession(http: ResilientHttp, settings: TrytonSettings): TrytonSession {
  let session: Promise<Opened> | undefined;

  const post = async (method: string, params: unknown[], authorization: string | undefined, signal: AbortSignal, idempotent = true) => {
    const answer = await http.send({
      url: settings.url,
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(authorization === undefined ? {} : { authorization }) },
      body: JSON.stringify({ id: 1, method, params }),
      idempotent,
      signal,
      accept: (status) => status === 401,
    });
    return answer.status === 401 ? 'expired' : checked(answerShape, method, answer.json());
  };

  const logIn = async (signal: AbortSignal): Promise<Opened> => {
    const { result } = opened(await post('common.db.login', [settings.user, { password: settings.password }, 'en'], undefined, signal));
    const parsed = loginAnswer.safeParse(result);
    if (!parsed.success) throw new StewardError('TRYTON_LOGIN_REFUSED', `user ${settings.user}`, { accepted: 'a user that may read and write what the connector needs' });
    const [userId, key] = parsed.data;
    const authorization = `Session ${Buffer.from(`${settings.user}:${userId}:${key}`).toString('base64')}`;
    const preferences = opened(await post('model.res.user.get_preferences', [true, {}], authorization, signal));
    return { authorization, context: checked(z.record(z.string(), z.unknown()), 'get_preferences', preferences.result) };
  };

  const call = async (method: string, params: unknown[], context: object, signal: AbortSignal, idempotent: boolean) => {
    for (let logins = 0; ; logins += 1) {
      session ??= logIn(signal);
      const current = session;
      const { authorization, context: own } = await current.catch((error: unknown) => {
        if (session === current) session = undefined;
        throw error;
      });
      const answer = await post(method, [...params, { ...own, ...context }], authorization, signal, idempotent);
      if (answer !== 'expired') return answer;
      if (session === current) session = undefined;
      if (logins > 0) throw new StewardError('TRYTON_LOGIN_REFUSED', 'the session just opened is not accepted');
    }
  };

  return {
    read: async (shape, method, params, signal, context = {}) => {
      const { result, error } = await call(method, params, context, signal, true);
      // What a read is refused for (a missing right, an unknown field) is refused again next time.
      if (error !== undefined) throw new RejectedError('TRYTON_REFUSED', `${method}: ${JSON.stringify(error).slice(0, 300)}`);
      return checked(shape, method, result);
    },
    write: async (shape, method, params, signal) => {
      const { result, error } = await call(method, params, {}, signal, false);
      if (error === undefined) return { kind: 'done', result: checked(shape, method, result) };
      const said = userError.safeParse(error);
      // A conflict with another user, a fault of the server: a second look tells what became of it.
      if (!said.success) throw new StewardError('TRYTON_REFUSED', `${method}: ${JSON.stringify(error).slice(0, 300)}`);
      const [code, words] = said.data;
      return { kind: 'no', code, reason: words.filter((word) => typeof word === 'string' && word !== '').join(' ').slice(0, 500) };
    },
  };
}

function opened(answer: z.output<typeof answerShape> | 'expired'): z.output<typeof answerShape> {
  if (answer !== 'expired') return answer;
  throw new StewardError('TRYTON_LOGIN_REFUSED', 'the log-in itself is not accepted');
}

function checked<T>(shape: z.ZodType<T>, method: string, value: unknown): T {
  const parsed = shape.safeParse(value);
  if (!parsed.success) throw new StewardError('SOURCE_MALFORMED', `${method}: ${z.prettifyError(parsed.error)}`, { place: method });
  return parsed.data;
}
