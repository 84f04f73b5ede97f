import { randomUUID } from 'node:crypto';
import { outboxMigrations } from '@steward/event-bus';
import { armFaults, createLogger, type Database, openDatabase, RejectedError, StewardError, systemClock } from '@steward/platform';
import { eventually, testDatabase, type TestDatabase } from '@steward/testing';
import { type JobKind, jobKinds, type Limits, type Member, type Outcome } from './job';
import { DeskLetters1796000001000 } from '../letters/letters.migration';
import { jobMigrations } from './job.migration';
import { jobRunner, type JobWork } from './job-runner';
import { addMembers, frozenUpTo } from './job.store';

const logger = createLogger({ service: 'test', level: 'silent' });
const migrations = [...outboxMigrations, DeskLetters1796000001000, ...jobMigrations];

/** An owner as the contract of its door demands: what was done under an act id is not done again. */
class Owner {
  readonly effects: string[] = [];
  readonly asked: { actId: string; items: string[] }[] = [];
  private readonly done = new Map<string, Outcome['state']>();
  failing = new Set<string>();
  silent = false;
  refusing = false;

  readonly send: JobWork['send'] = async (_job, actId, members) => {
    this.asked.push({ actId, items: members.map(({ item }) => item) });
    if (this.silent) throw new StewardError('BROKER_TIMEOUT', 'nobody answers');
    if (this.refusing) throw new RejectedError('OPERATIONS_BAD_REQUEST', 'no such act');
    return members.map((member) => this.one(actId, member));
  };
  private one(actId: string, { place, item }: Member): Outcome {
    const known = this.done.get(`${actId} ${item}`);
    const state = known ?? (this.failing.has(item) ? 'failed' : 'confirmed');
    if (known === undefined && state === 'confirmed') this.effects.push(item);
    this.done.set(`${actId} ${item}`, state);
    return { place, state, verdict: state === 'failed' ? 'failed' : 'apply', detail: '' };
  }
}

describe('the job runner', () => {
  let test: TestDatabase;
  let database: Database;
  let owner: Owner;
  let inTheWay: string | undefined;
  let closing: (() => Promise<void>)[] = [];

  beforeAll(async () => {
    test = await testDatabase({ migrations });
    database = await openDatabase({ url: test.url, name: 'test', migrations, logger });
  });
  afterAll(async () => {
    await database.close();
    await test.drop();
  });
  beforeEach(() => {
    owner = new Owner();
    inTheWay = undefined;
  });
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
    await test.pool.query('truncate job, job_member, lease');
  });

  const start = (work: JobWork = owner, leaseTtlMs = 600): void => {
    const works = Object.fromEntries(jobKinds.map((kind) => [kind, work])) as Record<JobKind, JobWork>;
    const runner = jobRunner({ database, works, busy: async () => inTheWay, clock: systemClock, logger, everyMs: 20, leaseTtlMs });
    runner.start();
    closing.push(() => runner.stop());
  };
  const open = async (items: readonly string[], limits: Partial<Limits> = {}, frozen = true): Promise<string> => {
    const id = randomUUID();
    const { canary = 0, stopAfter = 20, perSecond = 1_000 } = limits;
    await database.transaction(async (tx) => {
      await tx.query(
        `insert into job (id, kind, name, selection, canary, stop_after, per_second, four_eyes, teams, actor, reason, state, frozen, next_at)
          values ($1, 'retry', 'test', '{}', $2, $3, $4, false, '{}', 'ada', 'mended', 'freezing', false, now())`, [id, canary, stopAfter, perSecond]);
      await addMembers(tx, id, items.map((item) => ({ target: 'gateway', entity: 'product', item })));
      if (frozen) await frozenUpTo(tx, id, null);
    });
    return id;
  };
  const jobOf = async (id: string) => (await test.pool.query('select * from job where id = $1', [id])).rows[0] as Record<string, unknown>;
  const until = (id: string, state: string) => eventually(async () => {
    const job = await jobOf(id);
    return job['state'] === state && job['sent'] === 0 && job;
  });
  const members = async (id: string) => (await test.pool.query('select item, state, verdict from job_member where job_id = $1 order by place', [id])).rows as { item: string; state: string; verdict: string }[];
  const items = (n: number, from = 0) => Array.from({ length: n }, (_, index) => `i${from + index}`);
  const act = (id: string, state: string, forgive = false) => test.pool.query(`update job set state = $2, forgiven = case when $3 then failed else forgiven end, next_at = now() where id = $1`, [id, state, forgive]);

  it('C6: each member has one effect and its confirmation, and the counters tell the same as the rows', async () => {
    const id = await open(items(250));
    start();
    const job = await until(id, 'done');
    expect(owner.effects.toSorted()).toEqual(items(250).toSorted());
    expect((await members(id)).every(({ state }) => state === 'confirmed')).toBe(true);
    expect(job).toMatchObject({ total: 250, requested: 0, sent: 0, confirmed: 250, failed: 0, skipped: 0 });
    expect(owner.asked.map(({ actId }) => actId)).toEqual(owner.asked.map((_, index) => `${id}:${index + 1}`));
  });

  it('keeps its rate: the second batch is not before the first one’s second is over', async () => {
    const id = await open(items(6), { perSecond: 4 });
    start();
    await until(id, 'done');
    expect(owner.asked.map((each) => each.items.length)).toEqual([4, 2]);
    const { rows: gap } = await test.pool.query('select extract(epoch from max(at) - min(at))::float8 as seconds from job_member where job_id = $1', [id]);
    expect(Number(gap[0]?.seconds)).toBeGreaterThanOrEqual(0.9);
  });

  it('a canary that fails stops the job before the rest is touched; resumed, the rest runs', async () => {
    owner.failing.add('i1');
    const id = await open(items(30), { canary: 2 });
    start();
    expect(await until(id, 'stopped')).toMatchObject({ state_reason: '1 of the first 2 failed', confirmed: 1, failed: 1, requested: 28 });
    expect(owner.asked).toHaveLength(1);
    await act(id, 'running', true);
    expect(await until(id, 'done')).toMatchObject({ confirmed: 29, failed: 1 });
  });

  it('stops after so many failures and not one more', async () => {
    owner.failing = new Set(items(100));
    const id = await open(items(100), { stopAfter: 7 });
    start();
    expect(await until(id, 'stopped')).toMatchObject({ failed: 7, requested: 93 });
  });

  it('paused, it sends nothing; resumed, it goes on where it was', async () => {
    const id = await open(items(40), { perSecond: 10 });
    start();
    await eventually(() => owner.asked.length > 0);
    await act(id, 'paused');
    await until(id, 'paused');
    await eventually(async () => (await test.pool.query(`select 1 from job where next_at = 'infinity'`)).rowCount);
    const before = owner.asked.length;
    const other = await open(['other']);
    await until(other, 'done');
    expect(owner.asked.filter(({ actId }) => actId.startsWith(id))).toHaveLength(before);
    await test.pool.query(`update job set per_second = 1000 where id = $1`, [id]);
    await act(id, 'running');
    await until(id, 'done');
    expect(owner.effects.filter((item) => item !== 'other').toSorted()).toEqual(items(40).toSorted());
  });

  it('a silent door makes the job wait under the same act, and a cancelled job still learns what became of it', async () => {
    owner.silent = true;
    const id = await open(items(3));
    start();
    const waiting = await eventually(async () => {
      const job = await jobOf(id);
      return Number(job['tries']) > 1 && job;
    });
    expect(waiting).toMatchObject({ sent: 3, trouble: expect.stringContaining('BROKER_TIMEOUT') });
    await act(id, 'cancelled');
    owner.silent = false;
    await until(id, 'cancelled');
    expect(new Set(owner.asked.map(({ actId }) => actId))).toEqual(new Set([`${id}:1`]));
    expect((await members(id)).map(({ state }) => state)).toEqual(['confirmed', 'confirmed', 'confirmed']);
  });

  it('a door that refuses the question makes its members fail with its words', async () => {
    owner.refusing = true;
    const id = await open(items(2), { stopAfter: 2 });
    start();
    await until(id, 'stopped');
    expect(await members(id)).toMatchObject([{ state: 'failed', verdict: 'refused' }, { state: 'failed', verdict: 'refused' }]);
  });

  it('R3: yields to live traffic and says to what', async () => {
    inTheWay = 'gateway.products is 40 s late';
    const id = await open(items(2));
    start();
    expect(await eventually(async () => (await jobOf(id))['trouble'])).toBe('yields: gateway.products is 40 s late');
    expect(owner.asked).toEqual([]);
    inTheWay = undefined;
    await until(id, 'done');
  });

  it('done at the owner is not confirmed: the member stays sent until a consumer says so', async () => {
    let applied = false;
    const id = await open(items(2));
    start({
      send: async (_job, _act, sent) => sent.map(({ place }) => ({ place, state: 'sent', verdict: 'announced', detail: '', revision: 7 })),
      confirm: async (_job, waiting) => (applied ? waiting.map(({ place, revision }) => ({ place, state: 'confirmed', verdict: 'applied', detail: String(revision) })) : []),
    });
    await eventually(async () => (await members(id)).every(({ verdict }) => verdict === 'announced'));
    expect(await jobOf(id)).toMatchObject({ state: 'running', sent: 2, confirmed: 0 });
    applied = true;
    expect(await until(id, 'done')).toMatchObject({ confirmed: 2 });
  });

  it('freezes page by page, each key once, and begins when the last page is in', async () => {
    const pages = [items(40), items(40, 30), items(5, 70)];
    const id = await open([], {}, false);
    start({
      send: owner.send,
      page: async (_job, after) => ({ members: (pages[Number(after ?? 0)] ?? []).map((item) => ({ target: 'pim', entity: 'product', item })), next: Number(after ?? 0) === 2 ? null : Number(after ?? 0) + 1 }),
    });
    expect(await until(id, 'done')).toMatchObject({ total: 75, confirmed: 75 });
    expect(owner.effects.toSorted()).toEqual(items(75).toSorted());
  });

  it.each(['commit=throw-after@0.3,external-call=throw-after@0.3,seed=11', 'commit=throw-before@0.3,external-call=throw-before@0.3,seed=12'])('T1: with %s each member still has one effect', async (faults) => {
    const id = await open(items(40), { perSecond: 300 });
    const disarm = armFaults(faults);
    try {
      start();
      await until(id, 'done');
    } finally {
      disarm();
    }
    expect(owner.effects.toSorted()).toEqual(items(40).toSorted());
  });

  it('of two replicas one works; when it loses the lease, the other goes on and the late one records nothing', async () => {
    const [first, second] = [new Owner(), new Owner()];
    let release: (() => void) | undefined;
    const hanging: JobWork = { send: async (job, actId, sent) => {
      const outcomes = await first.send(job, actId, sent);
      await new Promise<void>((resolve) => { release = resolve; });
      return outcomes.map((outcome) => ({ ...outcome, verdict: 'late' }));
    } };
    const id = await open(items(3));
    start(hanging, 60_000);
    await eventually(() => first.asked.length === 1);
    // As after a long pause of its process: the table alone knows.
    await test.pool.query(`update lease set holder = 'nobody', fence = fence + 1, expires_at = now()`);
    start(second);
    await until(id, 'done');
    release?.();
    expect(second.asked.map(({ actId }) => actId)).toEqual([`${id}:1`]);
    expect((await members(id)).map(({ verdict }) => verdict)).toEqual(['apply', 'apply', 'apply']);
  });
});
