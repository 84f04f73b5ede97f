/** What people do in Odoo: set up a user for the connector, look people up, change, merge, sell to and delete them. */
import { randomBytes } from 'node:crypto';
import type { OdooSession } from './odoo-session';

interface OdooPartner {
  readonly id: number;
  readonly name: string | false;
  readonly email: string | false;
  readonly phone: string | false;
  readonly active: boolean;
}

export interface Clerk {
  /** With the rights that docs/how-to/customers.md names and no others. */
  readonly makeUser: () => Promise<{ readonly user: string; readonly password: string }>;
  readonly makePricelist: (name: string) => Promise<number>;
  /** The partner of a customer; undefined = none bears the id. */
  readonly partnerOf: (customerId: string) => Promise<number | undefined>;
  readonly partners: (domain: readonly unknown[]) => Promise<OdooPartner[]>;
  readonly leadsOf: (partner: number) => Promise<{ readonly name: string; readonly active: boolean }[]>;
  readonly write: (partner: number, values: object) => Promise<void>;
  readonly createPartner: (values: object) => Promise<number>;
  readonly sell: (partner: number) => Promise<void>;
  readonly note: (partner: number, text: string) => Promise<void>;
  /** The wizard that clerks have for it: the first one stays. */
  readonly merge: (stays: number, goes: number) => Promise<void>;
  readonly remove: (partner: number) => Promise<void>;
}

const groups = ['base.group_user', 'base.group_partner_manager', 'sales_team.group_sale_manager', 'base.group_erp_manager'];
const everybody = { context: { active_test: false } };

export function clerkOf(odoo: OdooSession): Clerk {
  const named = async (module: string, name: string): Promise<number | undefined> => {
    const [row] = await odoo.call<{ res_id: number }[]>('ir.model.data', 'search_read', [[['module', '=', module], ['name', '=', name]], ['res_id']]);
    return row?.res_id;
  };
  return {
    makeUser: async () => {
      const ids = await Promise.all(groups.map((group) => named(...(group.split('.') as [string, string]))));
      const password = randomBytes(18).toString('base64url');
      await odoo.call('res.users', 'create', [{ name: 'Steward', login: 'steward', password, groups_id: [[6, 0, ids]] }]);
      return { user: 'steward', password };
    },
    makePricelist: (name) => odoo.call<number>('product.pricelist', 'create', [{ name }]),
    // As the connector writes it: Odoo splits an external id at its first dot.
    partnerOf: (customerId) => named('steward_customer', encodeURIComponent(customerId).replaceAll('.', '%2E')),
    partners: (domain) => odoo.call<OdooPartner[]>('res.partner', 'search_read', [domain, ['id', 'name', 'email', 'phone', 'active']], everybody),
    leadsOf: (partner) => odoo.call('crm.lead', 'search_read', [[['partner_id', '=', partner]], ['name', 'active']], everybody),
    write: async (partner, values) => void (await odoo.call('res.partner', 'write', [[partner], values])),
    createPartner: (values) => odoo.call<number>('res.partner', 'create', [values]),
    sell: async (partner) => void (await odoo.call('sale.order', 'create', [{ partner_id: partner }])),
    note: async (partner, text) => void (await odoo.call('res.partner', 'message_post', [[partner]], { body: text })),
    merge: async (stays, goes) => {
      const wizard = await odoo.call<number>('base.partner.merge.automatic.wizard', 'create', [{ partner_ids: [[6, 0, [stays, goes]]], dst_partner_id: stays, state: 'option' }]);
      await odoo.call('base.partner.merge.automatic.wizard', 'action_merge', [[wizard]]);
    },
    remove: async (partner) => void (await odoo.call('res.partner', 'unlink', [[partner]])),
  };
}
