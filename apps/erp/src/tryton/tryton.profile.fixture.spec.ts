/** As much of Tryton 6.0's JSON-RPC as the connector asks for; one warehouse, and each put is one stock move. */
import { type FakeAnswer, type FakeRecord, type FakeRequest, startFake, type VendorProfile } from '@steward/conformance';
import { moment, toTrytonDatetime } from './tryton.wire';

const user = 'steward';
const password = 'conformance-tryton-password';
const sessionKey = 'conformance-tryton-session';
const authorization = `Session ${Buffer.from(`${user}:1:${sessionKey}`).toString('base64')}`;
const codeOf = (n: number): string => `T-${n}`;

export const profile: VendorProfile = {
  start: () =>
    startFake({
      things: { 'stock-level': { count: 140, keyOf: (n) => `${codeOf(n)}@WH` } },
      answer: (request, recordsOf) => answer(request, recordsOf('stock-level')),
    }),
  settings: (url) => ({ STEWARD_TRYTON_URL: `${url}/shop/`, STEWARD_TRYTON_USER: user, STEWARD_TRYTON_PASSWORD: password, STEWARD_TRYTON_PAGE: '50' }),
  empty: (given, request) => changed(given, request.body, () => []),
  truncated: (given, request) => changed(given, request.body, (found) => found.slice(0, found.length / 2)),
  lacks: [
    'Call when something changes: stock moves are polled (`STEWARD_TRYTON_POLL_MS`).',
    'Tell of a product that was deleted or made inactive: it is found by the next full pass (`STEWARD_TRYTON_FULL_PASS_MS`), under the guard.',
    'Date a move when it is committed: it has the time at which its transaction began. The overlap (10 minutes) must be longer than the longest one; what is longer is found by the full pass.',
    'Count in pieces what it counts in kilograms: a fraction becomes a dead letter, until the product has a default unit that is sold in whole numbers.',
    'Answer more than 80 to 90 reads a second in one process: the connector asks for at most 60.',
  ],
};

/** What a search found; log-in, preferences, counts and warehouses stay what they are, except that of nothing there is no count. */
function changed(given: unknown, question: string, change: (found: unknown[]) => unknown[]): unknown {
  const { result } = given as { result: unknown };
  if (/stock\.move|product\.product\.search_read/.test(question)) return { result: change(result as unknown[]) };
  return question.includes('search_count') ? { result: change([result])[0] ?? 0 } : given;
}

type Clause = readonly unknown[];
type Domain = readonly unknown[];

function answer({ path, headers, body }: FakeRequest, records: readonly FakeRecord[]): FakeAnswer {
  const { method, params } = body as { method: string; params: readonly unknown[] };
  if (path !== '/shop/') return { status: 404, body: {} };
  if (method === 'common.db.login') return { body: { result: (params[1] as { password: string }).password === password ? [1, sessionKey] : null } };
  if (headers['authorization'] !== authorization) return { status: 401, body: {} };
  const [domain, , limit, order] = params as [Domain, number, number | null, readonly (readonly [string, string])[]];
  switch (method) {
    case 'model.res.user.get_preferences':
      return { body: { result: { language: 'en' } } };
    case 'model.stock.location.search_read':
      return { body: { result: [{ id: 7, code: 'WH', name: 'Warehouse' }] } };
    case 'model.stock.move.search_read':
      return { body: { result: findMoves(records, domain, order?.[0]?.[1] === 'DESC').slice(0, limit ?? undefined) } };
    case 'model.product.product.search_read':
      return { body: { result: findProducts(records, domain).slice(0, limit ?? undefined) } };
    case 'model.product.product.search_count':
      return { body: { result: records.length } };
    default:
      return { body: { error: ['UserError', [`no method ${method}`, '']] } };
  }
}

/** A search for moves: after a moment and id of one date, or the newest. Moves are created and never written again. */
function findMoves(records: readonly FakeRecord[], domain: Domain, newestFirst: boolean): unknown[] {
  const [[date, , since], [, [, , after]]] = domain[0] === 'OR' ? (domain.slice(1) as [Clause, [Clause, Clause]]) : [domain[0] as Clause, [[], ['id', '>', 0]]];
  if (date === 'write_date') return [];
  const from = since === null ? '' : moment.parse(since);
  const found = records
    .map(({ n, version, changedAt }) => ({ id: version, product: n, at: `${new Date(changedAt).toISOString().slice(0, 23)}000` }))
    .filter(({ id, at }) => at > from || (at === from && id > Number(after)))
    .sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : a.id - b.id))
    .map(({ at, ...move }) => ({ ...move, create_date: toTrytonDatetime(at), write_date: null }));
  return newestFirst ? found.reverse() : found;
}

/** Goods by code, by id, or after an id. */
function findProducts(records: readonly FakeRecord[], domain: Domain): unknown[] {
  const [field, , value] = domain[1] as Clause;
  const matches = ({ n }: FakeRecord): boolean => {
    if (!Array.isArray(value)) return n > Number(value);
    return value.includes(field === 'code' ? codeOf(n) : n);
  };
  return records.filter(matches).map(({ n, edition, malformed }) => ({ id: n, code: codeOf(n), quantity: malformed ? 1.5 : edition }));
}
