import type { StockLevel } from '@steward/contracts';
import { RejectedError } from '@steward/platform';
import type { TrytonStock } from './tryton.wire';

/** Stock is counted in pieces; Tryton counts in the product's default unit, which may be kilograms. */
export function toStockLevel(stock: TrytonStock): StockLevel {
  if (!Number.isInteger(stock.quantity)) {
    throw new RejectedError('TRYTON_FRACTIONAL_QUANTITY', `${stock.code} in ${stock.warehouse}: ${stock.quantity}`, {
      place: 'quantity',
      accepted: 'a whole number of pieces; give the product a default unit that is sold in whole numbers',
    });
  }
  return { sku: stock.code, location: stock.warehouse, onHand: stock.quantity };
}

export const keyOf = (stock: Pick<TrytonStock, 'code' | 'warehouse'>): string => `${stock.code}@${stock.warehouse}`;
