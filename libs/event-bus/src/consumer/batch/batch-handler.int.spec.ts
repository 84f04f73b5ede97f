import { type FeedProgress, feedProgress } from '@steward/contracts';
import { defineBatchHandler } from '../declarations';
import { delivered, openRig, progress, type Rig } from '../rig.spec';

describe('a handler of batches', () => {
  let rig: Rig;
  let calls: string[][] = [];
  let poison: string | undefined;
  beforeAll(async () => {
    const handler = defineBatchHandler<FeedProgress>({
      builds: 'progress', contract: feedProgress,
      handleAll: async (tx, events) => {
        const names = events.map(({ key, sequence }) => `${key}${sequence}`);
        calls.push(names);
        if (names.some((name) => name === poison)) throw Object.assign(new Error('no'), { code: '22P02' });
        await tx.query(`insert into effect (entity, key, n) select 'feed-progress', k, n from unnest($1::text[], $2::bigint[]) as u(k, n)`, [events.map(({ key }) => key), events.map(({ sequence }) => sequence)]);
      },
    });
    rig = await openRig({ handler });
  });
  afterAll(() => rig.close());
  beforeEach(async () => {
    calls = [];
    poison = undefined;
    await rig.test.pool.query('truncate stored_part, inbox, event_position, held, dead_letter, dead_letter_act, delivery_attempt, apply_journal, effect');
  });
  const applied = async () => (await rig.rows<{ name: string }>('select key || n as name from effect order by id')).map(({ name }) => name);

  it('C1: gets all of a batch that may be applied in one call, in the order of sending, duplicates and gaps left out', async () => {
    const first = progress('b', 1);
    await rig.run(delivered(first));
    await rig.run(delivered(progress('z', 1)), delivered(first, 2), delivered(progress('b', 2)), delivered(progress('a', 1)), delivered(progress('b', 3)), delivered(progress('c', 2)));
    expect(calls).toEqual([['b1'], ['z1', 'b2', 'a1', 'b3']]);
    expect((await rig.rows('select sequence from held')).length).toBe(1);
  });

  it('C5b: keeps the order of a key, whatever order its messages came in', async () => {
    const [one, two] = [progress('a', 1), progress('a', 2)];
    await rig.run(delivered(two), delivered(progress('b', 1)), delivered(one));
    expect(calls).toEqual([['b1', 'a1', 'a2']]);
  });

  it('C2: a poisonous event costs itself and what is behind it in its key, not the batch', async () => {
    poison = 'b1';
    await rig.run(...['a', 'b', 'c', 'd'].map((key) => delivered(progress(key, 1))), delivered(progress('b', 2)));
    expect(await applied()).toEqual(['a1', 'c1', 'd1']);
    expect((await rig.rows<{ key: string }>('select key from dead_letter')).map(({ key }) => key)).toEqual(['b']);
    expect(await rig.rows('select sequence::int from held')).toEqual([{ sequence: 2 }]);
  });

  it('C5b: gets what was held one by one, when its turn comes', async () => {
    await rig.run(delivered(progress('a', 2)), delivered(progress('a', 3)));
    expect(calls).toEqual([]);
    await rig.run(delivered(progress('a', 1)));
    expect(calls).toEqual([['a1'], ['a2'], ['a3']]);
  });
});
