// The control API of everything that is not a record: faults, call counts, schemas, the seed.
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { buildCatalogue } from '../catalogue/catalogue';
import { collectionSpecs, systemNames, type SystemName } from '../records/collections';
import { asSystem, collectionsOf, schemasOf } from '../records/systems';
import type { Store, Write } from '../store/store';
import type { Calls } from '../vendor/calls';
import { faultBody, type Faults } from '../vendor/faults';
import { forgetReplies } from '../vendor/replies';
import { parseBody, parseQuery } from './parameters';

const nothing = z.strictObject({});

const seedBody = z.strictObject({
  seed: z.union([z.string().min(1), z.int()]).describe('a text that is not empty, or a whole number').default('steward'),
  products: z.int().min(1).max(200_000).default(600),
  onlyIfEmpty: z.boolean().default(false),
});

export function mountLevers(server: FastifyInstance, store: Store, faults: Faults, calls: Calls): void {
  server.get('/_control', async () => ({ systems: Object.fromEntries(systemNames.map((system) => [system, collectionsOf(system)])) }));

  server.get('/_control/:system/schema', async (request) => ({ system: systemAt(request), collections: schemasOf(systemAt(request)) }));

  server.get('/_control/:system/calls', async (request) => calls.read(systemAt(request)));
  server.delete('/_control/:system/calls', async (request, reply) => {
    calls.reset(systemAt(request));
    return reply.code(204).send();
  });

  server.delete('/_control/:system/idempotency-keys', async (request) => ({ forgotten: forgetReplies(store, systemAt(request)) }));

  server.get('/_control/:system/faults', async (request) => ({ faults: faults.list(systemAt(request)) }));
  server.post('/_control/:system/faults', async (request, reply) => {
    const system = systemAt(request);
    faults.add(system, parseBody(faultBody, request.body));
    return reply.code(201).send({ faults: faults.list(system) });
  });
  server.delete('/_control/:system/faults', async (request) => ({ cleared: faults.clear(systemAt(request)) }));

  server.post('/_control/seed', async (request) => {
    parseQuery(nothing, request.query);
    return plant(store, parseBody(seedBody, request.body ?? {}));
  });
}

/** Makes the records equal to the catalogue, and touches only those that differ: seeding again changes nothing. */
function plant(store: Store, { seed, products, onlyIfEmpty }: z.output<typeof seedBody>): Record<string, unknown> {
  const filled = collectionSpecs.some((spec) => store.of(spec).size > 0);
  if (onlyIfEmpty && filled) return { seed, planted: false, changed: 0 };
  const catalogue = buildCatalogue(seed, products);
  const wanted: Readonly<Record<string, readonly { id: string }[]>> = { 'pim/products': catalogue.products, 'pim/categories': catalogue.categories, 'erp/stock': catalogue.stock, 'pricing/prices': catalogue.prices };
  let changed = 0;
  for (const spec of collectionSpecs) {
    const writes: Write[] = (wanted[`${spec.system}/${spec.name}`] ?? []).map((record) => ({ id: record.id, record }));
    const collection = store.of(spec);
    const names = new Set(writes.map(({ id }) => id));
    const differing = writes.filter(({ id, record }) => !sameRecord(collection.get(id)?.json, record));
    const surplus = collection.all().filter((entry) => !names.has(entry.id));
    for (const entry of surplus) store.remove(spec, entry.id, () => undefined);
    if (differing.length > 0) store.write(spec, differing, 0, () => undefined);
    changed += differing.length + surplus.length;
  }
  return { seed, planted: true, changed, products: catalogue.products.length, variants: catalogue.variants, stock: catalogue.stock.length, categories: catalogue.categories.length, prices: catalogue.prices.length };
}

function sameRecord(json: string | undefined, record: object): boolean {
  if (json === undefined) return false;
  const { modifiedAt: _at, version: _version, ...own } = JSON.parse(json) as Record<string, unknown>;
  return JSON.stringify(own) === JSON.stringify(record);
}

function systemAt(request: FastifyRequest): SystemName {
  parseQuery(nothing, request.query);
  return asSystem((request.params as { system: string }).system);
}
