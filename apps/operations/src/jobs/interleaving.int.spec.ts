// T2: two editors, retries of whole groups, restarts and crashes, all at once on the same letters of a holder that has a database and a door
// of its own: one application of each (C6, I2).
import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { type LetterReading, type LettersAnswer, lettersSubject, type Product, product, subjectOf, typeOf } from '@steward/contracts';
import { answerLetters, consumerMigrations, dataSchemaOf, defineProjection, type Envelope, headersToRecord, outboxMigrations, sourceOf, storeDeadLetters, toHeaders, type Work } from '@steward/event-bus';
import { armFaults, type Database, openDatabase, StewardError, systemClock } from '@steward/platform';
import { eventually, testDatabase, type TestDatabase } from '@steward/testing';
import type { Ask } from '../api/feature';
import { type DeskScene, deskScene, logger } from '../fixtures/desk.fixture.spec';
import { aLetter } from '../fixtures/told.fixture.spec';
import { lettersFeature } from '../letters/letters.feature';
import { applyLetters } from '../letters/letters.store';
import { notifierFeature } from '../notifier/notifier.feature';
import { jobRunner, type JobRunnerOptions } from './job-runner';
import { jobMigrations } from './job.migration';
import { jobKinds } from './job';
import { lettersWork } from './letters.work';
import { requestBody, requestJob } from './request';

/** What was applied, beside the holder's own tables: a row for each time, which rolls back with whatever applied it. */
const applications = 'create table application (key text not null, name text)';
const catalogue = defineProjection<Product>({
  builds: 'catalogue', contract: product,
  apply: async (tx, changes) => {
    for (const { key, data } of changes) await tx.query('insert into application values ($1, $2)', [key, data?.texts['en']?.name]);
  },
});
const workOn = (database: Database): Work => ({
  consumer: 'gateway-catalogue', stream: 'PIM_STATE', database, clock: systemClock, logger, projections: new Map([['product', catalogue]]), handlers: new Map(), journal: false,
  budget: { tries: 5, atLeastMs: 0 }, heldForMs: 60_000, meter: { count: () => undefined, propagated: () => undefined, rebound: () => undefined, lag: () => undefined },
});

const SENT = 'as it was sent';

type Step = { do: 'edit'; who: 'ada' | 'bob'; letter: number } | { do: 'retry' } | { do: 'restart' } | { do: 'crash'; seed: number } | { do: 'fail' };
const steps = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.record({ do: fc.constant('edit' as const), who: fc.constantFrom('ada' as const, 'bob' as const), letter: fc.nat(11) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('retry' as const) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('restart' as const) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('crash' as const), seed: fc.nat(1_000) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('fail' as const) }) },
  ),
  { minLength: 6, maxLength: 16 },
);

describe('editors, group retries and restarts at once', () => {
  let scene: DeskScene;
  let tables: TestDatabase;
  let holder: Database;
  let silent = false;
  let forgets = false;
  let running: { stop: () => Promise<void> } | undefined;
  const pool = () => scene.tables.pool;

  /** Returns the letter's id. */
  const fresh = async (): Promise<string> => {
    const [key, id] = [randomUUID(), randomUUID()];
    const data: Product = { id: key, status: 'active', categoryIds: [], texts: { en: { name: SENT, slug: 'a' } }, attributes: {}, media: [], variants: [] };
    const envelope: Envelope = {
      id, type: typeOf(product, 'pim'), source: sourceOf('pim'), subject: subjectOf(product, 'pim', key), key, time: '2026-11-24T10:00:00.000Z', dataSchema: dataSchemaOf(product),
      revision: 3, sequence: null, correlationId: null, causationId: null, origin: 'live', tombstone: false, traceparent: null, body: JSON.stringify(data),
    };
    const [letter = ''] = await holder.transaction((tx) => storeDeadLetters(tx, [{
      consumer: 'gateway-catalogue', identity: id, contract: product, system: 'pim', key, messageId: id, revision: 3, sequence: null, subject: envelope.subject,
      headers: headersToRecord(toHeaders(envelope)), body: Buffer.from(envelope.body), class: 'rejected', error: 'one cause', attempts: 1,
    }], new Date()));
    return letter;
  };
  const ask: Ask = async <A>(subject: string, question: unknown): Promise<A> => {
    if (subject !== lettersSubject('gateway')) throw new StewardError('BROKER_NO_ANSWERER', subject);
    const answer = await answerLetters({ database: holder, works: [workOn(holder)] }, 'gateway', question);
    if (forgets) await tables.pool.query(`delete from dead_letter_act; delete from stored_part; update dead_letter set state = 'open', closed_at = null, closed_by = null, closed_reason = null`);
    // The answer is lost on its way: what was done is done.
    if (silent) throw new StewardError('BROKER_TIMEOUT', subject);
    return answer as A;
  };
  const edit = async (who: 'ada' | 'bob', id: string): Promise<LettersAnswer> => {
    const { bodyHash } = (await answerLetters({ database: holder, works: [] }, 'gateway', { ask: 'read', id, reveal: false })) as LetterReading;
    return ask(lettersSubject('gateway'), { ask: 'act', actId: randomUUID(), act: 'redrive', ids: [id], edit: { id, patch: [{ op: 'replace', path: '/texts/en/name', value: who }], bodyHash }, actor: who, reason: 'mended by hand' });
  };

  beforeAll(async () => {
    scene = await deskScene([lettersFeature, notifierFeature, { name: 'jobs', migrations: [...outboxMigrations, ...jobMigrations], open: () => ({ routes: [] }) }]);
    tables = await testDatabase({ migrations: [...outboxMigrations, ...consumerMigrations] });
    await tables.pool.query(applications);
    holder = await openDatabase({ url: tables.url, name: 'gateway', migrations: [], logger });
  });
  afterAll(async () => {
    await holder.close();
    await tables.drop();
    await scene.close();
  });

  const start = (): void => {
    const work = lettersWork(ask);
    const works = Object.fromEntries(jobKinds.map((kind) => [kind, work])) as JobRunnerOptions['works'];
    const runner = jobRunner({ database: scene.database, works, busy: async () => undefined, clock: systemClock, logger, everyMs: 10, leaseTtlMs: 300 });
    runner.start();
    running = runner;
  };
  const tell = async (ids: readonly string[]): Promise<void> => {
    const told = ids.map((id) => ({ key: id, data: aLetter(id, { entity: 'product', team: 'Catalogue', message: 'one cause' }) }));
    await scene.database.transaction((tx) => applyLetters(tx, told as never));
  };
  const who = { id: 'eve', name: 'eve', scopes: new Map() };
  const retryAll = () =>
    requestJob({ database: scene.database, ask }, requestBody.parse({ kind: 'retry', selection: { query: 'entity:product' }, reason: 'the mapping is mended', perSecond: 1_000, stopAfter: 3 }), { who, traceId: 't', allow: async () => undefined });

  async function play(plan: readonly Step[]): Promise<void> {
    await pool().query('truncate job, job_member, letter, letter_group, lease');
    await tables.pool.query('truncate dead_letter, dead_letter_act, stored_part, application');
    const letters: string[] = [];
    while (letters.length < 12) letters.push(await fresh());
    await tell(letters);
    start();
    const acts: Promise<unknown>[] = [];
    let disarm = (): void => undefined;
    for (const step of plan) {
      switch (step.do) {
        case 'edit':
          acts.push(edit(step.who, letters[step.letter] ?? ''));
          break;
        case 'retry':
          acts.push(retryAll());
          break;
        case 'restart':
          await running?.stop();
          start();
          break;
        case 'crash':
          disarm();
          disarm = armFaults(`commit=throw-after@0.2,external-call=throw-after@0.2,seed=${String(step.seed)}`);
          break;
        case 'fail':
          silent = !silent;
      }
    }
    await Promise.allSettled(acts);
    disarm();
    silent = false;
    await retryAll();
    await eventually(async () => (await pool().query(`select from job where state not in ('done', 'stopped') or sent > 0`)).rowCount === 0, { withinMs: 60_000 });
    await running?.stop();
    running = undefined;
    // C6: of original and edited exactly one was applied, and what was recorded as done is what was done.
    const { rows } = await tables.pool.query<{ times: number; same: boolean }>(`
      select count(a.key)::int as times, bool_and(a.name = coalesce(convert_from(act.body, 'UTF8')::json #>> '{texts,en,name}', $1)) as same
      from dead_letter l left join application a on a.key = l.key left join dead_letter_act act on act.letter_id = l.id and act.verdict = 'apply' group by l.id`, [SENT]);
    expect(rows).toEqual(letters.map(() => ({ times: 1, same: true })));
    const { rows: open } = await pool().query(`select from job_member where state in ('requested', 'sent') and job_id in (select id from job where state = 'done')`);
    expect(open).toHaveLength(0);
  }

  afterEach(async () => {
    silent = false;
    forgets = false;
    await running?.stop();
    running = undefined;
  });

  it('I2, C6: each letter is applied once, whoever was quicker and whatever died in between', async () => {
    await fc.assert(fc.asyncProperty(steps, play), { numRuns: 8 });
  }, 120_000);

  it('T3: the same check catches a holder that forgets what it did', async () => {
    forgets = true;
    await expect(play([{ do: 'fail' }, { do: 'retry' }, { do: 'retry' }, { do: 'edit', who: 'ada', letter: 1 }])).rejects.toThrow();
  }, 60_000);
});
