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

export interface Search {
  readonly domain: readonly unknown[];
  readonly fields: readonly string[];
  readonly limit?: number;
  /** By id where nothing else is said. */
  readonly order?: readonly unknown[];
  /** Added to the user's own. */
  readonly context?: object;
}

export interface TrytonSession {
  readonly search: <T>(shape: z.ZodType<T>, model: string, search: Search, signal: AbortSignal) => Promise<T[]>;
  /** The first of them; undefined when there is none. */
  readonly first: <T>(shape: z.ZodType<T>, model: string, search: Omit<Search, 'limit'>, signal: AbortSignal) => Promise<T | undefined>;
  readonly count: (model: string, domain: readonly unknown[], signal: AbortSignal) => Promise<number>;
  readonly write: <T>(shape: z.ZodType<T>, method: string, params: unknown[], signal: AbortSignal) => Promise<Said<T>>;
}

interface Call {
  readonly method: string;
  readonly params: readonly unknown[];
  readonly signal: AbortSignal;
  /** It may be sent again when nobody knows whether it arrived. */
  readonly repeatable: boolean;
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

  const post = async ({ method, params, signal, repeatable }: Call, authorization?: string) => {
    const answer = await http.send({
      url: settings.url,
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(authorization === undefined ? {} : { authorization }) },
      body: JSON.stringify({ id: 1, method, params }),
      idempotent: repeatable,
      signal,
      accept: (status) => status === 401,
    });
    return answer.status === 401 ? 'expired' : checked(answerShape, method, answer.json());
  };

  const logIn = async (signal: AbortSignal): Promise<Opened> => {
    const { result } = opened(await post({ method: 'common.db.login', params: [settings.user, { password: settings.password }, 'en'], signal, repeatable: true }));
    const parsed = loginAnswer.safeParse(result);
    if (!parsed.success) throw new StewardError('TRYTON_LOGIN_REFUSED', `user ${settings.user}`, { accepted: 'a user that may read and write what the connector needs' });
    const [userId, key] = parsed.data;
    const authorization = `Session ${Buffer.from(`${settings.user}:${userId}:${key}`).toString('base64')}`;
    const preferences = opened(await post({ method: 'model.res.user.get_preferences', params: [true, {}], signal, repeatable: true }, authorization));
    return { authorization, context: checked(z.record(z.string(), z.unknown()), 'get_preferences', preferences.result) };
  };

  const call = async (asked: Call, context: object = {}) => {
    for (let logins = 0; ; logins += 1) {
      session ??= logIn(asked.signal);
      const current = session;
      const { authorization, context: own } = await current.catch((error: unknown) => {
        if (session === current) session = undefined;
        throw error;
      });
      const answer = await post({ ...asked, params: [...asked.params, { ...own, ...context }] }, authorization);
      if (answer !== 'expired') return answer;
      if (session === current) session = undefined;
      if (logins > 0) throw new StewardError('TRYTON_LOGIN_REFUSED', 'the session just opened is not accepted');
    }
  };

  const read = async <T>(shape: z.ZodType<T>, asked: Omit<Call, 'repeatable'>, context?: object): Promise<T> => {
    const { method } = asked;
    const { result, error } = await call({ ...asked, repeatable: true }, context);
    // What a read is refused for (a missing right, an unknown field) is refused again next time.
    if (error !== undefined) throw new RejectedError('TRYTON_REFUSED', `${method}: ${JSON.stringify(error).slice(0, 300)}`);
    return checked(shape, method, result);
  };

  const search: TrytonSession['search'] = (shape, model, { domain, fields, limit = null, order = [['id', 'ASC']], context }, signal) =>
    read(z.array(shape), { method: `model.${model}.search_read`, params: [domain, 0, limit, order, fields], signal }, context);

  return {
    search,
    first: async (shape, model, wanted, signal) => (await search(shape, model, { ...wanted, limit: 1 }, signal))[0],
    count: (model, domain, signal) => read(z.number().int(), { method: `model.${model}.search_count`, params: [domain], signal }),
    write: async (shape, method, params, signal) => {
      const { result, error } = await call({ method, params, signal, repeatable: false });
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
