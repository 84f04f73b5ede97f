import type { LettersQuestion } from '@steward/contracts';
import { auditFeature } from '../audit/audit.feature';
import { casesFeature } from '../cases/cases.feature';
import { deskScene, type DeskScene } from '../fixtures/desk.fixture.spec';
import { aCase, aLetter, closed, tellCases, tellLetters } from '../fixtures/told.fixture.spec';
import { flowsFeature } from '../flows/flows.feature';
import { jobsFeature } from '../jobs/jobs.feature';
import { groupIdOf } from '../letters/group-id';
import { lettersFeature } from '../letters/letters.feature';
import { notifierFeature } from '../notifier/notifier.feature';
import { refundsFeature } from '../refunds/refunds.feature';
import { runbooksFeature } from '../runbooks/runbooks.feature';

const good = { reason: 'because it must' };
const retry = (selection: object, more: object = {}) => ({ kind: 'retry', selection, ...good, ...more });
const refund = { orderId: 'o-1', amount: 700, currency: 'EUR' };
const unknown = '00000000-0000-4000-8000-000000000000';
const group = groupIdOf(aLetter('open', { entity: 'product' }));
let desk: DeskScene;
const acts: unknown[] = [];

beforeAll(async () => {
  desk = await deskScene([auditFeature, lettersFeature, casesFeature, notifierFeature, flowsFeature, jobsFeature, runbooksFeature, refundsFeature], (async (subject: string, question: LettersQuestion | undefined) => {
    if (subject.endsWith('.digest') || subject.endsWith('.snapshot')) return { count: 7, digest: '0'.repeat(16) };
    if (subject.endsWith('.flows')) return { flows: [], dependencies: [] };
    if (subject.endsWith('.evidence')) return { keys: [{ key: 'o-1', data: { orderId: 'o-1', currency: 'EUR', capturedAmount: 2_000, refundedAmount: 0 } }] };
    if (question?.ask === 'act') acts.push(question);
    return { verdicts: [] };
  }) as never);
  await tellLetters(desk.database, aLetter('open', { entity: 'product' }), aLetter('done', { entity: 'product', ...closed('redriven', 'ada') }), aLetter('forged', { entity: 'product', kind: 'security', class: 'security', message: 'its headers are of another' }));
  await tellCases(desk.database, aCase('held'));
});
afterAll(() => desk.close());
afterEach(() => expect(acts).toEqual([]));

describe('what is not there is a 404', () => {
  test.each([
    '/dead-letter-groups/nothing', '/dead-letters/nothing', `/dead-letters/${unknown}`, '/cases/nothing', `/operations/${unknown}`, '/operations/nothing', `/operations/${unknown}/members`, '/runbooks/nothing',
    '/refunds/nothing', `/runbooks/resync-entity/runs/${unknown}`, '/runbooks/resync-entity/runs/nothing',
  ])('GET %s', async (path) => {
    expect(await desk.as('admin:*').get(path)).toMatchObject({ status: 404, json: { code: 'OPERATIONS_NOT_FOUND' } });
  });

  test.each<[string, object]>([
    ['/dead-letter-groups/nothing/acknowledge', good], ['/dead-letters/nothing/discard', good], ['/dead-letters/nothing/skip', good], ['/cases/nothing/release', good], ['/cases/nothing/repair', good], ['/cases/nothing/resolve', good],
    ['/flows/nothing/resume', good], [`/operations/${unknown}/cancel`, good], ['/runbooks/nothing/runs', good], ['/operations', retry({ letters: ['nothing'] })], ['/operations', retry({ group: 'nothing' })],
    ['/operations', { kind: 'replay-all', selection: { entity: 'nothing' }, ...good }],
  ])('POST %s %j', async (path, body) => {
    expect(await desk.as('admin:*').post(path, body)).toMatchObject({ status: 404, json: { code: 'OPERATIONS_NOT_FOUND' } });
  });
});

test.each<[string, object]>([['/dead-letters/done/discard', good], ['/dead-letters/done/skip', good], ['/operations', retry({ letters: ['done'] })]])('what is redriven already is a 409 that says so: POST %s', async (path, body) => {
  expect(await desk.as('admin:*').post(path, body)).toMatchObject({ status: 409, json: { code: 'OPERATIONS_CONFLICT', detail: expect.stringContaining('redriven') } });
});

test('B9: what is a security case is no member of a job, however it is named', async () => {
  for (const selection of [{ letters: ['forged'] }, { query: 'class:security' }]) expect(await desk.as('admin:*').post('/operations', retry(selection))).toMatchObject({ status: 409 });
});

test.each(['replay-all', 'replay-missing', 'resync'])('%s without a range or a word of confirmation is a 400 with the count', async (kind) => {
  expect(await desk.as('admin:*').post('/operations', { kind, selection: { entity: 'product' }, ...good })).toMatchObject({ status: 400, json: { code: 'OPERATIONS_CONFIRMATION_NEEDED', errors: [{ pointer: '/confirmCount', accepted: expect.stringContaining('7') }] } });
});

test.each<[string, object, string, string]>([
  ['/refunds/r-1', { ...refund, amount: 0 }, '/amount', 'a whole number of minor units, 1 or more'], ['/refunds/r-1', { ...refund, amount: -1 }, '/amount', 'a whole number of minor units, 1 or more'], ['/refunds/r-1', { ...refund, amount: 7.5 }, '/amount', 'an integer, written without point and exponent'],
  ['/refunds/r-1', { ...refund, amount: '700' }, '/amount', 'a whole number of minor units, 1 or more'], ['/refunds/r-1', { ...refund, amount: 2_001 }, '/amount', '1 to 2000 minor units of EUR'], ['/refunds/r-1', { ...refund, currency: 'eur' }, '/currency', 'ISO 4217, such as EUR'],
  ['/refunds/r-1', { ...refund, currency: 'USD' }, '/currency', 'EUR'], ['/refunds/r-1', { ...refund, orderId: '' }, '/orderId', 'the id of an order'], ['/refunds/r-1', { ...refund, orderId: 'o-2' }, '/orderId', 'the id of an order that was paid'],
  ['/refunds/parcel:1', refund, '/id', '1 to 200 letters, digits and . _ -'],
])('what can not be paid back is a 400 that says what can: POST %s %j', async (path, body, pointer, accepted) => {
  for (const dryRun of [true, false]) expect(await desk.as('admin:*').post(path, { ...body, ...good, dryRun })).toMatchObject({ status: 400, json: { code: 'OPERATIONS_INPUT_REFUSED', errors: [{ pointer, accepted }] } });
});

describe('an act', () => {
  const all: [string, object][] = [
    [`/dead-letter-groups/${group}/acknowledge`, {}], [`/dead-letter-groups/${group}/assign`, { assignee: null }], [`/dead-letter-groups/${group}/ignore`, { until: '2099-01-01T00:00:00Z' }], [`/dead-letter-groups/${group}/note`, { text: 'x' }],
    ['/dead-letters/open/discard', {}], ['/dead-letters/open/skip', {}], ['/dead-letters/open/edit', { patch: [{ op: 'remove', path: '/a' }], bodyHash: 'h' }], ['/cases/held/release', {}], ['/cases/held/refuse', {}],
    ['/operations', { kind: 'retry', selection: { letters: ['open'] } }], ['/runbooks/resync-entity/runs', { params: { entity: 'product' } }], ['/flows/pim.product/pause', { resumesAt: null }], ['/refunds/r-1', refund],
  ];
  test.each(all)('without a reason is a 400: POST %s', async (path, body) => {
    expect(await desk.as('admin:*').post(path, body)).toMatchObject({ status: 400, json: { errors: expect.arrayContaining([expect.objectContaining({ pointer: '/reason', accepted: expect.stringContaining('why') })]) } });
  });
  test.each(all)('with dryRun=ture is a 400: POST %s', async (path, body) => {
    expect(await desk.as('admin:*').post(path, { ...body, ...good, dryRun: 'ture' })).toMatchObject({ status: 400, json: { errors: [{ pointer: '/dryRun', accepted: 'true or false' }] } });
    expect(await desk.as('admin:*').post(`${path}?dryRun=ture`, { ...body, ...good })).toMatchObject({ status: 400, json: { errors: [{ pointer: '/dryRun', accepted: 'no query parameters' }] } });
  });
  test.each(all.filter(([path]) => !path.startsWith('/flows')))('by somebody without the role is a 403, and an entry of the audit: POST %s', async (path, body) => {
    const denied = async (): Promise<number> => ((await desk.as('admin:*').get('/audit?outcome=denied&first=250')).json.items as unknown[]).length;
    const before = await denied();
    expect(await desk.as('viewer:*').post(path, { ...body, ...good })).toMatchObject({ status: 403, json: { code: 'OPERATIONS_ROLE_MISSING', errors: [{ pointer: 'authorization', accepted: expect.stringContaining('steward_roles') }] } });
    expect(await denied()).toBe(before + 1);
  });
});

describe('a list', () => {
  const lists = ['/dead-letter-groups', '/dead-letters', '/cases', '/audit', '/operations'];
  test.each(lists)('says what it can be asked by: GET %s', async (path) => {
    const refusal = async (query: string, pointer: string) => {
      const answer = await desk.as('viewer:*').get(`${path}?${query}`);
      expect([query, answer.status, answer.json.errors]).toEqual([query, 400, [{ pointer, detail: expect.any(String), accepted: expect.any(String) }]]);
      return answer.json.errors[0].accepted as string;
    };
    expect(await refusal('stat=open', '/stat')).toContain('q');
    expect(await refusal('q=stat:open', '/q')).toContain('age');
    await refusal('q=age:2h', '/q');
    await refusal('first=251', '/first');
    await refusal('after=bm90aGluZw', '/after');
    expect(await refusal(path === '/audit' ? 'outcome=dnoe' : 'state=opne', path === '/audit' ? '/outcome' : '/state')).toMatch(/done|open/);
  });
  test.each([['/dead-letters?q=class:contrct', '/class', 'contract'], ['/dead-letter-groups?class=contrct', '/class', 'contract'], ['/cases?kind=held', '/kind', 'held-change'], ['/cases?severity=high', '/severity', 'critical'], ['/operations?kind=retyr', '/kind', 'retry'], ['/cases?q=service:prcing', '/service', 'pricing'], ['/dead-letters?q=entity:prodcut', '/entity', 'product']])(
    'refuses a value that nobody knows: GET %s', async (path, pointer, accepted) => {
      expect(await desk.as('viewer:*').get(path)).toMatchObject({ status: 400, json: { errors: [{ pointer, accepted: expect.stringContaining(accepted) }] } });
    });
  test.each(lists)('has pages that are those of the whole list, whatever they are sorted by: GET %s', async (path) => {
    const whole = (await desk.as('viewer:*').get(`${path}?first=250`)).json.items;
    const paged: unknown[] = [];
    for (let next: string | null = ''; next !== null;) {
      const { json } = await desk.as('viewer:*').get(`${path}?first=1${next === '' ? '' : `&after=${next}`}`);
      paged.push(...json.items);
      next = paged.length > whole.length ? null : json.page.next;
    }
    expect(paged).toEqual(whole);
  });
});
