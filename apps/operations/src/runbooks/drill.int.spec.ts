// Every runbook is carried out as it would be at night: from the API, over a real broker with the rights of production, against services
// that answer their doors as the contracts say. A step that no longer fits its door, or a runbook that names one that is gone, fails here.
import { randomUUID } from 'node:crypto';
import { contracts, runbooks, streams } from '@steward/contracts';
import { createRpcClient, natsTransport } from '@steward/event-bus';
import { Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { MessagePattern, type MicroserviceOptions } from '@nestjs/microservices';
import { eventually, testBroker, type TestBroker } from '@steward/testing';
import { askerOf } from '../api/serve-api';
import type { Ask } from '../api/feature';
import { casesFeature } from '../cases/cases.feature';
import { aCase, aLetter, tellCases } from '../fixtures/told.fixture.spec';
import { type DeskScene, deskScene } from '../fixtures/desk.fixture.spec';
import { jobsFeature } from '../jobs/jobs.feature';
import { lettersFeature } from '../letters/letters.feature';
import { applyLetters } from '../letters/letters.store';
import { notifierFeature } from '../notifier/notifier.feature';
import { registerMigrations } from '../provisioner/stream-register.store';
import { staleParts } from './plan';
import { steps } from './registry';
import { runbooksFeature } from './runbooks.feature';
import { World } from './world.fixture.spec';

const reason = 'drill';

/** What each runbook is given, and what has to have happened in the world when it is done. */
const drills: Readonly<Record<string, { params: Record<string, unknown>; prepare: (world: World) => void; happened: (world: World) => unknown; expected: unknown }>> = {
  'broker-stream-lost': { params: { stream: 'PIM_STATE', entity: 'product' }, prepare: () => undefined, happened: (world) => world.compared, expected: ['product'] },
  'database-restored': { params: { entity: 'product' }, prepare: () => undefined, happened: (world) => world.compared, expected: ['product'] },
  'adapter-credentials-expired': {
    params: { service: 'pim', flow: 'pim.product', entity: 'product' },
    prepare: (world) => world.refuse('pim'),
    happened: (world) => [world.flowActs, world.compared], expected: [['pause pim.product', 'resume pim.product'], ['product']],
  },
  'mass-price-anomaly-held': { params: { caseId: World.caseId, decision: 'release' }, prepare: (world) => world.hold(), happened: (world) => world.decided, expected: ['release'] },
  'oversell-found': { params: { sku: 'SKU-1', stockKey: 'SKU-1@main', orderId: 'o-1' }, prepare: () => undefined, happened: (world) => [world.announced, world.compared], expected: [['SKU-1@main'], ['stock-reservation']] },
  'order-stuck-unknown': { params: { orderId: 'o-1', cancel: true }, prepare: () => undefined, happened: (world) => world.compared, expected: ['order'] },
  'psp-webhook-silence': { params: { flow: 'oms.payment', orderId: 'o-1' }, prepare: (world) => world.delay('oms.payment'), happened: (world) => [world.flowActs, world.compared], expected: [['resume oms.payment'], ['payment']] },
  'resync-entity': { params: { entity: 'product', keys: ['p1', 'p2'], perSecond: 100 }, prepare: () => undefined, happened: (world) => [world.announced, world.compared], expected: [['p1', 'p2'], ['product']] },
  'rebuild-gateway-read-model': { params: { entity: 'product' }, prepare: () => undefined, happened: (world) => [world.rebuilt, world.compared], expected: [['product'], ['product']] },
  'rebuild-gateway-beside': { params: {}, prepare: () => undefined, happened: (world) => world.madeAnew, expected: ['begin-beside', 'swap-beside'] },
  'erase-person': { params: { customerId: 'c-1' }, prepare: () => undefined, happened: () => [], expected: [] },
  'contract-rollback': {
    params: { entity: 'product', system: 'pim', flow: 'pim.product', reader: 'gateway' },
    prepare: (world) => world.fail('product'),
    happened: (world) => [world.flowActs, world.redriven.length], expected: [['pause pim.product', 'resume pim.product'], 2],
  },
};
/** What people do while a run stands. */
const byHand: Readonly<Record<string, (world: World) => void>> = { 'adapter-credentials-expired': (world) => world.accept('pim') };
const sent: Readonly<Record<string, string>> = { 'oversell-found': 'cancel-order', 'order-stuck-unknown': 'cancel-order', 'erase-person': 'erase-customer' };

describe('runbooks', () => {
  let broker: TestBroker;
  let scene: DeskScene;
  const world = new World();
  const closing: (() => Promise<unknown> | unknown)[] = [];

  beforeAll(async () => {
    broker = await testBroker();
    const services = [...new Set(contracts.find(({ entity }) => entity === 'dead-letter')?.systems ?? [])];
    for (const service of services) closing.push(await serveDoors(broker, service, world));
    const rpc = createRpcClient({ url: broker.urlOf('operations'), service: 'operations' });
    closing.push(() => rpc.close());
    const ask: Ask = askerOf(rpc);
    scene = await deskScene([lettersFeature, casesFeature, notifierFeature, jobsFeature, { name: 'register', migrations: registerMigrations, open: () => ({ routes: [] }) }, runbooksFeature], ask);
    world.letters = async (letters) => void (await scene.database.transaction((tx) => applyLetters(tx, letters.map((data) => ({ key: data.letterId, revision: 1, data, tombstone: false }) as never))));
  }, 120_000);
  afterAll(async () => {
    await scene?.close();
    for (const close of closing.splice(0).reverse()) await close();
    await broker?.stop();
  });
  beforeEach(async () => {
    world.reset();
    await scene.tables.pool.query('truncate job, job_member, letter, letter_group, runbook_run, runbook_step, outbox, broker_stream, broker_epoch');
    for (const epoch of ['e1', 'e2']) await scene.tables.pool.query(`insert into broker_epoch (stream, epoch, reason, evidence) values ('PIM_STATE', $1, 'the stream is gone', '{}')`, [epoch]);
    await tellCases(scene.database, aCase(World.caseId));
    await scene.tables.pool.query(`insert into broker_stream (stream, epoch, floor, last_sequence, applied) values ('PIM_STATE', 'e2', 0, 0, true)`);
  });

  const operator = () => scene.as('operator:*');
  const start = async (id: string, body: object) => (await operator().post(`/runbooks/${id}/runs`, { reason, ...body })).json;
  const approve = async (): Promise<void> => {
    const { json } = await operator().get('/operations?state=awaiting-approval');
    for (const job of json.items) await scene.as('approver:*').post(`/operations/${job.id}/approve`, { reason: 'seen' });
    const { wishes } = (await operator().get(`/cases/${World.caseId}`)).json;
    for (const { act } of wishes) await scene.as('approver:*').post(`/cases/${World.caseId}/${act}`, { reason: 'seen' });
  };
  const shown = (run: { steps: { step: string; state: string; detail: string }[] }) => run.steps.map(({ step, state, detail }) => `${step} ${state}: ${detail}`);
  /** Carries the run to its end as people would: a second person approves, somebody says what was done by hand. */
  const toEnd = (id: string, run: string, wanted: string) =>
    eventually(async () => {
      await approve();
      const { json } = await operator().get(`/runbooks/${id}/runs/${run}`);
      if (json.state === 'failed' && json.steps.some((each: { detail: string | null }) => each.detail?.startsWith('waits for a person'))) {
        byHand[id]?.(world);
        await operator().post(`/runbooks/${id}/runs/${run}/resume`, { reason: 'done by hand' });
      }
      if (json.state === wanted) return json;
      throw new Error(`${id} is ${json.state}:\n${shown(json).join('\n')}`);
    }, { everyMs: 50 });

  it('has those that a night may need, and each names only steps that are there', () => {
    expect(runbooks.map(({ id }) => id).toSorted()).toEqual(Object.keys(drills).toSorted());
    expect(runbooks.flatMap((runbook) => staleParts(runbook, steps).map((part) => `${runbook.id}: ${part}`))).toEqual([]);
    expect(streams.some(({ name }) => name === 'PIM_STATE')).toBe(true);
  });

  it.each(Object.keys(drills))('%s: looks without touching, does what it says, and keeps what it found', async (id) => {
    const drill = drills[id];
    if (drill === undefined) throw new Error('no drill');
    drill.prepare(world);
    await world.tellLetters(aLetter);
    const dry = await start(id, { params: drill.params, dryRun: true });
    const looked = await toEnd(id, dry.id, 'done');
    expect(looked.steps.filter(({ kind }: { kind: string }) => kind === 'command').every(({ state }: { state: string }) => state === 'skipped')).toBe(true);
    expect(world.touched()).toEqual([]);

    const run = await start(id, { params: drill.params });
    const done = await toEnd(id, run.id, 'done');
    expect(shown(done).filter((line) => / (failed|pending|running|waiting): /.test(line) && !/^(un|stop|take)/.test(line))).toEqual([]);
    expect(drill.happened(world)).toEqual(drill.expected);
    const outbox = (await scene.tables.pool.query('select entity from outbox')).rows.map(({ entity }) => entity as string);
    expect(outbox).toEqual(sent[id] === undefined ? [] : [sent[id]]);
    const { rows: audit } = await scene.tables.pool.query(`select subject from audit.entry where act = 'runbook command' and subject like $1`, [`%${run.id}%`]);
    expect(audit).toHaveLength(done.steps.filter(({ kind, state }: { kind: string; state: string }) => kind === 'command' && state === 'done').length);
  }, 60_000);

  it('stops at a precondition that does not hold, before anything is done', async () => {
    const run = await start('mass-price-anomaly-held', { params: { caseId: randomUUID(), decision: 'release' } });
    const ended = await toEnd('mass-price-anomaly-held', run.id, 'failed');
    expect(ended.steps[0]).toMatchObject({ step: 'open', state: 'failed', detail: expect.stringContaining('holds no case') });
    expect([ended.steps[3].state, world.decided]).toEqual(['pending', []]);
  });

  it('is taken back, the last command first, by whoever says why', async () => {
    const run = await start('contract-rollback', { params: drills['contract-rollback']?.params });
    expect(await toEnd('contract-rollback', run.id, 'failed')).toMatchObject({ steps: expect.arrayContaining([expect.objectContaining({ step: 'refused', state: 'failed' })]) });
    world.fail('product');
    await world.tellLetters(aLetter);
    await operator().post(`/runbooks/contract-rollback/runs/${run.id}/resume`, { reason: 'letters came' });
    await eventually(async () => (await operator().get(`/runbooks/contract-rollback/runs/${run.id}`)).json.steps.find(({ step }: { step: string }) => step === 'rolled-back')?.state === 'failed');
    expect(world.flowActs).toEqual(['pause pim.product']);
    expect((await operator().post(`/runbooks/contract-rollback/runs/${run.id}/undo`, {})).status).toBe(400);
    await operator().post(`/runbooks/contract-rollback/runs/${run.id}/undo`, { reason: 'it was another release' });
    await toEnd('contract-rollback', run.id, 'undone');
    expect(world.flowActs).toEqual(['pause pim.product', 'resume pim.product']);
  });

  it.each([
    ['an unknown runbook', 'nothing', { params: {} }, 404],
    ['a parameter that is missing', 'erase-person', { params: {} }, 400],
    ['a parameter that is none', 'erase-person', { params: { customerId: 'c', sku: 's' } }, 400],
    ['a value that is not accepted', 'mass-price-anomaly-held', { params: { caseId: randomUUID(), decision: 'maybe' } }, 400],
    ['no reason', 'erase-person', { params: { customerId: 'c' }, reason: '' }, 400],
  ])('refuses %s', async (_what, id, body, status) => {
    expect((await operator().post(`/runbooks/${id}/runs`, { reason, ...body })).status).toBe(status);
  });

  it('refuses who is no operator of its owner', async () => {
    expect((await scene.as('operator:Pricing').post('/runbooks/erase-person/runs', { reason, params: { customerId: 'c' } })).status).toBe(403);
  });
});

/** One service as it is seen from the broker: under its own account, at its own subjects. */
async function serveDoors(broker: TestBroker, service: string, world: World): Promise<() => Promise<void>> {
  @Controller()
  class Doors {
    @MessagePattern(`rpc.${service}.letters`) letters(asked: never) { return world.answer(service, 'letters', asked); }
    @MessagePattern(`rpc.${service}.flows`) flows(asked: never) { return world.answer(service, 'flows', asked); }
    @MessagePattern(`rpc.${service}.trace`) trace(asked: never) { return world.answer(service, 'trace', asked); }
    @MessagePattern(`rpc.${service}.held`) held(asked: never) { return world.answer(service, 'held', asked); }
    @MessagePattern(`rpc.${service}.digest`) digest(asked: never) { return world.answer(service, 'digest', asked); }
    @MessagePattern(`rpc.${service}.announce-again`) announce(asked: never) { return world.answer(service, 'announce-again', asked); }
    @MessagePattern(`rpc.${service}.read-source`) source(asked: never) { return world.answer(service, 'read-source', asked); }
    @MessagePattern(`rpc.${service}.rebuild`) rebuild(asked: never) { return world.answer(service, 'rebuild', asked); }
    @MessagePattern(`rpc.${service}.run`) run(asked: never) { return world.answer(service, 'run', asked); }
  }
  class Process {}
  Module({ controllers: [Doors] })(Process);
  const app = await NestFactory.createMicroservice<MicroserviceOptions>(Process, { ...natsTransport({ url: broker.urlOf(service), service }), logger: false });
  await app.listen();
  return () => app.close();
}
