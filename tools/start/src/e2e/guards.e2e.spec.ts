/** X6: what a system of record does by mistake reaches the storefront only as far as the contract's guard allows, and is one case for its owner. */
import { rmSync } from 'node:fs';
import { price, product } from '@steward/contracts';
import { eventually } from '@steward/testing';
import { Client } from 'pg';
import { listProductIds } from '../clients/gateway.client';
import type { SandboxRecord } from '../clients/sandbox.client';
import { seed } from '../seed';
import { freePortPlan } from '../system/ports';
import { scratchFolder } from '../system/scratch-folder';
import { startSystem, type System } from '../system/system';
import { type Desk, openDesk } from './desk.fixture.spec';

interface HeldCase {
  readonly id: string;
  readonly entity: string;
  readonly rule: string | null;
  readonly kind: string;
  readonly state: string;
  readonly count: number;
  readonly owner: { readonly team: string };
}

describe('mass changes by mistake', () => {
  const dataDir = scratchFolder('guards');
  let system: System;
  let desk: Desk;

  beforeAll(async () => {
    system = await startSystem({ dataDir, ports: await freePortPlan(), durable: false, mode: 'test', without: ['erp', 'crm', 'oms', 'reconciliation'] });
    desk = await openDesk(system);
    await seed(system, { products: 150, note: () => undefined, withinMs: 90_000 });
    await eventually(async () => (await rows('gateway', `select 1 from stored_part where entity = 'price'`)).length === (await prices()).length, { withinMs: 60_000 });
  }, 240_000);

  afterAll(async () => {
    await desk?.close();
    await system?.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }, 60_000);

  async function rows<T>(owner: 'pim' | 'pricing' | 'gateway', text: string, values: unknown[] = []): Promise<T[]> {
    const client = new Client({ connectionString: system.databaseUrl(owner) });
    await client.connect();
    return client.query(text, values).then((result) => result.rows as T[]).finally(() => client.end());
  }

  const ask = <T>(service: 'pim' | 'pricing', question: object): Promise<T> => desk.ask<T>(`rpc.${service}.held`, question);
  const held = async (service: 'pim' | 'pricing'): Promise<HeldCase[]> => (await ask<{ cases: HeldCase[] }>(service, { act: 'list' })).cases;
  const release = (service: 'pim' | 'pricing', id: string, reason = 'looked at it'): Promise<unknown> => ask(service, { act: 'release', id, actor: 'ines', reason });
  const prices = async (): Promise<SandboxRecord[]> => (await system.sandbox.list('pricing/prices')).items;
  const passIsDue = (): Promise<unknown> => rows('pim', `update feed set last_pass_at = to_timestamp(0) where entity = 'product'`);
  /** A whole pass that begins after this call. */
  async function nextPass(): Promise<void> {
    await passIsDue();
    await eventually(async () => (await rows('pim', `select 1 from feed where entity = 'product' and pass_id is null and last_pass_at > to_timestamp(0)`)).length === 1, { withinMs: 60_000 });
  }
  async function caseOf(service: 'pim' | 'pricing', is: Partial<HeldCase>): Promise<HeldCase> {
    const found = await eventually(async () => (await held(service)).filter(({ entity, state }) => entity === is.entity && state === 'open').length > 0 && held(service), { withinMs: 60_000 });
    expect(found).toEqual([expect.objectContaining(is)]);
    return found[0] as HeldCase;
  }
  /** How many stored prices the storefront's side has for which this holds. */
  const stored = async (condition: string): Promise<number> => (await rows<{ n: number }>('gateway', `select count(*)::int as n from stored_part where entity = 'price' and ${condition}`))[0]?.n ?? 0;
  /** The case, once each of `changed` prices is in it or in the storefront, and there no more than the contract allows. */
  async function settled(is: Partial<HeldCase>, changed: number, condition: string): Promise<HeldCase> {
    await eventually(async () => (await caseOf('pricing', { entity: 'price', ...is })).count + (await stored(condition)) === changed);
    const { max = 0, ratio = 0 } = price.guard.changes.find(({ when }) => when === is.kind) ?? {};
    expect(await stored(condition)).toBeLessThanOrEqual(Math.max(max, ratio * (await prices()).length));
    return caseOf('pricing', { entity: 'price', ...is });
  }

  it.each([
    ['an empty 200', 'empty'],
    ['a truncated page', 'truncated'],
  ])('%s deletes nothing and is one case, until the PIM is itself again', async (_what, kind) => {
    const before = await listProductIds(system.gatewayUrl);
    await system.sandbox.addFault('pim', { kind, match: { path: '/pim/products' } });
    await nextPass();
    await caseOf('pim', { entity: 'product', kind, owner: expect.objectContaining({ team: 'Catalogue' }) as never });
    expect(await listProductIds(system.gatewayUrl)).toEqual(before);
    await system.sandbox.clearFaults('pim');
    await passIsDue();
    await eventually(async () => (await held('pim')).length === 0, { withinMs: 60_000 });
    expect(await listProductIds(system.gatewayUrl)).toEqual(before);
  }, 180_000);

  it('a purge of 60 % waits for the owner, is one case, and goes through when released', async () => {
    const records = (await system.sandbox.list('pim/products')).items;
    const purged = records.slice(0, Math.ceil(records.length * 0.6)).map(({ id }) => id);
    const before = await listProductIds(system.gatewayUrl);
    for (const id of purged) await system.sandbox.remove('pim/products', id, 'webhook=lose');
    await passIsDue();
    const { id, count } = await caseOf('pim', { entity: 'product', kind: 'shrunken' });
    // The scheduled pass may have met the first of them.
    expect(purged.length - count).toBeLessThanOrEqual(product.guard.delete.max);
    expect((await listProductIds(system.gatewayUrl)).size).toBeGreaterThanOrEqual(before.size - product.guard.delete.max);
    await release('pim', id);
    await eventually(
      async () => {
        const shown = await listProductIds(system.gatewayUrl);
        return purged.every((gone) => !shown.has(gone));
      },
      { withinMs: 60_000 },
    );
  }, 180_000);

  it('400 prices of 0.01 wait for the owner and are one case; other changes flow, and the correction closes it', async () => {
    const all = await prices();
    const wrong = all.slice(0, 400);
    const other = all[400];
    if (other === undefined) throw new Error('the catalogue has too few prices');
    const dearer = Number(other['amount']) + 1;
    await system.sandbox.putAll('pricing/prices', [...wrong.map((record) => ({ ...record, amount: '0.01' })), { ...other, amount: dearer.toFixed(2) }]);
    await eventually(async () => (await stored(`key = '${other.id}' and data->>'amount' = '${Math.round(dearer * 100)}'`)) === 1);
    const { count } = await settled({ kind: 'moves', owner: expect.objectContaining({ team: 'Pricing' }) as never }, 400, `data->>'amount' = '1'`);
    // O8: nobody vouches for what is held.
    await eventually(async () => (await rows<{ n: number }>('pricing', `select json_array_length(body::json->'exceptKeys') as n from outbox where entity = 'feed-progress' order by id desc limit 1`))[0]?.n === count, { withinMs: 60_000 });
    await system.sandbox.putAll('pricing/prices', wrong);
    await eventually(async () => (await held('pricing')).length === 0, { withinMs: 60_000 });
    await eventually(async () => (await stored(`data->>'amount' = '1'`)) === 0);
  }, 180_000);

  it('a swapped currency waits for the owner, is one case, and goes out as the owner saw it', async () => {
    const swapped = (await prices()).filter(({ currency }) => currency === 'EUR').slice(0, 40).map((record) => ({ ...record, currency: 'CHF' }));
    await system.sandbox.putAll('pricing/prices', swapped);
    const { id } = await settled({ kind: 'differs' }, 40, `data->>'currency' = 'CHF'`);
    await expect(release('pricing', id, ' ')).rejects.toThrow('reason');
    await release('pricing', id);
    await eventually(async () => (await stored(`data->>'currency' = 'CHF'`)) === 40);
    expect(await held('pricing')).toEqual([]);
  }, 120_000);
});
