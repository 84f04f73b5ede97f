/**
 * Odoo 14 over JSON-RPC.
 *
 * 1. Errors come with HTTP 200; a call counts as done only when the answer has a result. An error means that its transaction was
 *    rolled back: of that call nothing has happened.
 * 2. What Odoo says of a fault is its name and its message. The rest (`debug`) quotes arguments and is read by nobody.
 * 3. Reads are repeated by the client below; a write is sent once, and what becomes of it then is the effect's to find out.
 */
import { nothingSent, type ResilientHttp } from '@steward/adapter-kit';
import { RejectedError, StewardError } from '@steward/platform';
import { z } from 'zod';

export interface OdooSettings {
  /** `https://host` */
  readonly url: string;
  readonly database: string;
  readonly user: string;
  /** Or an API key of the user. */
  readonly password: string;
}

export type Domain = readonly (readonly [field: string, operator: string, value: unknown])[];

export interface Query {
  readonly domain: Domain;
  readonly fields: readonly string[];
  readonly order?: string;
  readonly limit?: number;
}

export interface OdooClient {
  /** Archived records too. */
  readonly search: <T>(shape: z.ZodType<T>, model: string, query: Query, signal: AbortSignal) => Promise<T[]>;
  readonly count: (model: string, domain: Domain, signal: AbortSignal) => Promise<number>;
  /** An upsert by external id: `rows` are under `fields`, of which `id` is `<module>.<name>`. All of them or none. */
  readonly load: (model: string, fields: readonly string[], rows: readonly (readonly string[])[], signal: AbortSignal) => Promise<readonly number[]>;
  readonly write: (model: string, ids: readonly number[], values: Readonly<Record<string, unknown>>, signal: AbortSignal) => Promise<void>;
  readonly unlink: (model: string, ids: readonly number[], signal: AbortSignal) => Promise<void>;
}

const answerShape = z.object({ result: z.unknown().optional(), error: z.object({ message: z.string().default(''), data: z.object({ name: z.string(), message: z.string().nullish() }).partial().optional() }).optional() });
const loadAnswer = z.object({ ids: z.union([z.array(z.number().int()), z.literal(false)]), messages: z.array(z.object({ type: z.string().default('error'), message: z.string() }).partial()).default([]) });

/** Nothing that Odoo decided: the database was busy, a worker was stopped. */
const passing = /OperationalError|SerializationFailure|LockNotAvailable|DeadlockDetected|QueryCanceled|SessionExpired|InterfaceError/;
/** Somebody has to mend the account first; the request is as good as before. */
const notAllowed = /AccessDenied|AccessError/;

export function odooClient(http: ResilientHttp, { url, database, user, password }: OdooSettings): OdooClient {
  let uid: Promise<number> | undefined;

  const post = async (service: string, method: string, args: readonly unknown[], options: { readonly repeatable: boolean; readonly signal: AbortSignal }): Promise<unknown> => {
    const answer = await http.send({
      url: new URL('/jsonrpc', url).href,
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', method: 'call', id: 1, params: { service, method, args } }),
      idempotent: options.repeatable,
      signal: options.signal,
    });
    const parsed = answerShape.safeParse(answer.json());
    if (!parsed.success) throw new StewardError('SOURCE_MALFORMED', z.prettifyError(parsed.error), { place: method });
    const { result, error } = parsed.data;
    if (error) throw faultOf(method, error);
    if (result === undefined) throw new StewardError('SOURCE_MALFORMED', 'neither a result nor an error', { place: method });
    return result;
  };

  const logIn = async (signal: AbortSignal): Promise<number> => {
    const result = await post('common', 'authenticate', [database, user, password, {}], { repeatable: true, signal });
    if (typeof result !== 'number') throw nothingSent(new StewardError('ODOO_LOGIN_REFUSED', `user ${user}`, { accepted: 'a user of this database with this password or API key' }));
    return result;
  };

  const call = async <T>(shape: z.ZodType<T>, model: string, method: string, args: readonly unknown[], options: { readonly repeatable: boolean; readonly signal: AbortSignal; readonly with?: object }): Promise<T> => {
    uid ??= logIn(options.signal);
    const current = uid;
    const id = await current.catch((error: unknown) => {
      if (uid === current) uid = undefined;
      throw error;
    });
    const context = { active_test: false, lang: 'en_US', tz: 'UTC', tracking_disable: true };
    const result = await post('object', 'execute_kw', [database, id, password, model, method, args, { ...options.with, context }], options);
    const parsed = shape.safeParse(result);
    if (!parsed.success) throw new StewardError('SOURCE_MALFORMED', `${model}.${method}: ${z.prettifyError(parsed.error)}`, { place: model });
    return parsed.data;
  };

  return {
    search: (shape, model, { domain, fields, order = 'id asc', limit }, signal) =>
      call(z.array(shape), model, 'search_read', [domain, fields], { repeatable: true, signal, with: { order, ...(limit === undefined ? {} : { limit }) } }),
    count: (model, domain, signal) => call(z.number().int(), model, 'search_count', [domain], { repeatable: true, signal }),
    load: async (model, fields, rows, signal) => {
      const { ids, messages } = await call(loadAnswer, model, 'load', [fields, rows], { repeatable: false, signal });
      const errors = messages.filter(({ type }) => type === 'error').map(({ message }) => message ?? '');
      if (ids === false || errors.length > 0) throw new RejectedError('ODOO_REFUSED', `${model}.load: ${errors.join('; ').slice(0, 400)}`);
      return ids;
    },
    write: async (model, ids, values, signal) => void (ids.length > 0 && (await call(z.literal(true), model, 'write', [ids, values], { repeatable: false, signal }))),
    unlink: async (model, ids, signal) => void (ids.length > 0 && (await call(z.literal(true), model, 'unlink', [ids], { repeatable: false, signal }))),
  };
}

function faultOf(method: string, { message, data }: { readonly message: string; readonly data?: { readonly name?: string | undefined; readonly message?: string | null | undefined } | undefined }): Error {
  const name = data?.name ?? '';
  const text = `${method}: ${name} ${data?.message ?? message}`.slice(0, 400);
  if (passing.test(name)) return nothingSent(new StewardError('SOURCE_UNAVAILABLE', text));
  if (notAllowed.test(name)) return nothingSent(new StewardError('ODOO_NOT_ALLOWED', text, { accepted: 'a user with the rights that docs/how-to/customers.md names' }));
  return new RejectedError('ODOO_REFUSED', text);
}
