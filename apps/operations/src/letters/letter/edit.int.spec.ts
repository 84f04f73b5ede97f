import type { LettersQuestion } from '@steward/contracts';
import { eventually } from '@steward/testing';
import { casesFeature } from '../../cases/cases.feature';
import { deskScene, type DeskScene } from '../../fixtures/desk.fixture.spec';
import { aCase, aLetter, closed, tellCases, tellLetters } from '../../fixtures/told.fixture.spec';
import { jobsFeature } from '../../jobs/jobs.feature';
import { notifierFeature } from '../../notifier/notifier.feature';
import { lettersFeature } from '../letters.feature';

let desk: DeskScene;
let verdict = 'apply';
const asked: [string, LettersQuestion][] = [];

beforeAll(async () => {
  desk = await deskScene([lettersFeature, casesFeature, notifierFeature, jobsFeature], (async (subject: string, question: LettersQuestion) => {
    asked.push([subject, question]);
    if (question.ask === 'read') throw new Error('nobody reads here');
    return { verdicts: question.ids.map((id) => ({ id, verdict, detail: `it would ${verdict}` })) };
  }) as never);
});
afterAll(() => desk.close());
beforeEach(async () => {
  [asked.length, verdict] = [0, 'apply'];
  await desk.tables.pool.query('truncate letter, letter_group, desk_case, job, job_member');
});
const edit = { reason: 'the PIM sent no name', patch: [{ op: 'replace', path: '/name', value: 'Tent' }], bodyHash: 'h' };

test.each(['apply', 'superseded', 'conflict'])('is forecast before it is done: %s', async (word) => {
  verdict = word;
  await tellLetters(desk.database, aLetter('a', { entity: 'product' }));
  expect(await desk.as('editor:Pricing').post('/dead-letters/a/edit', { ...edit, dryRun: true })).toMatchObject({ status: 200, json: { dryRun: true, verdict: word, detail: `it would ${word}`, needsSecondPerson: false } });
  expect(asked).toEqual([['rpc.gateway.letters', { ask: 'classify', ids: ['a'], edit: { id: 'a', patch: edit.patch, bodyHash: 'h' } }]]);
});

test('is a job of one letter, with the edit at its holder', async () => {
  await tellLetters(desk.database, aLetter('a', { entity: 'product' }), aLetter('b', { entity: 'product' }));
  const { status, json } = await desk.as('editor:Pricing').post('/dead-letters/a/edit', edit);
  expect(status).toBe(202);
  await eventually(async () => (await desk.as('viewer:*').get(`/operations/${json.operationId}`)).json.state === 'done');
  expect(asked.filter(([, { ask }]) => ask === 'act')).toMatchObject([['rpc.gateway.letters', { act: 'redrive', ids: ['a'], edit: { id: 'a', patch: edit.patch, bodyHash: 'h' }, actor: 'somebody with editor:Pricing', reason: edit.reason }]]);
});

test('of money waits for a second person, who is another one', async () => {
  await tellLetters(desk.database, aLetter('a'));
  const both = desk.as('editor:Pricing', 'approver:Pricing');
  expect((await both.post('/dead-letters/a/edit', { ...edit, dryRun: true })).json).toMatchObject({ needsSecondPerson: true });
  const { json } = await both.post('/dead-letters/a/edit', edit);
  expect((await both.get(`/operations/${json.operationId}`)).json.state).toBe('awaiting-approval');
  expect((await both.post(`/operations/${json.operationId}/approve`, { reason: 'I agree with me' })).status).toBeGreaterThanOrEqual(400);
  expect(asked.filter(([, { ask }]) => ask === 'act')).toEqual([]);
  expect((await desk.as('approver:Pricing').post(`/operations/${json.operationId}/approve`, { reason: 'agreed' })).status).toBe(200);
  await eventually(async () => (await desk.as('viewer:*').get(`/operations/${json.operationId}`)).json.state === 'done');
});

test.each([
  ['no patch', { ...edit, patch: [] }, '/patch'],
  ['a step that is none', { ...edit, patch: [{ op: 'replce', path: '/name', value: 1 }] }, '/patch/0/op'],
  ['no pointer', { ...edit, patch: [{ op: 'remove', path: 'name' }] }, '/patch/0/path'],
  ['no hash of what was seen', { reason: edit.reason, patch: edit.patch }, '/bodyHash'],
])('refuses %s', async (_what, body, pointer) => {
  await tellLetters(desk.database, aLetter('a'));
  expect(await desk.as('editor:*').post('/dead-letters/a/edit', body)).toMatchObject({ status: 400, json: { errors: [{ pointer }] } });
});

test('refuses what is closed, unknown, or not theirs', async () => {
  await tellLetters(desk.database, aLetter('a', closed('superseded')), aLetter('b'));
  expect((await desk.as('editor:*').post('/dead-letters/a/edit', edit)).status).toBe(409);
  expect((await desk.as('editor:*').post('/dead-letters/c/edit', edit)).status).toBe(404);
  expect((await desk.as('operator:*').post('/dead-letters/b/edit', edit)).status).toBe(403);
});

test('a drift is repaired by a job; what is no drift is not', async () => {
  await tellCases(desk.database, aCase('held'), aCase('gone', { kind: 'drift', service: 'reconciliation', state: 'repaired', closedBy: 'steward' }));
  const operator = desk.as('operator:*');
  expect(await operator.post('/cases/held/repair', { reason: 'wrong kind' })).toMatchObject({ status: 400, json: { errors: [{ pointer: '/id' }] } });
  expect(await operator.post('/cases/gone/repair', { reason: 'too late' })).toMatchObject({ status: 409 });
});
