import { z } from 'zod';
import { audited } from '../audit/audited';
import { auditFeature } from '../audit/audit.feature';
import { deskScene, type DeskScene } from '../fixtures/desk.fixture.spec';
import type { Feature } from './feature';
import { act, defineRoute, flag, pageFields } from './route';

const inside = { name: 'x', password: 'secret words' };

const things: Feature = {
  name: 'things',
  open: ({ database }) => ({
    routes: [
      defineRoute({ method: 'GET', path: '/things', operationId: 'things', summary: 'All', role: 'viewer', query: { ...pageFields, old: flag.default(false) }, answer: z.object({ first: z.int(), after: z.string().optional(), old: z.boolean() }), handle: async ({ query }) => query }),
      // The compiler takes it: what has more than is asked for is fine to it.
      defineRoute({ method: 'GET', path: '/things/leaking', operationId: 'leakingThing', summary: 'One', role: 'viewer', answer: z.object({ name: z.string() }), handle: async () => inside }),
      defineRoute({
        method: 'POST', path: '/things/{id}/rename', operationId: 'renameThing', summary: 'Another name', role: 'operator', body: act({ name: z.string().max(5, { error: 'at most 5 characters' }) }), answer: z.object({ name: z.string() }),
        handle: async ({ who, params, body, allow, traceId }) => {
          await allow('operator', 'Pricing', `thing ${params['id'] ?? ''}`);
          if (body.name === 'oops') throw new Error('secret words');
          if (!body.dryRun) await database.transaction((tx) => audited(tx, { who, owner: 'Pricing', act: 'rename thing', subject: params['id'] ?? '', reason: body.reason, before: { name: 'x' }, after: { name: body.name }, traceId }));
          return { name: body.name };
        },
      }),
    ],
  }),
};

describe('the API of operations', () => {
  let desk: DeskScene;
  beforeAll(async () => {
    desk = await deskScene([auditFeature, things], undefined, { STEWARD_OPERATIONS_RATE_LIMIT: '60' });
  });
  afterAll(() => desk.close());
  const good = { name: 'new', reason: 'because it must' };

  test('takes nobody without a token, nor with another one', async () => {
    expect((await fetch(`${desk.url}/ops/v1/things`)).status).toBe(401);
    const foreign = await desk.issuer.token({ aud: 'storefront', steward_roles: ['admin:*'] });
    const answer = await fetch(`${desk.url}/ops/v1/things`, { headers: { authorization: `Bearer ${foreign}` } });
    expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([401, 'Bearer error="invalid_token"']);
  });

  test('refuses who has not the role, for that owner, and writes it down', async () => {
    expect(await desk.as('viewer:Pricing').post('/things/1/rename', good)).toMatchObject({ status: 403, json: { code: 'OPERATIONS_ROLE_MISSING' } });
    const refused = await desk.as('operator:Stock').post('/things/1/rename', good);
    expect(refused).toMatchObject({ status: 403, json: { errors: [{ pointer: 'authorization', accepted: expect.stringContaining('operator:Pricing') }] } });
    expect(await desk.as('reader:*', 'operator').get('/things')).toMatchObject({ status: 403 });
    const { json } = await desk.as('admin:*').get('/audit?outcome=denied');
    expect(json.items.map(({ owner, act, after, actor }: Record<string, unknown>) => [owner, act, after, actor])).toEqual([
      ['Platform', 'things', { needs: 'viewer:<owner>' }, 'somebody with reader:* operator'],
      ['Pricing', 'renameThing', { needs: 'operator:Pricing' }, 'somebody with operator:Stock'],
      ['Platform', 'renameThing', { needs: 'operator:<owner>' }, 'somebody with viewer:Pricing'],
    ]);
    expect(json.items[1].traceId).toBe(refused.json.traceId);
  });

  test.each([
    ['a misspelt flag', '/things?old=ture', '/old'],
    ['an unknown parameter', '/things?dryRun=true', '/dryRun'],
    ['a page of nothing', '/things?first=0', '/first'],
    ['a cursor of another list', '/audit?after=bm90aGluZw', '/after'],
    ['half an anchor', '/audit/verify?owner=Pricing', '/owner'],
    ['what no text of PostgreSQL holds', '/audit?subject=a%00b', '/subject'],
  ])('refuses %s', async (_what, path, pointer) => {
    expect(await desk.as('viewer:*').get(path)).toMatchObject({ status: 400, json: { code: 'OPERATIONS_INPUT_REFUSED', errors: [{ pointer, accepted: expect.any(String) }], traceId: expect.stringMatching(/^[0-9a-f]{32}$/) } });
  });

  test.each([
    ['no reason', { name: 'new' }, '/reason'],
    ['a reason of spaces', { name: 'new', reason: '     ' }, '/reason'],
    ['dryRun that is no flag', { ...good, dryRun: 'ture' }, '/dryRun'],
    ['an unknown field', { ...good, dryrun: true }, '/dryrun'],
    ['a field given twice', '{"name":"a","name":"b","reason":"because"}', '/name'],
    ['what is no JSON', '{name}', ''],
    ['what no text of PostgreSQL holds', { ...good, reason: 'why\0not' }, ''],
  ])('refuses %s', async (_what, body, pointer) => {
    expect(await desk.as('operator:Pricing').post('/things/1/rename', body)).toMatchObject({ status: 400, json: { errors: [{ pointer }] } });
  });

  test('does what is asked, and writes who did it and why', async () => {
    expect(await desk.as('editor:Pricing').post('/things/7/rename', { ...good, dryRun: true })).toMatchObject({ status: 200 });
    expect(await desk.as('admin:*').post('/things/7/rename', good)).toMatchObject({ status: 200, json: { name: 'new' } });
    const { json } = await desk.as('viewer:Pricing').get('/audit?subject=7');
    expect(json.items).toMatchObject([{ actor: 'somebody with admin:*', act: 'rename thing', reason: 'because it must', outcome: 'done', before: { name: 'x' }, after: { name: 'new' } }]);
    expect((await desk.as('viewer:*').get('/audit?q=act:%22rename%20thing%22%20age%3C1h%20must')).json.items).toHaveLength(1);
    expect((await desk.as('viewer:Stock').get('/audit')).json.items).toEqual([]);
  });

  test('says nothing of its inside when it fails', async () => {
    const { status, json } = await desk.as('operator:*').post('/things/1/rename', { ...good, name: 'oops' });
    expect([status, json.code, JSON.stringify(json)]).toEqual([500, 'OPERATIONS_FAILED', expect.not.stringContaining('secret')]);
  });

  test('knows its addresses, and describes them', async () => {
    expect(await desk.as('viewer:*').get('/thing')).toMatchObject({ status: 404, json: { code: 'OPERATIONS_ROUTE_UNKNOWN' } });
    const description = await (await fetch(`${desk.url}/ops/v1/openapi.json`)).json();
    expect(description).toMatchObject({ openapi: '3.1.0', paths: { '/ops/v1/things/{id}/rename': { post: { operationId: 'renameThing', 'x-steward-role': 'operator', requestBody: { content: { 'application/json': { schema: { required: ['reason', 'name'] } } } } } } } });
  });

  test('answers nothing that is not described: here every spec of the desk would fail', async () => {
    await expect(desk.as('viewer:*').get('/things/leaking')).rejects.toThrow(/otherwise than it is described.*password/s);
  });

  test('has a limit for each', async () => {
    const many = await Promise.all(Array.from({ length: 61 }, () => desk.as('viewer:Flood').get('/things')));
    expect(many.map(({ status }) => status).filter((status) => status === 429)).toHaveLength(1);
    expect((await desk.as('viewer:Other').get('/things')).status).toBe(200);
  });
});
