import { systemClock } from '@steward/platform';
import { eventually } from '@steward/testing';
import { FlowSwitch } from '../flow/flow-switch';
import { Flows1794000000000 } from '../flow/flow.migration';
import { pauseFlow, resumeFlow } from '../flow/flow.store';
import { defineProjection } from './declarations';
import { logger, progress, stockLevel } from './rig.spec';
import { strategyScene } from './strategy-scene.spec';

const flow = 'gateway.availability';
const by = { actor: 'ines', reason: 'the read model is moved' };

describe('a consumer whose flow is paused', () => {
  const { rig, start, stop, bound, publish, stored, info, many, notReady } = strategyScene();
  const switches: FlowSwitch[] = [];
  beforeAll(() => new Flows1794000000000().up(rig().test.pool as never));
  beforeEach(() => rig().test.pool.query('truncate flow_pause, flow_act'));
  afterEach(async () => {
    await stop();
    await Promise.all(switches.splice(0).map((each) => each.stop()));
  });

  const aSwitch = async (): Promise<FlowSwitch> => {
    const one = new FlowSwitch({ database: rig().database, databaseUrl: rig().test.url, clock: systemClock, logger });
    switches.push(one);
    await one.start();
    return one;
  };
  const pause = () => pauseFlow(rig().database, flow, { ...by, resumesAt: null });
  const resume = () => resumeFlow(rig().database, flow, by);
  const appliedTwice = () => rig().rows('select key from apply_journal group by key, revision having count(*) > 1');

  it('pulls nothing and is ready; others flow; what came meanwhile is applied once, afterwards', async () => {
    const running = start({ flowSwitch: await aSwitch() });
    await publish(many(40));
    await eventually(async () => (await stored()) === 40);
    await pause();
    await eventually(async () => (await info()).num_waiting === 0);
    await publish([...many(250, 1, 'late'), progress('stock-level', 1)]);
    await eventually(async () => (await rig().rows(`select n from effect where entity = 'feed-progress'`)).length === 1);
    const { num_pending: pending, num_ack_pending: unacknowledged, num_waiting: pulls } = await info();
    expect([pending, unacknowledged, pulls, await stored(), notReady()]).toEqual([250, 0, 0, 40, undefined]);
    // Nothing vouches for what is not read (O8).
    expect(running.ackFloor('availability', 'ERP_STATE')).toBeUndefined();
    const [shown, ...others] = running.flows();
    expect([shown?.flow, others.map((each) => each.flow), shown?.entity, shown?.promiseMs]).toEqual([flow, ['gateway.progress'], 'stock-level', 900_000]);
    await shown?.look();
    const look = await shown?.look();
    expect([look?.held, (look?.latenessMs ?? 0) > 0]).toEqual([250, true]);
    await resume();
    await eventually(async () => (await stored()) === 290);
    await eventually(async () => (await info()).num_ack_pending === 0);
    await eventually(() => running.ackFloor('availability', 'ERP_STATE')?.sequence === 290);
    expect(await appliedTwice()).toEqual([]);
  });

  it('finishes what it has begun and gives back the rest, however often it is paused in the middle', async () => {
    const slow = defineProjection({ builds: 'availability', contract: stockLevel, apply: async (tx) => void (await tx.query('select pg_sleep(0.1)')) });
    await publish(many(1_500));
    start({ projections: [slow], flowSwitch: await aSwitch() });
    for (let times = 1; times <= 3; times += 1) {
      const before = await stored();
      await eventually(async () => (await stored()) > before);
      await pause();
      // What is not applied is the broker's: not given yet, or given in the moment in which nobody listened any more; that comes again.
      const held = await eventually(async () => {
        const [{ num_ack_pending, num_waiting, num_pending }, applied] = [await info(), await stored()];
        return num_waiting === 0 && num_ack_pending + num_pending === 1_500 - applied && { applied };
      });
      await resume();
      if (held.applied === 1_500) break;
    }
    await eventually(async () => (await stored()) === 1_500, { withinMs: 60_000 });
    expect([await appliedTwice(), await rig().rows('select from dead_letter')]).toEqual([[], []]);
  }, 200_000);

  it('begins paused when it was paused before, and is stopped like any other', async () => {
    await pause();
    start({ flowSwitch: await aSwitch() });
    await bound();
    await publish(many(5));
    expect([(await info()).num_pending, (await info()).num_waiting, await stored()]).toEqual([5, 0, 0]);
    await stop();
    await resume();
    start({ flowSwitch: await aSwitch() });
    await eventually(async () => (await stored()) === 5);
  });

  it('C5b: the wait of an event does not run while the one before it can not come', async () => {
    // Held since two hours; its flow was paused until a moment ago.
    await rig().test.pool.query(`insert into flow_pause (flow, since, actor, reason) values ('gateway.progress', now() - interval '3 hours', 'ines', 'x')`);
    const [first, second] = [progress('stock-level', 1), progress('stock-level', 2)];
    await rig().test.pool.query(
      `insert into event_position (handler, key, sequence) values ('progress', $1, 0) on conflict do nothing`, [placeOf()]);
    await rig().test.pool.query(
      `insert into held (handler, key, sequence, message_id, envelope, held_at, expires_at) values ('progress', $1, 2, $2, $3, now() - interval '2 hours', now() - interval '1 hour')`,
      [placeOf(), second.id, JSON.stringify(second)]);
    start({ flowSwitch: await aSwitch() });
    await bound();
    await resumeFlow(rig().database, 'gateway.progress', by);
    // Its turn has come: it says when the sweep was there.
    const other = progress('price', 1);
    await rig().test.pool.query(
      `insert into held (handler, key, sequence, message_id, envelope, held_at, expires_at) values ('progress', 'erp.feed-progress/price', 1, $1, $2, now(), now() + interval '1 hour')`,
      [other.id, JSON.stringify(other)]);
    const applied = async () => (await rig().rows(`select n from effect where entity = 'feed-progress'`)).length;
    await eventually(async () => (await applied()) === 1);
    await publish([first]);
    await eventually(async () => (await applied()) === 3);
    expect(await rig().rows('select class from dead_letter')).toEqual([]);
  });
});

const placeOf = (): string => 'erp.feed-progress/stock-level';
