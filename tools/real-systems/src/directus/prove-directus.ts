/** The PIM adapter on a real Directus 12, seen from the other end of the line. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { freePortPlan, startSystem, type System } from '@steward/start';
import { until, type Proof } from '../proof';
import { createCuttingHook, createModel, createReader, createWebhook } from './directus-model';
import { startDirectus, type DirectusServer } from './directus-server';
import { productOf, readCatalogue, seedCatalogue, translationIn } from './directus-shop';
import { agree, openStorefrontSide, type StorefrontSide } from './storefront-side';

const counts = { categories: 12, products: 300 };
const pollMs = 5_000;
const secret = randomBytes(18).toString('base64url');

interface Stage {
  readonly directus: DirectusServer;
  readonly system: System;
  readonly storefront: StorefrontSide;
  readonly categories: readonly number[];
  readonly products: readonly number[];
  readonly say: (line: string) => void;
}

export async function proveDirectus({ directory, say }: Proof): Promise<void> {
  const directus = await startDirectus(join(directory, 'directus'), say);
  let system: System | undefined;
  let storefront: StorefrontSide | undefined;
  try {
    const token = randomBytes(18).toString('base64url');
    await createModel(directus.session);
    await createReader(directus.session, token);
    const seeded = await seedCatalogue(directus.session, counts);
    say(`directus: ${seeded.products.length} products in ${seeded.categories.length} categories, two languages each`);
    system = await startSystem({ dataDir: join(directory, 'steward'), ports: await freePortPlan(), mode: 'test', env: { pim: settingsOf(directus, token) }, note: say });
    storefront = await openStorefrontSide(system);
    await prove({ directus, system, storefront, ...seeded, say });
  } finally {
    await storefront?.close();
    await system?.stop();
    await directus.stop();
  }
}

function settingsOf({ url }: DirectusServer, token: string): Record<string, string> {
  return {
    STEWARD_CONNECTOR: 'directus',
    STEWARD_DIRECTUS_URL: url,
    STEWARD_DIRECTUS_TOKEN: token,
    STEWARD_DIRECTUS_WEBHOOK_SECRET: secret,
    STEWARD_DIRECTUS_POLL_MS: String(pollMs),
    STEWARD_DIRECTUS_FULL_PASS_MS: '3600000', // so that none is what finds a change
    STEWARD_DIRECTUS_PAGE: '50',
    STEWARD_SANDBOX_URL: '',
    STEWARD_SANDBOX_TOKEN: '',
    STEWARD_SANDBOX_WEBHOOK_SECRET: '',
  };
}

async function prove(stage: Stage): Promise<void> {
  await proveImport(stage);
  const flow = await proveWebhook(stage);
  const switchWebhooks = (status: 'active' | 'inactive'): Promise<unknown> => stage.directus.session.call('PATCH', `/flows/${flow}`, { status });
  await switchWebhooks('inactive');
  await provePoll(stage);
  await proveSilentDeletions(stage);
  await switchWebhooks('active');
  await proveToldDeletion(stage);
  await switchWebhooks('inactive');
  await proveLateRows(stage);
  await proveKills(stage);
  await proveGuard(stage);
}

/** Waits until the other end of the line has what Directus has, all of it. */
const same = ({ directus, storefront }: Stage, what: string): Promise<number> =>
  until(what, async () => agree(await readCatalogue(directus.session), await storefront.catalogue()));

async function proveImport(stage: Stage): Promise<void> {
  const { system, say, products } = stage;
  await same(stage, 'everything is imported');
  const answer = await fetch(`${system.gatewayUrl}/v1/products/${products[0]}`, { headers: { 'steward-language': 'de-DE' } });
  const { name } = (await answer.json()) as { name: string };
  if (name !== 'Product 1 Deutsch') throw new Error(`the storefront calls the first product "${name}"`);
  say(`✓ first import: ${counts.products} products and ${counts.categories} categories are what Directus has; de-DE is shown as de`);
}

async function proveWebhook(stage: Stage): Promise<string> {
  const { directus, system, say, products } = stage;
  const door = `http://127.0.0.1:${system.ports.pim}/webhooks/directus`;
  const refused = await fetch(door, { method: 'POST', headers: { 'x-steward-token': 'guessed' }, body: JSON.stringify({ collection: 'products', keys: ['1'] }) });
  if (refused.status !== 401) throw new Error(`a webhook with a guessed secret is answered ${refused.status}`);
  const flow = await createWebhook(directus.session, door, secret);
  const before = await acceptedWebhooks(system);
  const times: number[] = [];
  for (const [index, id] of products.slice(0, 5).entries()) {
    await directus.session.call('PATCH', `/items/products/${id}`, { brand: `Brand ${index}` });
    times.push(await same(stage, 'an edit shows'));
  }
  const accepted = (await acceptedWebhooks(system)) - before;
  if (accepted < times.length) throw new Error(`${accepted} webhooks came for ${times.length} edits`);
  say(`✓ an edit arrives by webhook: ${times.join(', ')} ms, polled every ${pollMs} ms; a guessed secret is refused`);
  return flow;
}

async function provePoll(stage: Stage): Promise<void> {
  const { directus, system, say, products, categories } = stage;
  const { call } = directus.session;
  const [first, second] = products as [number, number];
  const before = await acceptedWebhooks(system);
  const shows = async (change: string, what: () => Promise<unknown>): Promise<void> => {
    await what();
    say(`✓ ${change} arrives without a webhook (${await same(stage, change)} ms, polled every ${pollMs} ms)`);
  };
  await shows('an edit of a product', () => call('PATCH', `/items/products/${first}`, { status: 'archived' }));
  await shows('an edit of nothing but a translation', async () => call('PATCH', `/items/products_translations/${await translationIn(directus.session, 'products', second, 'de-DE')}`, { name: 'Zelt' }));
  await shows('a new variant, made beside its product', () => call('POST', '/items/variants', { products_id: first, sku: 'D-NEW', sort: 9, gtin: '4006381333931' }));
  await shows('another category of a product', () => call('POST', '/items/products_categories', { products_id: first, categories_id: categories[11], sort: 5 }));
  await shows('a renamed category', async () => call('PATCH', `/items/categories_translations/${await translationIn(directus.session, 'categories', categories[3] as number, 'en-US')}`, { name: 'Tents' }));
  if ((await acceptedWebhooks(system)) !== before) throw new Error('a webhook came although its Flow is switched off');
}

async function proveSilentDeletions(stage: Stage): Promise<void> {
  const { directus, storefront, system, say, products, categories } = stage;
  const { call } = directus.session;
  const product = products.at(-1);
  await call('DELETE', `/items/products/${product}`);
  const time = await same(stage, 'a deletion shows');
  await hasTombstone(stage, 'product', product);
  const answer = await fetch(`${system.gatewayUrl}/v1/products/${product}`);
  if (answer.status !== 404) throw new Error(`the storefront answers ${answer.status} for a deleted product`);
  say(`✓ a hard delete is a tombstone by the activity alone (${time} ms), and 404 at the storefront`);

  await ageActivity(directus);
  await call('DELETE', `/items/categories/${categories[10]}`);
  await until('the category is gone', async () => (await storefront.deleted('category')).includes(String(categories[10])));
  if (agree(await readCatalogue(directus.session), await storefront.catalogue())) throw new Error('its products lost it without a full pass');
  await storefront.passAgain();
  await same(stage, 'products of a deleted category show');
  say('✓ a deleted category is a tombstone; that its products lost it, of which no activity tells, is found by the full pass');
}

/** So that the overlap reads nothing again, and what is found was found by something else. */
const ageActivity = ({ sql }: DirectusServer): Promise<void> => sql(`update directus_activity set timestamp = timestamp - interval '1 day'`);

async function proveToldDeletion(stage: Stage): Promise<void> {
  const product = stage.products.at(-2);
  await stage.directus.session.call('DELETE', `/items/products/${product}`);
  const time = await same(stage, 'a deletion shows');
  await hasTombstone(stage, 'product', product);
  stage.say(`✓ a hard delete is a tombstone by webhook (${time} ms)`);
}

async function hasTombstone({ storefront }: Stage, entity: 'product' | 'category', id: number | undefined): Promise<void> {
  if (!(await storefront.deleted(entity)).includes(String(id))) throw new Error(`${entity} ${id} has no tombstone`);
}

async function proveLateRows(stage: Stage): Promise<void> {
  const { directus, say, products, categories } = stage;
  const { call } = directus.session;
  let done = false;
  const late = Array.from({ length: 200 }, (_, index) => productOf(counts.products + index, categories.slice(0, 10)));
  const bulk = call('POST', '/items/products?fields=id', late).then(() => (done = true));
  let moved = 0;
  while (!done) {
    // Each of these moves the cursor past the activity that is still to be committed.
    await call('PATCH', `/items/products/${products[moved % 200]}`, { brand: `Moved ${moved}` });
    moved += 1;
  }
  await bulk;
  await same(stage, 'all late rows show');
  say(`✓ ${late.length} products committed late, behind ${moved} newer edits: none lost`);
}

async function proveKills(stage: Stage): Promise<void> {
  const { directus, system, storefront, say, products } = stage;
  const edited = products.slice(0, -2);
  const isBack = (): Promise<number> => until('the adapter is back', () => Promise.resolve(system.process('pim').alive));
  const arrivedOf = async (brand: string): Promise<number> => Object.values((await storefront.catalogue()).products).filter(({ place }) => (place as unknown[])[1] === brand).length;
  // Until a kill came in time: four activities an edit are several pages, but a quick machine may read them all meanwhile.
  for (let round = 1, arrived = edited.length; arrived === edited.length; round += 1) {
    const variants = (id: number): object => ({ create: [0, 1, 2].map((n) => ({ sku: `K-${round}-${id}-${n}`, sort: 5 })), update: [], delete: [] });
    const brand = `Kill ${round}`;
    await directus.session.call('PATCH', '/items/products', edited.map((id) => ({ id, brand, variants: variants(id) })));
    await until('its pages are under way', async () => (await arrivedOf(brand)) > 0);
    await system.process('pim').kill();
    arrived = await arrivedOf(brand);
    await isBack();
    await same(stage, 'everything shows after a kill in mid-page');
    say(`✓ killed with kill -9 when ${arrived} of ${edited.length} edits had arrived: nothing lost`);
  }

  await ageActivity(directus);
  await storefront.passAgain();
  await until('a full pass is under way', () => storefront.passUnderWay('product'));
  await directus.sql(`update products set brand = 'Behind its back' where id = ${edited.at(-1)}`);
  await system.process('pim').kill();
  await isBack();
  await same(stage, 'everything shows after a kill in mid-pass');
  say('✓ killed in the middle of a full pass, which goes on and finds what SQL changed without an activity');
}

async function proveGuard(stage: Stage): Promise<void> {
  const { directus, storefront, say, products } = stage;
  const before = await storefront.catalogue();
  const holds = async (kind: string): Promise<void> => {
    await storefront.passAgain();
    await until(`the guard holds "${kind}"`, async () => (await storefront.held()).some((held) => held.entity === 'product' && held.kind === kind));
    if (!agree(before, await storefront.catalogue())) throw new Error(`"${kind}" changed what the storefront has`);
  };
  const closes = async (): Promise<void> => {
    await storefront.passAgain();
    await until('the case is closed', async () => (await storefront.held()).length === 0);
  };
  await directus.sql('alter table products rename to products_kept; create table products (like products_kept including all)');
  await holds('empty');
  await directus.sql('insert into products select * from products_kept where id % 3 = 0');
  await holds('shrunken');
  await directus.sql('drop table products; alter table products_kept rename to products');
  await closes();
  const hook = await createCuttingHook(directus.session);
  await holds('truncated');
  await directus.session.call('DELETE', `/flows/${hook}`);
  await closes();
  say('✓ an empty table, one that lost two thirds, and lists cut with HTTP 200 are held for the owner and change nothing');
  await directus.session.call('PATCH', `/items/products/${products[0]}`, { brand: 'Still there' });
  await same(stage, 'the line still runs');
}

async function acceptedWebhooks(system: System): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${system.ports.pim}/metrics`)).text();
  return Number(/^steward_webhooks_total\{[^}]*outcome="accepted"[^}]*\} (\d+)/m.exec(text)?.[1] ?? 0);
}
