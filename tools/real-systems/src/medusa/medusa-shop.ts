/** What people do in Medusa: set up regions, make a key, look at orders and cancel them. */
import type { MedusaServer } from './medusa-server';

/** An order as Medusa's own interface shows it. */
interface ShownInMedusa {
  readonly id: string;
  readonly custom_display_id: string | null;
  readonly status: string;
  readonly total: number;
  readonly email: string;
  readonly currency_code: string;
  readonly updated_at: string;
  readonly items: readonly { readonly variant_sku: string; readonly unit_price: number; readonly quantity: number; readonly total: number; readonly tax_lines: readonly { readonly rate: number }[] }[];
  readonly shipping_address: { readonly last_name: string; readonly address_1: string; readonly country_code: string };
}

export interface MedusaShop {
  /** A secret API key, as somebody with the dashboard makes one. */
  createKey(): Promise<string>;
  /** A region that taxes nothing by itself. */
  createRegion(name: string, currency: string, country: string): Promise<void>;
  /** How many there are of this order, by whatever could show a second one. */
  count(order: { readonly id: string; readonly number: string }): Promise<number>;
  read(number: string): Promise<ShownInMedusa>;
  cancel(id: string): Promise<void>;
}

const fields = 'id,custom_display_id,status,total,email,currency_code,updated_at,*items,*items.tax_lines,*shipping_address';

export function medusaShop({ session: { call }, rows }: MedusaServer): MedusaShop {
  return {
    createKey: async () => (await call<{ api_key: { token: string } }>('POST', '/admin/api-keys', { title: 'Steward', type: 'secret' })).api_key.token,
    createRegion: async (name, currency, country) => void (await call('POST', '/admin/regions', { name, currency_code: currency, countries: [country], automatic_taxes: false })),
    count: async ({ id, number }) =>
      (await rows(`select id from "order" where metadata->>'steward_order_id' = $1 or custom_display_id = $2 or metadata->>'steward_number' = $2`, [id, number])).length,
    read: async (number) => {
      const { orders } = await call<{ orders: ShownInMedusa[] }>('GET', `/admin/orders?${new URLSearchParams({ q: number, fields }).toString()}`);
      const found = orders.find((order) => order.custom_display_id === number);
      if (found === undefined) throw new Error(`Medusa shows no order ${number}`);
      return found;
    },
    cancel: async (id) => void (await call('POST', `/admin/orders/${id}/cancel`, {})),
  };
}
