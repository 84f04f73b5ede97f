import { awaiting, unknownOutcome } from './failure';
import { delivered, openRig, progress, recordingHandler, type Rig, stock } from './rig.spec';
import { sweep } from './held/sweep';

describe('events of a key', () => {
  let rig: Rig;
  let now = Date.now();
  let fail: (sequence: number, key: string) => Error | undefined = () => undefined;
  beforeAll(async () => {
    rig = await openRig({ handler: recordingHandler((sequence, key) => fail(sequence, key)), clock: { now: () => now, sleep: () => Promise.resolve() } });
  });
  afterAll(() => rig.close());
  beforeEach(async () => {
    fail = () => undefined;
    now = Date.parse('2026-11-24T12:00:00Z');
    await rig.test.pool.query('truncate stored_part, inbox, event_position, held, dead_letter, dead_letter_act, delivery_attempt, apply_journal, effect');
  });
  const applied = async (key = 'a') => (await rig.rows<{ n: string }>(`select n from effect where entity = 'feed-progress' and key = $1 order by id`, [key])).map((row) => Number(row.n));
  const held = async () => (await rig.rows<{ sequence: string }>('select sequence from held order by key, sequence')).map((row) => Number(row.sequence));
  const letters = () => rig.rows<{ class: string; state: string; sequence: string }>('select class, state, sequence from dead_letter order by opened_at, sequence');

  it('C5b: are applied in the order of their sequence, however they arrive, and each once', async () => {
    const [one, two, three, four] = [1, 2, 3, 4].map((n) => progress('a', n)) as [ReturnType<typeof progress>, ReturnType<typeof progress>, ReturnType<typeof progress>, ReturnType<typeof progress>];
    await rig.run(delivered(three), delivered(two));
    expect([await applied(), await held()]).toEqual([[], [2, 3]]);
    await rig.run(delivered(one));
    expect([await applied(), await held()]).toEqual([[1, 2, 3], []]);
    await rig.run(delivered(two, 2), delivered(four), delivered(one, 2));
    expect([await applied(), await letters()]).toEqual([[1, 2, 3, 4], []]);
  });

  it('C5: wait behind a dead letter of their key, while other keys flow; a redelivered success closes it and frees them', async () => {
    fail = (sequence, key) => (key === 'a' && sequence === 1 ? Object.assign(new Error('no'), { code: '22P02' }) : undefined);
    const first = progress('a', 1);
    await rig.run(delivered(first), delivered(progress('a', 2)), delivered(progress('b', 1)));
    expect([await applied('a'), await applied('b'), await held(), await letters()]).toEqual([[], [1], [2], [{ class: 'unstorable', state: 'open', sequence: '1' }]]);
    now += 2 * 3_600_000; // far beyond the time limit: what waits behind a letter is not a case of its own
    await sweep(rig.work);
    expect(await letters()).toHaveLength(1);
    fail = () => undefined;
    await rig.run(delivered(first, 2));
    expect([await applied('a'), await letters()]).toEqual([[1, 2], [{ class: 'unstorable', state: 'superseded', sequence: '1' }]]);
  });

  it('C5b: a sequence that another message has taken is a conflict, not a duplicate', async () => {
    await rig.run(delivered(progress('a', 1)));
    await rig.run(delivered(progress('a', 1)));
    expect([await applied(), await letters()]).toEqual([[1], [{ class: 'conflict', state: 'open', sequence: '1' }]]);
    await rig.run(delivered(progress('a', 3)), delivered(progress('a', 3)));
    expect([await held(), (await letters()).length]).toEqual([[3], 2]);
  });

  it('C5b: the first of a new life of its producer follows whatever came before, the second waits for it', async () => {
    const life = 1_800_000_000 * 2 ** 20;
    await rig.run(delivered(progress('a', 1)), delivered(progress('a', life + 2)), delivered(progress('b', life + 1)));
    expect([await applied('a'), await applied('b'), await held()]).toEqual([[1], [life + 1], [life + 2]]);
    await rig.run(delivered(progress('a', life + 1)));
    expect([await applied('a'), await held(), await letters()]).toEqual([[1, life + 1, life + 2], [], []]);
  });

  it('C5b: a gap that does not close within the time limit becomes a case of the owner', async () => {
    await rig.run(delivered(progress('a', 1)), delivered(progress('a', 3)), delivered(progress('a', 4)));
    now += 3_600_001;
    await sweep(rig.work);
    expect([await letters(), await held()]).toEqual([[{ class: 'gap', state: 'open', sequence: '3' }], [4]]);
  });

  it('C5b: a key whose beginning left the stream before this consumer was born starts with the first event seen', async () => {
    await rig.run(delivered(progress('a', 7)), delivered(progress('a', 8)));
    expect(await applied()).toEqual([]);
    now += 60_001;
    await sweep(rig.work);
    expect([await applied(), await held(), await letters()]).toEqual([[7, 8], [], []]);
  });

  it('C8: one that speaks of an entity that is not here yet waits for it, and is released by its creation', async () => {
    let here = false;
    fail = () => (here ? undefined : awaiting('stock-level', 'S@m'));
    await rig.run(delivered(progress('a', 1)), delivered(progress('a', 2)));
    expect([await applied(), await held()]).toEqual([[], [1, 2]]);
    here = true;
    await rig.run(delivered(stock('S@m', 1)));
    // Free in the transaction of the creation; the sweep, woken by it, applies.
    expect(await rig.rows('select from held where awaits_key is not null')).toEqual([]);
    await sweep(rig.work);
    expect([await applied(), await held(), await letters()]).toEqual([[1, 2], [], []]);
  });

  it('C8: and does not wait for what was stored between the handler\'s look and the parking', async () => {
    let looks = 0;
    fail = () => (looks++ === 0 ? awaiting('stock-level', 'S@m') : undefined);
    await rig.run(delivered(stock('S@m', 1)));
    await rig.run(delivered(progress('a', 1)));
    await sweep(rig.work);
    expect(await applied()).toEqual([1]);
  });

  it('C8: and becomes a case when its time is over', async () => {
    fail = () => awaiting('stock-level', 'never@m');
    await rig.run(delivered(progress('a', 1)));
    await sweep(rig.work);
    expect(await letters()).toEqual([]);
    now += 3_600_001;
    await sweep(rig.work);
    expect([await letters(), await held()]).toEqual([[{ class: 'awaiting', state: 'open', sequence: '1' }], []]);
  });

  it('C3: an unknown outcome is read back before anything is done a second time', async () => {
    fail = (sequence) => (sequence === 1 ? unknownOutcome(new Error('time-out'), () => Promise.resolve('happened')) : undefined);
    await rig.run(delivered(progress('a', 1)));
    await rig.run(delivered(progress('a', 2)));
    expect([await applied(), await letters()]).toEqual([[2], []]);
    fail = (sequence) => (sequence === 3 ? unknownOutcome(new Error('time-out'), () => Promise.resolve('absent')) : undefined);
    const third = progress('a', 3);
    expect((await rig.run(delivered(third))).get(third.id)).toMatchObject({ kind: 'later' });
  });

  it('C2: a held event that fails harms neither what released it nor other keys, and is tried again by the sweep', async () => {
    await rig.run(delivered(progress('a', 2)));
    fail = (sequence) => (sequence === 2 ? new Error('not now') : undefined);
    await rig.run(delivered(progress('a', 1)));
    expect([await applied(), await held()]).toEqual([[1], [2]]);
    fail = () => undefined;
    now += 601_000;
    await sweep(rig.work);
    expect([await applied(), await held()]).toEqual([[1, 2], []]);
  });
});
