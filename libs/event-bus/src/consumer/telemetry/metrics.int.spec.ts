// The real meters of a running consumer, as a scrape shows them.
import { nanos } from '@nats-io/transport-node';
import { scrape } from '@steward/platform';
import { eventually } from '@steward/testing';
import { defineProjection } from '../declarations';
import { recordingProjection, stock, stockLevel } from '../rig.spec';
import { strategyScene } from '../strategy-scene.spec';

/** Value of the series that has all these labels; undefined when there is none. */
async function read(name: string, labels: Record<string, string>): Promise<number | undefined> {
  const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
  const line = (await scrape()).text.split('\n').find((each) => each.startsWith(`${name}{`) && wanted.every((label) => each.includes(label)));
  return line === undefined ? undefined : Number(line.slice(line.lastIndexOf(' ') + 1));
}

describe('metrics of a consumer', () => {
  const scene = strategyScene();
  const { start, bound, publish, stored, info, many } = scene;
  const durable = { consumer: 'gateway-availability', stream: 'ERP_STATE' };
  const ago = (ms: number) => new Date(Date.now() - ms).toISOString();

  it('steward_propagation_seconds is the time from the change at its source to the commit; only what moved counts', async () => {
    const labels = { entity: 'stock-level' };
    const before = { sum: (await read('steward_propagation_seconds_sum', labels)) ?? 0, count: (await read('steward_propagation_seconds_count', labels)) ?? 0 };
    start();
    await bound();
    await publish([stock('slow@m', 2, 2, { time: ago(40_000) }), stock('quick@m', 1, 1, { time: ago(0) })]);
    await eventually(async () => (await stored()) === 2);
    await publish([stock('slow@m', 1, 1, { time: ago(1_000_000) })]);
    await eventually(async () => (await info()).ack_floor.stream_seq === 3);
    expect((await read('steward_propagation_seconds_count', labels)) ?? 0).toBe(before.count + 2);
    const seconds = ((await read('steward_propagation_seconds_sum', labels)) ?? 0) - before.sum;
    expect(seconds).toBeGreaterThanOrEqual(40);
    expect(seconds).toBeLessThan(70);
    expect(await read('steward_propagation_seconds_bucket', { ...labels, le: '60' })).toBeGreaterThan((await read('steward_propagation_seconds_bucket', { ...labels, le: '30' })) ?? 0);
  });

  it('X3: what is said again as a repair is as old as what it says, and is no propagation', async () => {
    const count = async () => (await read('steward_propagation_seconds_count', { entity: 'stock-level' })) ?? 0;
    const before = await count();
    start();
    await bound();
    await publish([stock('said-again@m', 3, 1, { time: ago(3_000_000), origin: 'repair' }), stock('live@m', 1)]);
    await eventually(async () => (await info()).ack_floor.stream_seq === 2);
    expect(await count()).toBe(before + 1);
  });

  it('steward_messages_total counts each message under what became of it', async () => {
    const count = async (outcome: string) => (await read('steward_messages_total', { consumer: 'gateway-availability', entity: 'stock-level', outcome })) ?? 0;
    const outcomes = ['applied', 'superseded', 'duplicate', 'conflict', 'dead_letter'];
    const before = await Promise.all(outcomes.map(count));
    start();
    await bound();
    const first = stock('S@m', 2);
    for (const message of [first, stock('S@m', 1), stock('S@m', 2), stock('S@m', 2, 99), stock('T@m', 1, 1, { body: '{}' })]) {
      await publish([message]);
      // One by one: state streams keep the newest of a key only.
      await eventually(async () => (await info()).num_ack_pending === 0 && (await info()).num_pending === 0);
    }
    expect((await Promise.all(outcomes.map(count))).map((now, index) => now - (before[index] ?? 0))).toEqual([1, 1, 1, 1, 1]);
  });

  it('steward_dead_letters_open names owner, consumer and class, and goes when its letters are closed', async () => {
    const labels = { owner: stockLevel.owner.team, consumer: 'gateway-availability', class: 'schema' };
    start();
    await bound();
    await publish([stock('S@m', 1, 1, { body: '{}' }), stock('T@m', 1, 1, { body: '{}' })]);
    await eventually(async () => (await read('steward_dead_letters_open', labels)) === 2, { withinMs: 60_000 });
    await publish([stock('S@m', 2), stock('T@m', 2)]);
    await eventually(async () => (await read('steward_dead_letters_open', labels)) === undefined, { withinMs: 60_000 });
  });

  it('steward_consumer_unacknowledged_messages shows what is in hand', async () => {
    const hand = Promise.withResolvers<void>();
    start({ projections: [defineProjection({ builds: 'availability', contract: stockLevel, apply: () => hand.promise })] });
    await publish(many(7));
    await eventually(async () => (await read('steward_consumer_unacknowledged_messages', durable)) === 7);
    hand.resolve();
    await eventually(async () => (await read('steward_consumer_unacknowledged_messages', durable)) === 0);
  });

  it('B2: messages that are pending and never delivered show as lag, and the watchdog binds anew until they come', async () => {
    const stuck = () => read('steward_consumer_rebinds_total', { ...durable, cause: 'stuck' }).then((count) => count ?? 0);
    const before = await stuck();
    // Somebody else holds all that the durable may have unacknowledged: nothing is missing, nothing fails, nothing comes.
    await scene.nats().asProvisioner((manager) => manager.consumers.update('ERP_STATE', 'gateway-availability', { max_ack_pending: 1, ack_wait: nanos(60_000) }));
    await publish(many(1, 1, 'held'));
    const thief = await scene.gateway().js.consumers.get('ERP_STATE', 'gateway-availability');
    const held = await thief.next({ expires: 5_000 });
    start({ projections: [recordingProjection()], stuckAfterMs: 1_500 });
    await bound();
    await publish(many(9));
    await eventually(async () => (await read('steward_consumer_lag_messages', durable)) === 9);
    await eventually(async () => (await stuck()) >= before + 2, { withinMs: 60_000 });
    held?.ack();
    await scene.nats().asProvisioner((manager) => manager.consumers.update('ERP_STATE', 'gateway-availability', { max_ack_pending: 1_000 }));
    await eventually(async () => (await stored()) === 9, { withinMs: 60_000 });
    await eventually(async () => (await read('steward_consumer_lag_messages', durable)) === 0);
  });

  it('B2: the watchdog leaves a consumer alone that has nothing to do, or is busy', async () => {
    const stuck = () => read('steward_consumer_rebinds_total', { ...durable, cause: 'stuck' }).then((count) => count ?? 0);
    const before = await stuck();
    const slow = Promise.withResolvers<void>();
    let calls = 0;
    start({ stuckAfterMs: 500, projections: [defineProjection({ builds: 'availability', contract: stockLevel, apply: () => (calls++, slow.promise) })] });
    await bound();
    const idle = performance.now();
    await eventually(() => performance.now() - idle > 2_500);
    await scene.nats().asProvisioner((manager) => manager.consumers.update('ERP_STATE', 'gateway-availability', { max_ack_pending: 3 }));
    await publish(many(10));
    await eventually(() => calls > 0);
    const busy = performance.now();
    await eventually(() => performance.now() - busy > 3_000);
    expect((await info()).num_pending).toBeGreaterThan(0);
    expect(await stuck()).toBe(before);
    slow.resolve();
    await eventually(async () => (await stored()) === 10);
  });
});
