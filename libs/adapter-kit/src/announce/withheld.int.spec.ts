import { type Contract, stockLevel } from '@steward/contracts';
import { eventually } from '@steward/testing';
import { openRig, type Rig } from '../fixtures/rig.fixture.spec';
import { announceWithheld } from './announce-withheld';

const key = 'sku-1@main';

describe('what a service withholds', () => {
  let rig: Rig;
  beforeEach(async () => {
    rig = await openRig({
      pace: { fullPassEveryMs: 60, overlapEveryMs: 60, overlapMs: 100_000 },
      withheld: async (tx, keys) => new Set((await tx.query<{ key: string }>('select key from kept_back where key = any($1::text[])', [keys])).rows.map((row) => row.key)),
    });
    await rig.rows('create table kept_back (key text primary key)');
    for (const id of [key, 'sku-2@main']) rig.shop.put(id, 1);
    rig.lease.start();
    rig.runner.start();
    await rig.agree();
  });
  afterEach(() => rig.close());

  const passes = async (count: number): Promise<void> => {
    const from = rig.shop.asked.all;
    await eventually(() => rig.shop.asked.all > from + count);
  };

  it('is told as deleted whatever the source says of it, and leaves no letter', async () => {
    await rig.rows('insert into kept_back values ($1)', [key]);
    rig.shop.put(key, 2);
    await eventually(async () => (await rig.announced())[key] === null);
    rig.shop.put(key, 'many');
    await passes(3);
    expect([await rig.announced(), await rig.rows('select 1 from dead_letter'), await rig.rows('select 1 from held_change')]).toEqual([{ [key]: null, 'sku-2@main': 1 }, [], []]);
  });

  it('comes back as the source has it when it is let go', async () => {
    await rig.rows('insert into kept_back values ($1)', [key]);
    // Said by the service itself, behind the back of what the feed remembers.
    await rig.rows(`update announced set data = null, hash = '\\x00', revision = revision + 1, deleted_at = now() where key = $1`, [key]);
    await passes(3);
    expect((await rig.announced())[key]).toBeNull();
    await rig.rows('delete from kept_back');
    await rig.agree();
  });

  it('C12: is a tombstone at once, also where it was never announced, and only once', async () => {
    await rig.rows('insert into kept_back values ($1)', [key]);
    const tell = () => rig.database.transaction((tx) => announceWithheld(tx, 'erp', stockLevel as Contract, [key, 'never@main', key], { at: new Date(), correlationId: 'act 1' }));
    expect([(await tell()).toSorted(), await tell()]).toEqual([['never@main', key], []]);
    await passes(3);
    // What is withheld is not known by the hash of its record either.
    expect(await rig.rows(`select key from announced where record_hash is not null`)).toEqual([{ key: 'sku-2@main' }]);
    const told = await rig.rows(`select key, revision::int, tombstone, body, correlation_id from outbox where tombstone order by key`);
    expect(told).toEqual([
      { key: 'never@main', revision: 1, tombstone: true, body: '', correlation_id: 'act 1' },
      { key, revision: 2, tombstone: true, body: '', correlation_id: 'act 1' },
    ]);
  });
});
