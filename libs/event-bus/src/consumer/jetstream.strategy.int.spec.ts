import type { JsMsg } from '@nats-io/jetstream';
import { feedProgress } from '@steward/contracts';
import { eventually } from '@steward/testing';
import type { PoolClient } from 'pg';
import { defineProjection } from './declarations';
import { delivered, progress, recordingProjection, stockLevel } from './rig.spec';
import { runBatch } from './batch/runner';
import { strategyScene } from './strategy-scene.spec';

describe('the JetStream strategy', () => {
  const scene = strategyScene();
  const { start, stop, bound, publish, stored, info, many } = scene;

  it('applies what the stream holds and what comes, acknowledges it, and knows its floor (O8)', async () => {
    await publish(many(120));
    const running = start();
    await eventually(async () => (await stored()) === 120);
    await publish([...many(10, 1, 'late'), progress('stock-level', 1)]);
    await eventually(async () => (await stored()) === 130);
    await eventually(async () => (await info()).num_ack_pending === 0);
    await eventually(() => running.ackFloor('availability', 'ERP_STATE')?.sequence === 130);
    expect(await scene.rig().rows(`select n from effect where entity = 'feed-progress'`)).toHaveLength(1);
  });

  it('lets messages gather where nobody waits for them, and gives back what it has gathered when it stops', async () => {
    const batches: number[] = [];
    const counting = defineProjection({ builds: 'availability', contract: stockLevel, apply: async (_tx, changes) => void batches.push(changes.length) });
    start({ gatherMs: 2_000, projections: [counting] });
    await bound();
    for (const each of many(5)) await publish([each]);
    await eventually(async () => (await stored()) === 5);
    expect(batches.length).toBeLessThan(5);
    await stop();
    start({ gatherMs: 3_600_000 });
    await bound();
    await publish(many(3, 1, 'late'));
    await eventually(async () => (await info()).num_ack_pending === 3);
    await stop();
    expect(await stored()).toBe(5);
    start();
    await eventually(async () => (await stored()) === 8);
  });

  it('C1: acknowledges only after the commit', async () => {
    const gate = Promise.withResolvers<void>();
    const entered = Promise.withResolvers<void>();
    start({ projections: [defineProjection({ builds: 'availability', contract: stockLevel, apply: async () => (entered.resolve(), gate.promise) })] });
    await publish(many(5));
    await entered.promise;
    expect((await info()).ack_floor.stream_seq).toBe(0);
    gate.resolve();
    await eventually(async () => (await info()).ack_floor.stream_seq === 5);
  });

  it('T3: acknowledging before the commit is caught: after a process dies in between, its messages are gone', async () => {
    const survive = async (order: 'acknowledge first' | 'commit first'): Promise<number> => {
      await publish(many(3, 1, order.replace(' ', '-')));
      const consumer = await scene.gateway().js.consumers.get('ERP_STATE', 'gateway-availability');
      const messages = await consumer.fetch({ max_messages: 3, expires: 2_000 });
      const unsettled: JsMsg[] = [];
      for await (const message of messages) {
        if (order === 'acknowledge first') message.ack();
        // The process dies here: its transaction never commits.
        const dying = { ...scene.rig().work, database: { ...scene.rig().database, transaction: () => Promise.reject(Object.assign(new Error('killed'), { code: '57P01' })) } };
        await expect(runBatch(dying, [delivered({ subject: message.subject, headers: message.headers, data: message.data })], { onSettled: () => message.ack() })).rejects.toThrow('killed');
        unsettled.push(message);
      }
      if (order === 'commit first') for (const message of unsettled) message.nak(); // stands for ack_wait running out
      await scene.gateway().nc.flush();
      const before = await stored();
      start();
      await bound();
      await eventually(async () => (await info()).num_pending === 0 && (await info()).num_ack_pending === 0);
      await stop();
      return (await stored()) - before;
    };
    expect(await survive('commit first')).toBe(3);
    expect(await survive('acknowledge first')).toBe(0);
  });

  it('B3: binds again when its consumer, then its whole stream, is deleted and made anew', async () => {
    start();
    await bound();
    await publish(many(10, 1));
    await eventually(async () => (await stored()) === 10);
    await scene.nats().asProvisioner((manager) => manager.consumers.delete('ERP_STATE', 'gateway-availability'));
    await eventually(() => scene.notReady() !== undefined);
    await scene.nats().provision();
    await publish(many(10, 1, 'second'));
    await eventually(async () => (await stored()) === 20);
    await scene.nats().asProvisioner((manager) => manager.streams.delete('ERP_STATE'));
    await scene.nats().provision();
    await publish(many(10, 1, 'third'));
    await eventually(async () => (await stored()) === 30, { withinMs: 40_000 });
    await bound();
  }, 120_000);

  it('B3: survives a killed broker: nothing is lost and nothing is applied twice', async () => {
    start();
    await bound();
    const flow = many(300, 1).map((envelope) => envelope);
    const sending = publish(flow);
    await eventually(async () => (await stored()) > 20);
    await scene.nats().kill();
    await scene.nats().restart();
    await sending;
    await eventually(async () => (await stored()) === 300, { withinMs: 60_000 });
    const twice = await scene.rig().rows('select key, revision from apply_journal group by key, revision having count(*) > 1');
    expect(twice).toEqual([]);
  }, 120_000);

  it('C10: a shutdown finishes what is in flight, gives the rest back and burns no attempt', async () => {
    const slow = defineProjection({ builds: 'availability', contract: stockLevel, apply: async (tx) => void (await tx.query('select pg_sleep(0.3)')) });
    await publish(many(1_600));
    start({ projections: [slow] });
    await eventually(async () => (await info()).num_ack_pending > 0);
    await stop();
    const after = await info();
    expect(after.ack_floor.stream_seq).toBe(await stored());
    start();
    await eventually(async () => (await stored()) === 1_600);
    expect([await scene.rig().rows('select from dead_letter'), await scene.rig().rows('select from delivery_attempt')]).toEqual([[], []]);
    expect(await scene.rig().rows('select key from apply_journal group by key having count(*) > 1')).toEqual([]);
  });

  it('waits out a database that is away, with the messages in hand and without a nak', async () => {
    let away = true;
    const database = { ...scene.rig().database, transaction: <T>(work: (tx: PoolClient) => Promise<T>) =>
      away ? Promise.reject(Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })) : scene.rig().database.transaction(work) };
    start({ database });
    await bound();
    await publish(many(20));
    await eventually(async () => (await info()).num_ack_pending === 20);
    away = false;
    await eventually(async () => (await stored()) === 20);
    await eventually(async () => (await info()).num_ack_pending === 0);
    expect((await info()).num_redelivered).toBe(0);
  });

  it('O6: refuses at start to forget sooner than its streams, and forgets by itself what is older', async () => {
    expect(() => start({ keep: { inboxMs: 3_600_000 } })).toThrow('OUTBOX_RETENTION_SHORT');
    await scene.rig().test.pool.query(`insert into inbox values (gen_random_uuid(), 'progress', now() - interval '40 days'), (gen_random_uuid(), 'progress', now() - interval '1 day')`);
    start();
    await eventually(async () => (await scene.rig().rows('select from inbox')).length === 1);
  });

  it('refuses declarations that no contract covers, and a second gate for one entity', () => {
    const strange = defineProjection({ builds: 'nothing', contract: stockLevel, apply: () => Promise.resolve() });
    expect(() => start({ projections: [strange] })).toThrow('no contract names gateway');
    expect(() => start({ projections: [recordingProjection(), recordingProjection()] })).toThrow('one gate per entity');
    expect(() => defineProjection({ builds: 'progress', contract: feedProgress, apply: () => Promise.resolve() })).toThrow('no state contract');
  });
});
