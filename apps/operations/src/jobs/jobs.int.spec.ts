import { randomUUID } from 'node:crypto';
import type { AnnounceAgainQuestion, LettersQuestion, SnapshotCount, SnapshotCountQuestion, SnapshotPage, SnapshotQuestion } from '@steward/contracts';
import { StewardError } from '@steward/platform';
import { eventually } from '@steward/testing';
import type { Ask } from '../api/feature';
import { type DeskScene, deskScene } from '../fixtures/desk.fixture.spec';
import { lettersFeature } from '../letters/letters.feature';
import { notifierFeature } from '../notifier/notifier.feature';
import { jobsFeature } from './jobs.feature';

const reason = 'the mapping is mended';

/** Doors of other services as their contracts describe them, with what they hold. */
class Doors {
  readonly acts: { actId: string; ids: readonly string[]; actor: string; reason: string }[] = [];
  readonly announced: AnnounceAgainQuestion[] = [];
  verdicts = new Map<string, string>();
  /** What readers hold, by key. */
  shown = new Map<string, { revision: number; hash: string }>();
  source = new Map<string, string>();
  /** What each service says, by its name. */
  said: Readonly<Record<string, readonly string[]>> = { pim: ['p1', 'p2', 'p3'] };
  /** Whether they know the question how much it is. */
  count = true;
  gate: Promise<void> = Promise.resolve();
  private readonly done = new Map<string, string>();

  readonly ask: Ask = async <A>(subject: string, question: unknown): Promise<A> => {
    const [, service = '', door = ''] = subject.split('.');
    if (door === 'letters') return (await this.letters(question as LettersQuestion)) as A;
    if (door === 'digest') return this.digest(service, question as { keysOf?: number[] }) as A;
    if (door === 'snapshot') return this.snapshot(service, question as SnapshotQuestion | SnapshotCountQuestion) as A;
    if (door === 'announce-again') return this.announce(question as AnnounceAgainQuestion) as A;
    if (door === 'read-source') return { items: (question as { keys: string[] }).keys.map((key) => ({ key, hash: this.source.get(key) ?? null, data: null, fault: null })), left: [] } as A;
    throw new StewardError('BROKER_NO_ANSWERER', subject);
  };
  private async letters(question: LettersQuestion) {
    await this.gate;
    if (question.ask === 'read') throw new Error('nobody reads here');
    const verdictOf = (id: string): string => this.verdicts.get(id) ?? 'apply';
    if (question.ask === 'classify') return { verdicts: question.ids.map((id) => ({ id, verdict: verdictOf(id), detail: '' })) };
    this.acts.push(question);
    return { verdicts: question.ids.map((id) => {
      const known = this.done.get(`${question.actId} ${id}`) ?? verdictOf(id);
      this.done.set(`${question.actId} ${id}`, known);
      return { id, verdict: known, detail: '' };
    }) };
  }
  private digest(service: string, { keysOf }: { keysOf?: number[] }) {
    // Operations answers for what it keeps of all.
    if (keysOf === undefined) return { count: service === 'operations' ? 40 : 3, digest: '0'.repeat(16) };
    const held = service === 'gateway' ? this.shown : new Map([...this.shown].map(([key, each]) => [key, { ...each, revision: 99 }]));
    return { keys: [...held].map(([key, each]) => ({ key, ...each })), next: null };
  }
  private snapshot(service: string, question: SnapshotQuestion | SnapshotCountQuestion): SnapshotCount | SnapshotPage {
    const keys = this.said[service] ?? [];
    if ('count' in question && this.count) return { count: keys.length };
    return { items: keys.map((key) => ({ key, revision: 1, messageId: key, tombstone: key === 'gone', data: null, changedAt: '2026-01-01T00:00:00.000Z' })), next: null };
  }
  private announce(question: AnnounceAgainQuestion) {
    if (!question.dryRun) this.announced.push(question);
    return { items: question.keys.map((key) => (key === 'nobody' ? { key, outcome: 'unknown-key', revision: null } : { key, outcome: question.dryRun ? 'would-announce' : question.from === 'source' ? 'reading' : 'announced', revision: 7 })) };
  }
}

describe('/ops/v1/operations', () => {
  let scene: DeskScene;
  let doors: Doors;
  beforeAll(async () => {
    scene = await deskScene([lettersFeature, notifierFeature, jobsFeature], (subject, question) => doors.ask(subject, question));
  });
  afterAll(async () => {
    await scene.close();
  });
  beforeEach(async () => {
    doors = new Doors();
    await scene.tables.pool.query('truncate job, job_member, letter, letter_group');
  });

  const letters = async (n: number, more: { group?: string; entity?: string; team?: string; state?: string; kind?: string } = {}): Promise<string[]> => {
    const ids = Array.from({ length: n }, () => randomUUID());
    const { group = 'g1', entity = 'product', team = 'Catalogue', state = 'open', kind = 'letter' } = more;
    await scene.tables.pool.query(
      `insert into letter (letter_id, group_id, service, consumer, kind, entity, key, class, message, attempts, state, opened_at, last_seen_at, owner_team, owner, versions)
        select id, $2, 'gateway', 'gateway-catalogue', $6, $3, 'k' || n, 'mapping', 'no such field', 5, $5, now(), now(), $4, '{}', '{}' from unnest($1::text[]) with ordinality as l(id, n)`,
      [ids, group, entity, team, state, kind],
    );
    return ids;
  };
  const ada = () => scene.as('operator:Catalogue', 'operator:Pricing');
  const start = (body: object) => ada().post('/operations', { reason, ...body });
  const until = (id: string, state: string) => eventually(async () => {
    const { json } = await ada().get(`/operations/${id}`);
    return json.state === state && json;
  });
  const audit = async () => (await scene.tables.pool.query('select act, outcome, reason, subject from audit.entry order by at')).rows as { act: string; outcome: string; reason: string; subject: string }[];

  it.each([
    ['no reason', { kind: 'retry', selection: { group: 'g1' }, reason: undefined }, 400, 'OPERATIONS_INPUT_REFUSED'],
    ['a misspelt flag', { kind: 'retry', selection: { group: 'g1' }, dryRun: 'ture' }, 400, 'OPERATIONS_INPUT_REFUSED'],
    ['an unknown kind', { kind: 'retri', selection: { group: 'g1' } }, 400, 'OPERATIONS_INPUT_REFUSED'],
    ['two selections', { kind: 'retry', selection: { group: 'g1', letters: ['x'] } }, 400, 'OPERATIONS_INPUT_REFUSED'],
    ['a selection of another kind', { kind: 'retry', selection: { entity: 'product' } }, 400, 'OPERATIONS_INPUT_REFUSED'],
    ['an unknown group', { kind: 'retry', selection: { group: 'nobody' } }, 404, 'OPERATIONS_NOT_FOUND'],
    ['an unknown letter', { kind: 'retry', selection: { letters: [randomUUID()] } }, 404, 'OPERATIONS_NOT_FOUND'],
    ['an unknown entity', { kind: 'resync', selection: { entity: 'produkt' } }, 404, 'OPERATIONS_NOT_FOUND'],
    ['everything without a word', { kind: 'replay-all', selection: { entity: 'product' } }, 400, 'OPERATIONS_CONFIRMATION_NEEDED'],
    ['another count than there is', { kind: 'replay-all', selection: { entity: 'product' }, confirmCount: 2 }, 409, 'OPERATIONS_COUNT_CHANGED'],
  ])('refuses %s', async (_what, body, status, code) => {
    const { reason: given = reason, ...rest } = { reason, ...body } as { reason?: string };
    const answer = await ada().post('/operations', 'reason' in body ? rest : { reason: given, ...rest });
    expect([answer.status, answer.json.code]).toEqual([status, code]);
    if (code === 'OPERATIONS_CONFIRMATION_NEEDED') expect(answer.json.detail).toContain('3 of product');
  });

  it('refuses letters that are redriven already with 409, and an unknown operation with 404', async () => {
    const ids = await letters(2, { state: 'redriven' });
    expect((await start({ kind: 'retry', selection: { letters: ids } })).status).toBe(409);
    expect((await ada().get('/operations/nothing')).status).toBe(404);
    expect((await ada().post(`/operations/${randomUUID()}/pause`, { reason })).status).toBe(404);
  });

  it('refuses whoever has no role for the team, and keeps it in the audit', async () => {
    await letters(1, { team: 'Inventory' });
    expect((await start({ kind: 'retry', selection: { group: 'g1' } })).status).toBe(403);
    expect((await audit()).at(-1)).toMatchObject({ outcome: 'denied' });
    expect((await scene.as('viewer:*').post('/operations', { kind: 'retry', selection: { group: 'g1' }, reason })).status).toBe(403);
  });

  it('C6: a preview says how many and what would become of them, and does nothing', async () => {
    const ids = await letters(3);
    doors.verdicts.set(ids[0] ?? '', 'superseded');
    const { status, json } = await start({ kind: 'retry', selection: { group: 'g1' }, dryRun: true });
    expect([status, json.count, json.verdicts, json.fourEyes]).toEqual([200, 3, { superseded: 1, apply: 2 }, false]);
    expect([doors.acts, (await ada().get('/operations')).json.items]).toEqual([[], []]);
  });

  it('C6: retries the members of the click only, says how many are new since, and who asked and why', async () => {
    const ids = await letters(3);
    doors.verdicts.set(ids[1] ?? '', 'conflict').set(ids[2] ?? '', 'closed');
    let open = (): void => undefined;
    doors.gate = new Promise((resolve) => { open = resolve; });
    const { status, json } = await start({ kind: 'retry', selection: { group: 'g1' }, confirmCount: 3 });
    expect([status, json.state, json.progress.total]).toEqual([202, 'running', 3]);
    await letters(2);
    open();
    const done = await until(json.id, 'done');
    expect(done).toMatchObject({ newSince: 2, actor: 'somebody with operator:Catalogue operator:Pricing', reason, progress: { total: 3, confirmed: 1, failed: 1, skipped: 1 } });
    expect(doors.acts.flatMap((each) => each.ids).toSorted()).toEqual(ids.toSorted());
    expect(doors.acts[0]).toMatchObject({ reason, actId: `${json.id}:1` });
    expect((await ada().get(`/operations/${json.id}/members?state=failed`)).json.items).toMatchObject([{ item: ids[1], verdict: 'conflict' }]);
    expect((await audit()).at(-1)).toEqual({ act: 'retry operation', outcome: 'asked', reason, subject: `operation ${json.id}` });
    // What failed is one selection away.
    doors.verdicts.clear();
    const again = await start({ kind: 'recover-failed', selection: { operation: json.id } });
    expect(await until(again.json.id, 'done')).toMatchObject({ progress: { total: 1, confirmed: 1 } });
  });

  it('B9: no job touches a security case: it is neither counted, nor a member, nor new since, nor anything to retry', async () => {
    const ids = await letters(2);
    const cases = await letters(1, { kind: 'security' });
    expect((await start({ kind: 'retry', selection: { group: 'g1' }, dryRun: true })).json.count).toBe(2);
    const { json } = await start({ kind: 'retry', selection: { group: 'g1' } });
    expect(await until(json.id, 'done')).toMatchObject({ newSince: 0, progress: { total: 2 } });
    expect(doors.acts.flatMap((each) => each.ids).toSorted()).toEqual(ids.toSorted());
    expect((await start({ kind: 'retry', selection: { letters: cases } })).status).toBe(409);
  });

  it('waits for a second person where the contract says so, who is not the first', async () => {
    await letters(2, { entity: 'price', team: 'Pricing' });
    const { json } = await start({ kind: 'retry', selection: { query: 'entity:price' } });
    expect([json.state, json.fourEyes]).toEqual(['awaiting-approval', true]);
    const both = scene.as('operator:Catalogue', 'operator:Pricing');
    expect((await both.post(`/operations/${json.id}/approve`, { reason })).status).toBe(403);
    expect((await scene.as('approver:Catalogue').post(`/operations/${json.id}/approve`, { reason })).status).toBe(404);
    expect((await scene.as('approver:Pricing').post(`/operations/${json.id}/approve`, { reason: 'seen and agreed' })).status).toBe(200);
    expect(await until(json.id, 'done')).toMatchObject({ approvedBy: 'somebody with approver:Pricing', approvedReason: 'seen and agreed', progress: { confirmed: 2 } });
    expect((await scene.as('approver:Pricing').post(`/operations/${json.id}/approve`, { reason })).status).toBe(409);
  });

  it('whoever asked and has the role to approve still can not approve it', async () => {
    await letters(1, { entity: 'price', team: 'Pricing' });
    const admin = scene.as('admin:*');
    const { json } = await admin.post('/operations', { kind: 'retry', selection: { group: 'g1' }, reason });
    expect((await admin.post(`/operations/${json.id}/approve`, { reason })).json.code).toBe('OPERATIONS_SECOND_PERSON');
  });

  it('is paused, resumed and cancelled with a reason; what was not sent is never sent', async () => {
    await letters(30);
    const { json } = await start({ kind: 'retry', selection: { group: 'g1' }, perSecond: 2 });
    await eventually(() => doors.acts.length > 0);
    expect((await ada().post(`/operations/${json.id}/pause`, {})).status).toBe(400);
    expect((await ada().post(`/operations/${json.id}/pause`, { reason })).json.state).toBe('paused');
    expect((await ada().post(`/operations/${json.id}/pause`, { reason })).status).toBe(409);
    expect((await ada().post(`/operations/${json.id}/resume`, { reason })).json.state).toBe('running');
    const cancelled = (await ada().post(`/operations/${json.id}/cancel`, { reason })).json;
    expect(cancelled.state).toBe('cancelled');
    const { progress } = await eventually(async () => {
      const { json: now } = await ada().get(`/operations/${json.id}`);
      return now.progress.sent === 0 && now;
    });
    expect(progress.cancelled + progress.confirmed).toBe(30);
    expect(doors.acts.flatMap(({ ids }) => ids)).toHaveLength(progress.confirmed);
    expect((await audit()).slice(-3).map(({ act }) => act)).toEqual(['pause operation', 'resume operation', 'cancel operation']);
  });

  it('a replay of everything counts what it will say: of each owner all that it has said, deletions with it, and nothing that it keeps of others', async () => {
    doors.said = { pim: ['c1', 'gone'], erp: ['c2'] };
    const platform = scene.as('operator:Platform');
    const everything = { kind: 'replay-all', selection: { entity: 'case' }, reason };
    const { json: counted } = await platform.post('/operations', { ...everything, dryRun: true });
    const { json: asked } = await platform.post('/operations', { ...everything, confirmCount: counted.count });
    const frozen = await eventually(async () => {
      const { json } = await platform.get(`/operations/${asked.id}`);
      return json.state !== 'freezing' && json;
    });
    expect([counted.count, frozen.progress.total]).toEqual([3, 3]);
    expect((await platform.post('/operations', { ...everything, selection: { entity: 'case', system: 'operations' }, dryRun: true })).json.count).toBe(0);
  });

  it('what an owner of the release before would replay is an unknown number, and that is said', async () => {
    doors.count = false;
    const { json } = await start({ kind: 'replay-all', selection: { entity: 'product' }, dryRun: true });
    expect([json.count, json.note]).toEqual([null, 'the keys are read when the operation begins']);
  });

  it('X3: a replay is confirmed when the read model shows the new revision, a resync when it shows what the source says', async () => {
    const { json } = await start({ kind: 'replay-all', selection: { entity: 'product', keys: ['p1', 'nobody'] } });
    await eventually(() => doors.announced.length === 1);
    expect(doors.announced[0]).toMatchObject({ actId: `${json.id}:1`, origin: 'repair', from: 'announced', reason });
    doors.shown.set('p1', { revision: 6, hash: 'old' });
    const seen = await eventually(async () => {
      const { json: now } = await ada().get(`/operations/${json.id}`);
      return now.progress.failed === 1 && now;
    });
    expect(seen.progress).toMatchObject({ confirmed: 0, failed: 1, sent: 1 });
    doors.shown.set('p1', { revision: 7, hash: 'new' });
    expect(await until(json.id, 'done')).toMatchObject({ progress: { confirmed: 1, failed: 1 } });

    doors.source.set('p1', 'newer');
    const resync = await start({ kind: 'resync', selection: { entity: 'product', keys: ['p1'] } });
    await eventually(() => doors.announced.at(-1)?.from === 'source');
    doors.shown.set('p1', { revision: 8, hash: 'newer' });
    expect(await until(resync.json.id, 'done')).toMatchObject({ progress: { confirmed: 1 } });
  });
});
