import { shipment, stockLevel } from '@steward/contracts';
import { orderOf } from '../fixtures/order.fixture.spec';
import { isPacked, shipmentWire, stockWire } from './sandbox.wire';
import { keyOf, toSandboxSale, toShipment, toStockLevel } from './translate';

const record = { id: 'OU-1@HAM-1', item: 'OU-1', warehouse: 'HAM-1', quantity: -3, buffer: 2, orderable: true, nextDelivery: null, modifiedAt: '2026-11-24T10:00:00.000Z', version: 7 };

describe('a stock record of the sandbox', () => {
  it('is told in the words of the contract, below zero too', () => {
    const parsed = stockWire.parse(record);
    expect(toStockLevel(parsed)).toEqual({ sku: 'OU-1', location: 'HAM-1', onHand: -3, safetyStock: 2, backorderable: true, expectedAt: null });
    expect(stockLevel.validateProduced(toStockLevel(parsed))).toEqual([]);
    expect(keyOf(parsed)).toBe(record.id);
  });

  it('says nothing of what the record does not say', () => {
    const { buffer: _buffer, orderable: _orderable, nextDelivery: _delivery, ...rest } = record;
    expect(toStockLevel(stockWire.parse(rest))).toEqual({ sku: 'OU-1', location: 'HAM-1', onHand: -3 });
  });

  it('is refused when its id is not the key by which it could be read again', () => {
    expect(stockWire.safeParse({ ...record, warehouse: 'MUC-2' }).success).toBe(false);
  });
});

describe('a shipment of the sandbox', () => {
  const sent = { id: 'D-1', reference: 'W-1', warehouse: 'HAM-1', positions: [{ line: '1', article: 'A', pieces: 2 }, { line: null, article: 'B', pieces: 1 }], state: 'shipped', carrier: 'DHL', tracking: null, shippedAt: '2026-11-24T10:00:00.000Z', version: 3 };

  it('is told in the words of the contract', () => {
    const told = toShipment(shipmentWire.parse(sent));
    expect(told).toEqual({
      shipmentId: 'D-1', orderNumber: 'W-1', status: 'shipped', lines: [{ lineId: '1', sku: 'A', quantity: 2 }, { lineId: null, sku: 'B', quantity: 1 }],
      location: 'HAM-1', carrier: 'DHL', trackingNumber: null, shippedAt: '2026-11-24T10:00:00.000Z',
    });
    expect(shipment.validateProduced(told)).toEqual([]);
  });

  it('is none before it leaves, and one of an unknown state is refused', () => {
    expect([isPacked({ ...sent, state: 'packed' }), isPacked(sent), isPacked(null)]).toEqual([true, false, false]);
    expect(shipmentWire.safeParse({ ...sent, state: 'lost' }).success).toBe(false);
  });
});

it('a sale has decimal amounts in the digits of its currency, and the house where all of a line is held', () => {
  const order = orderOf('a', { A: 2 });
  const lines = order.lines.map((line) => ({ ...line, taxRateBp: 705, location: 'HAM-1' }));
  const sale = toSandboxSale({ ...order, lines });
  expect(sale).toMatchObject({ reference: 'W-0000000A', account: null, total: '11.90', deliverTo: { recipient: 'Ada Lund', nation: 'DE', firm: null } });
  expect(sale.positions).toEqual([{ line: '1', article: 'A', pieces: 2, unitPrice: '11.90', taxPercent: '7.05', taxIncluded: true, net: '10.00', gross: '11.90', warehouse: 'HAM-1' }]);
  expect(toSandboxSale({ ...order, lines, currency: 'JPY' }).positions[0]).toMatchObject({ unitPrice: '1190', net: '1000' });
});
