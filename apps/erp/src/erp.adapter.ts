import { type AdapterContext, defineAdapter } from '@steward/adapter-kit';
import { cancelExportHandler } from './commands/cancel-export.handler';
import { exportOrderHandler } from './commands/export-order.handler';
import { forgetOrderHandler } from './commands/forget-order.handler';
import { releaseStockHandler } from './commands/release-stock.handler';
import { reserveStockHandler } from './commands/reserve-stock.handler';
import { expiry, followFeeds, recount } from './reservation/follow-feeds';
import { reservationMigrations } from './reservation/reservation.migration';
import { reservationRetentions } from './retention/reservation.retention';
import type { ErpSource } from './sale/ports';
import { readOnly } from './sale/read-only';
import { saleEffects } from './sale/sale.effects';
import { vendors } from './vendors';

/** The ERP owns stock: what each location physically has, and what has left it. What is held for orders is decided here, beside it (S3). */
export const erp = defineAdapter({
  name: 'erp',
  connectors: vendors,
  migrations: reservationMigrations,
  consumes: ({ clock }) => ({ handlers: [reserveStockHandler(clock), releaseStockHandler(clock), exportOrderHandler(clock), cancelExportHandler(clock), forgetOrderHandler] }),
  follows: followFeeds,
  effects: ({ source, clock }: AdapterContext<ErpSource>) => saleEffects(source.desk ?? readOnly, clock),
  loops: [expiry, recount],
  retentions: reservationRetentions,
});
