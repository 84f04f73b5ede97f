import { Line } from '../fixtures/line.fixture.spec';
import { orderOf } from '../saga/orders.fixture.spec';

const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

describe('what happens to orders', () => {
  let line: Line;
  beforeAll(async () => {
    line = await Line.open();
  });
  afterAll(() => line.close());

  const rows = async (text: string, ...values: unknown[]) => (await line.test.pool.query<Record<string, unknown>>(text, values)).rows;
  const sent = async (orderId: string) => (await rows(`select entity from outbox where key = $1 and kind <> 'state' order by id`, orderId)).map(({ entity }) => entity);

  it('S4: one order, however many send it at once and with whatever else of it', async () => {
    const order = { ...orderOf({}, 'once'), number: 'W-ONCE0001' };
    const place = { orderId: 'once', input: { kind: 'place-order' as const, order, verdict: { kind: 'sound' as const } } };
    await Promise.all(Array.from({ length: 20 }, (_, index) => (index % 5 === 4 ? line.happen(place, place) : line.happen(place))));
    expect(await sent('once')).toEqual(['reserve-stock']);
    expect(await rows(`select version::int, step from saga where order_id = 'once'`)).toEqual([{ version: 1, step: 'reserving' }]);
  });

  it('S4: a cancellation and its order at the same moment end in one cancelled order, whichever comes first', async () => {
    const orderIds = Array.from({ length: 20 }, (_, index) => `race-${index}`);
    await Promise.all(orderIds.flatMap((orderId) => [line.place(orderId), line.cancel(orderId)]));
    for (const orderId of orderIds) {
      const events = await sent(orderId);
      expect(events.filter((entity) => entity === 'order-cancelled')).toHaveLength(1);
      // What had been asked for is given back.
      expect(events.includes('reserve-stock')).toBe(events.includes('release-stock'));
    }
  });

  it('C1: leaves nothing behind of what is refused or has to wait, nor of what came with it', async () => {
    await expect(line.happen({ orderId: 'nobody', input: { kind: 'refund-payment', refund: { refundId: 'R', orderId: 'nobody', amount: 1, currency: 'EUR', reason: 'x', requestedBy: 'operator' } } })).rejects.toMatchObject({ code: 'OMS_ORDER_UNKNOWN' });
    await line.place('some');
    const refused = line.happen({ orderId: 'some', input: { kind: 'cancel-order', cancel: { orderId: 'some', requestedAt: '2026-11-24T10:00:00.000Z', requestedBy: 'customer', reason: null } } }, { orderId: 'some', input: { kind: 'refund-payment', refund: { refundId: 'R', orderId: 'some', amount: 1, currency: 'EUR', reason: 'x', requestedBy: 'operator' } } });
    await expect(refused).rejects.toMatchObject({ name: 'RejectedError', code: 'OMS_REFUND_REFUSED' });
    expect(await sent('some')).toEqual(['reserve-stock']);
  });

  it('says a state again only when it says something else', async () => {
    await line.place('quiet');
    const states = () => rows(`select entity, revision::int from outbox where key = 'quiet' and kind = 'state' order by id`);
    expect(await states()).toEqual([{ entity: 'order', revision: 1 }, { entity: 'payment', revision: 1 }]);
    const held = { orderId: 'quiet', status: 'held' as const, lines: [], refusal: null, expiresAt: null, erpReference: null, exportRefusal: null };
    line.clock.advance(5_000);
    await line.happen({ orderId: 'quiet', input: { kind: 'reservation', revision: 1, reservation: held } });
    line.clock.advance(5_000);
    await line.happen({ orderId: 'quiet', input: { kind: 'reservation', revision: 2, reservation: { ...held, expiresAt: '2026-11-24T12:00:00.000Z' } } });
    expect((await states()).filter(({ entity }) => entity === 'order')).toEqual([{ entity: 'order', revision: 1 }, { entity: 'order', revision: 2 }]);
  });

  it('goes on in the trace of whoever caused it, and in the order’s own where nobody did', async () => {
    const order = { ...orderOf({}, 'traced'), number: 'W-TRACED01' };
    await line.happen({ orderId: 'traced', input: { kind: 'place-order', order, verdict: { kind: 'sound' } }, traceparent, causationId: 'message-1' });
    line.clock.advance(10 * 60_000);
    await line.sweep();
    const told = await rows(`select entity, traceparent, correlation_id, causation_id from outbox where key = 'traced' and kind <> 'state' order by id`);
    expect(told).toEqual([
      { entity: 'reserve-stock', traceparent, correlation_id: 'traced', causation_id: 'message-1' },
      { entity: 'release-stock', traceparent, correlation_id: 'traced', causation_id: null },
      { entity: 'order-rejected', traceparent, correlation_id: 'traced', causation_id: null },
    ]);
  });
});
