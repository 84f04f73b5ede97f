/** What a clerk does in Tryton: set up a company, create products, move stock. Quantities are pieces. */
import type { TrytonSession } from './tryton-session';

export interface Shop {
  readonly warehouse: string;
  /** Creates products with these codes; answers their ids in the same order. */
  createProducts(codes: readonly string[]): Promise<number[]>;
  /** Receives (positive) or ships (negative) pieces, all in one transaction of Tryton. */
  move(moves: readonly { product: number; quantity: number }[]): Promise<void>;
  /** Draft moves, not yet counted as stock; `finish` does them in one transaction. */
  draft(moves: readonly { product: number; quantity: number }[]): Promise<number[]>;
  finish(moveIds: readonly number[]): Promise<void>;
  deleteProduct(product: number): Promise<void>;
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
  const outside = { in: idOf(locations, 'supplier'), out: idOf(locations, 'customer') };
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
