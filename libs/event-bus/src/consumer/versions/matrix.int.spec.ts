/**
 * Producer v1/v2 × consumer v1/v2 × schema before and after its expand migration: 1,000 states and 1,000 events each, through the broker into
 * the consumer's own tables. In the one cell to which the release gate says no, producer before consumer, all of it waits as letters and is
 * applied by the build that can read it.
 */
import { type FeedProgress, shipped, type StockLevel, stockLevel } from '@steward/contracts';
import { eventually } from '@steward/testing';
import type { PoolClient } from 'pg';
import { redrive } from '../../dead-letter/redrive';
import type { Envelope } from '../../envelope';
import { defineBatchHandler, defineProjection } from '../declarations';
import type { StrategyOptions } from '../jetstream.strategy';
import { envelopeOf, feedProgress, progressOf } from '../rig.spec';
import { strategyScene } from '../strategy-scene.spec';
import { type FeedProgress2, feedProgress2, progressUpcast, type StockLevel2, stockLevel2, stockUpcast, withMajor2 } from './majors.spec';

const [KEYS, REVISIONS, FEEDS, SEQUENCES] = [100, 10, 10, 100];
const last = (index: number): StockLevel => ({ sku: `S${String(index)}`, location: 'm', onHand: REVISIONS * 1_000 + index, ...(index % 3 === 0 ? {} : { safetyStock: index % 3 }) });

function sentBy(producer: 1 | 2): Envelope[] {
  const states = Array.from({ length: REVISIONS * KEYS }, (_, nth) => {
    const [revision, index] = [Math.floor(nth / KEYS) + 1, nth % KEYS];
    const data = { ...last(index), onHand: revision * 1_000 + index };
    return producer === 1 ? envelopeOf(stockLevel, 'erp', `S${String(index)}@m`, data, { revision }) : envelopeOf(stockLevel2, 'erp', `S${String(index)}@m`, stockUpcast.raise(data), { revision });
  });
  const events = Array.from({ length: SEQUENCES * FEEDS }, (_, nth) => {
    const [sequence, feed] = [Math.floor(nth / FEEDS) + 1, `feed-${String(nth % FEEDS)}`];
    const data = progressOf(feed, sequence);
    return producer === 1 ? envelopeOf(feedProgress, 'erp', feed, data, { sequence }) : envelopeOf(feedProgress2, 'erp', feed, progressUpcast.raise(data), { sequence });
  });
  return [...states, ...events];
}

/** Columns that the table does not have yet are left out: what is deployed first, code or migration, is the same to it. */
async function put(tx: PoolClient, table: 'shelf' | 'seen', rows: readonly object[]): Promise<void> {
  await tx.query(`insert into ${table} select * from json_populate_recordset(null::${table}, $1)`, [JSON.stringify(rows)]);
}
async function replace(tx: PoolClient, rows: readonly { readonly key: string }[]): Promise<void> {
  await tx.query('delete from shelf where key = any($1::text[])', [rows.map(({ key }) => key)]);
  await put(tx, 'shelf', rows);
}

const consumers: Record<1 | 2, Partial<StrategyOptions>> = {
  1: {
    catalogue: shipped,
    projections: [defineProjection<StockLevel>({ builds: 'availability', contract: stockLevel, apply: (tx, changes) => replace(tx, changes.map(({ key, data }) => ({ key, on_hand: data?.onHand }))) })],
    handlers: [defineBatchHandler<FeedProgress>({ builds: 'progress', contract: feedProgress, handleAll: (tx, events) => put(tx, 'seen', events.map(({ key, sequence, data }) => ({ key, n: sequence, said: data.sequence }))) })],
  },
  2: {
    catalogue: withMajor2,
    projections: [defineProjection<StockLevel2>({ builds: 'availability', contract: stockLevel2, apply: (tx, changes) => replace(tx, changes.map(({ key, data }) => ({ key, on_hand: data?.quantity.onHand, safety: data?.quantity.safety }))) })],
    handlers: [defineBatchHandler<FeedProgress2>({ builds: 'progress', contract: feedProgress2, handleAll: (tx, events) => put(tx, 'seen', events.map(({ key, sequence, data }) => ({ key, n: sequence, said: data.position.sequence }))) })],
  },
};
const tables = { old: 'create table shelf (key text primary key, on_hand int not null)', new: 'create table shelf (key text primary key, on_hand int not null, safety int)' };
const cells = ([1, 2] as const).flatMap((producer) => ([1, 2] as const).flatMap((consumer) => (['old', 'new'] as const).map((schema) => ({ producer, consumer, schema }))));

describe('T: versions of producer, consumer and schema', () => {
  // As the accounts of a build that has the second majors name them.
  const scene = strategyScene({ accounts: (config) => config.replaceAll(/(evt\.erp\.(?:stock-level|feed-progress))\.v1\./g, '$1.*.') });
  const { start, stop, publish } = scene;
  const rows = <R>(text: string): Promise<R[]> => scene.rig().rows<R>(text);
  const onDurables = <T>(work: (ask: (stream: string, durable: string) => { info: () => Promise<{ num_pending: number; num_ack_pending: number }>; both: (entity: string) => Promise<unknown> }) => Promise<T>): Promise<T> =>
    scene.nats().asProvisioner((manager) => work((stream, durable) => ({
      info: () => manager.consumers.info(stream, durable),
      both: (entity) => manager.consumers.update(stream, durable, { filter_subjects: [`evt.erp.${entity}.v1.*`, `evt.erp.${entity}.v2.*`] }),
    })));
  const taken = (): Promise<unknown> => eventually(() => onDurables(async (ask) => {
    const infos = await Promise.all([ask('ERP_STATE', 'gateway-availability').info(), ask('ERP_EVENTS', 'gateway-progress').info()]);
    return infos.every(({ num_pending: waits, num_ack_pending: inHand }) => waits + inHand === 0);
  }));

  beforeEach(() => onDurables(async (ask) => {
    await ask('ERP_STATE', 'gateway-availability').both('stock-level');
    await ask('ERP_EVENTS', 'gateway-progress').both('feed-progress');
  }));

  it.each(cells)('producer v$producer, consumer v$consumer, $schema schema: nothing is lost, nothing comes twice', async ({ producer, consumer, schema }) => {
    await scene.rig().test.pool.query(`drop table if exists shelf, seen; ${tables[schema]}; create table seen (key text, n int, said int)`);
    let running = start(consumers[consumer]);
    await publish(sentBy(producer));
    await taken();
    if (producer > consumer) {
      expect([await rows('select from shelf'), await rows('select from seen')]).toEqual([[], []]);
      await stop();
      running = start(consumers[2]);
      const letters = await rows<{ id: string; class: string; entity: string }>('select id, class, entity from dead_letter');
      expect(new Set(letters.map((letter) => letter.class))).toEqual(new Set(['schema']));
      const verdicts = await Promise.all([stockLevel, feedProgress].map(({ entity }) =>
        redrive({ database: scene.rig().database, works: running.works() }, letters.filter((letter) => letter.entity === entity).map(({ id }) => id), { actor: 'ada', reason: 'the reader is there' })));
      expect(verdicts.flat().filter(({ verdict }) => verdict !== 'apply' && verdict !== 'superseded')).toEqual([]);
    }
    const knowsSafety = schema === 'new' && Math.max(producer, consumer) === 2;
    const expected = Array.from({ length: KEYS }, (_, index) => ({ key: `S${String(index)}@m`, on_hand: last(index).onHand, safety: knowsSafety ? (last(index).safetyStock ?? 0) : null }));
    const shelf = await rows<{ key: string; on_hand: number; safety?: number | null }>('select * from shelf');
    expect(shelf.map(({ key, on_hand, safety = null }) => ({ key, on_hand, safety })).toSorted(byKey)).toEqual(expected.toSorted(byKey));
    expect(await rows('select count(*)::int as total, count(distinct (key, n))::int as different, count(*) filter (where n = said)::int as sound from seen')).toEqual([{ total: 1_000, different: 1_000, sound: 1_000 }]);
    expect(await rows(`select from dead_letter where state = 'open' union all select from held`)).toEqual([]);
  });

  it('the gates see one key: what came in the newer major is not undone by an older revision in the older one', async () => {
    await scene.rig().test.pool.query(`drop table if exists shelf, seen; ${tables.new}; create table seen (key text, n int, said int)`);
    start(consumers[2]);
    const at = (revision: number): StockLevel => ({ sku: 'S', location: 'm', onHand: revision });
    await publish([envelopeOf(stockLevel2, 'erp', 'S@m', stockUpcast.raise(at(2)), { revision: 2 })]);
    await taken();
    await publish([envelopeOf(stockLevel, 'erp', 'S@m', at(1), { revision: 1 })]);
    await taken();
    expect(await rows('select on_hand from shelf')).toEqual([{ on_hand: 2 }]);
    await publish([envelopeOf(stockLevel, 'erp', 'S@m', at(3), { revision: 3 })]);
    await taken();
    expect([await rows('select on_hand from shelf'), await rows('select from dead_letter')]).toEqual([[{ on_hand: 3 }], []]);
  });
});

const byKey = (a: { readonly key: string }, b: { readonly key: string }): number => (a.key < b.key ? -1 : 1);
