import { product } from '@steward/contracts';
import { createLogger, type Database, openDatabase, systemClock } from '@steward/platform';
import { eventually, testDatabase } from '@steward/testing';
import { type ArrowCheck, type Comparison, defineCheck, type Finding, type Suspect } from '../check/define-check';
import { migrations } from '../database/migrations';
import { answerReconciliation, type DoorParts } from '../doors/reconciliation.controller';
import type { Repairer } from '../drift/repair';
import { noteRepairs } from '../drift/drift.store';
import { Runner } from './runner';

const logger = createLogger({ service: 'runner', level: 'silent' });
const check = defineCheck<ArrowCheck>({ kind: 'arrow', name: 'ends', contract: product, owner: 'pim', holder: 'gateway', durable: 'gateway-catalogue', settleMs: 60, cadenceMs: 3_600_000, repair: 'automatic' });
const asked = defineCheck<ArrowCheck>({ ...check, name: 'asked', repair: 'ask' });
const by = { actor: 'anna', reason: 'the spec' };

/** Two ends that a test moves by hand: keys whose value differs are suspects at the first look and drift at the second. */
class Ends implements Comparison {
  readonly left = new Map<string, number>();
  readonly right = new Map<string, number>();
  /** Still moving at the second look. */
  readonly moving = new Set<string>();
  walked: unknown[] = [];
  /** Throws once after so many pages. */
  failAfter = Infinity;

  readonly steps = async function* (this: Ends, cursor: unknown) {
    const keys = [...this.left.keys()].toSorted();
    for (let at = typeof cursor === 'number' ? cursor : 0; at < keys.length; at += 2) {
      this.walked.push(at);
      if (this.walked.length > this.failAfter) {
        this.failAfter = Infinity;
        throw new Error('the source is away');
      }
      const some = keys.slice(at, at + 2);
      yield { compared: some.length, suspects: some.filter((key) => this.left.get(key) !== this.right.get(key)).map((key) => ({ key, first: null })), cursor: at + 2 };
    }
  }.bind(this);
  /** As a rule does, which knows nothing of what keeps it. */
  namesOnlyWhatDiffers = false;
  readonly look = async (keys: readonly string[]): Promise<Suspect[]> => keys.filter((key) => !this.namesOnlyWhatDiffers || this.left.get(key) !== this.right.get(key)).map((key) => ({ key, first: null }));
  readonly confirm = async (suspects: readonly Suspect[]) => ({
    again: suspects.filter(({ key }) => this.moving.has(key)),
    found: suspects.flatMap(({ key }): Finding[] => {
      if (this.moving.has(key) || this.left.get(key) === this.right.get(key)) return [];
      return [{ key, kind: 'stale', cause: 'relay-gap', fields: [{ pointer: '/v', left: this.left.get(key), right: this.right.get(key) }], left: {}, right: { revision: 1 }, authority: 'pim', evidence: ['planted'], exposure: null, letter: null }];
    }),
  });
}

describe('the life of a check', () => {
  let database: Database;
  let drop: () => Promise<void>;
  let ends: Ends;
  let repaired: string[];
  /** Keys that the owner can say again. */
  let heals: (key: string) => boolean;
  const started: Runner[] = [];

  beforeAll(async () => {
    const testing = await testDatabase({ migrations });
    database = await openDatabase({ url: testing.url, name: 'runner', migrations: [], logger });
    drop = async () => {
      await database.close();
      await testing.drop();
    };
  });
  afterAll(() => drop());
  beforeEach(async () => {
    await database.query('truncate drift, drift_act, suspect, check_run, check_state, lease');
    ends = new Ends();
    for (const key of ['a', 'b', 'c', 'd', 'e']) {
      ends.left.set(key, 1);
      ends.right.set(key, 1);
    }
    repaired = [];
    heals = () => true;
  });
  afterEach(async () => {
    for (const runner of started.splice(0)) await runner.stop();
  });

  const repairer: Repairer = {
    preview: async () => [],
    ask: async (drift, why, commit) => {
      await commit((tx) => noteRepairs(tx, drift.map(({ id }) => id), why, new Date()));
      for (const { key } of drift) {
        repaired.push(key);
        if (heals(key)) ends.right.set(key, ends.left.get(key) ?? 0);
      }
      return drift.map(({ id, key }) => ({ id, key, outcome: 'announced' as const, revision: 2 }));
    },
  };
  const parts = (): DoorParts => ({ database, clock: systemClock, checks: [check, asked], repairer, woken: () => started.forEach((runner) => runner.wake()) });
  const start = async (checks: readonly ArrowCheck[] = [check]): Promise<Runner> => {
    const runner = new Runner({ checks, comparisonOf: () => ends, repairer, database, clock: systemClock, logger, againAfterMs: 50, recheckMs: 20 });
    started.push(runner);
    await runner.start();
    return runner;
  };
  const ask = async <T = unknown>(question: object): Promise<T> => (await answerReconciliation(parts(), question)) as T;
  async function run(question: object = {}): Promise<{ found: number; compared: number; state: string }> {
    const { runId } = await ask<{ runId: string }>({ check: 'ends', dryRun: false, ...by, ...question });
    const standing = async () => (await ask<{ runs: { found: number; compared: number; state: string }[] }>({ ask: 'status', runId })).runs[0];
    await eventually(async () => (await standing())?.state === 'done' || (await standing())?.state === 'failed');
    return (await standing()) as { found: number; compared: number; state: string };
  }
  const drift = () => database.query<{ key: string; state: string; repairs: number }>('select key, state, repairs from drift order by key, opened_at');

  it('X3: finds, has it repaired, and closes only what a look proves', async () => {
    await start();
    ends.right.set('b', 0);
    ends.right.set('d', 0);
    heals = (key) => key === 'b';
    expect(await run()).toMatchObject({ found: 2, compared: 5, state: 'done' });
    expect(await drift()).toEqual([{ key: 'b', state: 'repaired', repairs: 1 }, { key: 'd', state: 'open', repairs: 1 }]);
    for (let time = 0; time < 4; time++) await run();
    // Not for ever: after three tries it waits for a person.
    expect(repaired.filter((key) => key === 'd')).toHaveLength(3);
    ends.right.set('d', 1);
    await run();
    expect((await drift()).map(({ state }) => state)).toEqual(['repaired', 'repaired']);
    expect(await run()).toMatchObject({ found: 0 });
  });

  it('X2: what agrees at the second look, and what never comes to rest, is no drift', async () => {
    await start();
    ends.right.set('a', 0);
    ends.right.set('c', 0);
    ends.moving.add('c');
    const running = run();
    await eventually(async () => (await database.query('select from suspect')).length === 2);
    ends.right.set('a', 1);
    expect(await running).toMatchObject({ found: 0, state: 'done' });
    expect(await drift()).toEqual([]);
  });

  it('goes on where it was, in whichever process', async () => {
    ends.failAfter = 2;
    ends.right.set('a', 0);
    await start();
    expect(await run()).toMatchObject({ found: 1, compared: 5 });
    // The page that failed was read again, those before it were not.
    expect(ends.walked).toEqual([0, 2, 4, 4]);
    await Promise.all(started.splice(0).map((runner) => runner.stop()));
    ends.walked = [];
    await Promise.all([start(), start()]);
    await run();
    expect(ends.walked).toEqual([0, 2, 4]);
  });

  it('a run of a few keys looks at those alone, and one that only looks changes nothing', async () => {
    await start();
    ends.right.set('a', 0);
    ends.right.set('b', 0);
    expect(await run({ keys: ['a', 'c'], dryRun: true })).toMatchObject({ found: 1, compared: 2 });
    expect([await drift(), ends.walked]).toEqual([[], []]);
    await run({ keys: ['a', 'c'] });
    expect((await drift()).map(({ key }) => key)).toEqual(['a']);
    // What is open already is not repaired by looking.
    heals = () => false;
    ends.right.set('d', 0);
    await run({ keys: ['d'] });
    await run({ keys: ['d'], dryRun: true });
    expect((await drift()).map(({ key, state, repairs }) => [key, state, repairs])).toEqual([['a', 'repaired', 1], ['d', 'open', 1]]);
  });

  it('X3: what somebody has to be asked about is found, and repaired by nobody else', async () => {
    await start([asked]);
    ends.right.set('b', 0);
    expect(await run({ check: 'asked' })).toMatchObject({ found: 1 });
    expect([await drift(), repaired]).toEqual([[{ key: 'b', state: 'open', repairs: 0 }], []]);
  });

  it('X3: drift that a rule does not name any more is closed, by a run of everything and by one of its key, but not by one that only looks', async () => {
    ends.namesOnlyWhatDiffers = true;
    await start([asked]);
    ends.right.set('b', 0);
    ends.right.set('d', 0);
    await run({ check: 'asked' });
    ends.right.set('b', 1);
    const standing = async () => (await drift()).map(({ key, state }) => [key, state]);
    await run({ check: 'asked', keys: ['b'], dryRun: true });
    expect(await standing()).toEqual([['b', 'open'], ['d', 'open']]);
    await run({ check: 'asked', keys: ['b'] });
    expect(await standing()).toEqual([['b', 'resolved'], ['d', 'open']]);
    ends.right.set('d', 1);
    await run({ check: 'asked' });
    expect(await standing()).toEqual([['b', 'resolved'], ['d', 'resolved']]);
  });

  it('X3: drift that never comes to rest stays open: nothing has proved it closed', async () => {
    await start();
    heals = () => false;
    ends.right.set('c', 0);
    await run();
    ends.moving.add('c');
    expect(await run()).toMatchObject({ found: 0, state: 'done' });
    expect((await drift()).map(({ key, state }) => [key, state])).toEqual([['c', 'open']]);
  });

  it('I6: what a person accepts stays accepted, until it differs in another way', async () => {
    await start();
    heals = () => false;
    ends.right.set('e', 0);
    await run();
    const { drift: found } = await ask<{ drift: { id: string }[] }>({ ask: 'drift' });
    await expect(ask({ ask: 'accept', ids: [found[0]?.id], actor: 'anna', reason: ' ' })).rejects.toThrow('reason');
    expect(await ask({ ask: 'accept', ids: [found[0]?.id], ...by })).toEqual({ accepted: [found[0]?.id] });
    await run();
    expect((await drift()).map(({ state }) => state)).toEqual(['accepted']);
    ends.right.set('e', 7);
    await run();
    expect((await drift()).map(({ state }) => state)).toEqual(['accepted', 'open']);
    expect((await database.query<{ act: string; actor: string }>(`select act, actor from drift_act where act = 'accept'`))).toEqual([{ act: 'accept', actor: 'anna' }]);
  });

  it('refuses what is no check, no question and no reason', async () => {
    await start();
    await expect(ask({ check: 'nothing', dryRun: false, ...by })).rejects.toThrow('accepted: ends');
    await expect(ask({ dryRun: false, ...by })).rejects.toThrow('accepted: check, entity');
    await expect(ask({ check: 'ends', dryRun: 'ture', ...by })).rejects.toThrow();
    await expect(ask({ check: 'ends', dryRun: false, actor: 'anna' })).rejects.toThrow();
    expect((await ask<{ checks: { check: string }[] }>({ ask: 'checks' })).checks).toMatchObject([{ check: 'ends', phase: 'idle', open: 0 }]);
  });
});
