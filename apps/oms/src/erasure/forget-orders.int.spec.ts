import { randomUUID } from 'node:crypto';
import { type Contract, order as orderContract, placeOrder, type PlaceOrder, refundPayment } from '@steward/contracts';
import { type AppliedEvent, storeDeadLetters } from '@steward/event-bus';
import { createLogger } from '@steward/platform';
import { eventually, tablesThatMention } from '@steward/testing';
import { Line } from '../fixtures/line.fixture.spec';
import { orderOf } from '../saga/orders.fixture.spec';
import { customerErasedHandler } from './customer-erased.handler';
import { forgetOrders } from './forget-orders';

const logger = createLogger({ service: 'oms-test', level: 'silent' });
const planted = (customerId: string): string => `planted.${customerId}@example.org`;

describe('orders of an erased customer', () => {
  let line: Line;
  beforeEach(async () => {
    line = await Line.open();
  });
  afterEach(() => line.close());

  const mentions = (customerId: string) => tablesThatMention(line.test.pool, planted(customerId));
  const forget = () => forgetOrders(line.database, { clock: line.clock, logger }, new AbortController().signal);
  const erase = (customerId: string) => line.database.transaction((tx) => customerErasedHandler.handleAll(tx, [{ key: customerId, sequence: 1, data: { customerId, erasedAt: new Date(line.clock.now()).toISOString() }, envelope: { id: randomUUID(), correlationId: null } as AppliedEvent['envelope'] }]));
  const saga = async (orderId: string) => (await line.sagas()).get(orderId);
  const rows = async <T>(text: string, values: unknown[] = []): Promise<T[]> => (await line.test.pool.query(text, values)).rows as T[];

  function orderFor(customerId: string, orderId: string): PlaceOrder {
    const person = planted(customerId);
    const address = { name: person, street: person, postalCode: '20457', city: 'Hamburg', country: 'DE' };
    return { ...orderOf({}, orderId), number: `W-${orderId.toUpperCase().padEnd(8, '0')}`, customerId, email: person, shippingAddress: address, billingAddress: { ...address, company: person }, payment: { method: 'card', paymentMethodToken: `pm_${person}` } };
  }
  const place = async (customerId: string, orderId: string): Promise<void> => line.happen({ orderId, input: { kind: 'place-order', order: orderFor(customerId, orderId), verdict: { kind: 'sound' } } });
  const becomes = (orderId: string, step: string) =>
    eventually(async () => {
      await line.obey();
      return (await saga(orderId))?.step === step;
    });
  const refund = (customerId: string, orderId: string, refundId: string) => line.happen({ orderId, input: { kind: 'refund-payment', refund: { refundId, orderId, amount: 1, currency: 'EUR', reason: planted(customerId), requestedBy: 'operator' } } });

  it('are found in every table before and in none after, and others’ stay', async () => {
    for (const id of ['c1', 'c2']) {
      await place(id, `shipped-${id}`);
      await becomes(`shipped-${id}`, 'confirmed');
      await line.ship(`shipped-${id}`, `S-${id}`, 2, true);
      await becomes(`shipped-${id}`, 'completed');
      await refund(id, `shipped-${id}`, `R-${id}`);
      line.soldOut.add(`sold-out-${id}`);
      await place(id, `sold-out-${id}`);
      await becomes(`sold-out-${id}`, 'rejected');
      await letters(id);
    }
    await eventually(async () => (await rows('select 1 from effect where settled_at is null')).length === 0);
    const everywhere = ['announced', 'dead_letter', 'effect', 'outbox_default', 'saga'];
    expect([await mentions('c1'), await mentions('c2')]).toEqual([everywhere, everywhere]);
    await rows('update outbox set published_at = now()');
    const before = await rows<{ data: object }>(`select data from announced where entity = 'payment' order by key`);

    await erase('c1');
    expect(await forget()).toBe(2);
    expect([await mentions('c1'), await mentions('c2')]).toEqual([[], everywhere]);
    expect((await tablesThatMention(line.test.pool, 'pm_planted.c1')).length).toBe(0);
    // A business record as before: what was sold, for how much, what was charged.
    expect(await saga('shipped-c1')).toMatchObject({ step: 'completed', order: { customerId: 'c1', email: 'erased@erased.invalid', totals: { grossAmount: 1_999 } } });
    expect(await rows(`select data from announced where entity = 'payment' order by key`)).toEqual(before);
    expect(await forget()).toBe(0);
  });

  it('say so in a state that fits its contract, tell the ERP’s adapter, and have the broker forget the export', async () => {
    await place('c1', 'o-1');
    await becomes('o-1', 'confirmed');
    const [told] = await rows<{ revision: number }>(`select revision::int from announced where entity = 'order' and key = 'o-1'`);
    await erase('c1');
    await eventually(async () => (await forget()) === 1);
    const [now] = await rows<{ revision: number; data: object }>(`select revision::int, data from announced where entity = 'order' and key = 'o-1'`);
    expect(now?.revision).toBe((told?.revision ?? 0) + 1);
    expect((orderContract as Contract).validateProduced(now?.data)).toEqual([]);
    expect(await rows(`select entity, key from outbox where entity = 'forget-order'`)).toEqual([{ entity: 'forget-order', key: 'o-1' }]);
    expect(await rows('select subject from forgotten_message')).toEqual([{ subject: 'cmd.oms.export-order.v1.o-1' }]);
  });

  it('keep whom they are for until the ERP and the OMS know it, also when they come after the erasure', async () => {
    await erase('c1');
    await place('c1', 'o-1');
    expect([await forget(), (await saga('o-1'))?.order?.email]).toEqual([0, planted('c1')]);
    await becomes('o-1', 'confirmed');
    await eventually(async () => (await forget()) === 1);
    expect((await rows<{ request: { order: PlaceOrder } }>(`select request from effect where kind = 'place'`))[0]?.request.order.email).toBe('erased@erased.invalid');
    // They were delivered to before they were forgotten.
    expect(line.ledgers.tellsOf.get('o-1')).toBe(planted('c1'));
    expect(await mentions('c1')).toEqual([]);
  });

  it('forget again what comes later', async () => {
    await place('c1', 'o-1');
    await becomes('o-1', 'confirmed');
    await erase('c1');
    await eventually(async () => (await forget()) === 1);
    await line.ship('o-1', 'S-1', 2, true);
    await becomes('o-1', 'completed');
    await refund('c1', 'o-1', 'R-1');
    await eventually(async () => (await saga('o-1'))?.money.refunds[0]?.state === 'done');
    await eventually(async () => (await forget()) === 1);
    await rows('update outbox set published_at = now()');
    expect([await mentions('c1'), (await saga('o-1'))?.money.refunds]).toEqual([[], [expect.objectContaining({ refundId: 'R-1', amount: 1, reason: 'erased', state: 'done' })]]);
  });

  /** Of a refund that was refused, and of an order that was given up before it was decided. */
  async function letters(customerId: string): Promise<void> {
    const letter = (contract: Contract, key: string, data: object) => ({
      consumer: 'oms-orders', identity: `${contract.entity} ${key}`, contract, system: 'gateway', key, messageId: randomUUID(), revision: null, sequence: 1, subject: 's', headers: {},
      body: Buffer.from(JSON.stringify(data)), class: 'rejected' as const, error: `what is ${planted(customerId)}`, fingerprint: 'f', attempts: 1,
    });
    await line.database.transaction(async (tx) => {
      await storeDeadLetters(tx, [
        letter(refundPayment as Contract, `R2-${customerId}`, { refundId: `R2-${customerId}`, orderId: `shipped-${customerId}`, amount: 1, currency: 'EUR', reason: planted(customerId), requestedBy: 'operator' }),
        letter(placeOrder as Contract, `lost-${customerId}`, orderFor(customerId, `lost-${customerId}`)),
      ], new Date());
      await tx.query(`update dead_letter set state = 'discarded', closed_at = now() where entity = 'place-order'`);
    });
  }
});
