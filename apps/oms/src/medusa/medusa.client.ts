/**
 * Medusa 2's admin API, with the routes of our plugin in it.
 * 1. A POST is sent once. What it came to is an order, a refusal, or thrown: with the mark of what was never sent where Medusa turned
 *    the call away at its door, else without, and then nobody knows.
 * 2. That a route is missing says that the plugin is, never that an order is.
 */
import { type HttpAnswer, nothingSent, type ResilientHttp } from '@steward/adapter-kit';
import { StewardError } from '@steward/platform';
import { z } from 'zod';
import { foundWire, type MedusaOrder, pageWire, placedWire, problemWire, stateWire } from './medusa.wire';
import type { toMedusaOrder } from './translate';

export interface MedusaSettings {
  readonly url: string;
  /** A secret API key. */
  readonly apiKey: string;
}

export interface Refusal {
  readonly kind: 'refused';
  readonly code: string;
  readonly reason: string;
}

export type Placed = { readonly kind: 'placed'; readonly order: MedusaOrder } | Refusal;

export interface MedusaClient {
  readonly place: (order: ReturnType<typeof toMedusaOrder>, signal: AbortSignal) => Promise<Placed>;
  readonly byNumber: (number: string, signal: AbortSignal) => Promise<MedusaOrder | undefined>;
  readonly isCancelled: (id: string, signal: AbortSignal) => Promise<boolean>;
  readonly cancel: (id: string, signal: AbortSignal) => Promise<{ readonly kind: 'cancelled' } | Refusal>;
  /** Numbers of orders that were cancelled since then, whoever did it. */
  readonly cancelledSince: (since: Date, signal: AbortSignal) => Promise<readonly string[]>;
}

const orders = '/admin/steward/orders';
/** Everything but a failure of Medusa's, a time-out and a limit, which our way out knows what to do with. */
const isAnswer = (status: number): boolean => status < 500 && status !== 408 && status !== 429;

export function medusaClient(http: ResilientHttp, { url, apiKey }: MedusaSettings): MedusaClient {
  const base = url.replace(/\/$/, '');
  const headers = { authorization: `Basic ${Buffer.from(`${apiKey}:`).toString('base64')}`, 'content-type': 'application/json' };
  const get = (path: string, signal: AbortSignal): Promise<HttpAnswer> => http.send({ url: base + path, headers, signal, accept: isAnswer });
  const post = (path: string, body: unknown, signal: AbortSignal): Promise<HttpAnswer> => http.send({ url: base + path, method: 'POST', headers, body: JSON.stringify(body), signal, accept: isAnswer });
  const ask = async <T>(parameters: Record<string, string>, shape: z.ZodType<T>, signal: AbortSignal): Promise<T> =>
    read(shape, welcome(await get(`${orders}?${new URLSearchParams(parameters).toString()}`, signal)), orders);

  return {
    place: async (order, signal) => {
      const answer = welcome(await post(orders, order, signal));
      return isOk(answer) ? { kind: 'placed', order: read(placedWire, answer, orders).order } : refusal(answer, orders);
    },
    byNumber: async (number, signal) => (await ask({ number }, foundWire, signal)).orders.find((order) => order.number === number),
    isCancelled: async (id, signal) => {
      const path = `/admin/orders/${encodeURIComponent(id)}`;
      const answer = await get(`${path}?fields=id,status`, signal);
      return answer.status !== 404 && read(stateWire, welcome(answer), path).order.status === 'canceled';
    },
    cancel: async (id, signal) => {
      const path = `/admin/orders/${encodeURIComponent(id)}/cancel`;
      const answer = await post(path, {}, signal);
      return isOk(answer) ? { kind: 'cancelled' } : refusal(answer, path);
    },
    cancelledSince: async (since, signal) => {
      const numbers: string[] = [];
      for (let after: string | undefined = ''; after !== undefined; ) {
        const found: z.output<typeof pageWire> = await ask({ canceled_since: since.toISOString(), ...(after === '' ? {} : { after }) }, pageWire, signal);
        numbers.push(...found.orders.map(({ number }) => number));
        after = found.orders.length < found.limit ? undefined : found.orders.at(-1)?.id;
      }
      return numbers;
    },
  };
}

const isOk = ({ status }: HttpAnswer): boolean => status >= 200 && status < 300;

/** Of the plugin's routes. Without it Medusa has done nothing, whatever was asked, and the order isn't the one to suffer for it. */
function welcome(answer: HttpAnswer): HttpAnswer {
  if (answer.status !== 404) return answer;
  throw nothingSent(new StewardError('MEDUSA_REFUSED', problemOf(answer).message ?? 'there is no medusa-plugin-steward in it', { place: 'STEWARD_MEDUSA_URL' }));
}

function refusal(answer: HttpAnswer, place: string): Refusal {
  const { type = `status_${answer.status}`, message = '' } = problemOf(answer);
  if (answer.status === 401 || answer.status === 403) throw nothingSent(new StewardError('MEDUSA_REFUSED', message, { place: 'STEWARD_MEDUSA_API_KEY' }));
  // 409 among them: another request of ours is or was at work there.
  if (![400, 404, 413, 422].includes(answer.status)) throw new StewardError('SOURCE_UNAVAILABLE', `${answer.status} ${type} ${message}`, { place });
  return { kind: 'refused', code: type, reason: message };
}

function problemOf(answer: HttpAnswer): z.output<typeof problemWire> {
  try {
    return problemWire.parse(answer.json());
  } catch {
    return {};
  }
}

function read<T>(shape: z.ZodType<T>, answer: HttpAnswer, place: string): T {
  if (!isOk(answer)) {
    const { code, reason } = refusal(answer, place);
    throw new StewardError('SOURCE_REFUSED', `${code} ${reason}`, { place });
  }
  const parsed = shape.safeParse(answer.json());
  if (!parsed.success) throw new StewardError('SOURCE_MALFORMED', z.prettifyError(parsed.error), { place });
  return parsed.data;
}
