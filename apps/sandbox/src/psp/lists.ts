// Reading: one object, a list of them, a search.
import { z } from 'zod';
import type { Clock } from '@steward/platform';
import { pspEvents, pspPayments, type Fields } from '../records/collections';
import type { Collection, Entry } from '../store/collection';
import type { Store } from '../store/store';
import type { Operation, Plan } from '../vendor/operations';
import { spoilOne, spoilPage, viewOf, type Page } from '../vendor/pages';
import { failureAnswer, readForm } from './dialect';
import { intentIdOf, type Intent, type Payment } from './objects';
import { missing, namesOf, showIntent, toPayment } from './till';
import { refused } from './steps';

type Shown = Fields & { readonly id: string };

const text = z.string().optional();
const when = z.string().regex(/^\d+$/).transform(Number).optional();
const paging = {
  limit: z.string().regex(/^\d+$/).transform(Number).pipe(z.number().min(1).max(100)).default(10),
  starting_after: text,
  expand: z.array(z.string()).optional(),
};
const created = z.strictObject({ gt: when, gte: when, lt: when, lte: when }).optional();
const listParams = z.strictObject({ ...paging, created, customer: text, payment_intent: text, charge: text, type: text });
const searchParams = z.strictObject({ query: z.string().min(1), limit: paging.limit, page: text, expand: paging.expand });
type ListParams = z.output<typeof listParams>;

export function readOperations(store: Store, clock: Clock): readonly Operation[] {
  const payments = store.of(pspPayments);
  const events = store.of(pspEvents);
  const read = (path: string, collection: Collection, show: (view: Collection, id: string, expand: readonly string[]) => { object: Fields; names: string[] } | undefined, kind: string): Operation => ({
    method: 'GET',
    path,
    plan: ({ params: { id = '' }, url }) => ({
      kind: 'read',
      look: (stale) => {
        const { expand = [] } = (readForm(queryOf(url)) ?? {}) as { expand?: string[] };
        const shown = show(viewOf(collection, stale, clock.now()), id, expand);
        if (!shown) return { status: 404, names: [id], text: () => failureAnswer(missing(kind, id)).json };
        return { status: 200, names: shown.names, text: (faults) => spoilOne(JSON.stringify(shown.object), faults) };
      },
    }),
  });
  const list = (path: string, collection: Collection, pick: (entry: Entry, params: ListParams) => readonly Shown[]): Operation => ({
    method: 'GET',
    path,
    plan: ({ url }) =>
      parsed(listParams, url, (params) => ({
        kind: 'read',
        look: (stale) => {
          const view = viewOf(collection, stale, clock.now());
          const known = params.payment_intent ?? params.charge;
          const entries = known === undefined ? view.all() : [view.get(intentIdOf(known))].filter((entry) => entry !== undefined);
          return page(path, 'list', entries.flatMap((entry) => pick(entry, params)), params);
        },
      })),
  });
  const belonging = (view: Collection, id: string): Payment | undefined => {
    const entry = view.get(intentIdOf(id));
    return entry && toPayment(entry);
  };
  return [
    {
      method: 'GET',
      path: '/psp/v1/payment_intents/search',
      plan: ({ url }) =>
        parsed(searchParams, url, ({ query, ...params }) => {
          const wanted = parseSearch(query);
          if (typeof wanted === 'string') return { kind: 'refused', answer: failureAnswer(refused(400, undefined, wanted, { param: 'query' }).failure) };
          return {
            kind: 'read',
            look: (stale) => {
              const view = viewOf(payments, stale, clock.now());
              const entries = wanted.filed === undefined ? view.all() : view.filed(wanted.filed);
              const found = entries.map(toPayment).filter(({ intent }) => wanted.matches(intent));
              return page('/psp/v1/payment_intents/search', 'search_result', found.map((payment) => showIntent(payment, params.expand) as Shown), params);
            },
          };
        }),
    },
    list('/psp/v1/payment_intents', payments, (entry, { customer, expand }) => {
      const payment = toPayment(entry);
      return customer === undefined || payment.intent['customer'] === customer ? [showIntent(payment, expand) as Shown] : [];
    }),
    read('/psp/v1/payment_intents/{id}', payments, (view, id, expand) => {
      const payment = id.startsWith('pi_') ? belonging(view, id) : undefined;
      return payment && { object: showIntent(payment, expand), names: namesOf(payment) };
    }, 'payment_intent'),
    list('/psp/v1/charges', payments, (entry, { charge }) => toPayment(entry).charges.filter(({ id }) => charge === undefined || id === charge)),
    read('/psp/v1/charges/{id}', payments, (view, id) => {
      const payment = belonging(view, id);
      const object = payment?.charges.find((charge) => charge.id === id);
      return payment && object && { object, names: [id, ...namesOf(payment)] };
    }, 'charge'),
    list('/psp/v1/refunds', payments, (entry, { charge }) => toPayment(entry).refunds.filter((refund) => charge === undefined || refund.charge === charge)),
    read('/psp/v1/refunds/{id}', payments, (view, id) => {
      const payment = belonging(view, id);
      const object = payment?.refunds.find((refund) => refund.id === id);
      return payment && object && { object, names: namesOf(payment) };
    }, 'refund'),
    list('/psp/v1/events', events, (entry, { type }) => {
      const event = own(entry);
      return type === undefined || event['type'] === type ? [event] : [];
    }),
    read('/psp/v1/events/{id}', events, (view, id) => {
      const entry = view.get(id);
      return entry && { object: own(entry), names: [id] };
    }, 'event'),
  ];
}

function parsed<T extends z.ZodType>(shape: T, url: string, plan: (params: z.output<T>) => Plan): Plan {
  const { success, data, error } = shape.safeParse(readForm(queryOf(url)) ?? {});
  if (success) return plan(data);
  const [issue] = error.issues;
  return { kind: 'refused', answer: failureAnswer(refused(400, undefined, `${issue?.path.join('.') || 'query'}: ${issue?.message ?? ''}`).failure) };
}

/** Newest first. `starting_after` names the last object of the page before. */
function page(path: string, object: 'list' | 'search_result', all: readonly Shown[], { limit, starting_after, created: range, expand: _expand }: Partial<ListParams> & { limit: number }) {
  const sorted = all.filter((one) => inRange(Number(one['created']), range)).sort((a, b) => Number(b['created']) - Number(a['created']) || (b.id < a.id ? -1 : 1));
  const from = starting_after === undefined ? 0 : sorted.findIndex(({ id }) => id === starting_after) + 1;
  const shown = sorted.slice(from, from + limit);
  const items = shown.map((one): Entry => ({ id: one.id, modifiedAt: 0, version: 0, json: JSON.stringify(one) }));
  const whole: Page = { items, hasMore: sorted.length > from + limit, next: null, total: sorted.length };
  const toText = ({ items: data, hasMore }: Page): string => `{"object":"${object}","url":"${path.replace('/psp', '')}","has_more":${hasMore},"data":[${data.map(({ json }) => json).join(',')}]${object === 'list' ? '' : ',"next_page":null'}}`;
  return { status: 200, names: shown.flatMap((one) => [one.id, ...Object.values((one['metadata'] ?? {}) as Record<string, string>)]), text: (faults: Parameters<typeof spoilPage>[1]) => spoilPage(whole, faults, toText) };
}

function inRange(at: number, range: ListParams['created']): boolean {
  const { gt = -1, gte = 0, lt = Infinity, lte = Infinity } = range ?? {};
  return at > gt && at >= gte && at < lt && at <= lte;
}

function own(entry: Entry): Shown {
  const { modifiedAt: _at, version: _version, ...event } = JSON.parse(entry.json) as Shown;
  return event as Shown;
}

function queryOf(url: string): string {
  const at = url.indexOf('?');
  return at < 0 ? '' : url.slice(at + 1);
}

interface Search {
  /** What the payments are filed under, when the query says it. */
  readonly filed: string | undefined;
  readonly matches: (intent: Intent) => boolean;
}

const CLAUSE = /^(?:metadata\[(['"])(?<key>.+?)\1\]|(?<field>status|currency))\s*:\s*(['"])(?<value>.*)\4$/;

/** `metadata['order']:'W-1001' AND status:'succeeded'`; a text says what is wrong with the query. */
function parseSearch(query: string): Search | string {
  const clauses = query.split(/\s+AND\s+/i).map((clause) => CLAUSE.exec(clause.trim())?.groups);
  if (clauses.some((clause) => clause === undefined)) return "We were unable to parse your search query; accepted: metadata['key']:'value', status:'…' and currency:'…', joined by AND";
  const known = clauses.filter((clause) => clause !== undefined);
  const first = known.find(({ key }) => key !== undefined);
  return {
    filed: first && `${first['key']}=${first['value']}`,
    matches: (intent) => known.every(({ key, field, value }) => (key === undefined ? String(intent[field ?? '']) : intent.metadata[key]) === value),
  };
}
