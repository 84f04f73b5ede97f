import { consumerMigrations, Flows1794000000000, outboxMigrations, Rebuilds1790000005000 } from '@steward/event-bus';
import { GatewayAftersale1790000007000 } from './aftersale.migration';
import { GatewayCheckout1790000006000 } from './checkout.migration';
import { GatewayCustomerOrders1799000000000 } from './customer-orders.migration';
import { GatewayDocumentPrices1790000003000 } from './document-prices.migration';
import { GatewayDocuments1790000000000 } from './gateway.migration';
import { GatewayWebhooks1790000008000 } from './webhooks.migration';
import { GatewayListings1790000004000 } from './listings.migration';
import { GatewayParked1798000000000 } from './parked.migration';
import { GatewayPriceSkus1790000002000 } from './price-skus.migration';
import { GatewayProgressExceptions1790000001000 } from './progress-exceptions.migration';
import { GatewayProgressParts1800000000000 } from './progress-parts.migration';

/** The consumer's tables first: an index of ours stands on its stored parts. */
export const migrations = [
  ...consumerMigrations, GatewayDocuments1790000000000, GatewayProgressExceptions1790000001000, GatewayPriceSkus1790000002000, GatewayDocumentPrices1790000003000, GatewayListings1790000004000, Rebuilds1790000005000,
  ...outboxMigrations, GatewayCheckout1790000006000, GatewayAftersale1790000007000, GatewayWebhooks1790000008000,
  Flows1794000000000, GatewayParked1798000000000, GatewayCustomerOrders1799000000000, GatewayProgressParts1800000000000,
];
