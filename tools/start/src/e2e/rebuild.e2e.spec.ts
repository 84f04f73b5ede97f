/** B12 with the programs of production: a read model that somebody emptied comes back from its owners, by an operator's command. */
import { execFile } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { DIGEST_ROOT, type DigestKeys, type DigestScrub, digestSubject, type NodeDigest } from '@steward/contracts';
import { eventually } from '@steward/testing';
import { Client } from 'pg';
import { listProductIds } from '../clients/gateway.client';
import { seed, type Seeded } from '../seed';
import { freePortPlan } from '../system/ports';
import { scratchFolder } from '../system/scratch-folder';
import { startSystem, type System } from '../system/system';
import { openDesk } from './desk.fixture.spec';

const entities = { product: 'pim/products', category: 'pim/categories', 'stock-level': 'erp/stock', price: 'pricing/prices' } as const;
const command = join(__dirname, '..', '..', '..', '..', 'apps/gateway/dist/main-rebuild.js');

describe('an operator rebuilds the read model', () => {
  const dataDir = scratchFolder('rebuild');
  let system: System;
  let seeded: Seeded;
  let database: Client;
  let whole: unknown;

  beforeAll(async () => {
    system = await startSystem({ dataDir, ports: await freePortPlan(), durable: false, mode: 'test', without: ['crm', 'oms', 'reconciliation'] });
    seeded = await seed(system, { products: 30, note: () => undefined, withinMs: 60_000 });
    database = new Client({ connectionString: system.databaseUrl('gateway') });
    await database.connect();
    // The seed waits for the products only.
    for (const [entity, collection] of Object.entries(entities) as [keyof typeof entities, (typeof entities)[keyof typeof entities]][]) {
      const { total } = await system.sandbox.list(collection, { limit: 1 });
      await eventually(async () => (await database.query('select from stored_part where entity = $1', [entity])).rowCount === total, { withinMs: 60_000 });
    }
    await eventually(async () => (await database.query('select from dirty_document')).rowCount === 0, { withinMs: 60_000 });
  }, 240_000);

  afterAll(async () => {
    await database?.end();
    await system?.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }, 60_000);

  const run = (...args: readonly string[]) => promisify(execFile)(process.execPath, [command, ...args], { env: { DATABASE_URL: system.databaseUrl('gateway'), NATS_URL: system.natsUrl('gateway') } });
  const content = async () => ({
    parts: (await database.query<object>('select entity, key, revision, data::text from stored_part where entity = any($1) order by entity, key', [Object.keys(entities)])).rows,
    documents: (await database.query<object>('select product_id, content::text, availability::text, prices::text from document order by product_id')).rows,
  });

  it('B12: after its tables were emptied and its projector killed, both ends are equal again', async () => {
    whole = await content();
    await database.query('truncate stored_part, document, document_sku, listing, price_span');
    const { stdout } = await run(...Object.keys(entities), '--actor', 'anna', '--reason', 'emptied by hand');
    expect(stdout).toMatch(/product: asked for, from pim/);
    await system.process('gateway-projector').kill();
    await eventually(async () => (await database.query('select from rebuild where finished_at is null')).rowCount === 0, { withinMs: 60_000 });
    await eventually(async () => expect(await content()).toEqual(whole) ?? true);
    await eventually(async () => (await listProductIds(system.gatewayUrl)).size === seeded.products.length);
  }, 150_000);

  it('X1: owner and read model say over the broker that they hold the same, and an edit by hand is found by its key', async () => {
    const desk = await openDesk(system);
    try {
      const both = <Answer>(question: object) => Promise.all(['pricing', 'gateway'].map((service) => desk.ask<Answer>(digestSubject(service), { entity: 'price', ...question })));
      const roots = () => both<NodeDigest>({});
      const [owned, held] = await roots();
      expect(owned?.count).toBeGreaterThan(20);
      expect(held).toEqual(owned);
      const { rows } = await database.query<{ key: string }>(`update stored_part set data = '{"amount":1}' where entity = 'price' and key = (select min(key) from stored_part where entity = 'price') returning key`);
      const scrub = await desk.ask<DigestScrub>(digestSubject('gateway'), { entity: 'price', scrub: true });
      await eventually(async () => (await desk.ask<DigestScrub>(digestSubject('gateway'), { entity: 'price', scrub: true, ticket: scrub.ticket })).done);
      expect((await roots()).map(({ digest }) => digest === owned?.digest)).toEqual([true, false]);
      const [theirs, ours] = await both<DigestKeys>({ keysOf: [DIGEST_ROOT] });
      const hashes = new Map(theirs?.keys.map(({ key, hash }) => [key, hash]));
      expect(ours?.keys.filter(({ key, hash }) => hashes.get(key) !== hash).map(({ key }) => key)).toEqual([rows[0]?.key]);
      await expect(desk.ask(digestSubject('gateway'), { entity: 'price', keysOf: [-1] })).rejects.toThrow('keysOf');
    } finally {
      await desk.close();
    }
  }, 60_000);

  it('B12, I6: without the desk a second model is begun beside the live one, looked at and swapped, and what was edited by hand is as its owner says', async () => {
    const act = ['--actor', 'anna', '--reason', 'edited by hand'];
    const standing = async (...args: readonly string[]) => JSON.parse((await run('--beside', ...args)).stdout) as { state: string; endedBy: string | null; compared: { entity: string; changed: number }[] };
    await database.query(`update document set content = '{}' where product_id = (select min(product_id) from document)`);
    expect(await standing('begin', ...act)).toMatchObject({ state: 'filling', actor: 'anna' });
    const found = await eventually(async () => {
      const now = await standing('status');
      return now.state === 'ready' && now;
    }, { withinMs: 60_000 });
    expect(found.compared.filter(({ changed }) => changed > 0)).toMatchObject([{ entity: 'price', changed: 1 }]);
    await standing('swap', ...act);
    await eventually(async () => (await database.query(`select from rebuild_beside where state = 'swapped' and ended_by = 'anna' and tidy`)).rowCount === 1);
    expect(await content()).toEqual(whole);
    await expect(run('--beside', 'cancel', ...act)).rejects.toMatchObject({ code: 1 });
  }, 120_000);

  it('says what is accepted', async () => {
    await expect(run('products', '--actor', 'anna', '--reason', 'why not')).rejects.toMatchObject({ code: 64, stderr: expect.stringContaining('entities: category, customer, dead-letter, fulfilment, order, order-return, price, product, promotion, reserved-stock, segment, stock-level') });
    await expect(run('product', '--actor', 'anna')).rejects.toMatchObject({ code: 64 });
    await expect(run('--beside', 'swap')).rejects.toMatchObject({ code: 64, stderr: expect.stringContaining('--beside begin|swap|cancel') });
  });
});
