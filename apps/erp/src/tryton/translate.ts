import { fractionDigitsOf } from '@steward/commerce';
import type { Shipment, StockLevel } from '@steward/contracts';
import { RejectedError } from '@steward/platform';
import type { Sale } from '../sale/ports';
import type { TrytonShipment, TrytonStock } from './tryton.wire';

export function toStockLevel({ code, warehouse, quantity }: TrytonStock): StockLevel {
  return { sku: code, location: warehouse, onHand: pieces(quantity, `${code} in ${warehouse}`) };
}

/** Lines are told by SKU: a sale line of Tryton has no place for the shop's own number of it. */
export function toShipment({ id, warehouse, sentOn, content }: TrytonShipment): Shipment {
  const references = new Set(content.flatMap(({ reference }) => reference ?? []));
  const [orderNumber] = references;
  if (orderNumber === undefined || references.size > 1) {
    throw new RejectedError('TRYTON_SHIPMENT_MIXED', `shipment ${id}: ${[...references].join(', ')}`, { place: 'origin', accepted: 'the goods of one sale; group shipments by sale' });
  }
  const quantities = new Map<string, number>();
  for (const { code, quantity, reference } of content) {
    if (reference === orderNumber) quantities.set(code, (quantities.get(code) ?? 0) + pieces(quantity, `${code} of shipment ${id}`));
  }
  return {
    shipmentId: String(id),
    orderNumber,
    status: 'shipped',
    lines: [...quantities].map(([sku, quantity]) => ({ lineId: null, sku, quantity })),
    location: warehouse,
    carrier: null,
    trackingNumber: null,
    // Tryton keeps the day, in the company's calendar.
    shippedAt: sentOn === null ? null : `${sentOn}T00:00:00.000Z`,
  };
}

/** Stock is counted in pieces; Tryton counts in the product's default unit, which may be kilograms. */
function pieces(quantity: number, what: string): number {
  if (Number.isInteger(quantity)) return quantity;
  throw new RejectedError('TRYTON_FRACTIONAL_QUANTITY', `${what}: ${quantity}`, {
    place: 'quantity',
    accepted: 'a whole number of pieces; give the product a default unit that is sold in whole numbers',
  });
}

export const keyOf = (stock: Pick<TrytonStock, 'code' | 'warehouse'>): string => `${stock.code}@${stock.warehouse}`;

/**
 * The net price of one piece, to the four digits that Tryton keeps of a price, as decimal text. For less than a hundred pieces the line's sum
 * comes out to the cent again.
 */
export function toUnitPrice(netAmount: number, quantity: number, currency: string): string {
  const scale = 10n ** BigInt(fractionDigitsOf(currency));
  const tenThousandths = (BigInt(netAmount) * 20_000n / (scale * BigInt(quantity)) + 1n) / 2n;
  return `${tenThousandths / 10_000n}.${String(tenThousandths % 10_000n).padStart(4, '0')}`;
}

export interface TrytonAddress {
  readonly party_name: string;
  readonly street: string;
  readonly postal_code: string;
  readonly city: string;
}

/** `country` is the id of a country that Tryton knows; one it doesn't know is written below the street. */
export function toAddress({ name, company, street, street2, region, postalCode, city, country, phone: _phone }: Sale['shippingAddress'], known: boolean): TrytonAddress {
  const lines = [company, street, street2, region, known ? undefined : country];
  return { party_name: name, street: lines.filter((line) => line !== undefined && line !== null).join('\n'), postal_code: postalCode, city };
}
