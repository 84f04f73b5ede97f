import { toMoney } from '@steward/commerce';
import type { Shipment, StockLevel } from '@steward/contracts';
import type { Sale } from '../sale/ports';
import type { SandboxShipment, SandboxStock } from './sandbox.wire';

/** Numbers are passed on as they are, also below zero: the ERP knows what it counted. */
export function toStockLevel(record: SandboxStock): StockLevel {
  return {
    sku: record.item,
    location: record.warehouse,
    onHand: record.quantity,
    ...(record.buffer === undefined ? {} : { safetyStock: record.buffer }),
    ...(record.orderable === undefined ? {} : { backorderable: record.orderable }),
    ...(record.nextDelivery === undefined ? {} : { expectedAt: record.nextDelivery }),
  };
}

export const keyOf = (record: Pick<SandboxStock, 'item' | 'warehouse'>): string => `${record.item}@${record.warehouse}`;

export function toShipment(record: SandboxShipment): Shipment {
  return {
    shipmentId: record.id,
    orderNumber: record.reference,
    status: record.state,
    lines: record.positions.map(({ line, article, pieces }) => ({ lineId: line ?? null, sku: article, quantity: pieces })),
    location: record.warehouse,
    carrier: record.carrier ?? null,
    trackingNumber: record.tracking ?? null,
    shippedAt: record.shippedAt ?? null,
  };
}

/** A sale in the words of the sandbox's ERP: amounts as decimal text. */
export function toSandboxSale({ number, orderedAt, currency, customerId, email, shippingAddress, lines, totals }: Sale) {
  const amount = (minorUnits: number): string => toMoney(minorUnits, currency).amount;
  return {
    reference: number,
    orderedAt,
    currency,
    account: customerId,
    mail: email,
    deliverTo: toAddress(shippingAddress),
    positions: lines.map((line) => ({
      line: line.lineId,
      article: line.sku,
      pieces: line.quantity,
      unitPrice: amount(line.unitAmount),
      taxPercent: toPercent(line.taxRateBp),
      taxIncluded: line.taxMode === 'included',
      net: amount(line.netAmount),
      gross: amount(line.grossAmount),
      warehouse: line.location,
    })),
    total: amount(totals.grossAmount),
  };
}

function toAddress({ name, company, street, street2, postalCode, city, region, country, phone }: Sale['shippingAddress']) {
  return { recipient: name, firm: company ?? null, line1: street, line2: street2 ?? null, zip: postalCode, town: city, province: region ?? null, nation: country, phone: phone ?? null };
}

/** 1900 → "19.00": hundredths of a percent, without a float in between. */
function toPercent(basisPoints: number): string {
  return `${Math.trunc(basisPoints / 100)}.${String(basisPoints % 100).padStart(2, '0')}`;
}
