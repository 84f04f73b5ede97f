/**
 * Tryton 6.0 over JSON-RPC, read only.
 *
 * 1. Errors come with HTTP 200; a call counts as done only when the answer has a result.
 * 2. A session ends on the server's side whenever it likes (401): one new log-in, then the call again.
 * 3. Every call here is a read, so a repeated POST is as good as one.
 */
import type { ResilientHttp } from '@steward/adapter-kit';
import { RejectedError, StewardError } from '@steward/platform';
import { z } from 'zod';
import { moveWire, productWire, toTrytonDatetime, warehouseWire, type Moment } from './tryton.wire';

export interface TrytonSettings {
  /** `https://host/<database>/` */
  readonly url: string;
  readonly user: string;
  readonly password: string;
}

export type Warehouse = z.output<typeof warehouseWire>;
export type Move = z.output<typeof moveWire>;
export type Product = z.output<typeof productWire>;
export interface Position {
  readonly at: Moment;
  readonly id: number;
}
type MoveDate = 'create_date' | 'write_date';

export interface TrytonClient {
  readonly warehouses: (signal: AbortSignal) => Promise<Warehouse[]>;
  /** Moves strictly after the position, by that date and id. */
  readonly movesAfter: (date: MoveDate, position: Position, limit: number, signal: AbortSignal) => Promise<Move[]>;
  /** The newest position by that date; undefined when there is no move. */
  readonly newest: (date: MoveDate, signal: AbortSignal) => Promise<Position | undefined>;
  /** Goods with their quantity in one warehouse today: those that match the domain, by id. */
  readonly products: (domain: unknown[], warehouse: Warehouse, limit: number, signal: AbortSignal) => Promise<Product[]>;
  readonly countProducts: (signal: AbortSignal) => Promise<number>;
}

const loginAnswer = z.tuple([z.number(), z.string()]);
const answerShape = z.object({ result: z.unknown(), error: z.unknown() }).partial();
const goods = ['type', '=', 'goods'];
// Tryton counts moves up to this day; a day to come stands for "today" whatever the server's time zone.
const farDay = { __class__: 'date', year: 2999, month: 1, day: 1 };

export function trytonClient(http: ResilientHttp, settings: TrytonSettings): TrytonClient {
  let session: Promise<Session> | undefined;

  const post = async (method: string, params: unknown[], authorization: string | undefined, signal: AbortSignal) => {
    const answer = await http.send({
      url: settings.url,
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(authorization === undefined ? {} : { authorization }) },
      body: JSON.stringify({ id: 1, method, params }),
      idempotent: true,
      signal,
      accept: (status) => status === 401,
    });
    return answer.status === 401 ? 'expired' : resultOf(method, answer.json());
  };

  const logIn = async (signal: AbortSignal): Promise<Session> => {
    const result = await post('common.db.login', [settings.user, { password: settings.password }, 'en'], undefined, signal);
    const parsed = loginAnswer.safeParse(result);
    if (!parsed.success) throw new StewardError('TRYTON_LOGIN_REFUSED', `user ${settings.user}`, { accepted: 'a user that may read stock moves and products' });
    const [userId, key] = parsed.data;
    const authorization = `Session ${Buffer.from(`${settings.user}:${userId}:${key}`).toString('base64')}`;
    const context = z.record(z.string(), z.unknown()).parse(await post('model.res.user.get_preferences', [true, {}], authorization, signal));
    return { authorization, context };
  };

  const call = async <T>(shape: z.ZodType<T>, method: string, params: unknown[], context: object, signal: AbortSignal): Promise<T> => {
    for (let logins = 0; ; logins += 1) {
      session ??= logIn(signal);
      const current = session;
      const opened = await current.catch((error: unknown) => {
        if (session === current) session = undefined;
        throw error;
      });
      const result = await post(method, [...params, { ...opened.context, ...context }], opened.authorization, signal);
      if (result !== 'expired') return checked(shape, method, result);
      if (session === current) session = undefined;
      if (logins > 0) throw new StewardError('TRYTON_LOGIN_REFUSED', 'the session just opened is not accepted');
    }
  };

  return {
    warehouses: (signal) =>
      call(z.array(warehouseWire), 'model.stock.location.search_read', [[['type', '=', 'warehouse']], 0, null, [['id', 'ASC']], ['id', 'code', 'name']], {}, signal),
    movesAfter: (date, { at, id }, limit, signal) => {
      const moment = toTrytonDatetime(at);
      const domain = ['OR', [date, '>', moment], [[date, '=', moment], ['id', '>', id]]];
      return call(z.array(moveWire), 'model.stock.move.search_read', [domain, 0, limit, byDate(date, 'ASC'), ['id', 'product', 'create_date', 'write_date']], {}, signal);
    },
    newest: async (date, signal) => {
      const domain = [[date, '!=', null]];
      const [move] = await call(z.array(moveWire), 'model.stock.move.search_read', [domain, 0, 1, byDate(date, 'DESC'), ['id', 'product', 'create_date', 'write_date']], {}, signal);
      const at = move?.[date];
      return move && at ? { at, id: move.id } : undefined;
    },
    products: (domain, warehouse, limit, signal) => {
      const context = { locations: [warehouse.id], with_childs: true, stock_date_end: farDay };
      return call(z.array(productWire), 'model.product.product.search_read', [[goods, ...domain], 0, limit, [['id', 'ASC']], ['id', 'code', 'quantity']], context, signal);
    },
    countProducts: (signal) => call(z.number().int(), 'model.product.product.search_count', [[goods]], {}, signal),
  };
}

interface Session {
  readonly authorization: string;
  readonly context: Readonly<Record<string, unknown>>;
}

const byDate = (date: MoveDate, direction: 'ASC' | 'DESC'): unknown[] => [[date, direction], ['id', direction]];

function resultOf(method: string, body: unknown): unknown {
  const answer = checked(answerShape, method, body);
  if (answer.error === undefined) return answer.result;
  // What a read is refused for (a missing right, an unknown field) is refused again next time.
  throw new RejectedError('TRYTON_REFUSED', `${method}: ${JSON.stringify(answer.error).slice(0, 300)}`);
}

function checked<T>(shape: z.ZodType<T>, method: string, value: unknown): T {
  const parsed = shape.safeParse(value);
  if (!parsed.success) throw new StewardError('SOURCE_MALFORMED', `${method}: ${z.prettifyError(parsed.error)}`, { place: method });
  return parsed.data;
}
