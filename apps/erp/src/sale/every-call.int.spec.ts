/**
 * T1: each call that an order's sale, or its cancellation, makes to the ERP fails in each way that a call can fail. All orders run at once, so
 * a crash for one of them hits whatever the others are doing. The ERP honours no idempotency key: what is sent twice is there twice.
 */
import { EffectRunner, intendEffects } from '@steward/adapter-kit';
import { createLogger, type Database, manualClock, StewardError, systemClock } from '@steward/platform';
import { eventually } from '@steward/testing';
import { orderOf } from '../fixtures/order.fixture.spec';
import { asked, at, openRig, request, type Rig } from '../fixtures/rig.fixture.spec';
import { giveUp } from '../reservation/end';
import { intendExport } from '../reservation/export';
import { holdStock } from '../reservation/hold';
import { tell } from '../reservation/tell';
import type { SaleDesk, Written } from './ports';
import { saleEffects } from './sale.effects';

const modes = ['throw-before', 'throw-after', 'hang-before', 'hang-after', 'crash-before', 'crash-after'] as const;
type Port = Exclude<keyof SaleDesk, 'settleMs' | 'concurrency'>;
type Call = Port | `look ${Port}`;

const never = new Promise<never>(() => undefined);
const clock = manualClock(at(0).getTime());
const logger = createLogger({ service: 'erp-test', level: 'silent' });

/** How often each order was placed and cancelled, and what is still to befall it. */
class Erp {
  readonly placed = new Map<string, number>();
  readonly cancelled = new Map<string, number>();
  readonly blows = new Map<string, { readonly call: Call; readonly mode: (typeof modes)[number] }>();
  readonly struck = new Set<string>();
  crash: () => void = () => undefined;

  private async call<T>(orderId: string, name: Call, work: () => T): Promise<T> {
    const blow = this.blows.get(orderId);
    await new Promise((resolve) => setImmediate(resolve));
    // A look has something to look for when the answer of its write is lost.
    if (blow?.call === `look ${name}`) {
      work();
      throw new StewardError('SOURCE_UNAVAILABLE', `the answer of ${name} is lost`);
    }
    if (blow?.call !== name) return work();
    this.blows.delete(orderId);
    this.struck.add(`${name} ${blow.mode}`);
    const [what, when] = blow.mode.split('-');
    if (when === 'after') work();
    if (what === 'throw') throw new StewardError('SOURCE_UNAVAILABLE', blow.mode);
    if (what === 'crash') this.crash();
    return never;
  }

  private write<Request extends { readonly orderId: string }>(port: Port, book: Map<string, number>): { submit: (request: Request) => Promise<Written>; look: (request: Request) => Promise<Written | { kind: 'absent' }> } {
    const confirmed = (orderId: string): Written => ({ kind: 'confirmed', answer: { reference: `SO ${orderId}` } });
    return {
      submit: ({ orderId }) => this.call(orderId, port, () => (book.set(orderId, (book.get(orderId) ?? 0) + 1), confirmed(orderId))),
      look: ({ orderId }) => this.call(orderId, `look ${port}`, () => (book.has(orderId) ? confirmed(orderId) : { kind: 'absent' as const })),
    };
  }

  readonly desk: SaleDesk = { place: this.write('place', this.placed), cancel: this.write('cancel', this.cancelled), settleMs: 100, concurrency: 64 };

  get everyCall(): Call[] {
    const ports = Object.keys(this.desk).filter((name): name is Port => name !== 'settleMs' && name !== 'concurrency');
    return ports.flatMap((port): Call[] => [port, `look ${port}`]);
  }
}

describe('a sale whose every call may fail', () => {
  const erp = new Erp();
  const runs: { readonly kill: () => Promise<void> }[] = [];
  let rig: Rig;
  beforeAll(async () => {
    rig = await openRig();
    await start();
  });
  afterAll(async () => {
    await Promise.all(runs.map(({ kill }) => kill()));
    await rig.close();
  });

  async function start(): Promise<void> {
    let alive = true;
    // A dead process writes nothing more, whatever its calls still come to.
    const whileAlive = <Args extends unknown[], T>(work: (...args: Args) => Promise<T>) => (...args: Args): Promise<T> => (alive ? work(...args) : Promise.reject(new Error('this process is dead')));
    const database = { query: whileAlive(rig.database.query), transaction: whileAlive(rig.database.transaction) } as Pick<Database, 'query' | 'transaction'>;
    const runner = new EffectRunner({ effects: saleEffects(erp.desk, clock, 400), database, databaseUrl: rig.url, clock: systemClock, logger, random: () => 0.01, commitWithinMs: 400, stopWithinMs: 0 });
    const stopped = { kill: () => ((alive = false), runner.stop()) };
    runs.push(stopped);
    erp.crash = () => {
      void stopped.kill();
      void start();
    };
    await runner.start();
  }

  const exportIt = (orderId: string): Promise<void> => rig.transaction(async (tx) => {
    const order = orderOf(orderId, { A: 1 });
    const decision = await intendExport(tx, { ...asked(orderId), number: order.number, lines: order.lines }, at(0));
    expect(decision.kind).toBe('export');
    await intendEffects(tx, [{ kind: 'sale', key: orderId, request: { ...order, lines: order.lines.map((line) => ({ ...line, location: null })) }, correlationId: null, traceparent: null }]);
  });

  it('S6 I2: is there once, and gone once when it is cancelled, whatever befell the calls', async () => {
    const trials = erp.everyCall.flatMap((call) => modes.map((mode) => ({ call, mode, orderId: `${call.replace(' ', '-')}-${mode}`, cancelled: call.endsWith('cancel') })));
    for (const { orderId, call, mode } of trials) erp.blows.set(orderId, { call, mode });
    await rig.announceStock({ 'A@HAM': { onHand: trials.length } });
    await rig.transaction((tx) => holdStock(tx, trials.map(({ orderId }) => request(orderId, { A: 1 })), at(0)));
    for (const { orderId } of trials) await exportIt(orderId);
    await eventually(async () => {
      const statuses = await rig.statuses();
      for (const { orderId, cancelled } of trials)
        if (cancelled && statuses[orderId] === 'exported') await rig.transaction(async (tx) => tell(tx, await giveUp(tx, [asked(orderId)], at(0))));
      return trials.every(({ orderId, cancelled }) => statuses[orderId] === (cancelled ? 'released' : 'exported')) && (await rig.rows('select from effect where settled_at is null')).length === 0;
    }, { withinMs: 60_000 });
    expect(Object.fromEntries(erp.placed)).toEqual(Object.fromEntries(trials.map(({ orderId }) => [orderId, 1])));
    expect(Object.fromEntries(erp.cancelled)).toEqual(Object.fromEntries(trials.flatMap(({ orderId, cancelled }) => (cancelled ? [[orderId, 1]] : []))));
    expect(erp.everyCall.flatMap((call) => modes.map((mode) => `${call} ${mode}`)).filter((each) => !erp.struck.has(each))).toEqual([]);
  }, 90_000);
});
