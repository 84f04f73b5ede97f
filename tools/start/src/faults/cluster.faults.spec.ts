/** The broker as in production: three nodes, three copies of each stream. Whichever node is lost or stands still, nothing else is. */
import { rmSync } from 'node:fs';
import { randomFrom } from '@steward/platform';
import { eventually } from '@steward/testing';
import { brokerNodes, freePortPlan } from '../system/ports';
import { scratchFolder } from '../system/scratch-folder';
import { startSystem, type System } from '../system/system';
import { agreement, audit, auditRevisions, pendingOutbox, recordsOf, startLoad } from './rig.spec';
import { asProvisioner } from './side-by-side.spec';

const CHANGES = 100;

describe('a cluster of three brokers', () => {
  const dataDir = scratchFolder('cluster');
  let system: System;

  beforeAll(async () => {
    system = await startSystem({ dataDir, ports: await freePortPlan(), durable: true, mode: 'test', cluster: true, syncAlways: true });
    await system.sandbox.seed({ seed: 'cluster', products: 60 });
    await agreement(system, 'cluster');
    await auditRevisions(system);
  }, 240_000);

  afterAll(async () => {
    await system?.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  afterEach(async () => {
    await agreement(system, 'cluster');
    await eventually(async () => (await pendingOutbox(system)) === 0, { withinMs: 60_000 });
    expect(await audit(system)).toMatchObject({ lowered: [], doubled: [], letters: [] });
  }, 240_000);

  async function someChanges(): Promise<void> {
    const load = startLoad(system.sandbox, await recordsOf(system), 100, randomFrom(1));
    await eventually(() => load.written > CHANGES, { withinMs: 60_000 });
    await load.stop();
  }

  it('holds three copies of every stream', async () => {
    const copies = await asProvisioner(system, async (jsm) => {
      const found: number[] = [];
      for await (const { cluster } of jsm.streams.list()) found.push(1 + (cluster?.replicas?.length ?? 0));
      return found;
    });
    expect(new Set(copies)).toEqual(new Set([3]));
  });

  it.each(brokerNodes)('B5 I1: goes on without %s, killed', async (node) => {
    const { pid } = system.process(node);
    await system.process(node).kill();
    await someChanges();
    await eventually(() => system.process(node).alive && system.process(node).pid !== pid, { withinMs: 60_000 });
  }, 240_000);

  it.each(brokerNodes)('B3 I1: goes on without %s, standing still', async (node) => {
    await system.process(node).kill('SIGSTOP');
    try {
      await someChanges();
      // Not only taken in: shown, while the node still stands.
      await agreement(system, `cluster, ${node} standing still`);
    } finally {
      await system.process(node).kill('SIGCONT');
    }
  }, 240_000);

  it('B10 I1: comes back whole when all are killed at once', async () => {
    const load = startLoad(system.sandbox, await recordsOf(system), 100, randomFrom(2));
    await eventually(() => load.written > CHANGES, { withinMs: 60_000 });
    await Promise.all(brokerNodes.map((node) => system.process(node).kill()));
    await eventually(() => load.written > 2 * CHANGES, { withinMs: 60_000 });
    await load.stop();
  }, 240_000);
});
