/** As much of Odoo 14's JSON-RPC as the connector asks for when it reads; partners with an external id of ours, and price lists. */
import { type FakeAnswer, type FakeRecord, type FakeRequest, startFake, type VendorProfile } from '@steward/conformance';
import { writings } from '../fixtures/writings.fixture.spec';
import { modules } from './external-ids';

const user = 'steward';
const password = 'conformance-odoo-password';
const uid = 7;

export const profile: VendorProfile = {
  start: async () => {
    const written = new Written();
    const standIn = await startFake({
      things: { customer: { count: 140, keyOf: (n) => `c-${n}` }, segment: { count: 140, keyOf: (n) => String(n) } },
      answer: (request, recordsOf) => answer(request, { customers: recordsOf('customer'), segments: recordsOf('segment'), written }),
    });
    const count = async (field: string, value: string): Promise<number> => written.rowsOf('res.partner').filter((row) => row[field] === value && row['parent_id'] === false).length;
    // A change needs somebody who was written here.
    const writes = writings({ byMail: (mail) => count('email', mail), byName: (name) => count('name', name), known: () => written.anybody() });
    return { ...standIn, writes };
  },
  isWrite: ({ body }) => /"(load|write|unlink)"/.test(body),
  settings: (url) => ({ STEWARD_ODOO_URL: url, STEWARD_ODOO_DATABASE: 'shop', STEWARD_ODOO_USER: user, STEWARD_ODOO_PASSWORD: password, STEWARD_ODOO_PAGE: '50' }),
  empty: (given, request) => changed(given, request.body, () => []),
  truncated: (given, request) => changed(given, request.body, (found) => found.slice(0, found.length / 2)),
  lacks: [
    'Call when something changes: partners, leads and price lists are polled (`STEWARD_ODOO_POLL_MS`).',
    'Tell of a customer that was deleted: found by the next full pass (`STEWARD_ODOO_FULL_PASS_MS`), under the guard.',
    'Show that a partner has another price list, where it comes from a rule and not from the partner: found by the next full pass.',
    'Keep the company of an address: it stands before the name, in one line with it.',
    'Date a row when it is committed, or finer than to the second: the overlap (10 minutes) must be longer than the longest import; what is longer is found by the full pass.',
    'Refuse a second record of the same thing by any field: only external ids make a write an upsert, so the connector writes by nothing else.',
    'Write a person in one transaction: partner, addresses and consents are one call each. What stopped in the middle is written again as a whole.',
    'Keep a consent to profiling: consents to marketing become leads, a consent to profiling is told as never given.',
    'Say which of two merged customers stays: the reference of the partner says so, and without it the customer is a dead letter.',
    'Delete a partner that orders or invoices name: everything personal is taken out of it, and its history with it.',
  ],
};

/** What a search found; log-in and countries stay what they are, except that of nothing there is no count. */
function changed(given: unknown, question: string, change: (found: unknown[]) => unknown[]): unknown {
  const { result } = given as { result: unknown };
  if (question.includes('search_count')) return { ...(given as object), result: change([result])[0] ?? 0 };
  return /"(ir\.model\.data|res\.partner|product\.pricelist)"/.test(question) ? { ...(given as object), result: change(result as unknown[]) } : given;
}

type Row = Readonly<Record<string, unknown>>;
type Clause = readonly [field: string, operator: string, value: unknown];

/** Records made by `load`: under an external id, one each. */
class Written {
  private readonly records = new Map<string, { readonly model: string; readonly name: string; row: Row }>();
  private nextId = 5_000;

  load(model: string, fields: readonly string[], rows: readonly (readonly string[])[]): number[] {
    return rows.map((values) => {
      const given = Object.fromEntries(fields.map((field, index) => [field, values[index] ?? '']));
      const name = given['id'] ?? '';
      const known = this.records.get(name);
      const { id: _id, ...columns } = given;
      const row: Row = { ...(known?.row ?? { ...blank, id: (this.nextId += 1) }), ...Object.fromEntries(Object.entries(columns).map(([field, value]) => this.cell(field, value))), write_date: dated(Date.now()) };
      this.records.set(name, { model, name, row });
      return row['id'] as number;
    });
  }
  write(ids: readonly number[], values: Row): true {
    for (const record of this.records.values()) if (ids.includes(record.row['id'] as number)) record.row = { ...record.row, ...values };
    return true;
  }
  unlink(ids: readonly number[]): true {
    for (const [name, { row }] of this.records) if (ids.includes(row['id'] as number)) this.records.delete(name);
    return true;
  }
  rowsOf(model: string): Row[] {
    if (model !== 'ir.model.data') return [...this.records.values()].filter((record) => record.model === model).map(({ row }) => row);
    return [...this.records.values()].map((record) => ({ id: (record.row['id'] as number) + 10_000, module: record.name.split('.')[0], model: record.model, name: record.name.slice(record.name.indexOf('.') + 1), res_id: record.row['id'] }));
  }
  anybody(): string {
    const [name = ''] = [...this.records.keys()].filter((each) => each.startsWith(`${modules.customer}.`));
    return decodeURIComponent(name.slice(name.indexOf('.') + 1));
  }
  private cell(field: string, value: string): [string, unknown] {
    if (field.endsWith('/.id')) return [field.slice(0, -4), value === '' ? false : [Number(value), 'name']];
    return [field, field === 'active' ? value === '1' : value === '' ? false : value];
  }
}
const blank = {
  parent_id: false, type: 'contact', active: true, name: false, email: false, phone: false, lang: false, ref: false, street: false, street2: false, zip: false, city: false, state_id: false, country_id: false,
  property_product_pricelist: [1, 'Public'], create_date: '2026-01-01 08:00:00', partner_id: false, description: false,
};

interface Asked {
  readonly params: { readonly service: string; readonly method: string; readonly args: readonly unknown[] };
}

interface Records {
  readonly customers: readonly FakeRecord[];
  readonly segments: readonly FakeRecord[];
  readonly written: Written;
}

function answer({ path, body }: FakeRequest, records: Records): FakeAnswer {
  if (path !== '/jsonrpc') return { status: 404, body: {} };
  const { service, args } = (body as Asked).params;
  if (service === 'common') return said(args[1] === user && args[2] === password ? uid : false);
  const [, asUser, secret, model, method, [domain], options] = args as [string, number, string, string, string, [readonly Clause[]], { order?: string; limit?: number }];
  if (asUser !== uid || secret !== password) return { body: { jsonrpc: '2.0', error: { message: 'Odoo Server Error', data: { name: 'odoo.exceptions.AccessDenied', message: 'Access Denied' } } } };
  if (method === 'load') return said({ ids: records.written.load(model, ...(args[5] as [string[], string[][]])), messages: [] });
  if (method === 'write') return said(records.written.write(...(args[5] as [number[], Row])));
  if (method === 'unlink') return said(records.written.unlink(...(args[5] as [number[]])));
  const found = rowsOf(model, records).filter((row) => domain.every((clause) => matches(row, clause))).sort(by(options.order ?? 'id asc'));
  if (method === 'search_count') return said(found.length);
  return said(found.slice(0, options.limit).map((row) => ({ ...row, ...(typeof row['write_date'] === 'string' ? { write_date: row['write_date'].slice(0, 19) } : {}) })));
}

const said = (result: unknown): FakeAnswer => ({ body: { jsonrpc: '2.0', id: 1, result } });

function rowsOf(model: string, records: Records): Row[] {
  return [...standing(model, records), ...records.written.rowsOf(model)];
}

function standing(model: string, { customers, segments }: Records): Row[] {
  switch (model) {
    case 'ir.model.data':
      return customers.map(({ n }) => ({ id: 1_000 + n, module: modules.customer, model: 'res.partner', name: `c-${n}`, res_id: n }));
    case 'res.partner':
      return customers.map(({ n, edition, malformed, changedAt }) => ({
        id: n, parent_id: false, type: 'contact', active: true, name: `Edition ${edition}`, email: malformed ? false : `c${n}@example.org`, phone: false, lang: 'de_DE', ref: `c-${n}`,
        street: 'Deichstr. 7', street2: false, zip: '20459', city: 'Hamburg', state_id: false, country_id: [57, 'Germany'], property_product_pricelist: [1, 'Public'], create_date: '2026-01-01 08:00:00',
        write_date: dated(changedAt),
      }));
    case 'product.pricelist':
      return segments.map(({ n, edition, malformed, changedAt }) => ({ id: n, name: malformed ? false : `Edition ${edition}`, active: true, write_date: dated(changedAt) }));
    case 'res.country':
      return [{ id: 57, code: 'DE' }];
    case 'res.lang':
      return [{ id: 1, code: 'de_DE', active: true }];
    default:
      return [];
  }
}

/** Kept finer than it is shown. */
const dated = (ms: number): string => new Date(ms).toISOString().slice(0, 23).replace('T', ' ');

function matches(row: Row, [field, operator, value]: Clause): boolean {
  const own = row[field];
  const plain: unknown = Array.isArray(own) ? own[0] : own;
  if (operator === 'in') return (value as unknown[]).includes(plain);
  if (operator === '=') return plain === value;
  if (operator === '=ilike') return String(own).toLowerCase() === String(value).toLowerCase();
  const [left, right] = [own, value] as [string, string];
  return operator === '>' ? left > right : operator === '>=' ? left >= right : operator === '<' ? left < right : false;
}

function by(order: string): (a: Row, b: Row) => number {
  const terms = order.split(', ').map((term) => term.split(' ') as [string, string]);
  return (a, b) => {
    for (const [field, direction] of terms) {
      const [left, right] = [a[field], b[field]] as [string, string];
      if (left !== right) return (left < right ? -1 : 1) * (direction === 'desc' ? -1 : 1);
    }
    return 0;
  };
}
