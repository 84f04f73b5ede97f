/** The collections, relations, reader and Flow that the connector asks for, made through Directus's own interface. */
import type { DirectusSession } from './directus-session';

type Field = Readonly<Record<string, unknown>>;

const id: Field = { field: 'id', type: 'integer', schema: { is_primary_key: true, has_auto_increment: true }, meta: {} };
const field = (name: string, type: string): Field => ({ field: name, type, schema: {}, meta: type === 'json' ? { special: ['cast-json'] } : {} });
const fields = (type: string, ...names: string[]): Field[] => names.map((name) => field(name, type));
const unique = (name: string): Field => ({ ...field(name, 'string'), schema: { is_unique: true } });
const texts = [...fields('string', 'languages_code', 'name', 'slug', 'seo_title'), ...fields('text', 'description', 'seo_description')];

const collections: Readonly<Record<string, readonly Field[]>> = {
  languages: [{ field: 'code', type: 'string', schema: { is_primary_key: true }, meta: {} }, field('name', 'string')],
  categories: [id, ...fields('integer', 'parent', 'sort')],
  products: [id, unique('sku'), ...fields('string', 'status', 'brand'), field('attributes', 'json')],
  variants: [id, unique('sku'), ...fields('integer', 'products_id', 'sort'), field('gtin', 'string'), field('attributes', 'json')],
  categories_translations: [id, field('categories_id', 'integer'), ...texts],
  products_translations: [id, field('products_id', 'integer'), ...texts],
  products_categories: [id, ...fields('integer', 'products_id', 'categories_id', 'sort')],
  products_files: [id, ...fields('integer', 'products_id', 'sort'), field('directus_files_id', 'uuid')],
};

/** The lists inside a row: collection, field, kind. */
const lists = [
  ['products', 'translations', 'translations'],
  ['products', 'variants', 'o2m'],
  ['products', 'categories', 'm2m'],
  ['products', 'media', 'files'],
  ['categories', 'translations', 'translations'],
] as const;

/** From, field, to, list there, other field of a junction. */
const relations = [
  ['products_translations', 'products_id', 'products', 'translations', 'languages_code'],
  ['products_translations', 'languages_code', 'languages', null, 'products_id'],
  ['categories_translations', 'categories_id', 'categories', 'translations', 'languages_code'],
  ['categories_translations', 'languages_code', 'languages', null, 'categories_id'],
  ['variants', 'products_id', 'products', 'variants', null],
  ['products_categories', 'products_id', 'products', 'categories', 'categories_id'],
  ['products_categories', 'categories_id', 'categories', null, 'products_id'],
  ['products_files', 'products_id', 'products', 'media', 'directus_files_id'],
  ['products_files', 'directus_files_id', 'directus_files', null, 'products_id'],
  ['categories', 'parent', 'categories', null, null],
] as const;

export async function createModel({ call }: DirectusSession): Promise<void> {
  for (const [collection, own] of Object.entries(collections)) await call('POST', '/collections', { collection, schema: {}, meta: {}, fields: own });
  for (const [collection, name, special] of lists) await call('POST', `/fields/${collection}`, { field: name, type: 'alias', schema: null, meta: { special: [special] } });
  for (const [collection, name, related, list, junction] of relations) {
    await call('POST', '/relations', {
      collection,
      field: name,
      related_collection: related,
      schema: { on_delete: name === 'parent' ? 'SET NULL' : 'CASCADE' },
      meta: { one_field: list, junction_field: junction, one_deselect_action: 'delete' },
    });
  }
}

/** A user that may read what the connector reads and nothing else. */
export async function createReader({ call }: DirectusSession, token: string): Promise<void> {
  const readable = [...Object.keys(collections).filter((name) => name !== 'languages'), 'directus_files', 'directus_activity'];
  const permissions = readable.map((collection) => ({ collection, action: 'read', fields: ['*'] }));
  const policy = await call<{ id: string }>('POST', '/policies', { name: 'Steward', app_access: false, admin_access: false, permissions });
  const role = await call<{ id: string }>('POST', '/roles', { name: 'Steward', policies: [{ policy: policy.id }] });
  await call('POST', '/users', { email: 'steward@example.com', role: role.id, token, status: 'active' });
}

/** Tells of every change of these collections; answers the Flow's id. */
export async function createWebhook({ call }: DirectusSession, url: string, secret: string): Promise<string> {
  const scope = ['items.create', 'items.update', 'items.delete'];
  const options = { type: 'action', scope, collections: ['products', 'categories'] };
  // Without accountability: else each change leaves a log of its Flow, with the secret in it.
  const flow = await call<{ id: string }>('POST', '/flows', { name: 'Steward', status: 'active', trigger: 'event', accountability: null, options });
  await operate({ call }, flow.id, 'request', { method: 'POST', url, headers: [{ header: 'x-steward-token', value: secret }], body: '{{$trigger}}' });
  return flow.id;
}

/** Cuts every list of items after its first row, as a hook that went wrong would; answers the Flow's id. */
export async function createCuttingHook({ call }: DirectusSession): Promise<string> {
  const options = { type: 'filter', scope: ['items.read'], return: '$last' };
  const flow = await call<{ id: string }>('POST', '/flows', { name: 'Cut', status: 'active', trigger: 'event', accountability: null, options });
  await operate({ call }, flow.id, 'transform', { json: '[{{$trigger.payload[0]}}]' });
  return flow.id;
}

async function operate({ call }: DirectusSession, flow: string, type: string, options: object): Promise<void> {
  const operation = await call<{ id: string }>('POST', '/operations', { flow, name: type, key: type, type, position_x: 19, position_y: 1, options });
  await call('PATCH', `/flows/${flow}`, { operation: operation.id });
}
