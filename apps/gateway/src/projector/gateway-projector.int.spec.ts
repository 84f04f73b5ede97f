import { randomUUID } from 'node:crypto';
import { durables, feedProgress, product, stockLevel, subjectOf, typeOf, type Contract } from '@steward/contracts';
import { connectBroker, dataSchemaOf, encodeHeaders, RawPublisher, sourceOf, type Envelope } from '@steward/event-bus';
import { loadEnv } from '@steward/platform';
import { eventually, testBroker, testDatabase, type TestBroker, type TestDatabase } from '@steward/testing';
import type { GatewayApi } from '../api/gateway-api';
import { migrations } from '../database/migrations';
import { projectorEnv } from '../env';
import { apiOn, get, graphql, logger } from '../fixtures/api.fixture.spec';
import { aLevel, aProduct } from '../fixtures/read-model.fixture.spec';
import { createGatewayProjector, type GatewayProjector } from './gateway-projector';

const EPOCH = 'epoch-of-the-test';
let broker: TestBroker;
let testing: TestDatabase;
let projector: GatewayProjector;
let api: GatewayApi;

beforeAll(async () => {
  broker = await testBroker();
  testing = await testDatabase({ migrations });
  await broker.provision();
  // As the provisioner leaves them: the durable says which incarnation of the stream its numbers belong to.
  await broker.asProvisioner(async (manager) => {
    for (const { stream, name, service } of durables)
      if (service === 'gateway') await manager.consumers.update(stream, name, { metadata: { 'steward-epoch': EPOCH } });
  });
  projector = await startProjector();
  api = await apiOn(testing.url);
});
afterAll(async () => {
  await projector.stop();
  await api.stop();
  await broker.stop();
  await testing.drop();
});

function startProjector(): Promise<GatewayProjector> {
  const env = loadEnv(projectorEnv, { DATABASE_URL: testing.url, NATS_URL: broker.urlOf('gateway'), STEWARD_MODE: 'test', STEWARD_HEALTH_PORT: '0', STEWARD_LOG_LEVEL: 'silent' });
  return createGatewayProjector(env, { logger });
}

interface Said {
  contract: Contract;
  key: string;
  data: unknown;
  revision?: number;
  sequence?: number;
}

/** What the relay of a system's adapter sends; returns the stream's sequence of the last message. */
async function say(system: 'pim' | 'erp', ...said: Said[]): Promise<number> {
  const connection = await connectBroker({ url: broker.urlOf(system), service: system, logger });
  const publisher = new RawPublisher({ broker: connection });
  try {
    const stored = said.map(({ contract, key, data, revision = null, sequence = null }) => {
      const envelope: Envelope = {
        id: randomUUID(), type: typeOf(contract, system), source: sourceOf(system), subject: subjectOf(contract, system, key), key, time: new Date().toISOString(),
        dataSchema: dataSchemaOf(contract), revision, sequence, correlationId: null, causationId: null, origin: 'live', tombstone: data === null, traceparent: null,
        body: data === null ? '' : JSON.stringify(data),
      };
      return new Promise<number>((resolve, reject) =>
        publisher.publish(envelope.subject, encodeHeaders(envelope), envelope.body, (outcome) => (outcome.kind === 'stored' ? resolve(outcome.sequence) : reject(outcome.error))),
      );
    });
    return (await Promise.all(stored)).at(-1) ?? 0;
  } finally {
    publisher.close();
    await connection.close();
  }
}

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

it('I7: with broker and projector gone the storefront reads on without an error and says how old it is', async () => {
  const before = await shown('cap');
  await projector.stop();
  await broker.kill();
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
  await broker.restart();
  projector = await startProjector();
  await say('erp', { contract: stockLevel, key: 'cap@main', revision: 2, data: aLevel('cap', 'main', 4) });
  await eventually(async () => (await shown('cap')).availability?.quantity === 4);
  await say('erp', { contract: stockLevel, key: 'cap@main', revision: 1, data: aLevel('cap', 'main', 9) }, { contract: stockLevel, key: 'cap@shop', revision: 1, data: aLevel('cap', 'shop', 1) });
  await eventually(async () => (await shown('cap')).availability?.quantity === 5);
});
