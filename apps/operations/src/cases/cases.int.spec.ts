import type { HeldQuestion } from '@steward/contracts';
import { StewardError } from '@steward/platform';
import { auditFeature } from '../audit/audit.feature';
import { deskScene, type DeskScene } from '../fixtures/desk.fixture.spec';
import { aCase, tellCases } from '../fixtures/told.fixture.spec';
import { notifierFeature } from '../notifier/notifier.feature';
import { openBrokerLoss } from './broker-loss';
import { casesFeature } from './cases.feature';

let desk: DeskScene;
const asked: [string, HeldQuestion][] = [];
let answer: (question: HeldQuestion) => unknown;
const tables = { name: 'notices', migrations: notifierFeature.migrations ?? [], open: () => ({ routes: [] }) };

beforeAll(async () => {
  desk = await deskScene([casesFeature, auditFeature, tables], (async (subject: string, question: unknown) => {
    asked.push([subject, question as HeldQuestion]);
    return answer(question as HeldQuestion);
  }) as never);
});
afterAll(() => desk.close());
beforeEach(async () => {
  asked.length = 0;
  await desk.tables.pool.query('truncate wish, desk_case, notice, notice_delivery');
});
const good = { reason: 'the sale is real' };
const held = { key: 'p1', was: '1000', becomes: '1', data: { amount: 1 }, heldAt: '2026-01-01T00:00:00.000Z' };

test('are listed by the same grammar, for their owners', async () => {
  await tellCases(desk.database, aCase('a'), aCase('b', { kind: 'drift', service: 'reconciliation', severity: 'warning', team: 'Stock', openedAt: '2026-01-02T00:00:00.000Z' }));
  expect((await desk.as('viewer:*').get('/cases')).json.items.map(({ caseId }: { caseId: string }) => caseId)).toEqual(['b', 'a']);
  expect((await desk.as('viewer:*').get('/cases?q=kind:drift%20-severity:critical')).json.items).toMatchObject([{ caseId: 'b', owner: { team: 'Stock' } }]);
  expect((await desk.as('viewer:Pricing').get('/cases')).json.items).toHaveLength(1);
  expect(await desk.as('viewer:Pricing').get('/cases/b')).toMatchObject({ status: 403 });
  expect(await desk.as('viewer:*').get('/cases/c')).toMatchObject({ status: 404 });
});

test('a held change shows what was and would become; the whole state to payload readers only', async () => {
  answer = () => ({ items: [held] });
  await tellCases(desk.database, aCase('a'));
  const { data: _data, ...masked } = held;
  expect((await desk.as('viewer:Pricing').get('/cases/a')).json.diff).toEqual({ items: [masked], next: null });
  expect((await desk.as('viewer:Pricing', 'payload-reader:Pricing').get('/cases/a')).json.diff.items).toEqual([held]);
  answer = () => Promise.reject(new StewardError('BROKER_NO_ANSWERER', 'nobody'));
  expect((await desk.as('viewer:Pricing').get('/cases/a')).json).toMatchObject({ case: { caseId: 'a' }, diff: null, unavailable: { code: 'BROKER_NO_ANSWERER' } });
});

test('is released by an approver, at the service that holds it', async () => {
  answer = () => ({ done: true });
  await tellCases(desk.database, aCase('a', { entity: 'product' }));
  expect(await desk.as('editor:Pricing').post('/cases/a/release', good)).toMatchObject({ status: 403 });
  expect(await desk.as('approver:Pricing').post('/cases/a/release', { ...good, dryRun: true })).toMatchObject({ status: 200, json: { needsSecondPerson: false } });
  expect(asked).toEqual([]);
  expect(await desk.as('approver:Pricing').post('/cases/a/release', good)).toMatchObject({ status: 200, json: { asked: 'release' } });
  expect(asked).toEqual([['rpc.pricing.held', { act: 'release', id: 'a', actor: 'somebody with approver:Pricing', reason: 'the sale is real' }]]);
  expect((await desk.as('viewer:*').get('/audit?subject=case%20a&act=release%20case')).json.items).toMatchObject([{ outcome: 'done' }, { outcome: 'asked', before: { state: 'open' } }]);
});

describe('a held change of money', () => {
  const [ada, grace] = ['approver:Pricing', 'approver:*'];
  const wish = { act: 'release', actor: `somebody with ${ada}`, reason: 'the sale is real' };
  beforeEach(async () => {
    answer = () => ({ done: true });
    await tellCases(desk.database, aCase('m'));
  });

  test('is released by two people, with the reasons of both, and never by one', async () => {
    expect(await desk.as(ada).post('/cases/m/release', { ...good, dryRun: true })).toMatchObject({ status: 200, json: { needsSecondPerson: true } });
    expect(await desk.as(ada).post('/cases/m/release', good)).toMatchObject({ status: 202, json: { waitsFor: expect.stringContaining('second person') } });
    expect((await desk.as('viewer:*').get('/cases/m')).json.wishes).toMatchObject([wish]);
    expect(await desk.as(ada).post('/cases/m/release', good)).toMatchObject({ status: 409, json: { detail: expect.stringContaining('second person') } });
    expect(await desk.as('operator:*').post('/cases/m/release', good)).toMatchObject({ status: 403 });
    expect(asked.filter(([, { act }]) => act === 'release')).toEqual([]);
    expect(await desk.as(grace).post('/cases/m/release', { reason: 'I have seen the list' })).toMatchObject({ status: 200, json: { asked: 'release' } });
    const both = `the sale is real (wanted by somebody with ${ada}); I have seen the list`;
    expect(asked.filter(([, { act }]) => act === 'release')).toEqual([['rpc.pricing.held', { act: 'release', id: 'm', actor: `somebody with ${grace}`, reason: both }]]);
    const { json } = await desk.as('viewer:*').get('/audit?subject=case%20m&act=release%20case');
    expect(json.items).toMatchObject([{ outcome: 'done', actor: `somebody with ${grace}` }, { outcome: 'asked' }, { outcome: 'asked', actor: `somebody with ${ada}`, after: { waitsFor: 'a second person' } }]);
    expect((await desk.as('viewer:*').get('/cases/m')).json.wishes).toEqual([]);
  });

  test('is refused by one: nothing goes out, and it may still be released', async () => {
    expect(await desk.as(ada).post('/cases/m/refuse', good)).toMatchObject({ status: 200, json: { asked: 'refuse' } });
  });

  test('that holds more by now than the first has seen is wanted anew', async () => {
    await desk.as(ada).post('/cases/m/release', good);
    await tellCases(desk.database, aCase('m', { counts: { affected: 401, total: 1000 } }));
    expect(await desk.as(grace).post('/cases/m/release', good)).toMatchObject({ status: 202 });
    expect(asked).toEqual([]);
    expect(await desk.as(ada).post('/cases/m/release', good)).toMatchObject({ status: 200 });
  });

  test('stays wanted while its owner does not answer, and is forgotten after a week', async () => {
    await desk.as(ada).post('/cases/m/release', good);
    answer = () => Promise.reject(new StewardError('BROKER_NO_ANSWERER', 'nobody'));
    expect(await desk.as(grace).post('/cases/m/release', good)).toMatchObject({ status: 503 });
    expect((await desk.as('viewer:*').get('/cases/m')).json.wishes).toMatchObject([wish]);
    await desk.tables.pool.query(`update wish set at = now() - interval '8 days'`);
    expect(await desk.as(grace).post('/cases/m/release', good)).toMatchObject({ status: 202 });
  });

  test('agreed to by two at once is released once', async () => {
    await desk.as(ada).post('/cases/m/release', good);
    const answers = await Promise.all(['1', '2'].map((each) => desk.as(grace, `viewer:${each}`).post('/cases/m/release', good)));
    // Who came after the wish was taken wants it anew, or finds it taken.
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(asked.filter(([, { act }]) => act === 'release')).toHaveLength(1);
  });
});

test('that was decided meanwhile is a conflict, and the audit says so', async () => {
  answer = () => Promise.reject(new StewardError('HELD_CHANGE_UNKNOWN', 'a'));
  await tellCases(desk.database, aCase('a'), aCase('b', { state: 'released', closedBy: 'grace' }));
  expect(await desk.as('approver:*').post('/cases/a/refuse', good)).toMatchObject({ status: 409, json: { code: 'OPERATIONS_CONFLICT' } });
  expect((await desk.as('viewer:*').get('/audit?act=refuse%20case&subject=case%20a')).json.items).toMatchObject([{ outcome: 'failed' }, { outcome: 'asked' }]);
  expect(await desk.as('approver:*').post('/cases/b/release', good)).toMatchObject({ status: 409, json: { detail: expect.stringContaining('released by grace') } });
  expect(await desk.as('approver:*').post('/cases/unknown/release', good)).toMatchObject({ status: 404 });
});

test('a loss of the broker is a case of operations, closed by whoever has looked', async () => {
  await desk.database.transaction((tx) => openBrokerLoss(tx, { stream: 'PIM_STATE', epoch: 'e2', reason: 'the stream is gone', at: new Date() }));
  await tellCases(desk.database, aCase('a'));
  const [lost] = (await desk.as('viewer:*').get('/cases?kind=broker-loss')).json.items;
  expect(await desk.as('operator:*').post('/cases/a/resolve', good)).toMatchObject({ status: 409 });
  expect(await desk.as('operator:*').post(`/cases/${lost.caseId}/release`, good)).toMatchObject({ status: 403 });
  expect(await desk.as('operator:Platform').post(`/cases/${lost.caseId}/resolve`, good)).toMatchObject({ status: 200, json: { case: { state: 'resolved' } } });
  expect(await desk.as('operator:Platform').post(`/cases/${lost.caseId}/resolve`, good)).toMatchObject({ status: 409 });
  expect((await desk.tables.pool.query('select kind, target from notice order by target')).rows).toEqual([{ kind: 'critical-case', target: 'platform-on-call' }, { kind: 'critical-case', target: 'pricing-on-call' }]);
});
