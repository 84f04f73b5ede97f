/** B1, B2, B10: whatever the broker loses, the line is whole again without an operator, and reads go on meanwhile. */
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomFrom } from '@steward/platform';
import { eventually } from '@steward/testing';
import { freePortPlan } from '../system/ports';
import { scratchFolder } from '../system/scratch-folder';
import { startSystem, type System } from '../system/system';
import { agreement, allRecords, audit, auditRevisions, pendingOutbox, recordsOf, startLoad } from './rig.spec';
import { asProvisioner } from './side-by-side.spec';

describe('what the broker loses', () => {
  const dataDir = scratchFolder('broker-loss');
  let system: System;

  beforeAll(async () => {
    system = await startSystem({ dataDir, ports: await freePortPlan(), durable: true, mode: 'test' });
    await system.sandbox.seed({ seed: 'broker-loss', products: 100 });
    await agreement(system, 'broker loss');
    await auditRevisions(system);
  }, 180_000);

  afterAll(async () => {
    await system?.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  afterEach(async () => {
    await someChanges();
    await agreement(system, 'broker loss');
    expect(await audit(system)).toMatchObject({ lowered: [], doubled: [], letters: [] });
  }, 180_000);

  async function someChanges(): Promise<void> {
    const records = await recordsOf(system);
    const load = startLoad(system.sandbox, records, 200, randomFrom(1));
    await eventually(() => load.written > 300);
    await load.stop();
  }

  /** Every key of the system of record is in its stream again. */
  async function filled(stream: string, collection: 'pim/products' | 'erp/stock'): Promise<void> {
    const keys = (await allRecords(system.sandbox, collection)).length;
    const isFilled = (): Promise<boolean> =>
      asProvisioner(system, async (jsm) => {
        const { state } = await jsm.streams.info(stream);
        return state.messages >= keys;
      }).catch(() => false);
    await eventually(isFilled, { withinMs: 120_000, everyMs: 500 });
  }

  it('B2: a deleted durable is made again', async () => {
    await asProvisioner(system, (jsm) => jsm.consumers.delete('PIM_STATE', 'gateway-catalogue'));
  });

  it('B10: a deleted stream is made again and filled by its owner', async () => {
    await asProvisioner(system, (jsm) => jsm.streams.delete('ERP_STATE'));
    await filled('ERP_STATE', 'erp/stock');
  }, 180_000);

  it('B10: a purged stream is filled by its owner', async () => {
    await asProvisioner(system, (jsm) => jsm.streams.purge('PIM_STATE'));
    await filled('PIM_STATE', 'pim/products');
  }, 180_000);

  it('B5 B12: of what a broker stored and died without acknowledging, the newest state of a key is what remains', async () => {
    const nats = system.process('nats-server');
    const projector = system.process('gateway-projector');
    const all = await recordsOf(system);
    // Few keys that change often, and a consumer that is behind: only so can one state of a key take another's place unseen.
    const few = { products: all.products.slice(0, 12), stock: all.stock.slice(0, 12), prices: all.prices.slice(0, 12) };
    for (let round = 0; round < 3; round += 1) {
      const load = startLoad(system.sandbox, few, 400, randomFrom(round));
      await eventually(() => load.written > 100);
      await projector.kill('SIGSTOP');
      await asProvisioner(system, async (jsm) => {
        await nats.kill('SIGSTOP');
        const answer = jsm.streams.info('PRICING_STATE').catch(() => undefined);
        await eventually(() => load.written > 300);
        await load.stop();
        await nats.kill('SIGCONT');
        await answer;
        await nats.kill();
      });
      await eventually(async () => (await pendingOutbox(system)) === 0, { withinMs: 60_000 });
      await projector.kill('SIGCONT');
      await agreement(system, `a broker that died, round ${String(round)}`);
    }
  }, 400_000);

  it('B1 B10: a broker that comes back with an older disk gets the lost tail again', async () => {
    const nats = system.process('nats-server');
    const store = join(dataDir, 'nats', 'jetstream');
    const older = mkdtempSync(join(tmpdir(), 'steward-older-disk-'));
    await nats.kill('SIGSTOP');
    cpSync(store, older, { recursive: true });
    await nats.kill('SIGCONT');
    await someChanges();
    await agreement(system, 'broker loss');
    await nats.stop();
    rmSync(store, { recursive: true });
    cpSync(older, store, { recursive: true });
    rmSync(older, { recursive: true });
    await nats.restart();
  }, 180_000);
});
