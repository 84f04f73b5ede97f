/** What a clerk does in Tryton: set up a company, create products, move stock. Quantities are pieces. */
import type { TrytonSession } from './tryton-session';

export interface Shop {
  readonly warehouse: string;
  /** Creates products with these codes; answers their ids in the same order. */
  createProducts(codes: readonly string[]): Promise<number[]>;
  /** Receives (positive) pieces or misses (negative) some, all in one transaction of Tryton. */
  move(moves: readonly { product: number; quantity: number }[]): Promise<void>;
  /** Draft moves, not yet counted as stock; `finish` does them in one transaction. */
  draft(moves: readonly { product: number; quantity: number }[]): Promise<number[]>;
  finish(moveIds: readonly number[]): Promise<void>;
  deleteProduct(product: number): Promise<void>;
  /** What the warehouse counts of a product. */
  onHand(code: string): Promise<number>;
  /** Sales with this reference of the customer. */
  salesOf(reference: string): Promise<Sale[]>;
  /** States of the shipments of that sale. */
  shipmentsOf(reference: string): Promise<string[]>;
  /** Picks, packs and sends everything that waits for that sale. */
  ship(reference: string): Promise<void>;
}

interface Sale {
  readonly number: string;
  readonly state: string;
  /** As Tryton writes it: `16.81`. */
  readonly untaxed: string;
}

interface Location {
  readonly id: number;
  readonly code: string | null;
  readonly type: string;
  readonly storage_location: number | null;
}

const decimal = (value: number): unknown => ({ __class__: 'Decimal', decimal: String(value) });

export async function openShop(session: TrytonSession): Promise<Shop> {
  const company = await ensureCompany(session);
  const [unit] = await session.call<number[]>('product.uom', 'search', [['name', '=', 'Unit']], 0, 1, null);
  const [currency] = await session.call<number[]>('currency.currency', 'search', [['code', '=', 'EUR']], 0, 1, null);
  const fields = ['id', 'code', 'type', 'storage_location'];
  const locations = await session.call<Location[]>('stock.location', 'search_read', [], 0, null, null, fields);
  const warehouse = locations.find(({ type }) => type === 'warehouse');
  // To a customer nothing leaves without a sale, once sales are installed.
  const outside = { in: idOf(locations, 'supplier'), out: idOf(locations, 'lost_found') };
  if (!warehouse?.storage_location) throw new Error('Tryton has no warehouse with a storage zone');
  const storage = warehouse.storage_location;

  const draft: Shop['draft'] = (moves) =>
    session.call<number[]>(
      'stock.move',
      'create',
      moves.map(({ product, quantity }) => ({
        product,
        uom: unit,
        quantity: Math.abs(quantity),
        from_location: quantity > 0 ? outside.in : storage,
        to_location: quantity > 0 ? storage : outside.out,
        unit_price: decimal(1),
        currency,
        company,
      })),
    );
  const finish: Shop['finish'] = async (ids) => void (await session.call('stock.move', 'do', ids));

  const shipments = async (reference: string): Promise<{ id: number; state: string }[]> => {
    const sales = await session.call<{ shipments: number[] }[]>('sale.sale', 'search_read', [['reference', '=', reference]], 0, null, null, ['shipments']);
    return session.call('stock.shipment.out', 'search_read', [['id', 'in', sales.flatMap((sale) => sale.shipments)]], 0, null, null, ['id', 'state']);
  };

  return {
    warehouse: warehouse.code ?? String(warehouse.id),
    draft,
    finish,
    move: async (moves) => finish(await draft(moves)),
    createProducts: async (codes) => {
      const templates = await session.call<number[]>('product.template', 'create', codes.map((code) => templateOf(code, unit)));
      const products = await session.call<{ id: number; template: number }[]>(
        'product.product', 'search_read', [['template', 'in', templates]], 0, null, null, ['id', 'template'],
      );
      const byTemplate = new Map(products.map(({ id, template }) => [template, id]));
      return templates.map((template) => byTemplate.get(template) as number);
    },
    onHand: async (code) => {
      const farDay = { __class__: 'date', year: 2999, month: 1, day: 1 };
      const context = { locations: [warehouse.id], with_childs: true, stock_date_end: farDay };
      const [answer] = await session.callWith<{ quantity: number }[]>(context, 'product.product', 'search_read', [['code', '=', code]], 0, 1, null, ['quantity']);
      return answer?.quantity ?? Number.NaN;
    },
    salesOf: async (reference) => {
      const found = await session.call<{ number: string; state: string; untaxed_amount: { decimal: string } }[]>('sale.sale', 'search_read', [['reference', '=', reference]], 0, null, null, ['number', 'state', 'untaxed_amount']);
      return found.map(({ number, state, untaxed_amount: { decimal: untaxed } }) => ({ number, state, untaxed }));
    },
    shipmentsOf: async (reference) => (await shipments(reference)).map(({ state }) => state),
    ship: async (reference) => {
      const ids = (await shipments(reference)).map(({ id }) => id);
      for (const step of ['assign_try', 'pick', 'pack', 'done']) await session.call('stock.shipment.out', step, ids);
    },
    deleteProduct: async (product) => void (await session.call('product.product', 'delete', [product])),
  };
}

function templateOf(code: string, unit: number | undefined): unknown {
  return {
    name: `Product ${code}`,
    code,
    default_uom: unit,
    type: 'goods',
    list_price: decimal(10),
    cost_price_method: 'fixed',
    salable: true,
    sale_uom: unit,
    products: [['create', [{}]]],
  };
}

function idOf(locations: readonly Location[], type: string): number {
  const found = locations.find((location) => location.type === type);
  if (!found) throw new Error(`Tryton has no location of type ${type}`);
  return found.id;
}

async function ensureCompany(session: TrytonSession): Promise<number> {
  const [existing] = await session.call<number[]>('company.company', 'search', [], 0, 1, null);
  if (existing !== undefined) return existing;
  const [currency] = await session.call<number[]>('currency.currency', 'create', [
    { name: 'Euro', symbol: '€', code: 'EUR', numeric_code: '978', rounding: decimal(0.01), digits: 2 },
  ]);
  const [party] = await session.call<number[]>('party.party', 'create', [{ name: 'Example Shop' }]);
  const [company] = await session.call<number[]>('company.company', 'create', [{ party, currency }]);
  const [user] = await session.call<number[]>('res.user', 'search', [['login', '=', 'admin']], 0, 1, null);
  await session.call('res.user', 'write', [user], { companies: [['add', [company]]], company });
  return company as number;
}
