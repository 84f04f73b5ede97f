// A vendor as small as one can be, its sound connector, and connectors with one fault each.
import { type Adapter, type Connector, defineAdapter, defineConnector, defineEffect, defineFeed, type EffectOutcome, type EffectSpec, type Feed, type ResilientHttp, type Source, type SourceContext } from '@steward/adapter-kit';
import { stockLevel } from '@steward/contracts';
import { envTypes, StewardError } from '@steward/platform';
import { z } from 'zod';
import { type FakeRecord, startFake } from '../fake/fake-system';
import type { VendorProfile } from '../vendor-profile';

const limit = 10;
const token = 'planted-shop-token';
const encoded = Buffer.from(`shop:${token}`).toString('base64');

export const variables: Readonly<Record<'SHOP_URL' | 'SHOP_TOKEN', z.ZodType<string>>> = {
  SHOP_URL: envTypes.httpUrl.describe('where the shop listens'),
  SHOP_TOKEN: z.string().min(1).describe('its token'),
};
const wire = z.object({ key: z.string(), edition: z.number(), changedAt: z.number(), version: z.number() });
const pageWire = z.object({ items: z.array(z.unknown()), more: z.boolean(), total: z.number() });
type Position = readonly [changedAt: number, version: number];

export type Context = SourceContext<Readonly<z.output<z.ZodObject<typeof variables>>>>;

interface Opened extends Source {
  readonly sell: Till;
}
export type SaleEffect = EffectSpec<{ readonly reference: string }, null>;

/** `spoil` makes one fault of the sound feed, `spoilSale` of the sound way to sell. */
export function shop(spoil: (feed: Feed, context: Context) => Partial<Feed> = () => ({}), env = variables, spoilSale: (sale: SaleEffect, till: Till) => Partial<SaleEffect> = () => ({})): Adapter {
  const connector: Connector<Opened> = defineConnector({
    vendor: 'shop',
    env,
    open: (context) => {
      const feed = soundFeed(context);
      return { feeds: [{ ...feed, ...spoil(feed, context) }], sell: openTill(context.http, context.env.SHOP_URL) };
    },
  });
  return defineAdapter({
    name: 'erp',
    connectors: { shop: connector },
    effects: ({ source: { sell } }) => {
      const sale = soundSale(sell);
      return [defineEffect({ ...sale, ...spoilSale(sale, sell) })];
    },
  });
}

export interface Till {
  /** The shop takes the same sale as often as it is told. */
  readonly sell: (reference: string, signal: AbortSignal) => Promise<EffectOutcome<null>>;
  readonly isSold: (reference: string, signal: AbortSignal) => Promise<boolean>;
}

function openTill(http: ResilientHttp, url: string): Till {
  const place = (reference: string): string => `${url}/sales?reference=${reference}`;
  const headers = { authorization: `Basic ${encoded}` };
  return {
    sell: async (reference, signal) => {
      await http.send({ url: place(reference), method: 'POST', headers, idempotent: false, signal });
      return { kind: 'confirmed', answer: null };
    },
    isSold: async (reference, signal) => Number((await http.send({ url: place(reference), headers, signal })).json()) > 0,
  };
}

/** Looks before it sells, since the shop does not. */
function soundSale({ sell, isSold }: Till): SaleEffect {
  return {
    kind: 'sale',
    submit: async ({ reference }, { signal }) => ((await isSold(reference, signal)) ? { kind: 'confirmed', answer: null } : sell(reference, signal)),
    readBack: async ({ reference }, { signal }) => ((await isSold(reference, signal)) ? { kind: 'confirmed', answer: null } : { kind: 'absent' }),
    settled: async () => undefined,
    deadlineMs: 1_000,
    settleMs: 100,
  };
}

function soundFeed({ env: settings, http }: Context): Feed {
  const ask = async (query: Record<string, string>, signal: AbortSignal): Promise<z.output<typeof pageWire>> => {
    const answer = await http.send({ url: `${settings.SHOP_URL}/stock?${new URLSearchParams(query).toString()}`, headers: { authorization: `Basic ${encoded}` }, signal });
    const parsed = pageWire.safeParse(answer.json());
    if (!parsed.success) throw new StewardError('SOURCE_MALFORMED', z.prettifyError(parsed.error));
    return parsed.data;
  };
  return defineFeed({
    contract: stockLevel,
    wire,
    keyOf: ({ key }) => key,
    translate: ({ key, edition }) => ({ sku: key.split('@')[0] ?? '', location: 'main', onHand: edition }),
    rawKeyOf: (raw) => (raw as { key: string }).key,
    pace: { pollEveryMs: 1_000, overlapMs: 1_000, overlapEveryMs: 1_000, fullPassEveryMs: 1_000, safetyLagMs: 0 },
    changes: async (cursor, signal) => {
      const from = (cursor === null ? [0, 0] : JSON.parse(cursor)) as Position;
      const { items, more } = await ask({ since: String(from[0]), after: String(from[1]) }, signal);
      const last = items.at(-1) as { changedAt: number; version: number } | undefined;
      return { items, more, next: JSON.stringify(last === undefined ? from : [last.changedAt, last.version]) };
    },
    rewind: (cursor, byMs) => JSON.stringify([(JSON.parse(cursor) as Position)[0] - byMs, 0]),
    all: async (after, signal) => {
      const { items, more, total } = await ask({ key: after ?? '' }, signal);
      return { items, more, total, next: (items.at(-1) as { key: string } | undefined)?.key ?? after ?? '' };
    },
    byKeys: async (keys, signal) => (await ask({ keys: keys.join(',') }, signal)).items,
  });
}

export const profile: VendorProfile = {
  start: async () => {
    const sales: string[] = [];
    const count = (reference: string): number => sales.filter((each) => each === reference).length;
    const standIn = await startFake({
      things: { 'stock-level': { count: 35, keyOf: (n) => `S-${100 + n}@main` } },
      answer: ({ method, path, query, headers }, recordsOf) => {
        if (headers['authorization'] !== `Basic ${encoded}`) return { status: 401, body: {} };
        const reference = query.get('reference') ?? '';
        if (path === '/sales' && method === 'POST') sales.push(reference);
        if (path === '/sales') return { body: count(reference) };
        return path === '/stock' ? { body: find(recordsOf('stock-level'), query) } : { status: 404, body: {} };
      },
    });
    const referenceOf = (n: number): string => `W-${n}`;
    return { ...standIn, writes: [{ kind: 'sale', keyOf: referenceOf, request: (n) => ({ reference: referenceOf(n) }), count: async (n) => count(referenceOf(n)) }] };
  },
  settings: (url) => ({ SHOP_URL: url, SHOP_TOKEN: token }),
  empty: () => ({ items: [], more: false, total: 0 }),
  truncated: (answer) => {
    const page = answer as { items: unknown[] };
    return { ...page, items: page.items.slice(0, page.items.length / 2), more: false };
  },
  lacks: ['Sell on Sundays.'],
};

function find(records: readonly FakeRecord[], query: URLSearchParams): object {
  const items = records.map((record) => ({ ...record, edition: record.malformed ? 'many' : record.edition }));
  const keys = query.get('keys')?.split(',');
  if (keys) return { items: items.filter(({ key }) => keys.includes(key)), more: false, total: items.length };
  const [since, after] = [Number(query.get('since')), Number(query.get('after'))];
  const found = query.has('since')
    ? items.filter(({ changedAt, version }) => changedAt > since || (changedAt === since && version > after)).sort((a, b) => a.changedAt - b.changedAt || a.version - b.version)
    : items.filter(({ key }) => key > (query.get('key') ?? ''));
  return { items: found.slice(0, limit), more: found.length > limit, total: items.length };
}
