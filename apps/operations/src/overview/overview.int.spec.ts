import { declaredOf, everyService, flowsSubject, traceSubject, type FlowStatus } from '@steward/contracts';
import { StewardError } from '@steward/platform';
import { auditFeature } from '../audit/audit.feature';
import { casesFeature } from '../cases/cases.feature';
import type { Feature } from '../api/feature';
import { deskScene, type DeskScene } from '../fixtures/desk.fixture.spec';
import { aCase, aLetter, tellCases, tellLetters } from '../fixtures/told.fixture.spec';
import { flowsFeature } from '../flows/flows.feature';
import { lettersFeature } from '../letters/letters.feature';
import { notifierFeature } from '../notifier/notifier.feature';
import { releasesFeature } from '../releases/releases.feature';
import { recordBeats } from '../releases/releases.store';
import { traceFeature } from '../trace/trace.feature';
import { consumerTables } from '../operations.service';
import { overviewFeature } from './overview.feature';

const aFlow = (more: Partial<FlowStatus> = {}): FlowStatus => ({ flow: 'pim.product', kind: 'feed', entity: 'product', connector: 'sandbox', state: 'running', pausedBy: null, reason: null, since: null, resumesAt: null, latenessMs: 10, promiseMs: 1_000, held: 0, perSecond: 1, ...more });
const dependency = { name: 'pim-sandbox', breaker: 'open', budget: 0, pausedUntil: null, inFlight: 0, waiting: 0, shed: 3 };

let desk: DeskScene;
let doors: Record<string, (question: Record<string, unknown>) => unknown>;
const asked: [string, unknown][] = [];
const tables: Feature = { name: 'tables', migrations: [...consumerTables, ...(notifierFeature.migrations ?? [])], open: () => ({ routes: [] }) };

beforeAll(async () => {
  desk = await deskScene([tables, overviewFeature, lettersFeature, casesFeature, flowsFeature, traceFeature, auditFeature, releasesFeature], (async (subject: string, question: Record<string, unknown>) => {
    asked.push([subject, question]);
    const door = doors[subject];
    if (door === undefined) throw new StewardError('BROKER_NO_ANSWERER', subject);
    return door(question);
  }) as never);
});
afterAll(() => desk.close());
beforeEach(async () => {
  asked.length = 0;
  doors = { [flowsSubject('pim')]: ({ ask }) => (ask === 'list' ? { flows: [aFlow()], dependencies: [dependency] } : { done: true }) };
  await desk.tables.pool.query('truncate letter, letter_group, desk_case, notice, notice_delivery');
});
const good = { reason: 'the PIM is moved' };

test('ranks what is urgent by harm and age', async () => {
  const hour = (ago: number): string => new Date(Date.now() - ago * 3_600_000).toISOString();
  const letters = (count: number, name: string, more: Parameters<typeof aLetter>[1]) => Array.from({ length: count }, (_, index) => aLetter(`${name}${String(index)}`, { message: name, entity: 'product', openedAt: hour(2), ...more }));
  await tellLetters(desk.database, ...letters(1, 'passing', { class: 'transient' }), ...letters(90, 'many bugs', { class: 'bug' }), ...letters(1, 'a bug', { class: 'bug' }), ...letters(1, 'a bug of prices', { class: 'bug', entity: 'price' }), ...letters(1, 'old', { class: 'transient', openedAt: hour(500) }), ...letters(1, 'too late', { class: 'bug', respondBy: hour(1) }));
  await tellCases(desk.database, aCase('a', { entity: 'product', openedAt: hour(2) }), aCase('over', { state: 'resolved' }));
  const { json } = await desk.as('viewer:*').get('/overview');
  expect(json.urgent.map(({ what, summary, id }: Record<string, string>) => (what === 'case' ? id : summary))).toEqual(['old', 'too late', 'many bugs', 'a', 'a bug of prices', 'a bug', 'passing']);
  expect(json.urgent[2]).toMatchObject({ what: 'group', affected: 90, owner: { escalation: 'pricing-on-call' }, next: expect.any(String), link: expect.stringMatching(/^\/dead-letter-groups\//) });
  expect(json.open).toMatchObject({ groups: 6, letters: 95, overdue: 1, cases: [{ kind: 'held-change', open: 1 }] });
  expect(json.flows).toMatchObject({ running: 1, late: [], troubled: [{ service: 'pim', name: 'pim-sandbox' }], silent: expect.arrayContaining([{ service: 'gateway', code: 'BROKER_NO_ANSWERER' }]) });
  expect((await desk.as('viewer:Stock').get('/overview')).json).toMatchObject({ urgent: [], open: { letters: 0 } });
});

test('shows flows of whoever answers, and pauses and resumes one at its service', async () => {
  expect((await desk.as('viewer:*').get('/flows')).json).toMatchObject({ items: [{ flow: 'pim.product' }], dependencies: [{ breaker: 'open' }] });
  const operator = desk.as('operator:Catalogue');
  const resumesAt = new Date(Date.now() + 60_000).toISOString();
  expect(await desk.as('operator:Pricing').post('/flows/pim.product/pause', good)).toMatchObject({ status: 403 });
  expect(await operator.post('/flows/pim.product/resume', good)).toMatchObject({ status: 409 });
  expect(await operator.post('/flows/pim.nothing/pause', good)).toMatchObject({ status: 404 });
  expect(await operator.post('/flows/nobody.product/pause', good)).toMatchObject({ status: 404 });
  expect(await operator.post('/flows/erp.sale/pause', good)).toMatchObject({ status: 503, json: { code: 'BROKER_NO_ANSWERER' } });
  expect(await operator.post('/flows/pim.product/pause', { ...good, resumesAt: '2020-01-01T00:00:00Z' })).toMatchObject({ status: 400 });
  asked.length = 0;
  expect(await operator.post('/flows/pim.product/pause', { ...good, dryRun: true })).toMatchObject({ status: 200, json: { flow: { state: 'running' } } });
  expect(asked).toEqual([['rpc.pim.flows', { ask: 'list' }]]);
  expect(await operator.post('/flows/pim.product/pause', { ...good, resumesAt })).toMatchObject({ status: 200, json: { flow: { state: 'paused', pausedBy: 'somebody with operator:Catalogue', reason: 'the PIM is moved', resumesAt } } });
  expect(asked.at(-1)).toEqual(['rpc.pim.flows', { ask: 'pause', flow: 'pim.product', actor: 'somebody with operator:Catalogue', reason: 'the PIM is moved', resumesAt }]);
  expect((await desk.as('viewer:*').get('/audit?subject=flow%20pim.product&act=pause%20flow')).json.items).toMatchObject([{ outcome: 'done', after: { state: 'paused' } }, { outcome: 'asked' }]);
});

test('traces one thing across whoever answers, with gaps by name', async () => {
  const entry = (service: string, what: string, revision: number, at: string) => ({ at, service, what, entity: 'product', key: 'cap', revision, sequence: null, messageId: null, origin: null, traceparent: null, summary: '' });
  doors[traceSubject('pim')] = () => [entry('pim', 'announced', 2, '2026-01-01T00:00:02.000Z'), entry('pim', 'announced', 1, '2026-01-01T00:00:00.000Z')];
  doors[traceSubject('gateway')] = () => [entry('gateway', 'applied', 1, '2026-01-01T00:00:01.000Z'), entry('gateway', 'letter', 2, '2026-01-01T00:00:03.000Z')];
  const { json } = await desk.as('viewer:*').get('/trace?sku=cap');
  expect(json.timeline.map(({ service, what, revision }: Record<string, unknown>) => [service, what, revision])).toEqual([['pim', 'announced', 1], ['gateway', 'applied', 1], ['pim', 'announced', 2], ['gateway', 'letter', 2]]);
  expect(json.gaps).toEqual(expect.arrayContaining([expect.objectContaining({ from: 'pim', to: 'gateway', expected: 2, found: 1, reason: 'it is a dead letter of gateway' })]));
  expect(asked).toEqual(expect.arrayContaining([['rpc.erp.trace', { sku: 'cap' }]]));
  expect(await desk.as('viewer:*').get('/trace?sku=cap&orderId=o')).toMatchObject({ status: 400 });
  expect(await desk.as('viewer:*').get('/trace')).toMatchObject({ status: 400 });
});

test('lists contracts, and computes readiness from facts', async () => {
  await tellLetters(desk.database, aLetter('a', { respondBy: '2026-01-01T11:00:00.000Z' }), aLetter('b'));
  const { json: list } = await desk.as('viewer:*').get('/contracts');
  expect(list.items.find(({ entity }: { entity: string }) => entity === 'price')).toMatchObject({ owner: { team: 'Pricing' }, fourEyes: true, openLetters: 2, consumers: expect.arrayContaining([expect.objectContaining({ service: 'gateway' })]) });
  expect(await desk.as('viewer:*').get('/contracts/price')).toMatchObject({ status: 200, json: { items: [{ entity: 'price', major: 1 }] } });
  expect(await desk.as('viewer:*').get('/contracts/toString')).toMatchObject({ status: 404 });
  const { json } = await desk.as('viewer:*').get('/readiness');
  expect(json.ready).toBe(false);
  expect(json.checks.map(({ id, ok }: Record<string, unknown>) => [id, ok])).toEqual([['systems-of-record', true], ['contracts', true], ['owners', false], ['reconciliation', false], ['monitoring', false], ['releases', false]]);
  expect(json.checks[2].missing).toEqual([expect.stringContaining('past their deadline')]);
  // Who is not heard can not be asked whom it would break.
  expect(json.checks[5].missing).toContain('not known: which versions of gateway run: nothing was heard of it');
  for (const service of everyService) {
    const release = { service, version: '1', ...declaredOf(service), migrations: [], processes: [service] };
    await recordBeats(desk.database, service, [{ instance: service, process: service, release, applied: [], startedAt: '2026-01-01T00:00:00.000Z', seenAgoMs: 0, ended: false }]);
  }
  expect((await desk.as('viewer:*').get('/readiness')).json.checks[5]).toMatchObject({ ok: true, missing: [], facts: { instances: everyService.length } });
});
