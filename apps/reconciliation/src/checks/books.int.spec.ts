import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createLogger, type Database, openDatabase } from '@steward/platform';
import { testDatabase } from '@steward/testing';
import { compareBooks } from '../compare/books';
import { migrations } from '../database/migrations';
import { books } from './books';

type Json = Record<string, unknown>;

let database: Database;
let drop: () => Promise<void>;
const example = (contract: string, name: string): Json => JSON.parse(readFileSync(join(__dirname, '../../../../contracts', contract, 'examples', `${name}.json`), 'utf8')) as Json;

beforeAll(async () => {
  const testing = await testDatabase({ migrations });
  database = await openDatabase({ url: testing.url, name: 'books', migrations: [], logger: createLogger({ service: 'books', level: 'silent' }) });
  drop = async () => {
    await database.close();
    await testing.drop();
  };
});
afterAll(() => drop());
beforeEach(() => database.query('truncate stored_part, price_said'));

const part = (entity: string, key: string, data: Json) =>
  database.query(`insert into stored_part (entity, key, revision, data, hash, changed_at, origin, message_id) values ($1, $2, 1, $3::json, '\\x00', now(), 'live', gen_random_uuid()) on conflict (entity, key) do update set data = excluded.data`, [entity, key, JSON.stringify(data)]);
const order = (id: string, more: Json = {}) => part('order', id, { ...example('order', 'confirmed'), orderId: id, ...more });
const payment = (id: string, more: Json) => part('payment', id, { orderId: id, status: 'CAPTURED', currency: 'EUR', authorizedAmount: 12_186, capturedAmount: 12_186, refundedAmount: 0, ...more });
const reservation = (id: string, status: string, quantity = 2) =>
  part('stock-reservation', id, { orderId: id, status, lines: [{ lineId: '1', sku: 'p', quantity, allocations: [{ location: 'main', quantity }] }] });
const reserved = (count: number) => part('reserved-stock', 'p@main', { sku: 'p', location: 'main', reserved: count });

/** What a run of two looks says: check and key. */
async function broken(): Promise<string[]> {
  const found: string[] = [];
  for (const check of books) {
    const comparison = compareBooks(check, database);
    for await (const { suspects } of comparison.steps(null, new AbortController().signal)) found.push(...(await comparison.confirm(suspects)).found.map(({ key, exposure }) => `${check.name} | ${key} | ${JSON.stringify(exposure?.amount ?? exposure?.units ?? null)}`));
  }
  return found;
}

it('says nothing of books that agree', async () => {
  await order('o', { payment: { status: 'CAPTURED', authorizedAmount: 12_186, capturedAmount: 12_186, refundedAmount: 0, actionUrl: null } });
  await payment('o', {});
  await reservation('o', 'exported');
  await reserved(2);
  await database.query(`insert into price_said values ('EU-p-1001-42', 7, 'p-1001-42', 'EUR', 12995, now())`);
  expect(await broken()).toEqual([]);
});

it('S7: finds money without an order, for an order that is no more, and an order without money', async () => {
  await payment('nobody', {});
  await order('gone', { status: 'CANCELLED', payment: { status: 'CAPTURED', authorizedAmount: 12_186, capturedAmount: 12_186, refundedAmount: 0, actionUrl: null } });
  await payment('gone', { refundedAmount: 186 });
  await order('unpaid');
  await order('voided', { payment: { status: 'VOIDED', authorizedAmount: 0, capturedAmount: 0, refundedAmount: 0, actionUrl: null } });
  await payment('voided', { status: 'VOIDED', authorizedAmount: 0, capturedAmount: 0 });
  expect(await broken()).toEqual([
    'captured without order | gone | 12000',
    'captured without order | nobody | 12186',
    'order without money | unpaid | 23881',
    'order without money | voided | 23881',
    'money of an order | gone | 186',
  ]);
});

it('S2: finds stock that is held for a finished order, and sums that are not those of their reservations', async () => {
  await order('done', { status: 'REJECTED' });
  await reservation('done', 'held');
  await reserved(7);
  expect(await broken()).toEqual(['reservation of a finished order | done | 2', 'sums of reservations | p@main | 5']);
});

it('S2: a place of an order under way may have less than it was given, and never more', async () => {
  const underWay = { payment: { status: 'CAPTURED', authorizedAmount: 12_186, capturedAmount: 12_186, refundedAmount: 0, actionUrl: null }, fulfilment: { status: 'PARTIALLY_SHIPPED' } };
  await order('o', underWay);
  await payment('o', {});
  await reservation('o', 'exported', 3);
  for (const count of [0, 1, 3]) {
    await reserved(count);
    expect(await broken()).toEqual([]);
  }
  await reserved(4);
  expect(await broken()).toEqual(['sums of reservations | p@main | 1']);
});

it('S5: finds a line that was charged at another amount than the price it names had at that revision, and no other', async () => {
  await order('o', { payment: { status: 'CAPTURED', authorizedAmount: 12_186, capturedAmount: 12_186, refundedAmount: 0, actionUrl: null } });
  await payment('o', {});
  await database.query(`insert into price_said values ('EU-p-1001-42', 6, 'p-1001-42', 'EUR', 1, now()), ('EU-p-1001-42', 7, 'p-1001-42', 'EUR', 12000, now()), ('EU-p-1001-42', 8, 'p-1001-42', 'EUR', 2, now())`);
  expect(await broken()).toEqual(['prices of an order | o | 1990']);
});

it('X2: what is broken in another way at the second look is looked at again', async () => {
  const check = books.find(({ name }) => name === 'sums of reservations');
  if (check === undefined) throw new Error('no such check');
  await reservation('o', 'held');
  await reserved(7);
  const comparison = compareBooks(check, database);
  const suspects = await comparison.look(['p@main']);
  await reserved(8);
  expect(await comparison.confirm(suspects)).toMatchObject({ found: [], again: [{ key: 'p@main' }] });
  await reserved(2);
  expect(await comparison.confirm(suspects)).toEqual({ found: [], again: [] });
});
