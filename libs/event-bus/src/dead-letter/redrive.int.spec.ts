import { delivered, openRig, progress, recordingHandler, recordingProjection, type Rig, stock } from '../consumer/rig.spec';
import { RejectedError } from '@steward/platform';
import { classifyRedrive, discard, redrive } from './redrive';

const act = { actor: 'ada', reason: 'mapping repaired' };

describe('redrive', () => {
  let rig: Rig;
  let broken = false;
  beforeAll(async () => {
    const fail = () => (broken ? new RejectedError('CONSUMER_POISON', 'not yet') : undefined);
    rig = await openRig({ projection: recordingProjection(fail), handler: recordingHandler(fail) });
  });
  afterAll(() => rig.close());
  beforeEach(async () => {
    broken = true;
    await rig.test.pool.query('truncate stored_part, inbox, event_position, held, dead_letter, dead_letter_act, delivery_attempt, apply_journal, effect');
  });
  const acting = () => ({ database: rig.database, works: [rig.work] });
  const letters = () => rig.rows<{ id: string; state: string; sequence: string | null; closed_by: string | null; attempts: number }>('select id, state, sequence, closed_by, attempts from dead_letter order by coalesce(sequence, revision), opened_at');
  const ids = async () => (await letters()).map((letter) => letter.id);
  const effects = async () => (await rig.rows<{ n: string }>('select n from effect order by id')).map((row) => Number(row.n));
  const verdicts = (results: { verdict: string }[]) => results.map((each) => each.verdict);

  it('C6: applies a letter through the gate, closes it, and records who did it and why in the same transaction', async () => {
    await rig.run(delivered(stock('S@m', 3)));
    broken = false;
    expect(verdicts(await classifyRedrive(acting(), await ids()))).toEqual(['apply']);
    expect(verdicts(await redrive(acting(), await ids(), act))).toEqual(['apply']);
    expect(await letters()).toMatchObject([{ state: 'redriven', closed_by: 'ada' }]);
    expect(await rig.rows('select origin, revision from stored_part')).toEqual([{ origin: 'redrive', revision: '3' }]);
    expect(await rig.rows('select act, actor, reason, verdict from dead_letter_act')).toEqual([{ act: 'redrive', ...act, verdict: 'apply' }]);
  });

  it('C6: a newer stored state supersedes the letter; the same revision with other content is a conflict and stays open', async () => {
    await rig.run(delivered(stock('S@m', 3)));
    await rig.test.pool.query(`insert into stored_part values ('stock-level', 'S@m', 4, '{}', '\\x00', now(), 'live', gen_random_uuid())`);
    await rig.run(delivered(stock('T@m', 3)));
    await rig.test.pool.query(`insert into stored_part values ('stock-level', 'T@m', 3, '{}', '\\x00', now(), 'live', gen_random_uuid())`);
    broken = false;
    expect(new Set(verdicts(await redrive(acting(), await ids(), act)))).toEqual(new Set(['superseded', 'conflict']));
    expect((await letters()).map((letter) => letter.state).sort()).toEqual(['open', 'superseded']);
    expect(await effects()).toEqual([]);
  });

  it('C6: a letter is applied once, however often and concurrently it is redriven', async () => {
    await rig.run(delivered(stock('S@m', 3)), delivered(progress('a', 1)));
    broken = false;
    const all = await ids();
    const results = await Promise.all([1, 2, 3].map(() => redrive(acting(), all, act)));
    expect(verdicts(results.flat()).filter((verdict) => verdict === 'apply')).toHaveLength(2);
    expect((await effects()).sort()).toEqual([1, 3]);
    // The acts that came second found closed letters and changed nothing about how they were closed.
    expect((await letters()).map((letter) => letter.state)).toEqual(['redriven', 'redriven']);
    expect(await rig.rows('select from dead_letter_act')).toHaveLength(2);
  });

  it('C6: what fails again stays open, counts the try and is on record', async () => {
    await rig.run(delivered(stock('S@m', 3)));
    expect(await redrive(acting(), await ids(), act)).toMatchObject([{ verdict: 'failed', detail: expect.stringContaining('not yet') }]);
    expect(await letters()).toMatchObject([{ state: 'open', attempts: 2 }]);
    expect(await rig.rows('select verdict from dead_letter_act')).toEqual([{ verdict: 'failed' }]);
  });

  it('C5: releases the events that wait behind the letter', async () => {
    await rig.run(delivered(progress('a', 1)), delivered(progress('a', 2)), delivered(progress('a', 3)));
    broken = false;
    expect(verdicts(await redrive(acting(), await ids(), act))).toEqual(['apply']);
    expect(await effects()).toEqual([1, 2, 3]);
  });

  it('C5b: discarding an event skips it explicitly, and what waits behind it flows', async () => {
    await rig.run(delivered(progress('a', 1)), delivered(progress('a', 2)));
    broken = false;
    await discard(acting(), await ids(), { actor: 'ada', reason: 'obsolete' });
    expect([await effects(), (await letters())[0]?.state]).toEqual([[2], 'discarded']);
  });

  it('B9: a security case is never applied', async () => {
    const { subject, data } = delivered(stock('S@m', 1)).message;
    await rig.run(delivered({ subject, data, headers: undefined }));
    await rig.run(delivered(stock('T@m', 1)));
    // Even were its headers to pass by now: who sent it is not known.
    await rig.test.pool.query(`update dead_letter set kind = 'security' where key = 'T@m'`);
    broken = false;
    expect(verdicts(await redrive(acting(), await ids(), act))).toEqual(['conflict', 'conflict']);
    expect(await effects()).toEqual([]);
  });

  it('I6: refuses an act without an actor or a reason', async () => {
    await expect(redrive(acting(), [], { actor: 'ada', reason: ' ' })).rejects.toThrow('needs an actor and a reason');
  });
});
