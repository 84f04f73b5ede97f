/** B1, B2, B10: whatever the broker loses, the line is whole again without an operator, and reads go on meanwhile. */
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { eventually } from '@steward/testing';
import { freePortPlan } from '../system/ports';
import { scratchFolder } from '../system/scratch-folder';
import { startSystem, type System } from '../system/system';
import { agreement, allRecords, audit, auditRevisions, randomFrom, startLoad } from './rig.spec';

describe('what the broker loses', () => {
  const dataDir = scratchFolder('broker-loss');
  let system: System;

  beforeAll(async () => {
    system = await startSystem({ dataDir, ports: await freePortPlan(), durable: true, mode: 'test' });
    await system.sandbox.seed({ seed: 'broker-loss', products: 100 });
    await agreement(system);
    await auditRevisions(system);
  }, 180_000);

  afterAll(async () => {
    await system?.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  afterEach(async () => {
    await someChanges();
    await agreement(system);
    expect(await audit(system)).toMatchObject({ lowered: [], doubled: [], letters: [] });
  });

  async function someChanges(): Promise<void> {
    const records = { products: await allRecords(system.sandbox, 'pim/products'), stock: await allRecords(system.sandbox, 'erp/stock') };
    const load = startLoad(system.sandbox, records, 200, randomFrom(1));
    await eventually(() => load.written > 300, { withinMs: 30_000 });
    await load.stop();
  }

  async function asProvisioner<T>(work: (jsm: JetStreamManager) => Promise<T>): Promise<T> {
    const connection = await connect({ servers: system.natsUrl('provisioner'), inboxPrefix: '_INBOX_provisioner' });
    return work(await jetstreamManager(connection)).finally(() => connection.close());
  }

  it('B2: a deleted durable is made again', async () => {
    await asProvisioner((jsm) => jsm.consumers.delete('PIM_STATE', 'gateway-catalogue'));
  });

  it('B10: a deleted stream is made again and filled by its owner', async () => {
    await asProvisioner((jsm) => jsm.streams.delete('ERP_STATE'));
    await someChanges();
    await eventually(async () => asProvisioner(async (jsm) => (await jsm.streams.info('ERP_STATE')).state.messages >= (await allRecords(system.sandbox, 'erp/stock')).length), { withinMs: 90_000 });
  });

  it('B10: a purged stream is filled by its owner', async () => {
    await asProvisioner((jsm) => jsm.streams.purge('PIM_STATE'));
  });

  it('B1 B10: a broker that comes back with an older disk gets the lost tail again', async () => {
    const nats = system.process('nats-server');
    const store = join(dataDir, 'nats', 'jetstream');
    const older = mkdtempSync(join(tmpdir(), 'steward-older-disk-'));
    await nats.kill('SIGSTOP');
    cpSync(store, older, { recursive: true });
    await nats.kill('SIGCONT');
    await someChanges();
    await agreement(system);
    await nats.stop();
    rmSync(store, { recursive: true });
    cpSync(older, store, { recursive: true });
    rmSync(older, { recursive: true });
    await nats.restart();
  });
});
