// A vendor as small as one can be, its sound connector, and connectors with one fault each.
import { type Adapter, type Connector, defineAdapter, defineConnector, defineFeed, type Feed, type SourceContext } from '@steward/adapter-kit';
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

/** `spoil` makes one fault of the sound feed. */
export function shop(spoil: (feed: Feed, context: Context) => Partial<Feed> = () => ({}), env = variables): Adapter {
  const connector: Connector = defineConnector({
    vendor: 'shop',
    env,
    open: (context) => {
      const feed = soundFeed(context);
      return { feeds: [{ ...feed, ...spoil(feed, context) }] };
    },
  });
  return defineAdapter({ name: 'erp', connectors: { shop: connector } });
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
  start: () =>
    startFake({
      things: { 'stock-level': { count: 35, keyOf: (n) => `S-${100 + n}@main` } },
      answer: ({ path, query, headers }, recordsOf) => {
        if (headers['authorization'] !== `Basic ${encoded}`) return { status: 401, body: {} };
        return path === '/stock' ? { body: find(recordsOf('stock-level'), query) } : { status: 404, body: {} };
      },
    }),
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
