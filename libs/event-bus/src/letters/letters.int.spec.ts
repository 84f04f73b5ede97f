import { type LetterEdit, type LetterReading, type LettersAnswer, placeOrder, stockLevel } from '@steward/contracts';
import { RejectedError } from '@steward/platform';
import { eventually } from '@steward/testing';
import { randomUUID } from 'node:crypto';
import { delivered, openRig, progress, recordingHandler, recordingProjection, type Rig, stock } from '../consumer/rig.spec';
import { storeDeadLetters } from '../dead-letter';
import { answerLetters } from './letters.controller';

describe('the door to dead letters', () => {
  let rig: Rig;
  let broken = true;
  const readAgain: string[] = [];
  beforeAll(async () => {
    const fail = () => (broken ? new RejectedError('CONSUMER_POISON', 'not yet') : undefined);
    rig = await openRig({ projection: recordingProjection(fail), handler: recordingHandler(fail) });
  });
  afterAll(() => rig.close());
  beforeEach(async () => {
    broken = true;
    readAgain.length = 0;
    await rig.test.pool.query('truncate stored_part, inbox, event_position, held, dead_letter, dead_letter_act, delivery_attempt, apply_journal, effect');
  });

  const sources = [{ consumer: 'pim-product-feed', readAgain: async (_: unknown, key: string) => Promise.resolve(() => Promise.resolve(void readAgain.push(key))) }];
  const acting = () => ({ database: rig.database, works: [rig.work], sources });
  const ask = (question: unknown): Promise<LettersAnswer> => answerLetters(acting(), 'gateway', question);
  const act = (ids: string[], more: object = {}) => ask({ ask: 'act', actId: randomUUID(), act: 'redrive', ids, actor: 'ada', reason: 'mended', ...more });
  const verdicts = (answer: LettersAnswer) => ('verdicts' in answer ? answer.verdicts.map(({ verdict }) => verdict) : []);
  const read = async (id: string, reveal = false) => (await ask({ ask: 'read', id, reveal })) as LetterReading;
  const ids = async () => (await rig.rows<{ id: string }>('select id from dead_letter order by coalesce(sequence, revision), opened_at')).map(({ id }) => id);
  const only = async (): Promise<string> => (await ids())[0] ?? '';
  const editOf = async (id: string, ...patch: object[]): Promise<LetterEdit> => ({ id, patch: patch as LetterEdit['patch'], bodyHash: (await read(id)).bodyHash });
  const applied = async () => (await rig.rows<{ value: { onHand: number } }>('select value from effect order by id')).map(({ value }) => value.onHand);

  it('C6: of original and edited exactly one is applied, under one id, and the other one is known', async () => {
    const envelope = stock('S@m', 3);
    await rig.run(delivered(envelope));
    const edit = await editOf(await only(), { op: 'replace', path: '/onHand', value: 7 });
    expect(verdicts(await ask({ ask: 'classify', ids: [edit.id], edit }))).toEqual(['apply']);
    broken = false;
    expect(verdicts(await act([edit.id], { edit }))).toEqual(['apply']);
    // Closed is closed, whatever else could be said of the next try.
    expect(verdicts(await act([edit.id], { edit: { ...edit, bodyHash: 'other' } }))).toEqual(['closed']);
    // As the broker brings it after a loss.
    await rig.run(delivered(envelope));
    expect(await applied()).toEqual([7]);
    expect(await rig.rows('select revision, message_id, origin from stored_part')).toEqual([{ revision: '3', message_id: envelope.id, origin: 'redrive' }]);
    expect(await rig.rows('select state from dead_letter')).toEqual([{ state: 'redriven' }]);
    expect(await rig.rows(`select patch, convert_from(body, 'UTF8') as body from dead_letter_act`)).toEqual([{ patch: edit.patch, body: JSON.stringify({ sku: 'S', location: 'm', onHand: 7 }) }]);
  });

  it('C6: the original came through first: the edit is superseded', async () => {
    const envelope = stock('S@m', 3);
    await rig.run(delivered(envelope));
    const edit = await editOf(await only(), { op: 'replace', path: '/onHand', value: 7 });
    await rig.test.pool.query(`insert into stored_part values ('stock-level', 'S@m', 3, '{}', '\\x00', now(), 'live', $1)`, [envelope.id]);
    broken = false;
    expect(verdicts(await act([edit.id], { edit }))).toEqual(['superseded']);
    expect(await applied()).toEqual([]);
  });

  it('C6: a live message that is quicker than the retry supersedes it: the gate has the last word, not the forecast', async () => {
    await rig.run(delivered(stock('S@m', 3)));
    const id = await only();
    broken = false;
    const live = await rig.test.pool.connect();
    try {
      await live.query('begin');
      await live.query(`insert into stored_part values ('stock-level', 'S@m', 4, '{}', '\\x00', now(), 'live', gen_random_uuid())`);
      const retry = act([id]);
      await eventually(async () => (await rig.rows(`select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`)).length > 0);
      await live.query('commit');
      expect(verdicts(await retry)).toEqual(['superseded']);
    } finally {
      live.release();
    }
    expect([await applied(), await rig.rows('select state from dead_letter')]).toEqual([[], [{ state: 'superseded' }]]);
  });

  it('C6: two editors, a group retry and the live message at once on the same letters: one application each, complete lineage (T2)', async () => {
    const envelopes = Array.from({ length: 8 }, (_, index) => stock(`S${String(index)}@m`, 3));
    for (const envelope of envelopes) await rig.run(delivered(envelope));
    const all = await ids();
    const edits = await Promise.all(all.map((id) => editOf(id, { op: 'replace', path: '/onHand', value: 70 })));
    const others = await Promise.all(all.map((id) => editOf(id, { op: 'add', path: '/onHand', value: 71 })));
    broken = false;
    const answers = await Promise.all([
      ...edits.map((edit) => act([edit.id], { edit, actor: 'ada' })),
      ...others.map((edit) => act([edit.id], { edit, actor: 'grace' })),
      act(all, { actor: 'group' }),
      ...envelopes.map(async (envelope) => rig.run(delivered(envelope)).then((): LettersAnswer => ({ verdicts: [] }))),
    ]);
    expect(answers.flatMap(verdicts).filter((verdict) => verdict === 'failed')).toEqual([]);
    expect(await rig.rows('select key, count(*)::int as n from effect group by key having count(*) <> 1')).toEqual([]);
    expect(await applied()).toHaveLength(8);
    expect(await rig.rows(`select count(*)::int as n from dead_letter where state = 'open'`)).toEqual([{ n: 0 }]);
  });

  it('C6: an act is done once, however often and at once it is asked for, and answers what happened', async () => {
    await rig.run(delivered(stock('S@m', 3)), delivered(progress('a', 1)));
    const all = await ids();
    const question = { ask: 'act', actId: 'job-1:0', act: 'redrive', ids: all, actor: 'ada', reason: 'mended' };
    expect(verdicts(await ask(question))).toEqual(['failed', 'failed']);
    broken = false;
    // The first answer stands: who wants another one says so with another act.
    expect(verdicts(await ask(question))).toEqual(['failed', 'failed']);
    const again = { ...question, actId: 'job-2:0' };
    const answers = await Promise.all([ask(again), ask(again), ask(again)]);
    for (const answer of [...answers, await ask(again)]) expect(verdicts(answer)).toEqual(['apply', 'apply']);
    expect(await rig.rows('select count(*)::int as n from effect')).toEqual([{ n: 2 }]);
    expect(await rig.rows(`select act_id, count(*)::int as n from dead_letter_act group by 1 order by 1`)).toEqual([{ act_id: 'job-1:0', n: 2 }, { act_id: 'job-2:0', n: 2 }]);
  });

  it('C6: an edit is refused that was made for another body, does not fit, breaks the contract or is about something else', async () => {
    await rig.run(delivered(stock('S@m', 3)));
    broken = false;
    const id = await only();
    const refused: [LetterEdit, RegExp][] = [
      [{ ...(await editOf(id, { op: 'replace', path: '/onHand', value: 1 })), bodyHash: 'other' }, /another body/],
      [await editOf(id, { op: 'replace', path: '/shelf', value: 1 }), /does not fit/],
      [await editOf(id, { op: 'test', path: '/onHand', value: 99 }), /does not fit/],
      [await editOf(id, { op: 'remove', path: '/onHand' }), /still refused/],
      [await editOf(id, { op: 'replace', path: '/sku', value: 'T' }), /what the message is about/],
    ];
    for (const [edit, why] of refused) {
      const answer = await act([id], { edit });
      expect('verdicts' in answer && answer.verdicts).toEqual([{ id, verdict: 'conflict', detail: expect.stringMatching(why) as unknown }]);
    }
    expect([await applied(), (await rig.rows(`select from dead_letter where state = 'open'`)).length]).toEqual([[], 1]);
  });

  it('C5b: skipping lets what waits behind an event flow, and gives up no state', async () => {
    await rig.run(delivered(stock('S@m', 3)));
    await rig.run(delivered(progress('a', 1)), delivered(progress('a', 2)));
    broken = false;
    expect(verdicts(await act(await ids(), { act: 'skip' })).sort()).toEqual(['apply', 'conflict']);
    expect(await rig.rows('select n from effect')).toEqual([{ n: '2' }]);
  });

  it('an item of a feed is read again at its source, and its letter waits for what that says', async () => {
    const item = (identity: string, key: string | undefined) => ({
      consumer: 'pim-product-feed', identity, contract: stockLevel, system: 'erp', key, messageId: undefined, revision: null, sequence: null, subject: 'erp.stock-level.v1', headers: {}, body: Buffer.from('{"words":"of the source"}'),
      class: 'schema' as const, error: '/onHand is missing', attempts: 1,
    });
    const [keyed = '', nameless = ''] = await rig.database.transaction((tx) => storeDeadLetters(tx, [item('key S@m', 'S@m'), item('item 0a', undefined)], new Date()));
    const answer = await act([keyed, nameless]);
    expect('verdicts' in answer && new Map(answer.verdicts.map(({ id, verdict }) => [id, verdict]))).toEqual(new Map([[keyed, 'apply'], [nameless, 'conflict']]));
    expect([readAgain, (await rig.rows(`select from dead_letter where state = 'open'`)).length]).toEqual([['S@m'], 2]);
  });

  it('shows a letter with its history, verdict and neighbours, and a person only to who may see it', async () => {
    await rig.run(delivered(stock('S@m', 3)));
    await rig.run(delivered(stock('S@m', 4)));
    const [id = '', next = ''] = await ids();
    await act([id]);
    expect(await read(id)).toMatchObject({
      letter: { letterId: id, service: 'gateway', state: 'open' }, attempts: [{ act: 'redrive', actor: 'ada', verdict: 'failed' }], payload: { onHand: 3 }, problems: [], forecast: { verdict: 'apply' },
      current: { source: null, projection: { revision: null } }, siblings: [{ id: next, revision: 4 }],
    });
    expect((await read(id)).headers).toEqual(expect.arrayContaining([{ name: 'ce-id', values: [expect.any(String)], class: 'locked' }]));

    const person = { email: 'ada@example.org', shippingAddress: { name: 'Ada Lovelace' }, orderId: 'o-1' };
    const [personal = ''] = await rig.database.transaction((tx) =>
      storeDeadLetters(tx, [{ consumer: 'oms-orders', identity: 'x', contract: placeOrder, system: 'gateway', key: 'o-1', messageId: undefined, revision: null, sequence: 1, subject: 'cmd.gateway.place-order.v1.o-1', headers: { authorization: ['Bearer x'] }, body: Buffer.from(JSON.stringify(person)), class: 'schema', error: new Error('no parcel goes to Ada Lovelace'), attempts: 1 }], new Date()));
    expect(JSON.stringify(await read(personal))).not.toMatch(/ada@|Lovelace|Bearer/);
    expect((await read(personal, true)).payload).toEqual(person);
  });

  it('refuses what is no question, an act without a reason, and an edit of more than its own letter', async () => {
    const id = randomUUID();
    const edit = { id, patch: [{ op: 'remove', path: '/a' }], bodyHash: 'x' };
    for (const bad of [
      { ask: 'read', id: 'x', reveal: true }, { ask: 'act', actId: 'a', act: 'redrive', ids: [id], actor: 'ada', reason: ' ' }, { ask: 'act', actId: 'a', act: 'drop', ids: [id], actor: 'ada', reason: 'r' },
      { ask: 'classify', ids: [id, randomUUID()], edit }, { ask: 'act', actId: 'a', act: 'discard', ids: [id], edit, actor: 'ada', reason: 'r' },
    ]) await expect(ask(bad)).rejects.toThrow();
    expect(verdicts(await ask({ ask: 'classify', ids: [id] }))).toEqual(['unknown']);
  });
});
