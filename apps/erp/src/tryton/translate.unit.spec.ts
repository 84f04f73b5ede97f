import { shipment } from '@steward/contracts';
import fc from 'fast-check';
import { toAddress, toShipment, toUnitPrice } from './translate';

const content = (code: string, quantity: number, reference: string | null = 'W-1') => ({ code, quantity, reference });
const sent = (...lines: ReturnType<typeof content>[]) => ({ id: 7, warehouse: 'WH', sentOn: '2026-11-24', content: lines });

describe('Tryton', () => {
  it('tells a shipment by SKU, of the one sale that it is for', () => {
    const told = toShipment(sent(content('A', 2), content('B', 1), content('A', 1), content('BOX', 1, null)));
    expect(told).toEqual({
      shipmentId: '7', orderNumber: 'W-1', status: 'shipped', lines: [{ lineId: null, sku: 'A', quantity: 3 }, { lineId: null, sku: 'B', quantity: 1 }],
      location: 'WH', carrier: null, trackingNumber: null, shippedAt: '2026-11-24T00:00:00.000Z',
    });
    expect(shipment.validateProduced(told)).toEqual([]);
  });

  it('can not tell a shipment of several sales, or of fractions', () => {
    expect(() => toShipment(sent(content('A', 1), content('B', 1, 'W-2')))).toThrow('TRYTON_SHIPMENT_MIXED');
    expect(() => toShipment(sent(content('A', 1, null)))).toThrow('TRYTON_SHIPMENT_MIXED');
    expect(() => toShipment(sent(content('A', 0.5)))).toThrow('TRYTON_FRACTIONAL_QUANTITY');
  });

  it('keeps net prices to four digits, in the digits of the currency', () => {
    expect([toUnitPrice(1_000, 3, 'EUR'), toUnitPrice(1_999, 1, 'EUR'), toUnitPrice(500, 3, 'JPY'), toUnitPrice(1_234, 1, 'BHD'), toUnitPrice(0, 5, 'EUR')]).toEqual(['3.3333', '19.9900', '166.6667', '1.2340', '0.0000']);
  });

  it('a line of less than a hundred pieces comes out to the cent again', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1_000_000_000 }), fc.integer({ min: 1, max: 99 }), (netAmount, quantity) => {
        const tenThousandths = BigInt(toUnitPrice(netAmount, quantity, 'EUR').replace('.', '')) * BigInt(quantity);
        expect(Number((tenThousandths + 50n) / 100n)).toBe(netAmount);
      }),
    );
  });

  it('writes below the street what it has no field for', () => {
    const address = { name: 'Ada Lund', company: 'ACME', street: 'Deichstr. 7', street2: null, postalCode: '20459', city: 'Hamburg', country: 'DE' };
    expect(toAddress(address, true)).toEqual({ party_name: 'Ada Lund', street: 'ACME\nDeichstr. 7', postal_code: '20459', city: 'Hamburg' });
    expect(toAddress(address, false).street).toBe('ACME\nDeichstr. 7\nDE');
  });
});
