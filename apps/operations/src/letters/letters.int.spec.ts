import { StewardError } from '@steward/platform';
import type { LettersQuestion } from '@steward/contracts';
import { auditFeature } from '../audit/audit.feature';
import { DeskCases1796000002000 } from '../cases/cases.migration';
import { closed, aLetter, forgetLetters, tellLetters } from '../fixtures/told.fixture.spec';
import { deskScene, type DeskScene } from '../fixtures/desk.fixture.spec';
import { DeskNotices1796000003000 } from '../notifier/notices.migration';
import { groupIdOf } from './group-id';
import { lettersFeature } from './letters.feature';
import { groups as groupsList } from './groups.queries';

let desk: DeskScene;
const asked: [string, LettersQuestion][] = [];
let answer: (question: LettersQuestion) => unknown = () => Promise.reject(new StewardError('BROKER_NO_ANSWERER', 'nobody'));
const tables = { name: 'tables', migrations: [DeskCases1796000002000, DeskNotices1796000003000], open: () => ({ routes: [] }) };

beforeAll(async () => {
  desk = await deskScene([lettersFeature, auditFeature, tables], (async (subject: string, question: unknown) => {
    asked.push([subject, question as LettersQuestion]);
    return answer(question as LettersQuestion);
  }) as never);
});
afterAll(() => desk.close());
beforeEach(async () => {
  asked.length = 0;
  await desk.tables.pool.query('truncate letter, letter_group, group_note, wish');
});
const tell = (...letters: Parameters<typeof tellLetters>[1][]) => tellLetters(desk.database, ...letters);
const groups = async (query = '') => (await desk.as('viewer:*').get(`/dead-letter-groups${query}`)).json;
const idOf = groupIdOf(aLetter('any'));
const good = { reason: 'because it must' };

describe('groups', () => {
  test('letters of one cause are one group, and it says why', async () => {
    await tell(aLetter('a'), aLetter('b', { lastSeenAt: '2026-01-03T00:00:00.000Z' }), aLetter('c', { message: 'other' }));
    const { items, counts } = await groups();
    expect(items).toMatchObject([
      { id: idOf, open: 2, total: 2, state: 'open', lastSeenAt: '2026-01-03T00:00:00.000Z', owner: { team: 'Pricing' }, suggested: { act: 'edit', runbook: 'docs/runbooks/price.md' }, whyGrouped: { service: 'gateway', consumer: 'gateway-prices', entity: 'price', class: 'contract', code: 'ITEM_INVALID', message: 'no amount', frame: null } },
      { open: 1, message: 'other' },
    ]);
    expect(counts).toEqual([{ state: 'open', groups: 2, open: 3 }]);
  });

  test('told again they count once; closed they count no more, and the last one resolves the group', async () => {
    await tell(aLetter('a'), aLetter('b'));
    await tell(aLetter('a', { attempts: 2 }), aLetter('b', closed('superseded')));
    expect((await groups()).items).toMatchObject([{ open: 1, total: 2, state: 'open' }]);
    await tell(aLetter('a', closed('redriven', 'ada')));
    expect((await groups()).items).toMatchObject([{ open: 0, total: 2, state: 'resolved', stateBy: 'ada', respondBy: null }]);
    await forgetLetters(desk.database, 'a', 'b');
    expect((await groups()).items).toMatchObject([{ open: 0, total: 0, state: 'resolved' }]);
  });

  test('what opens again after that has regressed, and its owner is told', async () => {
    await tell(aLetter('a'));
    await tell(aLetter('a', closed('redriven')));
    await tell(aLetter('z'), aLetter('y'));
    expect((await groups()).items).toMatchObject([{ open: 2, state: 'regressed', regressions: 1 }]);
    expect((await desk.tables.pool.query("select kind, subject, target from notice where subject = $1", [`group ${idOf}`])).rows).toEqual([{ kind: 'regressed', subject: `group ${idOf}`, target: '#team-pricing' }]);
  });

  test('a letter that fails otherwise changes its group', async () => {
    await tell(aLetter('a'));
    await tell(aLetter('a', { message: 'other' }));
    expect((await groups()).items.map(({ message, open, state }: Record<string, unknown>) => [message, open, state]).toSorted()).toEqual([['no amount', 0, 'resolved'], ['other', 1, 'open']]);
  });

  test('counts stay exact when many tell at once', async () => {
    await Promise.all(Array.from({ length: 8 }, (_, from) => tell(...Array.from({ length: 10 }, (__, index) => aLetter(`l${String(from)}-${String(index)}`)))));
    await Promise.all(Array.from({ length: 4 }, (_, from) => tell(...Array.from({ length: 5 }, (__, index) => aLetter(`l${String(from)}-${String(index)}`, closed('redriven'))))));
    expect((await groups()).items).toMatchObject([{ open: 60, total: 80 }]);
  });

  test('are filtered, paged by key and shown to their owners only', async () => {
    await tell(...Array.from({ length: 7 }, (_, index) => aLetter(`m${String(index)}`, { message: `cause ${String(index)}`, team: index < 5 ? 'Pricing' : 'Stock', ...(index === 0 ? { class: 'bug' as const } : {}) })));
    const first = await groups('?first=3&q=owner:Pricing');
    // What comes meanwhile shifts nothing.
    await tell(aLetter('new', { message: 'newer', lastSeenAt: '2027-01-01T00:00:00.000Z' }));
    const second = await groups(`?first=3&q=owner:Pricing&after=${first.page.next}`);
    expect([...first.items, ...second.items].map(({ message }: { message: string }) => message).toSorted()).toEqual(['cause 0', 'cause 1', 'cause 2', 'cause 3', 'cause 4']);
    expect([first.page.hasNext, second.page]).toEqual([true, { first: 3, hasNext: false, next: null }]);
    expect((await groups('?class=bug')).items).toMatchObject([{ message: 'cause 0' }]);
    expect((await groups('?q=-class:bug%20%22cause%201%22')).items).toMatchObject([{ message: 'cause 1' }]);
    expect((await desk.as('viewer:Stock').get('/dead-letter-groups')).json.items).toHaveLength(2);
    expect(await desk.as('viewer:Stock').get(`/dead-letter-groups/${first.items[0].id}`)).toMatchObject({ status: 403 });
    expect(await desk.as('viewer:*').get('/dead-letter-groups?q=state:opne')).toMatchObject({ status: 400, json: { errors: [{ pointer: '/state', accepted: expect.stringContaining('regressed') }] } });
  });

  test('are acknowledged, assigned, ignored and written upon, each with its entry', async () => {
    await tell(aLetter('a'));
    const operator = desk.as('operator:Pricing');
    expect(await operator.post(`/dead-letter-groups/${idOf}/acknowledge`, { ...good, dryRun: true })).toMatchObject({ status: 200, json: { group: { state: 'open' } } });
    expect(await operator.post(`/dead-letter-groups/${idOf}/acknowledge`, good)).toMatchObject({ status: 200, json: { group: { state: 'acknowledged', assignee: 'somebody with operator:Pricing', stateReason: 'because it must' } } });
    expect(await operator.post(`/dead-letter-groups/${idOf}/assign`, { ...good, assignee: 'grace' })).toMatchObject({ json: { group: { state: 'acknowledged', assignee: 'grace' } } });
    const until = new Date(Date.now() + 3_600_000).toISOString();
    expect(await operator.post(`/dead-letter-groups/${idOf}/ignore`, { ...good, until })).toMatchObject({ json: { group: { state: 'ignored', ignoredUntil: until } } });
    expect(await operator.post(`/dead-letter-groups/${idOf}/note`, { ...good, text: 'asked the vendor' })).toMatchObject({ status: 200 });
    const { json } = await operator.get(`/dead-letter-groups/${idOf}`);
    expect(json).toMatchObject({ notes: [{ text: 'asked the vendor' }], history: [{ act: 'note group' }, { act: 'ignore group' }, { act: 'assign group' }, { act: 'acknowledge group', reason: 'because it must' }], letters: { items: [{ letterId: 'a' }] } });
    expect(json.trend).toHaveLength(24);
  });

  test('refuse what makes no sense', async () => {
    await tell(aLetter('a', closed('redriven')));
    const operator = desk.as('operator:*');
    expect(await operator.post(`/dead-letter-groups/${idOf}/acknowledge`, good)).toMatchObject({ status: 409, json: { code: 'OPERATIONS_CONFLICT' } });
    expect(await operator.post('/dead-letter-groups/unknown/acknowledge', good)).toMatchObject({ status: 404, json: { code: 'OPERATIONS_NOT_FOUND' } });
    expect(await operator.post(`/dead-letter-groups/${idOf}/ignore`, { ...good, until: '2020-01-01T00:00:00Z' })).toMatchObject({ status: 400, json: { errors: [{ pointer: '/until' }] } });
    expect(await operator.post(`/dead-letter-groups/${idOf}/ignore`, { ...good, until: 'tomorrow' })).toMatchObject({ status: 400 });
    expect(await desk.as('viewer:*').post(`/dead-letter-groups/${idOf}/note`, { ...good, text: 'x' })).toMatchObject({ status: 403 });
  });
});

describe('one letter', () => {
  const live = { letter: {}, bodyHash: 'h', attempts: [], headers: [], payload: { amount: '•••' }, masked: true, problems: [], forecast: { verdict: 'apply', detail: '' }, current: { source: null, projection: null }, siblings: [] };

  test('is read through its holder, masked', async () => {
    answer = () => live;
    await tell(aLetter('a'));
    expect(await desk.as('viewer:Pricing').get('/dead-letters/a')).toMatchObject({ status: 200, json: { letter: { letterId: 'a', state: 'open' }, suggested: { act: 'edit' }, live: { payload: { amount: '•••' } }, unavailable: null } });
    expect(asked).toEqual([['rpc.gateway.letters', { ask: 'read', id: 'a', reveal: false }]]);
  });

  test('is shown without its payload while its holder is down', async () => {
    answer = () => Promise.reject(new StewardError('BROKER_NO_ANSWERER', 'nobody'));
    await tell(aLetter('a'));
    expect(await desk.as('viewer:*').get('/dead-letters/a')).toMatchObject({ status: 200, json: { letter: { letterId: 'a' }, live: null, unavailable: { service: 'gateway', code: 'BROKER_NO_ANSWERER' } } });
  });

  test('is revealed to whoever has that right and says why, and the audit knows before they do', async () => {
    let entries = -1;
    answer = async () => {
      entries = (await desk.tables.pool.query("select from audit.entry where act = 'reveal payload'")).rowCount ?? 0;
      return live;
    };
    await tell(aLetter('a'));
    expect(await desk.as('editor:Pricing', 'payload-reader:Stock').get('/dead-letters/a?reveal=true&reason=looking')).toMatchObject({ status: 403 });
    expect(await desk.as('payload-reader:Pricing').get('/dead-letters/a?reveal=true')).toMatchObject({ status: 400, json: { errors: [{ pointer: '/reason' }] } });
    expect(asked).toEqual([]);
    expect(await desk.as('payload-reader:Pricing').get('/dead-letters/a?reveal=true&reason=looking')).toMatchObject({ status: 200 });
    expect([entries, asked[0]?.[1]]).toEqual([1, { ask: 'read', id: 'a', reveal: true }]);
  });

  test('is discarded by its holder, under the name of whoever wants it', async () => {
    answer = () => ({ verdicts: [{ id: 'a', verdict: 'apply', detail: 'discarded' }] });
    await tell(aLetter('a', { entity: 'product' }));
    expect(await desk.as('operator:Pricing').post('/dead-letters/a/discard', good)).toMatchObject({ status: 200, json: { verdict: { verdict: 'apply' } } });
    expect(asked).toMatchObject([['rpc.gateway.letters', { ask: 'act', act: 'discard', ids: ['a'], actor: 'somebody with operator:Pricing', reason: 'because it must' }]]);
    expect((await desk.as('viewer:*').get('/audit?subject=letter%20a&act=discard%20letter')).json.items).toMatchObject([{ outcome: 'done', after: { verdict: 'apply' } }, { outcome: 'asked' }]);
  });

  test('about money is given up by two people, and never by one', async () => {
    answer = () => ({ verdicts: [{ id: 'm', verdict: 'apply', detail: 'skipped' }] });
    await tell(aLetter('m'));
    const [first, both] = [desk.as('operator:Pricing'), desk.as('operator:Pricing', 'approver:Pricing')];
    expect(await desk.as('approver:Pricing').post('/dead-letters/m/skip', good)).toMatchObject({ status: 403 });
    expect(await both.post('/dead-letters/m/skip', good)).toMatchObject({ status: 202, json: { waitsFor: expect.stringContaining('second person') } });
    expect(asked).toEqual([]);
    expect(await both.post('/dead-letters/m/skip', good)).toMatchObject({ status: 409, json: { detail: expect.stringContaining('waits for a second person') } });
    expect(await first.post('/dead-letters/m/skip', good)).toMatchObject({ status: 403 });
    expect(await desk.as('approver:Pricing').post('/dead-letters/m/skip', { reason: 'agreed' })).toMatchObject({ status: 200, json: { verdict: { verdict: 'apply' } } });
    expect(asked).toMatchObject([['rpc.gateway.letters', { act: 'skip', actor: 'somebody with approver:Pricing', reason: 'because it must (wanted by somebody with operator:Pricing approver:Pricing); agreed' }]]);
  });

  test('that is closed already, or unknown, is not asked for', async () => {
    await tell(aLetter('a', closed('redriven', 'ada')));
    expect(await desk.as('operator:*').post('/dead-letters/a/discard', good)).toMatchObject({ status: 409, json: { detail: expect.stringContaining('redriven by ada') } });
    expect(await desk.as('operator:*').post('/dead-letters/b/discard', good)).toMatchObject({ status: 404 });
    expect(await desk.as('operator:*').get('/dead-letters/b%00')).toMatchObject({ status: 404 });
    expect(asked).toEqual([]);
  });
});

test('the page of groups is the plain SQL of the page, with 10,000 letters in 20 groups', async () => {
  for (let batch = 0; batch < 20; batch += 1) await tell(...Array.from({ length: 500 }, (_, index) => aLetter(`b${String(batch)}-${String(index)}`, { message: `cause ${String(index % 20)}` })));
  const page = await groupsList.page(desk.database, { first: 50 }, null);
  const { rows } = await desk.tables.pool.query('select message, count(*)::int as open from letter where state = $1 group by message order by message', ['open']);
  expect(page.items.map(({ message, open }) => ({ message, open })).toSorted((a, b) => (a.message < b.message ? -1 : 1))).toEqual(rows);
});
