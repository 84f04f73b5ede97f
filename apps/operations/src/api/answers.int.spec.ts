import type { DriftRow, FlowStatus, RepairForecast } from '@steward/contracts';
import { auditFeature } from '../audit/audit.feature';
import { casesFeature } from '../cases/cases.feature';
import { deskScene, type DeskScene } from '../fixtures/desk.fixture.spec';
import { aCase, tellCases } from '../fixtures/told.fixture.spec';
import { flowsFeature } from '../flows/flows.feature';
import { jobsFeature } from '../jobs/jobs.feature';
import { lettersFeature } from '../letters/letters.feature';
import { notifierFeature } from '../notifier/notifier.feature';
import { runbooksFeature } from '../runbooks/runbooks.feature';

const reason = 'to see what it says';
const flow: FlowStatus = {
  flow: 'pim.product', kind: 'feed', entity: 'product', connector: 'sandbox', state: 'paused', pausedBy: 'ada', reason, since: '2026-01-01T00:00:00.000Z', resumesAt: null, latenessMs: null, promiseMs: 1_000, held: 0, perSecond: null,
};
const drift: DriftRow = {
  id: 'drift', check: 'arrow', entity: 'product', key: 'cap', kind: 'stale', cause: 'unknown', state: 'open', fields: [], left: {}, right: {}, authority: 'left', evidence: [], exposure: null, letter: null, policy: 'ask', repairs: 0,
  openedAt: '2026-01-01T00:00:00.000Z', lastSeenAt: '2026-01-01T00:00:00.000Z', closedAt: null,
};
const repair: RepairForecast = { id: 'drift', key: 'cap', outcome: 'would-announce', revision: 3 };

let desk: DeskScene;
beforeAll(async () => {
  desk = await deskScene([auditFeature, lettersFeature, casesFeature, notifierFeature, flowsFeature, jobsFeature, runbooksFeature], (async (subject: string, { ask }: { ask: string }) => {
    if (subject.endsWith('.flows')) return ask === 'list' ? { flows: [flow], dependencies: [] } : { done: true };
    return ask === 'drift' ? { drift: [drift], next: null } : { repairs: [repair] };
  }) as never);
  await tellCases(desk.database, aCase('drift', { kind: 'drift', service: 'reconciliation', entity: 'product', team: 'Catalogue', key: 'cap', exposure: { amount: 100, currency: 'EUR', units: null }, counts: null, detail: { check: 'arrow' } }));
});
afterAll(() => desk.close());

// What no other spec asks for: the fixture holds each answer against what is said of it.
test.each(['/audit/verify', '/runbooks', '/runbooks/resync-entity', '/cases/drift', '/flows'])('is as it is described: GET %s', async (path) => {
  expect((await desk.as('admin:*').get(path)).status).toBe(200);
});

test.each<[string, object, number]>([
  ['/flows/pim.product/resume', { dryRun: true }, 200],
  ['/flows/pim.product/resume', {}, 200],
  ['/cases/drift/repair', { dryRun: true }, 200],
  ['/cases/drift/repair', {}, 202],
])('is as it is described: POST %s %j', async (path, body, status) => {
  expect((await desk.as('admin:*').post(path, { reason, ...body })).status).toBe(status);
});

test('a run is as it is described, wherever it is shown', async () => {
  const admin = desk.as('admin:*');
  const { json: run } = await admin.post('/runbooks/resync-entity/runs', { reason, params: { entity: 'product' } });
  expect((await admin.get('/runbooks/resync-entity/runs')).json.items).toMatchObject([{ id: run.id, params: { entity: 'product' }, reason }]);
  // A run that was carried out meanwhile can not be cancelled, and says so.
  expect([200, 409]).toContain((await admin.post(`/runbooks/resync-entity/runs/${run.id}/cancel`, { reason, dryRun: true })).status);
  expect([200, 409]).toContain((await admin.post(`/runbooks/resync-entity/runs/${run.id}/cancel`, { reason })).status);
});

test('a dry run of an act on a job says what it would be', async () => {
  const admin = desk.as('admin:*');
  const { json } = await admin.post('/operations', { kind: 'replay-all', selection: { entity: 'price', keys: ['a'] }, reason });
  expect((await admin.post(`/operations/${json.id}/cancel`, { reason, dryRun: true })).json).toMatchObject({ state: 'awaiting-approval', would: 'cancelled' });
});
