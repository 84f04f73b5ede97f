import type { StockLevel } from '@steward/contracts';
import type { SandboxStock } from './sandbox.wire';

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
