// The catalogue made anew beside the live one, over a real broker and a real PostgreSQL, while the shop is read and changes go on.
import { type BesideAnswer, type BesideQuestion, category, price, product, promotion, rebuildSubject, stockLevel } from '@steward/contracts';
import { ask, createRpcClient, scrubDigest } from '@steward/event-bus';
import { eventually } from '@steward/testing';
import type { ClientProxy } from '@nestjs/microservices';
import { Client } from 'pg';
import type { GatewayApi } from '../api/gateway-api';
import { apiOn, get } from '../fixtures/api.fixture.spec';
import { type Line, openLine } from '../fixtures/line.fixture.spec';
import { type Owners, openOwners } from '../fixtures/owners.fixture.spec';
import { aCategory, aLevel, aPrice, aProduct, aPromotion } from '../fixtures/read-model.fixture.spec';
import type { GatewayProjector } from './gateway-projector';

const act = { actor: 'anna', reason: 'edited by hand' };
const ids = Array.from({ length: 30 }, (_, index) => `p${String(index).padStart(2, '0')}`);
const named = (id: string, name: string) => aProduct(id, { texts: { en: { name, slug: id } } });

let line: Line;
let owners: Owners;
let projector: GatewayProjector;
let api: GatewayApi;
let desk: ClientProxy;
let sql: Client;

beforeAll(async () => {
  line = await openLine();
  owners = await openOwners(line);
  projector = await line.startProjector();
  api = await apiOn(line.testing.url);
  desk = createRpcClient({ url: line.broker.urlOf('operations'), service: 'operations' });
  sql = new Client({ connectionString: line.testing.url });
  await sql.connect();
  await sql.query(`
    create table lowered (place text, key text, was bigint, becomes bigint);
    create function part_lowered() returns trigger language plpgsql as $$ begin
      if new.revision < old.revision then insert into lowered values (old.entity, old.key, old.revision, new.revision); end if; return new; end $$;
    create trigger part_lowered before update on stored_part for each row execute function part_lowered();
    create function document_lowered() returns trigger language plpgsql as $$ begin
      if new.revision <= old.revision then insert into lowered values ('document', old.product_id, old.revision, new.revision); end if; return new; end $$;
    create trigger document_lowered before update on document for each row execute function document_lowered();`);
  await owners.announce(category, ...Array.from({ length: 8 }, (_, index) => ({ key: `c${String(index)}`, revision: 1, data: aCategory(`c${String(index)}`, null) })));
  await owners.announce(promotion, { key: 'tenth', revision: 1, data: aPromotion('tenth') });
  await owners.announce(product, ...ids.map((id) => ({ key: id, revision: 1, data: named(id, `Name of ${id}`) })));
  await owners.announce(stockLevel, ...ids.map((id) => ({ key: `${id}@main`, revision: 1, data: aLevel(id, 'main', 9) })));
  await owners.announce(price, ...ids.map((id) => ({ key: id, revision: 1, data: aPrice(id, id, 1_999) })));
  await settled();
}, 60_000);
afterEach(async () => {
  await door({ ask: 'cancel-beside', actor: 'test', reason: 'over' }).catch(() => undefined);
  await eventually(async () => (await rows('select from rebuild_beside where not tidy')).length === 0);
});
afterAll(async () => {
  await sql?.end();
  desk?.close();
  await projector?.stop();
  await api?.stop();
  await owners?.stop();
  await line?.stop();
});

const door = (question: BesideQuestion) => ask<BesideAnswer>(desk, rebuildSubject('gateway'), question);
const rows = async <R extends object>(text: string) => (await sql.query<R>(text)).rows;
const beside = async () => (await door({ ask: 'status-beside' })).beside;
const become = (state: string) => eventually(async () => {
  const found = await beside();
  if (found?.state !== state) throw new Error(`${String(found?.state)}: ${String(found?.problem ?? found?.refusal)}, left ${String(found?.left)}`);
  return found;
});
const waiting = (name: string, event: string, statement: string) =>
  rows(`select from pg_stat_activity where application_name = '${name}' and wait_event_type = 'Lock' and wait_event = '${event}' and query like '%${statement}%'`);
const shown = async (id: string) => (await get(api, `/v1/products/${id}`)).json;

/** What there is to be read, without what no two models share: documents' revisions and when rows were written. */
const content = async () => ({
  parts: await rows<{ entity: string; key: string; revision: string }>(`select entity, key, revision, data::text from stored_part order by entity, key`),
  documents: await rows<{ availability: string }>(`select product_id, visibility, skus, content::text, content_revision, availability::text, state, prices::text from document where content is not null order by 1`),
  listing: await rows('select product_id, digest from listing order by 1'),
  spans: await rows('select * from price_span order by 1, 2, 3, 4, 5'),
  skus: await rows('select sku, product_id from document_sku order by 1, 2'),
  prices: await rows('select price_id, sku from price_sku order by 1'),
});
const settled = () => eventually(async () => {
  const found = await content();
  return found.documents.length === ids.length && found.listing.length === ids.length && found.spans.length >= ids.length && found.parts.length === 8 + 1 + 3 * ids.length
    && found.documents.every(({ availability }) => availability.includes('"quantity":9'));
});

it('B12, C11: what the owners say is made beside the live model, which is read and changed meanwhile, and takes its place at once', async () => {
  await sql.query(`insert into accepted_order (order_id, number, token_salt, token_hash, accepted_at) values ('o-1', 'N1', '', '', now());
    insert into idempotency (identity, operation, key_hash, request_hash, resource_id, answering_until) values ('guest', 'place-order', 'k', 'r', 'o-1', now())`);
  // By hand, so that no message of an owner would mend it: content edited under its revision, a part and rows of lists gone.
  await sql.query(`
    update stored_part set data = replace(data::text, 'Name of p01', 'Edited')::json where entity = 'product' and key = 'p01';
    update document set content = replace(content::text, 'Name of p01', 'Edited')::json, revision = revision + 1 where product_id = 'p01';
    delete from stored_part where entity = 'stock-level' and key = 'p02@main';
    update document set availability = replace(availability::text, '"quantity":9', '"quantity":0')::json, revision = revision + 1 where product_id = 'p02';
    delete from listing where product_id = 'p03'; delete from price_span where product_id = 'p03'`);
  await owners.announce(product, { key: 'ghost', revision: 1, data: named('ghost', 'Ghost') });
  await eventually(async () => (await shown('ghost')).id === 'ghost');
  owners.forget('product', 'ghost');
  // What was applied in this second passes for what comes while the second model is filled.
  await sql.query(`update stored_part set applied_at = applied_at - interval '1 minute' where key = 'ghost'`);
  for (const entity of ['product', 'stock-level']) await projector.database.transaction((tx) => scrubDigest(tx, 'stored_part', entity));
  const broken = await content();

  // Either the one model or the other, in every look.
  const looks = new Set<string>();
  let reading = true;
  const readers = Promise.all([
    (async () => {
      const own = new Client({ connectionString: line.testing.url });
      await own.connect();
      while (reading) {
        const { rows: [look] } = await own.query<{ look: string }>(`select concat_ws(' ',
          (select content::json #>> '{texts,en,name}' from document where product_id = 'p01'), (select availability::json #>> '{0,quantity}' from document where product_id = 'p02'),
          (select visibility from document where product_id = 'ghost'), (select count(*) from listing where product_id = 'p03'), (select count(*) from price_span where product_id = 'p03')) as look`);
        looks.add(look?.look ?? '');
      }
      await own.end();
    })(),
    (async () => {
      while (reading) for (const path of ['/v1/products/p05', '/v1/products?first=5']) expect((await get(api, path)).status).toBe(200);
    })(),
  ]);

  const release = owners.hold('product');
  const begun = await door({ ask: 'begin-beside', ...act });
  expect(begun.beside).toMatchObject({ state: 'filling', ...act });
  expect(begun.live.find(({ entity }) => entity === 'product')).toMatchObject({ systems: ['pim'], holds: { count: ids.length + 1 } });
  expect(await door({ ask: 'begin-beside', actor: 'ben', reason: 'too' })).toMatchObject({ beside: act });
  await eventually(() => owners.asked('product').length > 0);
  await expect(door({ ask: 'swap-beside', ...act })).rejects.toThrow('not caught up: the snapshots of product of pim are not through');
  // Its page is older than all of these.
  await owners.announce(product, { key: 'p04', revision: 2, data: named('p04', 'Renamed') }, { key: 'p06', revision: 2, data: null }, { key: 'late', revision: 1, data: named('late', 'Late') });
  await owners.announce(stockLevel, { key: 'p05@main', revision: 2, data: aLevel('p05', 'main', 4) });
  await eventually(async () => (await shown('p04')).name === 'Renamed' && (await shown('late')).id === 'late' && (await shown('p05')).availability.quantity === 4);
  expect((await shown('p01')).name).toBe('Edited');
  release();

  const ready = await become('ready');
  const of = (entity: string) => ready.compared.find((each) => each.entity === entity);
  expect(of('product')).toMatchObject({ added: 0, changed: 1, gone: 1, live: { count: ids.length + 1 }, second: { count: ids.length } });
  expect(of('stock-level')).toMatchObject({ added: 1, changed: 0, gone: 0 });
  expect(of('price')?.live).toEqual(of('price')?.second);
  expect((await content()).documents.length).toBe(broken.documents.length);

  // In the middle of the swap: states are exchanged, documents are not yet, and a change comes.
  const holder = new Client({ connectionString: line.testing.url });
  await holder.connect();
  await holder.query(`begin; lock table beside.stored_part in access share mode; select pg_advisory_lock(hashtextextended('gateway listing', 0))`);
  await door({ ask: 'swap-beside', actor: 'ben', reason: 'looked at it' });
  await eventually(async () => (await waiting('gateway-beside', 'advisory', '')).length === 1);
  await owners.announce(product, { key: 'p08', revision: 2, data: named('p08', 'In between') });
  await eventually(async () => (await waiting('gateway-projector', 'relation', 'insert into stored_part')).length > 0 || (await rows(`select from stored_part where key = 'p08' and entity = 'product' and revision = 2`)).length > 0);
  await holder.query(`select pg_advisory_unlock(hashtextextended('gateway listing', 0))`);
  expect(await become('swapped')).toMatchObject({ ...act, endedBy: 'ben', endedReason: 'looked at it' });
  await eventually(async () => (await shown('p01')).name === 'Name of p01' && (await get(api, '/v1/products/ghost')).status === 404 && (await shown('p02')).availability.quantity === 9);
  await eventually(async () => (await shown('p08')).name === 'In between');
  reading = false;
  await readers;
  expect([...looks].toSorted()).toEqual(['Edited 0 listed 0 0', 'Name of p01 9 hidden 1 1']);
  const now = await content();
  expect(now.parts.filter(({ key }) => key === 'p04')).toMatchObject([{ entity: 'price' }, { entity: 'product', revision: '2' }]);
  expect([(await shown('p04')).name, (await shown('p05')).availability.quantity, (await get(api, '/v1/products/p06')).status, (await shown('late')).id]).toEqual(['Renamed', 4, 404, 'late']);
  expect(await rows('select from lowered')).toEqual([]);
  expect([await rows('select order_id from accepted_order'), await rows('select resource_id from idempotency'), await rows('select from webhook')]).toEqual([[{ order_id: 'o-1' }], [{ resource_id: 'o-1' }], []]);
  expect(await rows('select from dead_letter')).toEqual([]);
  // X1: the digests were kept, and counting all rows anew before the second schema is dropped finds them right.
  const { live } = await door({ ask: 'status-beside' });
  await holder.end();
  await eventually(async () => (await rows('select from rebuild_beside where not tidy')).length === 0);
  expect((await door({ ask: 'status-beside' })).live).toEqual(live);
  expect(await rows(`select from pg_namespace where nspname = 'beside'`)).toEqual([]);
  // Live goes on in it.
  await owners.announce(product, { key: 'p01', revision: 2, data: named('p01', 'Again') });
  await eventually(async () => (await shown('p01')).name === 'Again' && (await rows('select from listing_due')).length === 0);
}, 90_000);

it('B12, X6: a swap that would lose more than the contract lets go at once is refused, and cancelling leaves the live model as it was', async () => {
  const lost = ['c1', 'c2', 'c3', 'c4', 'c5', 'c6'];
  lost.forEach((key) => owners.forget('category', key));
  const before = await content();
  await door({ ask: 'begin-beside', ...act });
  await become('ready');
  await sql.query('alter table listing add column of_a_release text');
  await door({ ask: 'swap-beside', ...act });
  expect(await eventually(async () => ((await beside())?.refusal ?? '') !== '' && become('ready'))).toMatchObject({ refusal: expect.stringContaining('changed by a release') });
  await door({ ask: 'swap-beside', ...act });
  const refused = await eventually(async () => {
    const found = await beside();
    return /too small/.test(found?.refusal ?? '') && found;
  });
  expect(refused).toMatchObject({ state: 'ready', refusal: 'too small: 6 of 8 keys of category would go, and its contract lets 5 or 10 % go at once' });
  expect(await content()).toEqual(before);
  expect((await door({ ask: 'cancel-beside', actor: 'ben', reason: 'the PIM lost them' })).beside).toMatchObject({ state: 'cancelled', endedBy: 'ben', endedReason: 'the PIM lost them' });
  await expect(door({ ask: 'swap-beside', ...act })).rejects.toThrow('no second model');
  await eventually(async () => (await rows(`select from pg_namespace where nspname = 'beside'`)).length === 0);
  expect(await content()).toEqual(before);
  for (const [index, key] of lost.entries()) await owners.announce(category, { key, revision: 2 + index, data: aCategory(key, null) });
  await eventually(async () => (await rows(`select from stored_part where entity = 'category' and revision > 1`)).length === lost.length);
}, 60_000);

it('B12: killed while it fills it goes on behind its last page, and killed in the middle of the swap the live model is the old one, whole', async () => {
  const dead = () => sql.query(`select pg_terminate_backend(pid, 5000) from pg_stat_activity where application_name = 'gateway-beside'`);
  await sql.query(`update document set content = replace(content::text, 'Name of p07', 'Edited')::json, revision = revision + 1 where product_id = 'p07'; update listing set digest = '' where product_id = 'p07'`);
  const before = await content();
  const heard: string[] = [];
  sql.on('notification', ({ payload = '' }) => heard.push(payload));
  await sql.query('listen document');
  const release = owners.hold('product');
  const [pages, products] = [owners.asked('price').length, owners.asked('product').length];
  await door({ ask: 'begin-beside', ...act });
  await eventually(() => owners.asked('product').length > products);
  await dead();
  release();
  await become('ready');
  expect(owners.asked('price').length).toBe(pages + 1);
  // C11: nobody hears of what is composed beside.
  expect(heard).toEqual([]);

  // The last table that is written waits for this row.
  const holder = new Client({ connectionString: line.testing.url });
  await holder.connect();
  await holder.query('begin');
  await holder.query(`select from listing where product_id = 'p07' for update`);
  await door({ ask: 'swap-beside', ...act });
  await eventually(async () => (await waiting('gateway-beside', 'transactionid', 'insert into listing')).length === 1);
  await dead();
  expect(await content()).toEqual(before);
  await holder.end();
  await become('swapped');
  await eventually(() => heard.length > 0);
  expect(heard).toEqual(['{"change":0,"categories":true,"promotions":true}']);
  expect((await content()).documents.filter((each) => /Edited/.test(JSON.stringify(each)))).toEqual([]);
  expect(await rows('select from lowered')).toEqual([]);
}, 60_000);
