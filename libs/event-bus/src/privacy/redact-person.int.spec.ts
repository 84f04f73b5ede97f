import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Contract, customer, placeOrder, registerCustomer, typeOf } from '@steward/contracts';
import { createLogger, type Database, openDatabase } from '@steward/platform';
import { tablesThatMention, testDatabase, type TestDatabase } from '@steward/testing';
import type { PoolClient } from 'pg';
import { delivered, envelopeOf, openRig } from '../consumer/rig.spec';
import { storeDeadLetters } from '../dead-letter';
import { appendEvents, outboxMigrations } from '../outbox';
import { consumerMigrations, defineProjection } from '../consumer';
import { redactPerson } from './redact-person';

const example = (name: string): Record<string, unknown> => JSON.parse(readFileSync(join(__dirname, '../../../../contracts', name), 'utf8')) as Record<string, unknown>;
const erased = 'c-1';
const other = 'c-2';
const planted = (id: string): string => `planted.${id}@example.org`;
const person = (id: string): Record<string, unknown> => ({ ...example('customer/examples/full.json'), customerId: id, email: planted(id), name: `Planted ${id}` });
const registration = (id: string): Record<string, unknown> => ({ ...example('register-customer/examples/with-address.json'), customerId: id, email: planted(id), phone: `+49 planted ${id}` });
const order = (id: string, customerId: string): Record<string, unknown> => ({ ...example('place-order/examples/card.json'), orderId: id, customerId, email: planted(customerId) });

describe('redacting a person', () => {
  let test: TestDatabase;
  let database: Database;
  beforeAll(async () => {
    test = await testDatabase({ migrations: [...outboxMigrations, ...consumerMigrations] });
    database = await openDatabase({ url: test.url, name: 'redact', migrations: [], logger: createLogger({ service: 'redact', level: 'silent' }) });
  });
  beforeEach(() => test.pool.query('truncate stored_part, outbox, event_sequence, held, dead_letter, dead_letter_act'));
  afterAll(async () => {
    await database.close();
    await test.drop();
  });

  const redact = (mentions: string[] = []) =>
    database.transaction((tx) =>
      redactPerson(tx, [{ contract: customer, keys: [erased] }, { contract: registerCustomer, keys: [erased] }, { contract: placeOrder, keys: ['o-1'], leavesUnsent: true }], mentions),
    );
  const mentionsOf = (id: string): Promise<string[]> => tablesThatMention(test.pool, planted(id));

  async function plant(id: string, orderId: string): Promise<void> {
    await database.transaction(async (tx) => {
      await tx.query(`insert into stored_part values ('customer', $1, 3, $2, '\\x00', now(), 'live', gen_random_uuid())`, [id, JSON.stringify(person(id))]);
      await appendEvents(tx, [
        { contract: registerCustomer, system: 'gateway', key: id, data: registration(id) as never },
        { contract: placeOrder as Contract<never>, system: 'gateway', key: orderId, data: order(orderId, id) as never },
      ]);
      const envelope = envelopeOf(registerCustomer, 'gateway', id, registration(id), { sequence: 2 });
      await tx.query(`insert into held values ('customers', $1, 2, $2, $3, null, null, now(), now())`, [`gateway.register-customer/${id}`, envelope.id, JSON.stringify(envelope)]);
      await letter(tx, customer, id, JSON.stringify(person(id)));
      await letter(tx, customer, id, JSON.stringify({ mail: planted(id), broken: true }), 'crm-customer-feed');
    });
  }

  async function letter(tx: PoolClient, contract: Contract, key: string | undefined, body: string, consumer = 'gateway-customers'): Promise<void> {
    const [id] = await storeDeadLetters(tx, [{
      consumer, identity: `${consumer} ${key} ${body.length}`, contract, system: 'crm', key, messageId: undefined, revision: 1, sequence: null, subject: 's', headers: {}, body: Buffer.from(body),
      class: 'rejected', error: new Error(`what about ${body}?`), attempts: 1,
    }], new Date());
    await tx.query(`insert into dead_letter_act (letter_id, act, actor, reason, verdict, detail) values ($1, 'redrive', 'ada', 'tried', 'failed', $2)`, [id, body]);
  }

  it('finds them in every table, and leaves nothing of them and everything of others', async () => {
    await plant(erased, 'o-1');
    await plant(other, 'o-2');
    const everywhere = ['dead_letter', 'dead_letter_act', 'held', 'outbox_default', 'stored_part'];
    expect([await mentionsOf(erased), await mentionsOf(other)]).toEqual([everywhere, everywhere]);
    await test.pool.query('update outbox set published_at = now()');
    expect(await redact()).toEqual({ storedParts: 1, outbox: 2, held: 1, letters: 2 });
    expect([await mentionsOf(erased), await mentionsOf(other)]).toEqual([[], everywhere]);
    for (const text of [`Planted ${erased}`, `+49 planted ${erased}`]) expect(await tablesThatMention(test.pool, text)).toEqual([]);
    expect(await redact()).toMatchObject({ storedParts: 0, outbox: 0 });
  });

  it('keeps keys, revisions and hashes, and bodies that fit their contracts', async () => {
    await plant(erased, 'o-1');
    const facts = async () => (await test.pool.query(`select entity, key, revision, encode(hash, 'hex') as hash from stored_part`)).rows;
    const before = await facts();
    await redact();
    expect(await facts()).toEqual(before);
    const bodies = (await test.pool.query<{ type: string; body: string }>('select type, body from outbox')).rows;
    for (const contract of [registerCustomer, placeOrder]) {
      const body = bodies.find(({ type }) => type === typeOf(contract as Contract, 'gateway'))?.body ?? '';
      expect((contract as Contract).validateProduced(JSON.parse(body))).toEqual([]);
    }
  });

  it('leaves an order that was not sent yet as it was written', async () => {
    await plant(erased, 'o-1');
    await redact();
    expect(await mentionsOf(erased)).toEqual(['outbox_default']);
    const { rows } = await test.pool.query<{ entity: string }>('select entity from outbox where strpos(body, $1) > 0', [planted(erased)]);
    expect(rows.map(({ entity }) => entity)).toEqual(['place-order']);
  });

  it('finds letters that never showed a key by what they mention', async () => {
    await database.transaction((tx) => letter(tx, customer, undefined, JSON.stringify({ nobody: planted(erased) }), 'crm-customer-feed'));
    await redact();
    expect(await mentionsOf(erased)).toEqual(['dead_letter', 'dead_letter_act']);
    await redact([planted(erased)]);
    expect(await mentionsOf(erased)).toEqual([]);
  });

  it('C6: a redacted part is no conflict, and what its owner announces next replaces it', async () => {
    const projection = defineProjection({ builds: 'customers', contract: customer, apply: async () => undefined });
    const rig = await openRig({ work: { projections: new Map([['customer', projection]]) } });
    try {
      const stated = (revision: number, name: string) => envelopeOf(customer, 'crm', erased, { ...person(erased), name }, { revision });
      const first = stated(1, 'Ada');
      await rig.run(delivered(first));
      await rig.database.transaction((tx) => redactPerson(tx, [{ contract: customer, keys: [erased] }]));
      await rig.run(delivered(first), delivered(stated(2, 'Grace')));
      expect(await rig.rows(`select revision::int, data->>'name' as name from stored_part`)).toEqual([{ revision: 2, name: 'Grace' }]);
      expect(await rig.rows('select 1 from dead_letter')).toEqual([]);
    } finally {
      await rig.close();
    }
  });
});
