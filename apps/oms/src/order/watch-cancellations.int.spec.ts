import { createLogger } from '@steward/platform';
import { eventually } from '@steward/testing';
import { Line } from '../fixtures/line.fixture.spec';
import { watchCancellations } from './watch-cancellations';

const logger = createLogger({ service: 'oms-test', level: 'silent' });
const hour = 3_600_000;

/** An OMS whose people cancel orders; it says since when it was asked. */
class Office {
  readonly cancelled: string[] = [];
  readonly asked: number[] = [];
  down = false;

  readonly cancelledSince = async (since: Date): Promise<readonly string[]> => {
    this.asked.push(since.getTime());
    if (this.down) throw new Error('not today');
    return [...this.cancelled];
  };
}

describe('orders that are cancelled at the OMS', () => {
  let line: Line;
  let office: Office;
  let watch: () => Promise<number>;
  beforeEach(async () => {
    line = await Line.open();
    office = new Office();
    watch = watcher(office);
  });
  afterEach(() => line.close());

  const watcher = (there: Partial<Office>): (() => Promise<number>) => {
    const look = watchCancellations({ source: { feeds: [], desk: line.ledgers.desk, ...there }, database: line.database, clock: line.clock, logger });
    return () => look(new AbortController().signal);
  };
  const saga = async (orderId: string) => (await line.sagas()).get(orderId);
  async function confirmed(orderId: string): Promise<string> {
    const { number } = await line.place(orderId);
    await eventually(async () => {
      await line.obey();
      return (await saga(orderId))?.step === 'confirmed';
    });
    return number;
  }

  it('are cancelled here, where goods and money are given back, and no second time', async () => {
    office.cancelled.push(await confirmed('one'), 'W-STRANGER');
    expect([await watch(), await watch()]).toEqual([1, 0]);
    expect(await saga('one')).toMatchObject({ step: 'compensating', goal: { kind: 'cancel', by: 'operator' } });
    await eventually(async () => {
      await line.obey();
      await line.untilDue();
      await line.sweep();
      return (await saga('one'))?.step === 'cancelled';
    });
    expect(line.ledgers.book('one')).toMatchObject({ voids: 1, cancelled: 1 });
    expect(line.reservations.get('one')?.status).toBe('released');
    // A new process asks about all of them while any order is open.
    await line.place('open');
    expect(await watcher(office)()).toBe(0);
  });

  it('are asked about since the oldest one that is open, and then since an hour before the last answer', async () => {
    expect(await watch()).toBe(0);
    expect(office.asked).toEqual([]);
    line.soldOut.add('over');
    await line.place('over');
    await line.obey();
    line.clock.advance(hour);
    await line.place('old');
    const begun = line.clock.now();
    line.clock.advance(30 * 24 * hour);
    await line.place('young');
    office.down = true;
    await expect(watch()).rejects.toThrow('not today');
    office.down = false;
    await watch();
    line.clock.advance(60_000);
    await watch();
    expect(office.asked).toEqual([begun, begun, begun + 30 * 24 * hour - hour]);
  });

  it('stay as they are where goods have left', async () => {
    const number = await confirmed('gone');
    await line.ship('gone', 'gone-1', 2, true);
    await eventually(async () => (await saga('gone'))?.step === 'completed');
    office.cancelled.push(number);
    await line.place('open');
    expect([await watch(), await watcher(office)()]).toEqual([0, 0]);
    expect(await saga('gone')).toMatchObject({ step: 'completed', goal: { kind: 'fulfil' } });
  });

  it('are told once where the ERP keeps the order all the same', async () => {
    office.cancelled.push(await confirmed('kept'));
    expect(await watch()).toBe(1);
    const reservation = { orderId: 'kept', status: 'exported' as const, lines: [], refusal: null, expiresAt: null, erpReference: 'SO kept', exportRefusal: { code: 'PICKED', reason: 'it is being packed' } };
    await line.happen({ orderId: 'kept', input: { kind: 'reservation', revision: 99, reservation } });
    expect([await watch(), await watch()]).toEqual([0, 0]);
    expect(await saga('kept')).toMatchObject({ step: 'confirmed', goal: { kind: 'fulfil' } });
  });

  it('are not looked for at an OMS that can’t be asked', async () => {
    await line.place('any');
    expect(await watcher({})()).toBe(0);
  });
});
