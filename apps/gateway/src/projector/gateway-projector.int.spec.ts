import { type AnnounceAgainAnswer, announceAgainSubject, feedProgress, product, stockLevel } from '@steward/contracts';
import { ask, createRpcClient } from '@steward/event-bus';
import { eventually } from '@steward/testing';
import type { GatewayApi } from '../api/gateway-api';
import { apiOn, get, graphql } from '../fixtures/api.fixture.spec';
import { EPOCH, openLine, type Line } from '../fixtures/line.fixture.spec';
import { aLevel, aProduct } from '../fixtures/read-model.fixture.spec';
import type { GatewayProjector } from './gateway-projector';

let line: Line;
let projector: GatewayProjector;
let api: GatewayApi;

beforeAll(async () => {
  line = await openLine();
  projector = await line.startProjector();
  api = await apiOn(line.testing.url);
});
afterAll(async () => {
  await projector.stop();
  await api.stop();
  await line.stop();
});

const say: Line['say'] = (...said) => line.say(...said);
const shown = async (sku: string) => (await get(api, `/v1/products/${sku}`)).json;

it('product and stock from their streams meet in one document, and progress makes it younger than its last change', async () => {
  await say('pim', { contract: product, key: 'cap', revision: 1, data: aProduct('cap') });
  const sequence = await say('erp', { contract: stockLevel, key: 'cap@main', revision: 1, data: aLevel('cap', 'main', 9) });
  await eventually(async () => (await shown('cap')).availability?.quantity === 9);

  // A whole step ahead, so that it shows at once; far from what a source would say and harmless to the rule.
  const completeUpTo = Date.now() + 60_000;
  await say('erp', { contract: feedProgress, key: 'stock-level', sequence: 1, data: { system: 'erp', entity: 'stock-level', completeUpTo: new Date(completeUpTo).toISOString(), stream: 'ERP_STATE', epoch: EPOCH, sequence } });
  await eventually(async () => Date.parse((await shown('cap')).availability.asOf ?? '') > completeUpTo - 30_000);
});

it('C11: one poison message costs only its own key and is found as a dead letter with its owner', async () => {
  await say(
    'pim',
    { contract: product, key: 'good-1', revision: 1, data: aProduct('good-1') },
    { contract: product, key: 'poison', revision: 1, data: { ...aProduct('poison'), status: 'no such status' } },
    { contract: product, key: 'nul', revision: 1, data: aProduct('nul', { variants: [{ sku: 'a\0b', attributes: {} }] }) },
    { contract: product, key: 'good-2', revision: 1, data: aProduct('good-2') },
  );
  await eventually(async () => (await shown('good-1')).id === 'good-1' && (await shown('good-2')).id === 'good-2');
  const letters = async () => projector.database.query<{ key: string; owner: { team: string } }>(`select key, owner from dead_letter where state = 'open' order by key`);
  await eventually(async () => (await letters()).length === 2);
  expect((await letters()).map(({ key, owner }) => [key, owner.team])).toEqual([['nul', product.owner.team], ['poison', product.owner.team]]);
});

it('X3 I6: tells its letters again when it is asked to, under a new revision, once for an act and with who wanted it why', async () => {
  const told = async () => projector.database.query<{ key: string; revision: number }>(`select key, revision::float8 from told where entity = 'dead-letter' order by key`);
  await eventually(async () => (await told()).length === 2);
  const keys = (await told()).map(({ key }) => key);
  const desk = createRpcClient({ url: line.broker.urlOf('operations'), service: 'operations' });
  try {
    const again = (more: object = {}): Promise<AnnounceAgainAnswer> => ask(desk, announceAgainSubject('gateway'), { entity: 'dead-letter', keys, actor: 'anna', reason: 'the desk lacks them', dryRun: false, actId: 'job:1', ...more });
    expect((await again({ dryRun: true })).items.map(({ outcome, revision }) => [outcome, revision])).toEqual([['would-announce', 2], ['would-announce', 2]]);
    const first = await again();
    expect(first.items).toEqual(keys.map((key) => ({ key, outcome: 'announced', revision: 2 })));
    expect(await again()).toEqual(first);
    await eventually(async () => (await told()).every(({ revision }) => revision === 2));
    expect(await projector.database.query('select entity, keys, actor, reason from announced_again')).toEqual([{ entity: 'dead-letter', keys, actor: 'anna', reason: 'the desk lacks them' }]);
    // What it keeps of others is theirs to say.
    await expect(again({ entity: 'product', keys: ['cap'] })).rejects.toMatchObject({ code: 'DOOR_UNKNOWN_ENTITY' });
    await expect(again({ from: 'source', actId: null })).rejects.toMatchObject({ code: 'DOOR_UNKNOWN_ENTITY' });
    await expect(again({ dryRun: 'ture' })).rejects.toMatchObject({ code: 'BROKER_QUESTION_REFUSED' });
  } finally {
    await desk.close();
  }
});

it('I7: with broker and projector gone the storefront reads on without an error and says how old it is', async () => {
  const before = await shown('cap');
  await projector.stop();
  await line.broker.kill();
  for (let time = 0; time < 20; time++) {
    const rest = await get(api, '/v1/products/cap');
    const answer = await graphql(api, '{ product(sku: "cap") { sku availability { quantity asOf } } products(first: 3) { nodes { sku } } }');
    expect([rest.status, answer.status]).toEqual([200, 200]);
    expect(rest.json.availability.asOf).toBe(before.availability.asOf);
    expect(answer.json.data.product).toMatchObject({ sku: 'cap', availability: { quantity: 9 } });
  }
  expect((await get(api, '/readyz')).status).toBe(200);
});

it('goes on where it was when broker and projector come back', async () => {
  await line.broker.restart();
  projector = await line.startProjector();
  await say('erp', { contract: stockLevel, key: 'cap@main', revision: 2, data: aLevel('cap', 'main', 4) });
  await eventually(async () => (await shown('cap')).availability?.quantity === 4);
  await say('erp', { contract: stockLevel, key: 'cap@main', revision: 1, data: aLevel('cap', 'main', 9) }, { contract: stockLevel, key: 'cap@shop', revision: 1, data: aLevel('cap', 'shop', 1) });
  await eventually(async () => (await shown('cap')).availability?.quantity === 5);
});
