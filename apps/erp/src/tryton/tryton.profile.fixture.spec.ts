/** As much of Tryton 6.0's JSON-RPC as the connector asks for; one warehouse. Each put is one stock move, or one shipment of one sale. */
import { type FakeAnswer, type FakeRecord, type FakeRequest, startFake, type VendorProfile } from '@steward/conformance';
import { FakeTryton } from '../fixtures/tryton.fixture.spec';
import { writings } from '../fixtures/writings.fixture.spec';
import { moment, toTrytonDatetime } from './tryton.wire';

const user = 'steward';
const password = 'conformance-tryton-password';
const sessionKey = 'conformance-tryton-session';
const authorization = `Session ${Buffer.from(`${user}:1:${sessionKey}`).toString('base64')}`;
const codeOf = (n: number): string => `T-${n}`;

export const profile: VendorProfile = {
  start: async () => {
    const till = new FakeTryton();
    const standIn = await startFake({
      things: { 'stock-level': { count: 140, keyOf: (n) => `${codeOf(n)}@WH` }, shipment: { count: 140, keyOf: String } },
      answer: (request, recordsOf) => answer(request, { stock: recordsOf('stock-level'), shipments: recordsOf('shipment'), till }),
    });
    const count = async (reference: string): Promise<number> => till.sales.filter(({ values, state }) => values['reference'] === reference && state !== 'cancelled').length;
    return { ...standIn, writes: writings({ sku: codeOf(1), location: 'WH', count }) };
  },
  isWrite: ({ body }) => /\.(create|quote|confirm|process|cancel)"/.test(body),
  settings: (url) => ({ STEWARD_TRYTON_URL: `${url}/shop/`, STEWARD_TRYTON_USER: user, STEWARD_TRYTON_PASSWORD: password, STEWARD_TRYTON_PAGE: '50' }),
  empty: (given, request) => changed(given, request.body, () => []),
  truncated: (given, request) => changed(given, request.body, (found) => found.slice(0, found.length / 2)),
  lacks: [
    'Call when something changes: stock moves and shipments are polled (`STEWARD_TRYTON_POLL_MS`).',
    'Tell of a product that was deleted or made inactive: it is found by the next full pass (`STEWARD_TRYTON_FULL_PASS_MS`), under the guard.',
    'Date a move when it is committed: it has the time at which its transaction began. The overlap (10 minutes) must be longer than the longest one; what is longer is found by the full pass.',
    'Count in pieces what it counts in kilograms: a fraction becomes a dead letter, until the product has a default unit that is sold in whole numbers.',
    'Keep a shop’s own numbers of lines: what a shipment holds is told by SKU.',
    'Cancel a sale that is with the warehouse: its shipments are cancelled, and a clerk closes the sale.',
    'Keep a price to more than four digits: of a line of hundred pieces and more, the sum may differ by a cent.',
    'Answer more than 80 to 90 reads a second in one process: the connector asks for at most 60.',
  ],
};

/** What a search found; log-in, preferences, counts and warehouses stay what they are, except that of nothing there is no count. */
function changed(given: unknown, question: string, change: (found: unknown[]) => unknown[]): unknown {
  const { result } = given as { result: unknown };
  if (/stock\.move|stock\.shipment\.out\.search_read|product\.product\.search_read/.test(question)) return { result: change(result as unknown[]) };
  return question.includes('search_count') ? { result: change([result])[0] ?? 0 } : given;
}

type Clause = readonly unknown[];
type Domain = readonly Clause[];

interface Shelves {
  readonly stock: readonly FakeRecord[];
  readonly shipments: readonly FakeRecord[];
  readonly till: FakeTryton;
}

function answer({ path, headers, body }: FakeRequest, { stock, shipments, till }: Shelves): FakeAnswer {
  const { method, params } = body as { method: string; params: readonly unknown[] };
  if (path !== '/shop/') return { status: 404, body: {} };
  if (method === 'common.db.login') return { body: { result: (params[1] as { password: string }).password === password ? [1, sessionKey] : null } };
  if (headers['authorization'] !== authorization) return { status: 401, body: {} };
  const [domain, , limit, order] = params as [Domain, number, number | null, readonly (readonly [string, string])[]];
  const newestFirst = order?.[0]?.[1] === 'DESC';
  const cut = (found: unknown[]): FakeAnswer => ({ body: { result: found.slice(0, limit ?? undefined) } });
  switch (method) {
    case 'model.res.user.get_preferences':
      return { body: { result: { language: 'en' } } };
    case 'model.stock.location.search_read':
      return { body: { result: [{ id: 7, code: 'WH', name: 'Warehouse' }] } };
    case 'model.stock.move.search_read':
      return cut(domain[0]?.[0] === 'id' ? contents(shipments, domain[0][2] as number[]) : dated(stock, domain, newestFirst).map(({ n, version, ...dates }) => ({ ...dates, id: version, product: n })));
    case 'model.stock.shipment.out.search_read':
      return cut(findShipments(shipments, domain, newestFirst));
    case 'model.stock.shipment.out.search_count':
      return { body: { result: shipments.length } };
    case 'model.sale.line.search_read':
      return cut((domain[0]?.[2] as number[]).map((id) => ({ id, 'sale.': { id, reference: `W-${id}`, number: String(id) } })));
    case 'model.product.product.search_read':
      return cut(findProducts(stock, domain));
    case 'model.product.product.search_count':
      return { body: { result: stock.length } };
    default:
      return { body: { result: till.do(method, params) } };
  }
}

type Found = Pick<FakeRecord, 'n' | 'edition' | 'version' | 'malformed'> & { readonly create_date: unknown; readonly write_date: null };

/** A search after a moment and id of one date, or for the newest. Records are created and never written again. */
function dated(records: readonly FakeRecord[], domain: Domain, newestFirst: boolean, idOf = ({ version }: FakeRecord): number => version): Found[] {
  const after = domain.find(([or]) => or === 'OR');
  const [date, , since] = after ? (after[1] as Clause) : (domain.at(-1) ?? []);
  if (date === 'write_date') return [];
  const from = after ? moment.parse(since) : '';
  const afterId = after ? Number(((after[2] as readonly Clause[])[1] as Clause)[2]) : 0;
  const found = records
    .map((record) => ({ record, at: `${new Date(record.changedAt).toISOString().slice(0, 23)}000` }))
    .filter(({ record, at }) => at > from || (at === from && idOf(record) > afterId))
    .sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : idOf(a.record) - idOf(b.record)))
    .map(({ record: { n, edition, version, malformed }, at }): Found => ({ n, edition, version, malformed, create_date: toTrytonDatetime(at), write_date: null }));
  return newestFirst ? found.reverse() : found;
}

/** Shipments by date, by id, or after an id. */
function findShipments(records: readonly FakeRecord[], domain: Domain, newestFirst: boolean): unknown[] {
  const byId = domain.find(([field]) => field === 'id');
  const [, , value] = byId ?? [];
  const number = ({ n }: FakeRecord): number => n;
  const found = byId === undefined ? dated(records, domain, newestFirst, number) : dated(records, [['id']], false, number).filter(({ n }) => (Array.isArray(value) ? value.includes(n) : n > Number(value))).sort((a, b) => a.n - b.n);
  return found.map(({ n, create_date, write_date }) => ({ id: n, number: String(n), effective_date: null, warehouse: 7, outgoing_moves: [n], create_date, write_date }));
}

/** The one move of each of these shipments; its edition is how many pieces it has. */
function contents(records: readonly FakeRecord[], moves: readonly number[]): unknown[] {
  return records.filter(({ n }) => moves.includes(n)).map(({ n, edition, malformed }) => ({ id: n, origin: `sale.line,${n}`, internal_quantity: malformed ? 1.5 : edition, 'product.': { id: n, code: codeOf(n) } }));
}

/** Goods by code, by id, or after an id. */
function findProducts(records: readonly FakeRecord[], domain: Domain): unknown[] {
  const [field, , value] = domain.at(-1) as Clause;
  const matches = ({ n }: FakeRecord): boolean => {
    if (!Array.isArray(value)) return n > Number(value);
    return value.includes(field === 'code' ? codeOf(n) : n);
  };
  return records.filter(matches).map(({ n, edition, malformed }) => ({ id: n, code: codeOf(n), quantity: malformed ? 1.5 : edition, sale_uom: 1, default_uom: 1 }));
}
