// How a consumer ends: because what it needs stays missing (B7), or because it is asked to (C10).
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { StewardError } from '@steward/platform';
import { eventually } from '@steward/testing';
import { defineProjection } from './declarations';
import { stockLevel } from './rig.spec';
import { strategyScene } from './strategy-scene.spec';

describe('the end of a consumer', () => {
  const scene = strategyScene();
  const { start, stop, bound, publish, stored, info, many } = scene;
  const deleteDurable = () => scene.nats().asProvisioner((manager) => manager.consumers.delete('ERP_STATE', 'gateway-availability'));

  it.each([
    ['durable', deleteDurable],
    ['stream', () => scene.nats().asProvisioner((manager) => manager.streams.delete('ERP_STATE'))],
  ])('B7: a %s that stays missing keeps it not ready, and ends the process after a bounded time with a code', async (_what, remove) => {
    const fatal: StewardError[] = [];
    start({ missingWithinMs: 1_000, onFatal: (error) => void fatal.push(error) });
    await bound();
    await remove();
    await eventually(() => scene.notReady() !== undefined);
    await eventually(() => fatal.length > 0);
    expect(fatal[0]).toMatchObject({ code: 'BROKER_NOT_READY', message: expect.stringContaining('gateway-availability on ERP_STATE was missing for 1 s') });
  });

  it('B7: time does not add up over two times that something was missing, and an outage of the broker does not count (B3)', async () => {
    const fatal: StewardError[] = [];
    start({ missingWithinMs: 4_000, onFatal: (error) => void fatal.push(error) });
    await bound();
    const from = performance.now();
    while (performance.now() - from < 5_000) {
      await deleteDurable();
      await eventually(() => scene.notReady()?.includes('does not exist') ?? false);
      await scene.nats().provision();
      await bound();
    }
    const down = performance.now();
    await scene.nats().kill();
    await eventually(() => scene.notReady() !== undefined);
    await eventually(() => performance.now() - down > 5_000, { withinMs: 6_000 });
    await scene.nats().restart();
    await bound();
    expect(fatal).toEqual([]);
  });

  it('B7: a real process ends with exit code 69 and says why', async () => {
    await deleteDurable();
    const dist = (name: string) => JSON.stringify(join(__dirname, '..', '..', '..', name, 'dist', 'index.js'));
    const program = `
      const p = require(${dist('platform')}), bus = require(${dist('event-bus')}), { stockLevel } = require(${dist('contracts')});
      p.runMain('gateway', p.serviceEnv, async (env) => {
        const logger = p.createLogger({ service: 'gateway', level: 'info' });
        const broker = await bus.connectBroker({ url: env.NATS_URL, service: 'gateway', logger });
        const database = await p.openDatabase({ url: env.DATABASE_URL, name: 'gateway', migrations: bus.consumerMigrations, logger });
        const projection = bus.defineProjection({ builds: 'availability', contract: stockLevel, apply: async () => {} });
        const strategy = new bus.JetStreamStrategy({ service: 'gateway', broker, database, clock: p.systemClock, logger, projections: [projection], handlers: [], readiness: new p.Readiness(), missingWithinMs: 500 });
        strategy.listen(() => {});
        return { stop: () => strategy.close() };
      });`;
    const child = spawn(process.execPath, ['--experimental-vm-modules', '-e', program], {
      env: { DATABASE_URL: scene.rig().test.url, NATS_URL: scene.nats().urlOf('gateway'), STEWARD_MODE: 'test' }, stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.on('data', (text) => (output += String(text)));
    expect(await once(child, 'close')).toEqual([69, null]);
    const last = output.trim().split('\n').at(-1) ?? '';
    expect(last).toMatch(/"level":"fatal".*BROKER_NOT_READY/);
    expect(last).toContain('"remedy":"See that operations (the provisioner) runs');
  }, 60_000);

  it('C10: a handler that hangs outside SQL holds a shutdown up for a bounded time only; what it had comes again', async () => {
    const entered = Promise.withResolvers<void>();
    const hanging = Promise.withResolvers<void>();
    start({ closeWithinMs: 300, projections: [defineProjection({ builds: 'availability', contract: stockLevel, apply: () => (entered.resolve(), hanging.promise) })] });
    await publish(many(5));
    await entered.promise;
    const from = performance.now();
    await stop();
    expect(performance.now() - from).toBeLessThan(5_000);
    expect((await info()).ack_floor.stream_seq).toBe(0);
    // It comes to its end after all; nobody hears it, so its messages are given to the next process, whose gate knows them.
    hanging.resolve();
    await eventually(async () => (await stored()) === 5);
    expect((await info()).ack_floor.stream_seq).toBe(0);
    start();
    await eventually(async () => (await info()).ack_floor.stream_seq === 5);
    expect(await scene.rig().rows('select key from apply_journal group by key having count(*) > 1')).toEqual([]);
  });

  it('C10: a shutdown while the durable is being bound ends too, and leaves no session behind', async () => {
    start();
    const from = performance.now();
    await stop();
    expect(performance.now() - from).toBeLessThan(5_000);
    await eventually(async () => (await info()).num_waiting === 0);
  });
});
