import type { DeadLetter, FeedProgress } from '@steward/contracts';
import { manualClock, type Database } from '@steward/platform';
import { eventually } from '@steward/testing';
import type { GatewayApi } from '../api/gateway-api';
import { CacheUpkeep } from '../document-cache/cache-upkeep';
import { LiveCategories } from '../category/live-categories';
import { DocumentCache } from '../document-cache/document-cache';
import { apiOn, get, logger, stage } from '../fixtures/api.fixture.spec';
import { aLevel, aProduct, products, start, stock } from '../fixtures/read-model.fixture.spec';
import { budgets, PROGRESS_STEP_MS } from './freshness';
import { LivePromotions } from '../promotion/live-promotions';
import { LiveFreshness } from './live-freshness';
import { documentQueries } from '../product/documents.queries';
import { parkedProjection } from './parked.projection';
import { floorsOf } from './progress-applier';
import { applyClaims, recordClaim } from './progress.store';

const minute = 60_000;
let scene: Awaited<ReturnType<typeof stage>>;
let database: Database;

const aLetter: DeadLetter = {
  letterId: 'letter-1', service: 'erp', consumer: 'erp-stock-level-feed', kind: 'letter', entity: 'stock-level', key: 'excepted@main', system: 'erp', class: 'contract', code: null, message: 'm', fingerprint: 'f', frame: null,
  attempts: 1, state: 'open', openedAt: new Date(start).toISOString(), lastSeenAt: new Date(start).toISOString(), respondBy: null, closedAt: null, closedBy: null, closedReason: null,
  owner: { team: 't', contact: 'c', escalation: 'e', runbook: 'r' }, traceparent: null, messageId: null, revision: null, sequence: null, versions: {},
};

beforeAll(async () => {
  scene = await stage();
  database = scene.database;
});
afterAll(() => scene.close());

const feed = { system: 'erp', entity: 'stock-level', stream: 'ERP_STATE' };
const claim = (completeUpTo: number, epoch: string, sequence: number, exceptKeys?: string[], part?: FeedProgress['part']) =>
  database.transaction((tx) => recordClaim(tx, { ...feed, completeUpTo: new Date(completeUpTo).toISOString(), epoch, sequence, ...(exceptKeys ? { exceptKeys } : {}), ...(part ? { part } : {}) }));
const reach = async (epoch: string, sequence: number) => (await database.transaction((tx) => applyClaims(tx, [{ ...feed, epoch, sequence }]))).map(({ appliedUpTo }) => appliedUpTo);
const waiting = async () => (await database.query<{ count: number }>('select count(*)::int as count from feed_progress_claim'))[0]?.count;

describe('feed progress', () => {
  it('O8: counts only when the projection has worked off the stream to the claimed place of the same epoch', async () => {
    await claim(start, 'e1', 10);
    await claim(start + 1_000, 'e1', 20);
    await claim(start + 2_000, 'e2', 5);
    expect(await reach('e1', 9)).toEqual([]);
    expect(await reach('e1', 19)).toEqual([start]);
    expect(await reach('e1', 19)).toEqual([]);
    expect(await waiting()).toBe(2);
    expect(await reach('e2', 4)).toEqual([]);
    expect(await reach('e2', 5)).toEqual([start + 2_000]);
    expect(await waiting()).toBe(0);
  });

  it('O8: never goes back, whatever is redelivered', async () => {
    await claim(start - minute, 'e2', 1);
    expect(await reach('e2', 100)).toEqual([]);
    expect(await database.query('select (extract(epoch from applied_up_to) * 1000)::float8 as at from feed_progress')).toEqual([{ at: start + 2_000 }]);
  });

  it('O8: a claim in parts holds when all of them are there, in whatever order and however often they come, and excepts the keys of all', async () => {
    const part = (number: number, keys: string[]) => claim(start + 3_000, 'e3', Number.MAX_SAFE_INTEGER, keys, { number, of: 2, sequence: 7 });
    await part(2, ['b@main']);
    await part(2, ['b@main']);
    expect(await reach('e3', 7)).toEqual([]);
    await part(1, ['a@main']);
    expect(await reach('e3', 6)).toEqual([]);
    expect(await reach('e3', 7)).toEqual([start + 3_000]);
    expect(await database.query('select array(select unnest(except_keys) order by 1) as keys from feed_progress')).toEqual([{ keys: ['a@main', 'b@main'] }]);
    // One whose other part is lost is forgotten with the next whole claim.
    await claim(start + 4_000, 'e3', Number.MAX_SAFE_INTEGER, ['c@main'], { number: 1, of: 2, sequence: 8 });
    await claim(start + 5_000, 'e3', 9);
    expect([await reach('e3', 9), await waiting()]).toEqual([[start + 5_000], 0]);
  });

  it('asks for the floors of both state streams and waits for their epochs', () => {
    const known: Record<string, { sequence: number; epoch: string | undefined }> = { 'catalogue@PIM_STATE': { sequence: 7, epoch: 'p' }, 'availability@ERP_STATE': { sequence: 8, epoch: undefined } };
    const floorOf = (builds: string, stream: string) => known[`${builds}@${stream}`];
    expect(floorsOf(floorOf)).toEqual([{ system: 'pim', entity: 'product', stream: 'PIM_STATE', epoch: 'p', sequence: 7 }]);
  });
});

describe('the storefront over an hour', () => {
  let api: GatewayApi;
  const clock = manualClock(start + 10 * minute);
  const shown = async (sku: string) => (await get(api, `/v1/products/${sku}`)).json.availability;
  const pass = async (ms: number, { progressing }: { progressing: boolean }) => {
    clock.advance(ms);
    if (!progressing) return;
    await claim(clock.now() - 5_000, 'e3', 1);
    await reach('e3', 1);
    await heard(clock.now() - 5_000);
  };
  const heard = async (upTo: number) => {
    const step = Math.floor(upTo / PROGRESS_STEP_MS) * PROGRESS_STEP_MS;
    await eventually(async () => Date.parse((await shown('steady')).asOf ?? '') >= step);
  };

  beforeAll(async () => {
    await products(database, { key: 'steady', revision: 1, data: aProduct('steady') }, ...['parked', 'excepted'].map((key) => ({ key, revision: 1, data: aProduct(key) })));
    await stock(database, { data: aLevel('steady', 'main', 9), revision: 1, at: clock.now() }, ...['parked', 'excepted'].map((sku) => ({ data: aLevel(sku, 'main', 9), revision: 1, at: clock.now() })));
    await database.query(
      `insert into dead_letter (kind, consumer, identity, entity, key, subject, headers, body, class, error, fingerprint, attempts, versions, owner, opened_at, last_seen_at)
       select kind, 'gateway-availability', key, 'stock-level', key, 's', '{}', '', class, 'e', 'f', 1, '{}', '{}', now(), now()
       from (values ('letter', 'permanent', 'parked@main'), ('security', 'security', 'steady@main')) as u (kind, class, key)`,
    );
    api = await apiOn(scene.url, { clock });
  });
  afterAll(() => api.stop());

  it('O8: unchanged stock stays fresh while its feed progresses, also under a security case; a key with an open dead letter does not', async () => {
    for (let passed = 0; passed < 60; passed += 5) {
      await pass(5 * minute, { progressing: true });
      expect(await shown('steady')).toMatchObject({ state: 'IN_STOCK', quantity: 9, stale: false });
    }
    expect(await shown('parked')).toEqual({ state: 'UNKNOWN', quantity: null, expectedAt: null, asOf: new Date(start + 10 * minute).toISOString(), stale: true });
  });

  it('O8: it goes stale when the feed stops, keeps the age of the last progress, and is fresh again with the feed', async () => {
    const last = (await shown('steady')).asOf;
    await pass(budgets.availability - minute, { progressing: false });
    expect(await shown('steady')).toMatchObject({ state: 'IN_STOCK', stale: false, asOf: last });
    await pass(2 * minute, { progressing: false });
    expect(await shown('steady')).toEqual({ state: 'UNKNOWN', quantity: null, expectedAt: null, asOf: last, stale: true });
    await pass(minute, { progressing: true });
    expect(await shown('steady')).toMatchObject({ state: 'IN_STOCK', quantity: 9, stale: false });
  });

  it('O8: a key that its feed could not announce goes stale with the claim that says so, once that is granted, and comes back with the next', async () => {
    const before = clock.now();
    clock.advance(2 * budgets.availability);
    await claim(clock.now() - 5_000, 'e4', 10, ['excepted@main', 'it is " odd\n@main']);
    await claim(clock.now() - 4_000, 'e4', 20);
    expect(await reach('e4', 9)).toEqual([]);
    expect(await shown('excepted')).toMatchObject({ stale: true, asOf: new Date(Math.floor((before - 5_000) / PROGRESS_STEP_MS) * PROGRESS_STEP_MS).toISOString() });

    await reach('e4', 10);
    await heard(clock.now() - 5_000);
    expect(await shown('steady')).toMatchObject({ state: 'IN_STOCK', stale: false });
    expect(await shown('excepted')).toMatchObject({ state: 'UNKNOWN', stale: true, asOf: new Date(start + 10 * minute).toISOString() });
    const late = await apiOn(scene.url, { clock });
    try {
      await eventually(async () => !(await get(late, '/v1/products/steady')).json.availability.stale);
      expect((await get(late, '/v1/products/excepted')).json.availability.stale).toBe(true);
    } finally {
      await late.stop();
    }

    await reach('e4', 20);
    await eventually(async () => !(await shown('excepted')).stale);
  });

  it('C5: a letter of an adapter puts its one key in doubt at once, and its end gives the key back', async () => {
    const tell = (revision: number, state: DeadLetter['state'], more: Partial<DeadLetter> = {}) => {
      const letter = { ...aLetter, state, ...more };
      return database.transaction((tx) => parkedProjection.apply(tx, [{ key: letter.letterId, revision, data: letter, envelope: {} as never }]));
    };
    await tell(1, 'open', { letterId: 'forged', kind: 'security', key: 'steady@main' });
    await tell(1, 'open');
    clock.advance(1_000);
    await eventually(async () => (await shown('excepted')).stale, { withinMs: 5_000 });
    expect(await shown('excepted')).toMatchObject({ state: 'UNKNOWN', quantity: null });
    expect(await shown('steady')).toMatchObject({ state: 'IN_STOCK', stale: false });
    await tell(2, 'superseded');
    clock.advance(1_000);
    await eventually(async () => !(await shown('excepted')).stale, { withinMs: 5_000 });
  });
});

describe('what an API hears of progress', () => {
  it('O8: believes progress with exceptions only at its own notice, so never before the invalidations in front of it', async () => {
    const freshness = new LiveFreshness();
    const clock = manualClock(start);
    const queries = documentQueries(database);
    const cache = new DocumentCache({ queries, freshness, clock });
    const upkeep = new CacheUpkeep({ database, queries, cache, freshness, categories: new LiveCategories(), promotions: new LivePromotions(), clock, logger });
    const last = start + 1_000 * minute;
    const hear = async (appliedUpTo: number, exceptions: string | null) => {
      upkeep.hear(JSON.stringify({ progress: [{ ...feed, appliedUpTo, exceptions }] }));
      await upkeep.settled();
      return [freshness.current.ofStock('steady'), freshness.current.ofStock('parked')];
    };
    await claim(last, 'e5', 1, ['parked@main']);
    const told = await database.transaction((tx) => applyClaims(tx, [{ ...feed, epoch: 'e5', sequence: 1 }]));
    const digest = told[0]?.exceptions ?? null;
    expect(digest).not.toBeNull();
    expect(await hear(last - minute, 'of keys that the table no longer holds')).toEqual([undefined, undefined]);
    expect(await hear(last, digest)).toEqual([last, undefined]);
    await upkeep.stop();
  });
});
