import { createLogger, type Database, manualClock, openDatabase, scrape, systemClock } from '@steward/platform';
import { eventually, testDatabase, type TestDatabase } from '@steward/testing';
import { FlowBoard } from './flow-board';
import { FlowSwitch } from './flow-switch';
import { Flows1794000000000 } from './flow.migration';
import { pauseFlow, resumeFlow } from './flow.store';
import { Rate } from './rate';

const logger = createLogger({ service: 'flows', level: 'silent' });
const ines = { actor: 'ines', reason: 'the ERP is moved tonight' };

describe('pausing a flow', () => {
  let test: TestDatabase;
  let database: Database;
  const switches: FlowSwitch[] = [];
  const boards: FlowBoard[] = [];
  beforeAll(async () => {
    test = await testDatabase({ migrations: [Flows1794000000000] });
    database = await openDatabase({ url: test.url, name: 'flows', migrations: [], logger });
  });
  beforeEach(() => test.pool.query('truncate flow_pause, flow_act'));
  afterEach(async () => {
    for (const board of boards.splice(0)) board.close();
    await Promise.all(switches.splice(0).map((each) => each.stop()));
  });
  afterAll(async () => {
    await database.close();
    await test.drop();
  });

  const replica = async (clock = systemClock): Promise<FlowSwitch> => {
    const one = new FlowSwitch({ database, databaseUrl: test.url, clock, logger });
    switches.push(one);
    await one.start();
    return one;
  };
  const boardOn = (flowSwitch: FlowSwitch): FlowBoard => {
    const board = new FlowBoard({ database, flowSwitch, logger, now: () => Date.now(), dependencies: () => [{ name: 'erp-shop', breaker: 'open', budget: 3, pausedUntil: null, inFlight: 1, waiting: 2, shed: 4 }] });
    boards.push(board);
    board.add([
      { flow: 'erp.stock-level', kind: 'feed', entity: 'stock-level', connector: 'shop', promiseMs: 900_000, look: async () => ({ latenessMs: 1_500, held: 7, perSecond: 0.5 }) },
      { flow: 'erp.sale', kind: 'effect', entity: null, connector: 'shop', promiseMs: null, look: () => Promise.reject(new Error('no database')) },
    ]);
    return board;
  };
  const acts = async () => (await test.pool.query('select flow, act, actor, reason from flow_act order by id')).rows;

  it('takes effect in every replica, told or looked up, and so does resuming', async () => {
    // The second one's clock stands still: it hears, or it never knows.
    const [looking, hearing] = [await replica(), await replica(manualClock())];
    const rung: (string | undefined)[] = [];
    hearing.onChange(() => rung.push(hearing.pauseOf('erp.stock-level')?.reason));
    await pauseFlow(database, 'erp.stock-level', { ...ines, resumesAt: null });
    await eventually(() => [looking, hearing].every((each) => each.pauseOf('erp.stock-level')?.actor === 'ines'));
    expect([looking.pauseOf('erp.sale'), (await scrape()).text]).toEqual([undefined, expect.stringContaining('steward_flow_paused{flow="erp.stock-level"} 1')]);
    expect(await resumeFlow(database, 'erp.stock-level', ines)).toBe(true);
    await eventually(() => [looking, hearing].every((each) => each.pauseOf('erp.stock-level') === undefined));
    expect(rung).toEqual([ines.reason, undefined]);
    expect(await resumeFlow(database, 'erp.stock-level', ines)).toBe(false);

    await test.pool.query(`insert into flow_pause (flow, actor, reason) values ('erp.sale', 'somebody', 'without a ring')`);
    await eventually(() => looking.pauseOf('erp.sale') !== undefined);
    expect(hearing.pauseOf('erp.sale')).toBeUndefined();
  });

  it('holds before anything flows, after a restart', async () => {
    await pauseFlow(database, 'erp.sale', { ...ines, resumesAt: null });
    expect((await replica()).pauseOf('erp.sale')).toMatchObject({ ...ines, resumesAt: null, since: expect.any(Date) });
  });

  it('I6: is recorded with who and why in the statement that does it, also when it ends by itself, and then once', async () => {
    await pauseFlow(database, 'erp.sale', { ...ines, resumesAt: new Date(Date.now() + 300) });
    await Promise.all([replica(), replica(), replica()]);
    await eventually(() => switches.every((each) => each.pauseOf('erp.sale') === undefined));
    await eventually(async () => (await acts()).length > 1);
    // Several looks of all replicas later.
    await Promise.all(switches.map((each) => eventually(async () => (await pauseFlow(database, 'other', { ...ines, resumesAt: null }), each.pauseOf('other') !== undefined))));
    expect((await acts()).filter(({ flow }) => flow === 'erp.sale')).toEqual([
      { flow: 'erp.sale', act: 'pause', ...ines },
      { flow: 'erp.sale', act: 'resume', actor: 'steward', reason: 'its time has come' },
    ]);
    await expect(pauseFlow(database, 'erp.sale', { actor: 'ines', reason: null as unknown as string, resumesAt: null })).rejects.toThrow();
    expect((await test.pool.query(`select 1 from flow_pause where flow = 'erp.sale'`)).rowCount).toBe(0);
  });

  it('is asked for at the door, which knows its flows and refuses what it can not do', async () => {
    const flowSwitch = await replica();
    const board = boardOn(flowSwitch);
    const soon = new Date(Date.now() + 60_000).toISOString();
    expect(await board.answer({ ask: 'pause', flow: 'erp.stock-level', ...ines, resumesAt: soon })).toEqual({ done: true });
    await eventually(() => flowSwitch.pauseOf('erp.stock-level') !== undefined);
    expect(await board.answer({ ask: 'list' })).toEqual({
      flows: [
        // What could not be looked at is not known, and costs the others nothing.
        { flow: 'erp.sale', kind: 'effect', entity: null, connector: 'shop', state: 'running', pausedBy: null, reason: null, since: null, resumesAt: null, latenessMs: null, promiseMs: null, held: 0, perSecond: null },
        { flow: 'erp.stock-level', kind: 'feed', entity: 'stock-level', connector: 'shop', state: 'paused', pausedBy: 'ines', reason: ines.reason, since: expect.any(String), resumesAt: soon, latenessMs: 1_500, promiseMs: 900_000, held: 7, perSecond: 0.5 },
      ],
      dependencies: [expect.objectContaining({ name: 'erp-shop', breaker: 'open' })],
    });
    const { text } = await scrape();
    expect(text).toContain('steward_flow_lateness_seconds{flow="erp.stock-level",kind="feed"} 1.5');
    expect(text).toContain('steward_flow_promise_seconds{flow="erp.stock-level",kind="feed"} 900');
    expect(text).not.toContain('steward_flow_lateness_seconds{flow="erp.sale"');

    const refused = async (asked: object): Promise<unknown> => board.answer(asked).then(() => 'answered', (error: { code?: string; name: string }) => error.code ?? error.name);
    expect(await refused({ ask: 'pause', flow: 'erp.prices', ...ines, resumesAt: null })).toBe('FLOW_UNKNOWN');
    expect(await refused({ ask: 'pause', flow: 'erp.sale', ...ines, resumesAt: '2020-01-01T00:00:00Z' })).toBe('FLOW_RESUMES_IN_THE_PAST');
    for (const wrong of [{ reason: ' ' }, { actor: undefined }, { resumesAt: 'tomorrow' }, { dryRun: true }]) expect(await refused({ ask: 'pause', flow: 'erp.sale', ...ines, resumesAt: null, ...wrong })).toBe('ZodError');
    expect(() => board.add([{ flow: 'erp.sale', kind: 'consumer', entity: null, connector: null, promiseMs: null, look: async () => ({ latenessMs: 0, held: 0, perSecond: 0 }) }])).toThrow('two flows are called erp.sale');
    expect((await acts()).map(({ act }) => act)).toEqual(['pause']);
  });

  it('a rate is of the last minute, or of the life of a younger process', () => {
    const rate = new Rate();
    rate.add(30);
    rate.add(30);
    expect(rate.perSecond()).toBe(60);
  });
});
