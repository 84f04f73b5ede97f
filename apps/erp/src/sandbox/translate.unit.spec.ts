import { stockLevel } from '@steward/contracts';
import { stockWire } from './sandbox.wire';
import { keyOf, toStockLevel } from './translate';

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
