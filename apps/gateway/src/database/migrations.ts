import { AnnouncedAgain1796000000000, consumerMigrations, Flows1794000000000, outboxMigrations, Rebuilds1790000005000, RebuildsBeside1802000000000 } from '@steward/event-bus';
import { GatewayParked1798000000000 } from '../freshness/parked.migration';
import { GatewayProgressExceptions1790000001000 } from '../freshness/progress-exceptions.migration';
import { GatewayProgressParts1800000000000 } from '../freshness/progress-parts.migration';
import { GatewayReservations1801000000000 } from '../reservation/reservation.migration';
import { GatewayWebhooks1790000008000 } from '../webhook/webhook.migration';
import { GatewayAftersale1790000007000 } from './aftersale.migration';
import { GatewayCheckout1790000006000 } from './checkout.migration';
import { GatewayCustomerOrders1799000000000 } from './customer-orders.migration';
import { GatewayDocumentPrices1790000003000 } from './document-prices.migration';
import { GatewayDocuments1790000000000 } from './gateway.migration';
import { GatewayListings1790000004000 } from './listings.migration';
import { GatewayOrderColumns1803000000000 } from './order-columns.migration';
import { GatewayPriceSkus1790000002000 } from './price-skus.migration';

/** The consumer's tables first: an index of ours stands on its stored parts. */
export const migrations = [
  ...consumerMigrations, GatewayDocuments1790000000000, GatewayProgressExceptions1790000001000, GatewayPriceSkus1790000002000, GatewayDocumentPrices1790000003000, GatewayListings1790000004000, Rebuilds1790000005000,
  ...outboxMigrations, GatewayCheckout1790000006000, GatewayAftersale1790000007000, GatewayWebhooks1790000008000,
  Flows1794000000000, AnnouncedAgain1796000000000, GatewayParked1798000000000, GatewayCustomerOrders1799000000000, GatewayProgressParts1800000000000, GatewayReservations1801000000000, RebuildsBeside1802000000000,
  GatewayOrderColumns1803000000000,
];
