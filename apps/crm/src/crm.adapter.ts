/** The CRM owns customers and segments; the shop asks it to register, change and forget people. */
import { type Connector, defineAdapter } from '@steward/adapter-kit';
import { customer } from '@steward/contracts';
import { lookForDoubles } from './cases/look-for-doubles';
import { crmMigrations } from './crm.migration';
import { customerEffects } from './customer/customer.effects';
import type { CrmSource } from './customer/customer-records';
import { eraseCustomerHandler } from './customer/erase-customer.handler';
import { registerCustomerHandler } from './customer/register-customer.handler';
import { updateCustomerHandler } from './customer/update-customer.handler';
import { erasedAmong } from './erasure/erasure.store';
import { vendors } from './vendors';

export const crm = defineAdapter({
  name: 'crm',
  connectors: Object.fromEntries(Object.entries(vendors).map(([name, connector]) => [name, withholding(connector)])),
  migrations: crmMigrations,
  consumes: () => ({ handlers: [registerCustomerHandler, updateCustomerHandler, eraseCustomerHandler] }),
  effects: ({ source, clock, logger }) => customerEffects(source.records, { clock, logger }),
  loops: [{ name: 'doubles', everyMs: 300_000, run: async ({ database, clock }) => void (await lookForDoubles(database, new Date(clock.now()))) }],
});

/** No vendor's feed shows an erased person, whatever its system says. */
function withholding(connector: Connector<CrmSource>): Connector<CrmSource> {
  return {
    ...connector,
    open: (context) => {
      const source = connector.open(context);
      return { ...source, feeds: source.feeds.map((feed) => (feed.contract.entity === customer.entity ? { ...feed, withheld: erasedAmong } : feed)) };
    },
  };
}
