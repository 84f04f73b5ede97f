import { backlogSubject, type BacklogAnswer, type Beat, declaredOf, everyService, newestSubject, type NewestQuestion, type Release } from '@steward/contracts';
import { LivingProcesses1799000000000 } from '@steward/event-bus';
import { armFaults, StewardError } from '@steward/platform';
import type { Feature } from '../api/feature';
import { auditFeature } from '../audit/audit.feature';
import { deskScene, type DeskScene } from '../fixtures/desk.fixture.spec';
import { releasesFeature } from './releases.feature';
import { recordBeats } from './releases.store';

const empty: BacklogAnswer = { outbox: [], held: [], letters: [], announced: [], stored: [] };
const tables: Feature = { name: 'tables', migrations: [LivingProcesses1799000000000], open: () => ({ routes: [] }) };

let desk: DeskScene;
let backlogs: Record<string, BacklogAnswer>;
let unread: readonly string[];

beforeAll(async () => {
  desk = await deskScene([tables, releasesFeature, auditFeature], (async (subject: string, question: unknown) => {
    if (subject === newestSubject) {
      const { subjects } = question as NewestQuestion;
      return { ackFloor: 10, newest: subjects.map((each) => ({ subject: each, stored: unread.includes(each) ? { sequence: 11, messageId: null, revision: null } : { sequence: 9, messageId: null, revision: null } })) };
    }
    const backlog = backlogs[subject];
    if (backlog === undefined) throw new StewardError('BROKER_NO_ANSWERER', subject);
    return backlog;
  }) as never);
});
afterAll(() => desk.close());
beforeEach(async () => {
  backlogs = Object.fromEntries(everyService.map((service) => [backlogSubject(service), empty]));
  unread = [];
  await desk.tables.pool.query('truncate release_heartbeat, release_registered, release_ran_on, contract_act');
  for (const service of everyService) await beat(service);
});

const releaseOf = (service: string, version: string, more: Partial<Release> = {}): Release => ({ service, version, ...declaredOf(service), migrations: ['M1'], processes: [service], ...more });
async function beat(service: string, more: Partial<Beat> = {}): Promise<void> {
  await recordBeats(desk.database, service, [{ instance: `${service}@here`, process: service, release: releaseOf(service, '1'), applied: ['M1'], startedAt: '2026-01-01T00:00:00.000Z', seenAgoMs: 0, ended: false, ...more }]);
}
const operator = () => desk.as('operator:*');
const admin = () => desk.as('admin:*');
const register = (release: Release) => operator().post('/releases', { release, reason: 'built from main' });
const ask = async (changes: string) => (await desk.as('viewer:*').get(`/can-release?changes=${changes}`)).json;
/** The next version of what pim says, which nobody reads yet. */
const pim2 = (): Release => releaseOf('pim', '2', { produces: [...declaredOf('pim').produces.filter(({ entity }) => entity !== 'product'), { entity: 'product', major: 2 }] });
const letter = { system: 'pim', entity: 'product', major: 1, count: 1, oldestAt: '2026-01-01T00:00:00.000Z', named: [{ id: 'letter-7', consumer: 'gateway-catalogue', key: 'cap', class: 'bug', system: 'pim', entity: 'product', major: 1 }] };

test('answers from what is heard and registered: yes, no with who would break and in which order it would not, or can not say', async () => {
  expect(await ask('pim@2')).toMatchObject({ answer: 'cannot-say', missing: [expect.stringContaining('what pim 2 produces')] });
  expect(await register(releaseOf('pim', '1.1'))).toMatchObject({ status: 200 });
  expect(await ask('pim@1.1')).toMatchObject({ answer: 'yes' });
  await register(pim2());
  expect(await ask('pim@2')).toMatchObject({ answer: 'no', breaks: expect.arrayContaining([expect.objectContaining({ kind: 'reader', service: 'gateway', contract: 'product@2', owner: expect.any(String) })]) });
  const readers = ['gateway', 'reconciliation'].filter((service) => declaredOf(service).reads.some(({ entity }) => entity === 'product'));
  for (const service of readers) await register(releaseOf(service, '2', { reads: [...declaredOf(service).reads, { entity: 'product', major: 2, from: ['pim'] }] }));
  const { order } = await ask('pim@2');
  expect(order.at(-1)).toEqual({ service: 'pim', version: '2' });
  expect(await ask(`pim@2,${readers.map((service) => `${service}@2`).join(',')}`)).toMatchObject({ answer: 'yes', order });
});

test('is registered once for each build, by somebody, with a reason', async () => {
  expect(await register(releaseOf('pim', '2'))).toMatchObject({ status: 200, json: { release: { version: '2' } } });
  expect(await register(releaseOf('pim', '2'))).toMatchObject({ status: 200 });
  expect(await register(pim2())).toMatchObject({ status: 409 });
  expect(await register(releaseOf('nobody', '1'))).toMatchObject({ status: 400 });
  expect(await desk.as('viewer:*').post('/releases', { release: releaseOf('pim', '3'), reason: 'built' })).toMatchObject({ status: 403 });
  expect((await desk.as('viewer:*').get('/audit?act=register%20release')).json.items[0]).toMatchObject({ subject: 'release pim@2', outcome: 'done', reason: 'built from main' });
  expect((await desk.as('viewer:*').get('/releases')).json).toMatchObject({ silent: [], lost: [], registered: [{ service: 'pim', version: '2' }] });
});

test('takes silence for no evidence: stale, gone, and back again', async () => {
  await register(releaseOf('pim', '2'));
  await beat('gateway', { seenAgoMs: 60_000 });
  expect(await ask('pim@2')).toMatchObject({ answer: 'cannot-say', missing: expect.arrayContaining(['whether gateway@here (1) still runs: silent for 60 s']) });
  // Its successor is in another place, and the old one may still be at work.
  await beat('gateway', { instance: 'gateway@there' });
  expect(await ask('pim@2')).toMatchObject({ answer: 'cannot-say' });
  await beat('gateway', { ended: true });
  expect(await ask('pim@2')).toMatchObject({ answer: 'yes' });
  // What was said before the end and arrives after it does not bring it back.
  await beat('gateway', { seenAgoMs: 5_000 });
  await beat('gateway', { instance: 'gateway@there', ended: true });
  expect(await ask('pim@2')).toMatchObject({ answer: 'cannot-say', missing: expect.arrayContaining(['which versions of gateway run: nothing was heard of it']) });
  await beat('gateway', { startedAt: '2026-01-01T00:10:00.000Z' });
  expect(await ask('pim@2')).toMatchObject({ answer: 'yes' });
});

test('a version is retired only when nobody says it and nothing of it waits: one dead letter is enough, and is named', async () => {
  expect(await admin().post('/contract-versions/product@1/retire', { reason: 'nobody says it' })).toMatchObject({ status: 409, json: { detail: expect.stringContaining('pim 1 says it') } });
  await beat('pim', { release: pim2() });
  for (const service of everyService) await beat(service, { release: service === 'pim' ? pim2() : releaseOf(service, '2', { reads: [...declaredOf(service).reads, ...(declaredOf(service).reads.some(({ entity }) => entity === 'product') ? [{ entity: 'product', major: 2, from: ['pim'] }] : [])] }) });
  expect((await desk.as('viewer:*').get('/can-retire?contract=product@1')).json).toMatchObject({ answer: 'yes' });

  backlogs[backlogSubject('gateway')] = { ...empty, letters: [letter] };
  expect(await admin().post('/contract-versions/product@1/retire', { reason: 'nobody says it' })).toMatchObject({ status: 409, json: { detail: expect.stringContaining('letter-7') } });
  backlogs[backlogSubject('gateway')] = empty;
  unread = ['evt.pim.product.v1.*'];
  expect((await desk.as('viewer:*').get('/can-retire?contract=product@1')).json).toMatchObject({ answer: 'no', breaks: [expect.objectContaining({ kind: 'stream' })] });
  unread = [];
  delete backlogs[backlogSubject('gateway')];
  expect((await desk.as('viewer:*').get('/can-retire?contract=product@1')).json).toMatchObject({ answer: 'cannot-say', missing: ['what waits in gateway: it does not answer'] });
  backlogs[backlogSubject('gateway')] = empty;

  expect(await operator().post('/contract-versions/product@1/deprecate', { reason: 'v2 is there', until: '2020-01-01T00:00:00Z' })).toMatchObject({ status: 400 });
  expect(await operator().post('/contract-versions/product@1/deprecate', { reason: 'v2 is there' })).toMatchObject({ status: 200 });
  expect(await operator().post('/contract-versions/product@1/retire', { reason: 'not mine to do' })).toMatchObject({ status: 403 });
  expect(await admin().post('/contract-versions/product@1/retire', { reason: 'nobody says it', dryRun: true })).toMatchObject({ status: 200, json: { answer: 'yes' } });
  expect(await admin().post('/contract-versions/product@1/retire', { reason: 'nobody says it' })).toMatchObject({ status: 200, json: { state: 'retired' } });
  expect((await desk.as('viewer:*').get('/releases')).json.versions).toEqual([{ entity: 'product', major: 1, state: 'retired', until: null }]);
  expect((await desk.as('viewer:*').get('/audit?subject=contract%20product@1')).json.items.filter(({ outcome }: { outcome: string }) => outcome === 'done').map(({ act, reason }: Record<string, string>) => [act, reason])).toEqual([['retire contract', 'nobody says it'], ['deprecate contract', 'v2 is there']]);
  // From now on who says it is not released.
  await register(releaseOf('pim', '0.9'));
  expect(await ask('pim@0.9')).toMatchObject({ answer: 'no', breaks: expect.arrayContaining([expect.objectContaining({ kind: 'retired' })]) });
  for (const wrong of ['product', 'product@0', 'nothing@1']) expect((await admin().post(`/contract-versions/${wrong}/retire`, { reason: 'nobody says it' })).status).toBeGreaterThanOrEqual(400);
});

test('crashed at each of its steps it never says yes, and retires nothing', async () => {
  await register(releaseOf('pim', '2'));
  for (const service of everyService) await beat(service, { release: service === 'pim' ? pim2() : releaseOf(service, '2') });
  await beat('pim', { release: { ...pim2(), version: '3' } });
  for (const service of ['gateway', 'reconciliation', 'oms']) await beat(service, { release: releaseOf(service, '2', { reads: [...declaredOf(service).reads, { entity: 'product', major: 2, from: ['pim'] }] }) });
  let steps = 0;
  for (const fault of ['throw-before', 'throw-after']) {
    for (let nth = 1; ; nth += 1) {
      const disarm = armFaults(`release-step=${fault}#${String(nth)}`);
      try {
        const answer = await desk.as('viewer:*').get('/can-retire?contract=product@1');
        if (answer.status === 200) {
          expect([answer.json.answer, nth]).toEqual(['yes', expect.any(Number)]);
          break;
        }
        steps += 1;
        expect(answer.json.answer).toBeUndefined();
      } finally {
        disarm();
      }
    }
    for (let nth = 1; ; nth += 1) {
      const disarm = armFaults(`release-step=${fault}#${String(nth)}`);
      const done = await admin().post('/contract-versions/product@1/retire', { reason: 'nobody says it' });
      disarm();
      const { rows } = await desk.tables.pool.query('select act from contract_act');
      if (done.status === 200) {
        expect(rows).toEqual([{ act: 'retire' }]);
        break;
      }
      expect([fault, nth, rows]).toEqual([fault, nth, []]);
      steps += 1;
    }
    await desk.tables.pool.query('truncate contract_act');
  }
  // Seven looks, and the act itself; each before and after.
  expect(steps).toBe(2 * (7 + 8));
});
