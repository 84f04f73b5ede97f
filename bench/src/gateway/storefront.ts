// The gateway with a catalogue, as it was when everything upstream fell silent.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { freePortPlan, seed, startSystem, type ProcessName, type SandboxCollection, type System } from '@steward/start';
import { Client } from 'pg';
import { PAGE, TRUSTED_ID } from './questions';

export interface Storefront {
  readonly system: System;
  readonly skus: readonly string[];
  readonly categoryIds: readonly string[];
}

/** Whatever could take CPU from what is measured, or change an answer meanwhile. */
const upstream: readonly ProcessName[] = ['pim', 'erp', 'pricing', 'operations', 'sandbox', 'gateway-projector', 'nats-server'];
const ARRIVE_WITHIN_MS = 180_000;

export async function openStorefront(dataDir: string, products: number, note: (line: string) => void): Promise<Storefront> {
  const documents = join(dataDir, 'documents.json');
  writeFileSync(documents, JSON.stringify({ [TRUSTED_ID]: PAGE }));
  const env = {
    STEWARD_MODE: 'production',
    STEWARD_GATEWAY_RATE_LIMIT: '1000000000', // counted and told, and never reached
    STEWARD_GATEWAY_DOCUMENTS: documents,
    STEWARD_GATEWAY_FREE_DOCUMENTS: 'on',
  };
  const system = await startSystem({ dataDir, ports: await freePortPlan(), durable: false, supervised: false, env: { 'gateway-api': env }, note });
  try {
    const seeded = await seed(system, { products, note, withinMs: ARRIVE_WITHIN_MS });
    const gateway = new Client({ connectionString: system.databaseUrl('gateway') });
    await gateway.connect();
    await arrived(system, gateway);
    await Promise.all(upstream.map((name) => system.process(name).stop()));
    // Feeds that had gone on would be heard every few seconds; so no answer grows old while it is compared.
    await gateway.query(`update feed_progress set applied_up_to = now() + interval '1 day'`);
    const categories = await gateway.query<{ id: string }>(`
      select distinct jsonb_array_elements_text(data::jsonb -> 'categoryIds') as id from stored_part where entity = 'product' and data is not null order by id`);
    await gateway.end();
    await system.process('gateway-api').restart();
    return { system, skus: seeded.products, categoryIds: categories.rows.map(({ id }) => id) };
  } catch (fault) {
    await system.stop();
    throw fault;
  }
}

/** Until prices, stock and categories are in the documents as well. */
async function arrived(system: System, gateway: Client): Promise<void> {
  const collections: Readonly<Record<string, SandboxCollection>> = { product: 'pim/products', category: 'pim/categories', 'stock-level': 'erp/stock', price: 'pricing/prices' };
  const totals = await Promise.all(Object.entries(collections).map(async ([entity, collection]) => [entity, (await system.sandbox.list(collection, { limit: 1 })).total] as const));
  const deadline = Date.now() + ARRIVE_WITHIN_MS;
  for (;;) {
    const { rows } = await gateway.query<{ entity: string; count: number }>('select entity, count(*)::int as count from stored_part where data is not null group by entity');
    const dirty = await gateway.query('select 1 from dirty_document limit 1');
    const stored = new Map(rows.map(({ entity, count }) => [entity, count]));
    const missing = totals.filter(([entity, total]) => stored.get(entity) !== total);
    if (missing.length === 0 && dirty.rowCount === 0) return;
    if (Date.now() > deadline) throw new Error(`not in the read model after ${ARRIVE_WITHIN_MS / 1_000} s: all of ${missing.map(([entity]) => entity).join(', ') || 'the documents'}`);
    await pause(100);
  }
}
