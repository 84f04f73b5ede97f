/**
 * I1–I3, S4, ADR 0024: every database comes back from a backup of another moment, on a new cluster and an empty broker. Owners are behind
 * their consumers and consumers behind their owners; the systems of record went on meanwhile. docs/how-to/backup-and-restore.md by machine.
 */
import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { contracts } from '@steward/contracts';
import { type DumpTools, resolveDumpTools, startPostgres } from '@steward/servers';
import { eventually } from '@steward/testing';
import type { SandboxRecord } from '../clients/sandbox.client';
import { placeOrder, preview, readOrder, type Placed, type Purchase, type ShownOrder } from '../clients/shopper.client';
import { readBooks, violations } from '../shop/books';
import { layOut, type Goods } from '../shop/goods';
import { createDatabases, databaseOf, type DatabaseOwner, databaseOwners } from '../system/databases';
import { freePortPlan, type Ports } from '../system/ports';
import { scratchFolder } from '../system/scratch-folder';
import { openSecrets } from '../system/secrets';
import { databaseRole } from '../system/services';
import { startSystem, type System } from '../system/system';
import { audit, auditRevisions, differences } from './rig.spec';
import { sideBySide, withDatabase } from './side-by-side.spec';
import { wayOfOrders } from './way-of-orders.spec';

/** Nobody here is a customer, and what reconciliation would find is asked directly. */
const without = ['crm', 'reconciliation'] as const satisfies readonly DatabaseOwner[];
const owners = databaseOwners.filter((owner) => !without.some((each) => each === owner));

interface Bought {
  readonly purchase: Purchase;
  readonly placed: Placed;
  readonly unit: number;
}

describe('every database is restored, each from a backup of another moment', () => {
  const [before, after, dumps] = [scratchFolder('restore-before'), scratchFolder('restore-after'), scratchFolder('restore-dumps')];
  let tools: DumpTools;
  let ports: Ports;
  let system: System;
  let goods: Goods[];
  let purchases = 0;

  beforeAll(async () => {
    tools = await resolveDumpTools();
    ports = await freePortPlan();
    mkdirSync(dumps, { recursive: true });
    system = await startSystem({ dataDir: before, ports, durable: false, mode: 'test', without });
    await system.sandbox.seed({ seed: 'restore', products: 12 });
    goods = await layOut(system.sandbox, system.gatewayUrl, { skus: 3, stock: 10, withinMs: 60_000 });
  }, 180_000);

  afterAll(async () => {
    await system?.stop();
    for (const folder of [before, after, dumps]) rmSync(folder, { recursive: true, force: true });
  });

  const fileOf = (owner: DatabaseOwner): string => join(dumps, `${owner}.dump`);
  const adminUrlOf = (adminUrl: string, owner: DatabaseOwner): string => Object.assign(new URL(adminUrl), { pathname: `/${databaseOf(owner)}` }).href;
  const backUp = (...owners: DatabaseOwner[]) => Promise.all(owners.map((owner) => tools.run('pg_dump', ['--format=custom', '--file', fileOf(owner), adminUrlOf(system.adminUrl, owner)])));

  async function restore(): Promise<void> {
    // Not lost: the systems of record, and the secrets.
    mkdirSync(after, { recursive: true });
    cpSync(join(before, 'sandbox'), join(after, 'sandbox'), { recursive: true });
    cpSync(join(before, 'secrets.json'), join(after, 'secrets.json'));
    const secrets = openSecrets(after);
    const postgres = await startPostgres({ dir: join(after, 'postgres'), port: ports.postgres, durable: false, password: secrets('postgres') });
    try {
      await createDatabases(postgres.adminUrl, (role) => secrets(databaseRole(role)));
      for (const owner of owners) await tools.run('pg_restore', ['--exit-on-error', '--dbname', adminUrlOf(postgres.adminUrl, owner), fileOf(owner)]);
    } finally {
      await postgres.stop();
    }
  }

  async function buy(sku: string): Promise<Bought> {
    const { promise, shippingPromise, unit } = await preview(system.gatewayUrl, sku, 1);
    const purchase: Purchase = { key: `bought-before-restore-${(purchases += 1)}`, lines: [{ sku, quantity: 1, promise: promise ?? '' }], shippingPromise, email: 'ada@example.com', card: 'pm_card_visa' };
    const bought = { purchase, placed: await ask(purchase), unit };
    await becomesConfirmed(bought.placed);
    return bought;
  }

  async function ask(purchase: Purchase): Promise<Placed> {
    const answer = await placeOrder(system.gatewayUrl, purchase, 10);
    const placed = JSON.parse(answer.text) as Placed;
    if (placed.order === undefined) throw new Error(`${answer.status} ${answer.text}`);
    return placed;
  }

  const becomesConfirmed = ({ order, orderToken }: Placed): Promise<ShownOrder> =>
    eventually(async () => {
      const shown = await readOrder(system.gatewayUrl, order.id, orderToken);
      if (shown.status !== 'CONFIRMED') throw new Error(JSON.stringify(shown));
      return shown;
    }, { withinMs: 60_000 });

  const titled = (record: SandboxRecord, title: string): SandboxRecord => {
    const labels = record['labels'] as Record<string, Record<string, unknown>>;
    return { ...record, labels: { ...labels, en: { ...labels['en'], title } } };
  };
  const titleOf = (record: SandboxRecord): string => String((record['labels'] as Record<string, Record<string, unknown>>)['en']?.['title']);
  const change = async (...changed: SandboxRecord[]): Promise<void> => {
    for (const record of changed) await system.sandbox.put('pim/products', record);
    await agreement();
  };

  /** Of what the systems of record hold; what orders have taken from the stock they don't know before it is shipped. */
  async function agreement(): Promise<void> {
    const differing = async () => (await differences(system)).filter((each) => each.system !== 'erp');
    try {
      await eventually(async () => expect((await differing()).map(({ says }) => says)).toEqual([]) ?? true, { withinMs: 60_000, everyMs: 500 });
    } catch (fault) {
      process.stdout.write(`${await sideBySide(system, await differing(), 'restore')}\n`);
      throw fault;
    }
  }

  /** Of every state that the gateway holds: what it has and its owner has not said just so. */
  async function notAsOwned(): Promise<string[]> {
    const statesOf = async (owner: DatabaseOwner, table: string, entity: string) =>
      new Map((await withDatabase(system, owner, async (client) => (await client.query<{ key: string; state: string }>(`select key, revision || ' ' || encode(hash, 'hex') as state from ${table} where entity = $1 and data is not null`, [entity])).rows)).map(({ key, state }) => [key, state]));
    const differing: string[] = [];
    for (const { entity, systems: [owner], kind, told } of contracts.filter((each) => each.systems.length === 1)) {
      if (kind !== 'state' || told) continue;
      const held = await statesOf('gateway', 'stored_part', entity);
      if (held.size === 0) continue;
      const said = await statesOf(owner as DatabaseOwner, 'announced', entity);
      differing.push(...[...new Set([...held.keys(), ...said.keys()])].filter((key) => held.get(key) !== said.get(key)).map((key) => `${entity} ${key}: ${held.get(key)} is held, ${said.get(key)} was said`));
    }
    return differing;
  }

  it('nothing is lost, doubled or set back, and who asks again under the old key gets the old order', async () => {
    const sku = (index: number): string => goods[index]?.sku ?? '';
    const [first, second, third] = (await system.sandbox.list('pim/products')).items.filter(({ state }) => state === 'published') as [SandboxRecord, SandboxRecord, SandboxRecord];
    await change();
    const known = await buy(sku(0));

    await backUp('pim', 'pricing', 'oms', 'operations');
    await change(titled(first, 'seen by the gateway alone'), titled(second, 'seen by the gateway alone'));
    const unknownToOms = await buy(sku(1));
    await backUp('gateway', 'erp');
    // Back to what the PIM's adapter has in its backup; on to what nobody has; and gone.
    await change(first, titled(second, 'seen by nobody who is left'));
    await system.sandbox.remove('pim/products', third.id);
    const unknownToGateway = await buy(sku(2));
    const booksBefore = await readBooks(system.sandbox);
    await system.stop();

    await restore();
    system = await startSystem({ dataDir: after, ports, durable: false, mode: 'test', without });
    await auditRevisions(system);
    await agreement();
    expect(titleOf(first)).not.toBe('seen by the gateway alone');

    for (const { placed } of [known, unknownToOms]) await becomesConfirmed(placed);
    const again = await ask(unknownToGateway.purchase);
    expect([again.order.id, again.order.number]).toEqual([unknownToGateway.placed.order.id, unknownToGateway.placed.order.number]);
    const shown = [await becomesConfirmed(known.placed), await becomesConfirmed(unknownToOms.placed), await becomesConfirmed(again)];
    const bought = [known, unknownToOms, unknownToGateway].map(({ purchase, unit }, index) => {
      const order = shown[index] as ShownOrder;
      return { key: purchase.key, sku: sku(index), order, refused: undefined, promisedUnit: unit, ids: [order.id], answers: 1, tookMs: 0, doneAt: Date.now() };
    });
    const wrong = violations(bought, goods.map(({ sku: each }) => ({ sku: each, stock: 1 })), await readBooks(system.sandbox));
    if (wrong.length > 0) process.stdout.write(`${await wayOfOrders(system, shown.map(({ id }) => id))}\n`);
    expect(wrong).toEqual([]);
    expect((await readBooks(system.sandbox)).charges).toHaveLength(booksBefore.charges.length);

    await eventually(async () => expect(await notAsOwned()).toEqual([]) ?? true, { withinMs: 60_000, everyMs: 500 });
    expect(await audit(system)).toMatchObject({ lowered: [], doubled: [], letters: [] });
    for (const owner of owners) expect([owner, await withDatabase(system, owner, async (client) => (await client.query(`select consumer, key, code, error from dead_letter where state = 'open'`)).rows)]).toEqual([owner, []]);
  }, 300_000);
});
