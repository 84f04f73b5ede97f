// The runner is a process of its own, on the built packages, and is killed where it hurts.
import type { ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { outboxMigrations } from '@steward/event-bus';
import { eventually, neighbour, testDatabase, type TestDatabase, victims } from '@steward/testing';
import { DeskLetters1796000001000 } from '../letters/letters.migration';
import { jobMigrations } from './job.migration';

const program = `
  const p = require('@steward/platform');
  const { jobRunner } = require('./dist/jobs/job-runner');
  const { DATABASE_URL: url, OWNER: owner, FAULTS: faults } = process.env;
  const send = async (job, actId, members) => {
    const response = await fetch(owner, { method: 'POST', body: JSON.stringify({ actId, items: members.map((each) => each.item) }) });
    const verdicts = await response.json();
    return members.map(({ place, item }) => ({ place, state: 'confirmed', verdict: verdicts[item], detail: '' }));
  };
  const logger = p.createLogger({ service: 'jobs', level: 'silent' });
  p.openDatabase({ url, name: 'jobs', migrations: [], logger }).then((database) => {
    const works = new Proxy({}, { get: () => ({ send }) });
    if (faults) p.armFaults(faults);
    jobRunner({ database, works, busy: async () => undefined, clock: p.systemClock, logger, everyMs: 20, leaseTtlMs: 300 }).start();
  });
`;

describe('replicas that carry jobs out', () => {
  let test: TestDatabase;
  let owner: Awaited<ReturnType<typeof neighbour>>;
  /** Effects of the owner, which acts once an act id and item, and on another act id again. */
  let effects: string[];
  const seen = new Set<string>();
  const replicas = victims();

  beforeAll(async () => {
    test = await testDatabase({ migrations: [...outboxMigrations, DeskLetters1796000001000, ...jobMigrations] });
    owner = await neighbour(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const { actId, items } = JSON.parse(Buffer.concat(chunks).toString()) as { actId: string; items: string[] };
      for (const item of items) {
        if (!seen.has(`${actId} ${item}`)) effects.push(item);
        seen.add(`${actId} ${item}`);
      }
      response.end(JSON.stringify(Object.fromEntries(items.map((item) => [item, 'apply']))));
    });
  });
  beforeEach(async () => {
    effects = [];
    await test.pool.query('truncate job, job_member, lease');
  });
  afterEach(() => replicas.end());
  afterAll(async () => {
    await owner.stop();
    await test.drop();
  });

  const run = (faults = ''): ChildProcess => replicas.run(program, join(__dirname, '..', '..'), { DATABASE_URL: test.url, OWNER: owner.url, FAULTS: faults });
  /** Batches of ten. */
  const open = async (n: number): Promise<string> => {
    const id = randomUUID();
    await test.pool.query(
      `insert into job (id, kind, name, selection, canary, stop_after, per_second, four_eyes, teams, actor, reason, state, frozen, next_at, total, requested)
        values ($1, 'retry', 'test', '{}', 0, 10, 500, false, '{}', 'ada', 'mended', 'running', true, now(), $2, $2)`, [id, n]);
    await test.pool.query(`insert into job_member (job_id, place, target, entity, item) select $1, n, 'gateway', 'product', 'i' || n from generate_series(0, $2 - 1) n`, [id, n]);
    return id;
  };
  const done = (id: string) => eventually(async () => (await test.pool.query(`select 1 from job where id = $1 and state = 'done' and confirmed = total`, [id])).rowCount, { withinMs: 40_000 });
  const once1 = (n: number) => Array.from({ length: n }, (_, index) => `i${index}`).toSorted();

  it.each([
    ['with a batch claimed and its owner not asked', 'external-call=crash-before#2'],
    ['with the owner’s answer in its hands', 'external-call=crash-after#2'],
    ['before an answer is written down for good', 'commit=crash-before#4'],
  ])('I2, T1: killed %s, each member has one effect', async (_when, faults) => {
    const id = await open(30);
    const [, signal] = (await once(run(faults), 'close')) as [number | null, string | null];
    expect(signal).toBe('SIGKILL');
    run();
    await done(id);
    expect(effects.toSorted()).toEqual(once1(30));
  }, 90_000);

  it('I2: two replicas, one of them killed over and over, make one effect of each', async () => {
    const id = await open(150);
    run();
    for (let kills = 0; kills < 2; kills += 1) {
      const victim = run();
      const before = effects.length;
      await eventually(() => effects.length > before || effects.length === 150, { withinMs: 60_000 });
      victim.kill('SIGKILL');
      replicas.children[0]?.kill('SIGKILL');
      replicas.children[0] = run();
    }
    await done(id);
    expect(effects.toSorted()).toEqual(once1(150));
  }, 90_000);
});
