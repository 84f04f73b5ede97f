// T2: two editors, retries of whole groups, restarts and crashes, all at once on the same letters: one application of each (C6, I2).
import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import type { LetterVerdict, LettersQuestion } from '@steward/contracts';
import { outboxMigrations } from '@steward/event-bus';
import { armFaults, StewardError, systemClock } from '@steward/platform';
import { eventually } from '@steward/testing';
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

type Act = Extract<LettersQuestion, { ask: 'act' }>;

/** The holder of letters as its door promises: a letter is closed once, and an act id is answered as it was the first time. */
const holderTables = `
  create table held_letter (id text primary key, state text not null default 'open');
  create table act (act_id text, id text, verdict text not null, primary key (act_id, id));
  create table application (id text not null, act_id text not null, body text not null)`;

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
  let silent = false;
  let once = true;
  let running: { stop: () => Promise<void> } | undefined;
  const pool = () => scene.tables.pool;

  const act = async ({ actId, ids, edit }: Act): Promise<LetterVerdict[]> => {
    const verdicts: LetterVerdict[] = [];
    for (const id of ids) {
      verdicts.push(await scene.database.transaction(async (tx) => {
        // The letter's lock first, then what was answered: two questions under one act id wait for each other here.
        const { rows } = await tx.query<{ state: string }>('select state from held_letter where id = $1 for update', [id]);
        const { rows: said } = await tx.query<{ verdict: LetterVerdict['verdict'] }>('select verdict from act where act_id = $1 and id = $2', [actId, id]);
        if (once && said[0] !== undefined) return { id, verdict: said[0].verdict, detail: 'as before' };
        const verdict = rows[0]?.state === 'open' ? 'apply' : 'closed';
        if (verdict === 'apply' || !once) await tx.query('insert into application values ($1, $2, $3)', [id, actId, edit === undefined ? 'original' : JSON.stringify(edit.patch)]);
        await tx.query(`update held_letter set state = 'redriven' where id = $1`, [id]);
        await tx.query('insert into act values ($1, $2, $3) on conflict do nothing', [actId, id, verdict]);
        return { id, verdict, detail: '' };
      }));
    }
    return verdicts;
  };
  const ask: Ask = async <A>(subject: string, question: unknown): Promise<A> => {
    if (!subject.endsWith('.letters') || (question as LettersQuestion).ask !== 'act') throw new StewardError('BROKER_NO_ANSWERER', subject);
    const verdicts = await act(question as Act);
    // The answer is lost on its way: what was done is done.
    if (silent) throw new StewardError('BROKER_TIMEOUT', subject);
    return { verdicts } as A;
  };

  beforeAll(async () => {
    scene = await deskScene([lettersFeature, notifierFeature, { name: 'jobs', migrations: [...outboxMigrations, ...jobMigrations], open: () => ({ routes: [] }) }]);
    await pool().query(holderTables);
  });
  afterAll(async () => {
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
    await pool().query('truncate job, job_member, letter, letter_group, lease, held_letter, act, application');
    const letters = Array.from({ length: 12 }, () => randomUUID());
    const fresh = async (ids: readonly string[]): Promise<void> => {
      await pool().query('insert into held_letter select unnest($1::text[])', [ids]);
      await tell(ids);
    };
    await fresh(letters);
    start();
    const acts: Promise<unknown>[] = [];
    let disarm = (): void => undefined;
    for (const step of plan) {
      switch (step.do) {
        case 'edit':
          acts.push(act({ ask: 'act', actId: randomUUID(), act: 'redrive', ids: [letters[step.letter] ?? ''], edit: { id: letters[step.letter] ?? '', patch: [{ op: 'add', path: '/by', value: step.who }], bodyHash: 'h' }, actor: step.who, reason: 'mended by hand' }));
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
    const { rows } = await pool().query<{ id: string; times: number }>('select l.id, count(a.id)::int as times from held_letter l left join application a on a.id = l.id group by l.id');
    // C6: of original and edited exactly one was applied.
    expect(rows.map(({ times }) => times)).toEqual(letters.map(() => 1));
    const { rows: open } = await pool().query(`select from job_member where state in ('requested', 'sent') and job_id in (select id from job where state = 'done')`);
    expect(open).toHaveLength(0);
  }

  afterEach(async () => {
    silent = false;
    once = true;
    await running?.stop();
    running = undefined;
  });

  it('I2, C6: each letter is applied once, whoever was quicker and whatever died in between', async () => {
    await fc.assert(fc.asyncProperty(steps, play), { numRuns: 8 });
  }, 120_000);

  it('T3: the same check catches a holder that forgets what it answered', async () => {
    once = false;
    await expect(play([{ do: 'fail' }, { do: 'retry' }, { do: 'retry' }, { do: 'edit', who: 'ada', letter: 1 }])).rejects.toThrow();
  }, 60_000);
});
