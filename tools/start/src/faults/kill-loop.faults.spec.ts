/**
 * T4: every process is killed with -9 on a seeded, printed schedule while changes flow; afterwards the storefront equals the systems
 * of record for every key (I1), nothing was applied twice (I2), and no revision was lowered (I3).
 */
import { rmSync } from 'node:fs';
import { randomFrom } from '@steward/platform';
import { eventually } from '@steward/testing';
import { freePortPlan, processNames, type ProcessName } from '../system/ports';
import { scratchFolder } from '../system/scratch-folder';
import { startSystem, type System } from '../system/system';
import { agreement, audit, auditRevisions, pendingOutbox, recordsOf, startLoad } from './rig.spec';

const seed = Number(process.env['STEWARD_FAULT_SEED'] ?? Date.now() % 1_000_000);
const killsOfEach = 4;
const changesPerSecond = 200;

describe('kill loop', () => {
  const dataDir = scratchFolder('kill-loop');
  let system: System;

  beforeAll(async () => {
    system = await startSystem({ dataDir, ports: await freePortPlan(), durable: true, mode: 'test' });
    await system.sandbox.seed({ seed: 'kill-loop', products: 150 });
    await agreement(system, `kill loop, STEWARD_FAULT_SEED=${seed}`);
    await auditRevisions(system);
  }, 180_000);

  afterAll(async () => {
    await system?.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  it('I1 I2 I3: every process killed four times under load loses nothing, doubles nothing and lowers nothing', async () => {
    const random = randomFrom(seed);
    const victims = schedule(random);
    process.stdout.write(`kill loop: STEWARD_FAULT_SEED=${seed}, ${victims.length} kills: ${victims.join(' ')}\n`);
    const records = await recordsOf(system);
    const load = startLoad(system.sandbox, records, changesPerSecond, random);
    for (const victim of victims) {
      const { pid } = system.process(victim);
      await system.process(victim).kill();
      // The next victim falls while this one is still coming back, half of the time.
      if (random() < 0.5) await eventually(() => system.process(victim).alive && system.process(victim).pid !== pid, { withinMs: 60_000 });
      const written = load.written;
      await eventually(() => load.written > written + changesPerSecond, { withinMs: 60_000 });
    }
    await load.stop();
    expect(load.written).toBeGreaterThan((victims.length * changesPerSecond) / 2);

    await agreement(system, `kill loop, STEWARD_FAULT_SEED=${seed}`);
    await eventually(async () => (await pendingOutbox(system)) === 0);
    const result = await audit(system);
    expect(result).toMatchObject({ lowered: [], doubled: [], gaps: [], letters: [] });
    expect(result.journal).toBeGreaterThan(load.written / 4);
  }, 900_000);
});

function schedule(random: () => number): ProcessName[] {
  const victims = processNames.flatMap((name) => Array.from({ length: killsOfEach }, () => name));
  return victims.map((name) => ({ name, at: random() })).sort((a, b) => a.at - b.at).map(({ name }) => name);
}
