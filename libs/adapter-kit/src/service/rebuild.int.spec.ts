import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { type SnapshotCountQuestion, type SnapshotQuestion, snapshotSubject, stockLevel } from '@steward/contracts';
import { answerRebuild, ask, createRpcClient, requestRebuild } from '@steward/event-bus';
import { eventually } from '@steward/testing';
import { agree, openOwner, openReadModel, type Owner, type ReadModel } from '../fixtures/read-model.fixture.spec';

const keys = Array.from({ length: 400 }, (_, index) => `sku-${String(index).padStart(3, '0')}@main`);
const act = { actor: 'anna', reason: 'a table was dropped by hand' };

describe('a read model and its owner', () => {
  let owner: Owner;
  let model: ReadModel;
  let count = 0;
  const change = (...some: readonly string[]): void => some.forEach((key) => owner.rig.shop.put(key, ++count));
  const lowered = () => model.query('select key from lowered');
  const finished = async () => (await model.query<{ items: string; traceparent: string | null }>('select items, traceparent from rebuild where finished_at is not null')).at(-1);
  const open = () => model.query<{ cursor: string | null; problem: string | null }>('select cursor, problem from rebuild where finished_at is null');

  beforeAll(async () => {
    new NodeTracerProvider().register();
    owner = await openOwner();
    change(...keys);
  });
  afterAll(() => owner.close());
  beforeEach(async () => {
    await owner.nats.asProvisioner(async (manager) => void (await manager.consumers.delete('ERP_STATE', 'gateway-availability')));
    await owner.nats.provision();
    model = await openReadModel(owner.nats);
  });
  afterEach(() => model.close());

  it('B12, I3: emptied by hand while its durable goes on, it is made equal again, and live changes meanwhile are never lowered', async () => {
    // Each page is older than live changes of its keys that were applied while it was on its way.
    await model.consumer((given) => async (subject, question) => {
      const page = await given(subject, question);
      const overtaken = page.items.slice(0, 3).map(({ key }) => key);
      change(...overtaken);
      const applied = () => model.query<{ key: string; on_hand: number }>(`select key, on_hand from derived where on_hand > ${count - overtaken.length}`);
      await eventually(async () => (await applied()).length === overtaken.length);
      return page;
    });
    await agree(owner, model);
    await model.query('truncate stored_part, derived');
    expect(await requestRebuild(model.database, stockLevel, act)).toEqual(['erp']);
    expect(await requestRebuild(model.database, stockLevel, act)).toEqual([]);
    await eventually(finished);
    owner.rig.shop.remove('sku-007@main');
    await agree(owner, model);
    expect(await lowered()).toEqual([]);
    expect(await model.query('select from dead_letter')).toEqual([]);
  });

  it('B12: what is only derived is written anew from states that are stored already', async () => {
    await model.consumer();
    await agree(owner, model);
    await model.query('truncate derived');
    await requestRebuild(model.database, stockLevel, act);
    await agree(owner, model);
  });

  it('B12: a rebuild that was killed goes on behind its last page, in the same trace', async () => {
    const first = await model.consumer();
    await agree(owner, model);
    await first.stop();
    await model.query('truncate derived');
    const questions: SnapshotQuestion[] = [];
    const dying = Promise.withResolvers<never>();
    try {
      await model.consumer((given) => (subject, question) => {
        questions.push(question);
        return questions.length > 3 ? dying.promise : given(subject, question);
      });
      await requestRebuild(model.database, stockLevel, act);
      await eventually(() => questions.length === 4);
      const [left] = await open();
      // Its time is over; nobody has given anything back.
      await model.query(`update rebuild set worker_until = now() - interval '1 second'`);
      const asked: SnapshotQuestion[] = [];
      await model.consumer((given) => (subject, question) => (asked.push(question), given(subject, question)));
      await agree(owner, model);
      expect(asked[0]?.after).toBe(left?.cursor);
      expect(asked[0]?.after).toBe(questions[3]?.after);
      expect(Number((await eventually(finished)).items)).toBe(keys.length);
      const traceOf = (traceparent: string | null | undefined) => traceparent?.split('-')[1];
      expect(new Set([...questions, ...asked].map(({ traceparent }) => traceOf(traceparent)))).toEqual(new Set([traceOf((await finished())?.traceparent)]));
    } finally {
      dying.reject(new Error('the process is gone'));
    }
  });

  it('B12: it begins by itself where the durable proves the loss, and not where the stream still has everything', async () => {
    const first = await model.consumer();
    await agree(owner, model);
    await first.stop();
    expect(await model.query('select from rebuild')).toEqual([]);
    await model.query('truncate stored_part, derived');
    change('sku-001@main');
    await model.consumer();
    await agree(owner, model);
    expect(await model.query('select actor from rebuild')).toEqual([{ actor: 'steward' }]);
  });

  it('C4: an item that can’t be applied becomes a dead letter, and the others go on', async () => {
    await model.consumer();
    await agree(owner, model);
    await model.query('truncate derived');
    await model.query(`update stored_part set hash = '\\x00' where key = 'sku-003@main'`);
    await requestRebuild(model.database, stockLevel, act);
    await eventually(finished);
    expect(await model.query('select key, class from dead_letter')).toEqual([{ key: 'sku-003@main', class: 'conflict' }]);
    expect(Object.keys((await model.content()).derived)).toHaveLength(keys.length - 1);
  });

  it('waits for an owner that is away, and says so', async () => {
    let away = true;
    await model.consumer((given) => (subject, question) => (away ? Promise.reject(new Error('nobody answers')) : given(subject, question)));
    await requestRebuild(model.database, stockLevel, act);
    await eventually(async () => (await open())[0]?.problem === 'nobody answers');
    away = false;
    await eventually(finished);
    await agree(owner, model);
  });

  it('B9: only who projects an entity may ask its owner', async () => {
    const answerTo = async (user: string, system: string, question: SnapshotQuestion | SnapshotCountQuestion = { entity: stockLevel.entity, limit: 1 }): Promise<string> => {
      const rpc = createRpcClient({ url: owner.nats.urlOf(user), service: user });
      return ask<object>(rpc, snapshotSubject(system), question, 1_000).then((page) => Object.keys(page).join(), (error: { code: string }) => error.code).finally(() => rpc.close());
    };
    expect(await answerTo('gateway', 'erp')).toBe('items,next');
    expect(await answerTo('gateway', 'erp', { entity: stockLevel.entity, count: true })).toBe('count');
    for (const [user, system] of [['pim', 'erp'], ['pricing', 'erp'], ['erp', 'erp'], ['gateway', 'operations']] as const) expect(await answerTo(user, system)).toMatch(/^BROKER_/);
  });

  it('B12, I6: through its door it is asked for once while it runs, by somebody with a reason, of what the service keeps', async () => {
    const asked = { ask: 'begin', entity: 'stock-level', ...act };
    const begun = await answerRebuild(model.database, 'gateway', asked);
    expect(begun.rebuilds).toMatchObject([{ entity: 'stock-level', system: 'erp', items: 0, finishedAt: null, ...act }]);
    expect(await answerRebuild(model.database, 'gateway', asked)).toEqual(begun);
    expect(await answerRebuild(model.database, 'gateway', { ask: 'status', entity: 'stock-level' })).toEqual(begun);
    await expect(answerRebuild(model.database, 'pim', asked)).rejects.toThrow('keeps nothing of stock-level');
    await expect(answerRebuild(model.database, 'gateway', { ...asked, system: 'pim' })).rejects.toThrow('keeps nothing that pim says');
    await expect(answerRebuild(model.database, 'gateway', { ...asked, reason: ' ' })).rejects.toThrow();
  });

  it('I6: nobody rebuilds without a name and a reason', async () => {
    await expect(requestRebuild(model.database, stockLevel, { actor: 'anna', reason: ' ' })).rejects.toThrow('I6');
  });
});
