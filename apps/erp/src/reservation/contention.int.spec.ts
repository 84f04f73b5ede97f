// S1 under contention: many clients, few SKUs, each transaction on a connection of its own.
import { giveUp } from './end';
import { holdStock } from './hold';
import { ledgerStatements, type LedgerStatements } from './ledger.store';
import { asked, at, openRig, request, type Rig } from '../fixtures/rig.fixture.spec';

const clients = 64;
const skus = ['A', 'B', 'C', 'D'];
const onHand = 40;

/** No lock, and each sum is set to what was read plus what is held: the shop that looks first and books then. */
const readThenWrite: LedgerStatements = {
  lock: ledgerStatements.lock.replace(' for update', ''),
  book: ledgerStatements.book.replace('and (b.most is null or r.reserved + b.quantity <= b.most)', ''),
};
/** No lock: only the conditional update is left. */
const guardOnly: LedgerStatements = { ...ledgerStatements, lock: readThenWrite.lock };
/** No condition: only the lock is left. */
const lockOnly: LedgerStatements = { ...ledgerStatements, book: readThenWrite.book };

describe('64 clients at once', () => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await openRig({ poolSize: clients });
  });
  afterAll(() => rig.close());

  /** Orders of two lines in batches of two; without the lock of one line, one at a time, since nothing else keeps two of them from waiting for each other. */
  const sellAll = async (statements = ledgerStatements): Promise<{ oversold: number; sold: number; failed: string[] }> => {
    await rig.clear();
    await rig.announceStock(Object.fromEntries(skus.map((sku) => [`${sku}@HAM`, { onHand: onHand + 5, safetyStock: 5 }])));
    const failed: string[] = [];
    const locks = statements.lock === ledgerStatements.lock;
    const client = async (name: number): Promise<void> => {
      for (let turn = 0; turn < 8; turn += 1) {
        const of = (index: number): string => skus[(name + index) % skus.length] as string;
        // In another order of SKUs for every client: a batch that locks as it goes would lock itself out of another's.
        const batch = (locks ? [0, 1] : [0]).map((index) => request(`${name}-${turn}-${index}`, { [of(turn + index)]: 1, ...(locks ? { [of(turn + index + 1)]: 1 } : {}) }));
        await rig.transaction((tx) => holdStock(tx, batch, at(0), statements)).catch((error: Error) => failed.push(error.message));
      }
    };
    await Promise.all(Array.from({ length: clients }, (_, name) => client(name)));
    const sums = await rig.rows<{ reserved: number }>('select sum(quantity)::bigint as reserved from reservation_ledger group by sku');
    const each = sums.map(({ reserved }) => reserved);
    return { oversold: each.reduce((sum, reserved) => sum + Math.max(0, reserved - onHand), 0), sold: each.reduce((sum, reserved) => sum + reserved, 0), failed };
  };

  it('S1: sell what there is and not one unit more', async () => {
    const { oversold, sold, failed } = await sellAll();
    expect(failed).toEqual([]);
    expect({ oversold, sold }).toEqual({ oversold: 0, sold: onHand * skus.length });
    await rig.reserved();
  });

  it('S1: the lock and the conditional update each suffice', async () => {
    const guarded = await sellAll(guardOnly);
    expect(guarded.oversold).toBe(0);
    // Without the lock a batch finds itself outdated now and then, and says so.
    expect(guarded.failed.filter((message) => !message.includes('RESERVATION_GUARDED'))).toEqual([]);
    expect(await sellAll(lockOnly)).toEqual({ oversold: 0, sold: onHand * skus.length, failed: [] });
  });

  it('T3: the same check catches a store that reads first and writes then', async () => {
    let oversold = 0;
    for (let round = 0; round < 40 && oversold === 0; round += 1) ({ oversold } = await sellAll(readThenWrite));
    expect(oversold).toBeGreaterThan(0);
  });

  it('S2: what is held, released and asked for again at the same time ends where it should', async () => {
    await rig.clear();
    await rig.announceStock(Object.fromEntries(skus.map((sku) => [`${sku}@HAM`, { onHand: 1_000 }])));
    const client = async (name: number): Promise<void> => {
      const orders = Array.from({ length: 4 }, (_, index) => `${name % 32}-${index}`);
      const hold = () => rig.transaction((tx) => holdStock(tx, orders.map((orderId, index) => request(orderId, { [skus[index] as string]: 1, [skus[(index + name) % 4] as string]: 2 })), at(0)));
      const release = () => rig.transaction((tx) => giveUp(tx, orders.slice(0, 2).map(asked), at(1)));
      // Two clients share their orders, one of them releases first.
      for (const step of name < 32 ? [hold, release, hold, release] : [release, hold, release, hold]) await step();
    };
    await Promise.all(Array.from({ length: clients }, (_, name) => client(name)));
    const statuses = Object.entries(await rig.statuses());
    expect(statuses).toHaveLength(128);
    expect(statuses.filter(([orderId, status]) => status !== (/-[01]$/.test(orderId) ? 'released' : 'held'))).toEqual([]);
    await rig.reserved();
    const left = await rig.rows(`select from reservation r join (select order_id, sum(quantity) as held from reservation_ledger group by order_id) l using (order_id) where (r.status = 'released') <> (l.held = 0)`);
    expect(left).toEqual([]);
  });
});
