// What the fault specs share: load on the systems of record, and the questions that must have one answer afterwards.
import { oneOf } from '@steward/platform';
import { eventually } from '@steward/testing';
import type { SandboxCollection, SandboxControl, SandboxRecord } from '../clients/sandbox.client';
import type { System } from '../system/system';
import { type Difference, sideBySide, withDatabase } from './side-by-side.spec';

export async function allRecords(sandbox: SandboxControl, collection: SandboxCollection): Promise<SandboxRecord[]> {
  return (await sandbox.list(collection)).items;
}

// Most changes are announced once, as they should be; the rest is what vendors really do.
const levers = ['', '', '', '', '', '', 'webhook=lose', 'webhook=twice', 'webhook=late', 'commitAfterMs=400'];

export interface Load {
  readonly written: number;
  stop(): Promise<void>;
}

export interface Records {
  readonly products: readonly SandboxRecord[];
  readonly stock: readonly SandboxRecord[];
  readonly prices: readonly SandboxRecord[];
}

export async function recordsOf({ sandbox }: System): Promise<Records> {
  const [products, stock, prices] = await Promise.all([allRecords(sandbox, 'pim/products'), allRecords(sandbox, 'erp/stock'), allRecords(sandbox, 'pricing/prices')]);
  return { products, stock, prices };
}

/** Keeps writing `perSecond` changes to the sandbox; what it refuses because it is dead is simply not written. */
export function startLoad(sandbox: SandboxControl, records: Records, perSecond: number, random: () => number): Load {
  const open = new Set<Promise<void>>();
  const load = { written: 0, stop: async () => undefined as void };
  const write = async (): Promise<void> => {
    const [collection, record] = oneOf(random, changes)(records, random);
    await sandbox.put(collection, record, oneOf(random, levers)).then(() => (load.written += 1), () => undefined);
  };
  let owed = 0;
  const timer = setInterval(() => {
    for (owed += perSecond / 50; owed >= 1; owed -= 1) {
      if (open.size > 200) continue; // the sandbox is down or slow: more requests would only queue
      const writing: Promise<void> = write().finally(() => open.delete(writing));
      open.add(writing);
    }
  }, 20);
  load.stop = async () => {
    clearInterval(timer);
    await Promise.all(open);
  };
  return load;
}

function edited(record: SandboxRecord, random: () => number): SandboxRecord {
  const labels = record['labels'] as Record<string, Record<string, unknown>>;
  const title = `${String(labels['en']?.['title']).replace(/ #\d+$/, '')} #${Math.floor(random() * 1e9)}`;
  return { ...record, labels: { ...labels, en: { ...labels['en'], title } } };
}

const counted = (record: SandboxRecord, random: () => number): SandboxRecord => ({ ...record, quantity: Math.floor(random() * 500) });

/** By a little only: what moves by more than half is held for its owner (X6). */
function repriced(record: SandboxRecord, random: () => number): SandboxRecord {
  const cents = Math.round(Number(record['amount']) * 100 * (0.95 + random() / 10));
  return { ...record, amount: `${String(Math.floor(cents / 100))}.${String(cents % 100).padStart(2, '0')}` };
}

const changes: readonly ((records: Records, random: () => number) => [SandboxCollection, SandboxRecord])[] = [
  (records, random) => ['pim/products', edited(oneOf(random, records.products), random)],
  (records, random) => ['erp/stock', counted(oneOf(random, records.stock), random)],
  (records, random) => ['pricing/prices', repriced(oneOf(random, records.prices), random)],
];

interface ShownSku {
  readonly availability: { readonly quantity: number | null; readonly state: string };
  readonly price: { readonly value: { readonly amount: string } | null };
}

interface Shown extends ShownSku {
  readonly id: string;
  readonly name: string;
  readonly variants: readonly (ShownSku & { readonly sku: string })[];
}

/** Every product of the storefront's list, all pages. */
export async function allShown(gatewayUrl: string): Promise<Map<string, Shown>> {
  const shown = new Map<string, Shown>();
  for (let after: string | null = ''; after !== null; ) {
    const answer: Response = await fetch(`${gatewayUrl}/v1/products?first=250${after === '' ? '' : `&after=${encodeURIComponent(after)}`}`, { signal: AbortSignal.timeout(10_000) });
    if (!answer.ok) throw new Error(`GET /v1/products: ${answer.status} ${await answer.text()}`);
    const page = (await answer.json()) as { items: Shown[]; page: { next: string | null } };
    for (const product of page.items) shown.set(product.id, product);
    after = page.page.next;
  }
  return shown;
}

/** What differs between the sandbox and the storefront; empty when they agree on every key. */
export async function differences(system: System): Promise<Difference[]> {
  const [records, held, shown] = await Promise.all([recordsOf(system), heldForOrders(system), allShown(system.gatewayUrl)]);
  const expected = expectedOf(records, held);
  const published = records.products.filter((record) => record['state'] === 'published');
  const ids = new Set(published.map(({ id }) => id));
  return [
    ...published.flatMap((record) => differencesOf(record, shown.get(record.id), expected)),
    ...[...shown.keys()].filter((id) => !ids.has(id)).map((id): Difference => ({ says: `${id}: shown, but not in the sandbox`, productId: id, system: 'pim', records: [] })),
  ];
}

/** Waits until storefront and sandbox agree on every key. `about` says with what the failing run can be repeated. */
export async function agreement(system: System, about: string): Promise<void> {
  const agree = async (): Promise<boolean> => {
    expect((await differences(system)).slice(0, 10).map(({ says }) => says)).toEqual([]);
    return true;
  };
  try {
    await eventually(agree, { withinMs: 120_000, everyMs: 500 });
  } catch (fault) {
    process.stdout.write(`${await sideBySide(system, await differences(system), about)}\n`);
    throw fault;
  }
}

interface PriceList {
  readonly article: string;
  readonly region: string;
  readonly group: string | null;
  readonly fromQuantity: number;
  readonly starts: string | null;
  readonly amount: string;
}

/** By SKU, what should be shown and the records that say so. */
interface Expected {
  readonly stock: ReadonlyMap<string, { sellable: number; owed: number; records: SandboxRecord[] }>;
  readonly price: ReadonlyMap<string, { amount: string; record: SandboxRecord }>;
}

/** By stock record; no system of record but the ledger knows it (ADR 0017). */
async function heldForOrders(system: System): Promise<ReadonlyMap<string, number>> {
  const { rows } = await withDatabase(system, 'erp', (client) => client.query<{ id: string; held: number }>(`select key as id, (data->>'reserved')::int as held from announced where entity = 'reserved-stock' and data is not null`));
  return new Map(rows.map(({ id, held }) => [id, held]));
}

function expectedOf({ stock, prices }: Records, held: ReadonlyMap<string, number>): Expected {
  const levels = new Map<string, { sellable: number; owed: number; records: SandboxRecord[] }>();
  for (const record of stock) {
    const { item, quantity, buffer } = record as unknown as { item: string; quantity: number; buffer: number };
    const known = levels.get(item) ?? { sellable: 0, owed: 0, records: [] };
    const reserved = held.get(record.id) ?? 0;
    // What was promised here and is not here any more is owed from elsewhere.
    levels.set(item, { sellable: known.sellable + Math.max(0, quantity - buffer - reserved), owed: known.owed + Math.max(0, reserved - quantity), records: [...known.records, record] });
  }
  const everyday = prices.flatMap((record) => {
    const { article, region, group, fromQuantity, starts, amount } = record as unknown as PriceList;
    return region === 'EU' && group === null && fromQuantity === 1 && starts === null ? [[article, { amount, record }] as const] : [];
  });
  return { stock: levels, price: new Map(everyday) };
}

function differencesOf(record: SandboxRecord, shown: Shown | undefined, expected: Expected): Difference[] {
  const productId = record.id;
  const ofProduct = (says: string): Difference => ({ says: `${productId}: ${says}`, productId, system: 'pim', records: [record] });
  if (!shown) return [ofProduct('not shown')];
  const title = (record['labels'] as { en: { title: string } }).en.title;
  const faults = shown.name === title ? [] : [ofProduct(`shown as ${shown.name}, is ${title}`)];
  const options = (record['options'] ?? []) as { sku: string }[];
  for (const sku of options.length > 0 ? options.map((option) => option.sku) : [productId]) {
    const { availability: { quantity }, price } = shown.variants.find((variant) => variant.sku === sku) ?? shown;
    const entry = expected.price.get(sku);
    if (price.value?.amount !== entry?.amount)
      faults.push({ says: `${sku}: costs ${price.value?.amount}, is ${entry?.amount}`, productId, system: 'pricing', records: entry ? [entry.record] : [] });
    const level = expected.stock.get(sku);
    const left = level === undefined ? 0 : Math.max(0, level.sellable - level.owed);
    if (level !== undefined && quantity !== left)
      faults.push({ says: `${sku}: shown ${quantity}, is ${left}`, productId, system: 'erp', records: level.records });
  }
  return faults;
}

/** Records every change of a stored part whose revision does not grow (I3), and every change of a document's. */
export async function auditRevisions(system: System): Promise<void> {
  await withDatabase(system, 'gateway', (client) =>
    client.query(`
      create table revision_audit (place text not null, key text not null, was bigint not null, becomes bigint not null);
      grant insert on revision_audit to gateway;
      create function audit_part() returns trigger language plpgsql as $$ begin
        if new.revision <= old.revision then insert into revision_audit values ('stored_part', old.key, old.revision, new.revision); end if;
        return new; end $$;
      create trigger audit_part before update on stored_part for each row execute function audit_part();
      create function audit_document() returns trigger language plpgsql as $$ begin
        if new.revision < old.revision then insert into revision_audit values ('document', old.product_id, old.revision, new.revision); end if;
        return new; end $$;
      create trigger audit_document before update on document for each row execute function audit_document();`),
  );
}

export interface Audit {
  /** Stored revisions that did not grow (I3). */
  readonly lowered: unknown[];
  /** (handler, message) pairs in the apply journal more than once (I2). */
  readonly doubled: unknown[];
  /** Events applied out of their gapless sequence (C5b). */
  readonly gaps: unknown[];
  /** Applied journal entries, so that an empty journal can't pass for a clean one. */
  readonly journal: number;
  /** Open dead letters: none, since no fault here is the message's own (C10). */
  readonly letters: unknown[];
}

export async function audit(system: System): Promise<Audit> {
  return withDatabase(system, 'gateway', async (client) => {
    const rows = async (text: string): Promise<Record<string, unknown>[]> => (await client.query<Record<string, unknown>>(text)).rows;
    return {
      lowered: await rows('select * from revision_audit limit 10'),
      doubled: await rows('select handler, message_id, count(*)::int as times from apply_journal group by 1, 2 having count(*) > 1 limit 10'),
      gaps: await rows(`
        select * from (
          select handler, entity, key, sequence, lag(sequence) over (partition by handler, entity, key order by id) as before
          from apply_journal where sequence is not null) journal
        where before is not null and sequence <> before + 1 limit 10`),
      journal: Number((await rows('select count(*)::int as entries from apply_journal'))[0]?.['entries']),
      letters: await rows(`select consumer, class, code, error, key from dead_letter where state = 'open' limit 10`),
    };
  });
}

/** Pending outbox rows of the adapters. */
export async function pendingOutbox(system: System): Promise<number> {
  const counts = await Promise.all(
    (['pim', 'erp', 'crm', 'oms', 'pricing', 'gateway'] as const).map((name) =>
      withDatabase(system, name, async (client) => Number((await client.query<{ n: number }>('select count(*)::int as n from outbox where published_at is null')).rows[0]?.n)),
    ),
  );
  return counts.reduce((sum, count) => sum + count, 0);
}
