// What the fault specs share: load on the systems of record, and the questions that must have one answer afterwards.
import { eventually } from '@steward/testing';
import { Client } from 'pg';
import type { SandboxCollection, SandboxControl, SandboxRecord } from '../clients/sandbox.client';
import type { System } from '../system/system';

/** Seeded, so that a printed seed repeats the schedule (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export const oneOf = <T>(random: () => number, items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;

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

/** What differs between the sandbox and the storefront, in words; empty when they agree on every key. */
export async function differences(system: System): Promise<string[]> {
  const [{ products, stock, prices }, shown] = await Promise.all([recordsOf(system), allShown(system.gatewayUrl)]);
  const sellable = new Map<string, number>();
  for (const { item, quantity, buffer } of stock as unknown as { item: string; quantity: number; buffer: number }[]) {
    sellable.set(item, (sellable.get(item) ?? 0) + Math.max(0, quantity - buffer));
  }
  const everyday = new Map(
    (prices as unknown as PriceList[]).flatMap(({ article, region, group, fromQuantity, starts, amount }) => (region === 'EU' && group === null && fromQuantity === 1 && starts === null ? [[article, amount] as const] : [])),
  );
  const published = products.filter((record) => record['state'] === 'published');
  const faults = published.flatMap((record) => differencesOf(record, shown.get(record.id), sellable, everyday));
  const ids = new Set(published.map(({ id }) => id));
  return [...faults, ...[...shown.keys()].filter((id) => !ids.has(id)).map((id) => `${id}: shown, but not in the sandbox`)];
}

/** Waits until storefront and sandbox agree on every key; a failure shows the first ten differences. */
export async function agreement(system: System, withinMs = 120_000): Promise<void> {
  const agree = async (): Promise<boolean> => {
    expect((await differences(system)).slice(0, 10)).toEqual([]);
    return true;
  };
  await eventually(agree, { withinMs, everyMs: 500 });
}

interface PriceList {
  readonly article: string;
  readonly region: string;
  readonly group: string | null;
  readonly fromQuantity: number;
  readonly starts: string | null;
  readonly amount: string;
}

function differencesOf(record: SandboxRecord, shown: Shown | undefined, sellable: Map<string, number>, everyday: Map<string, string>): string[] {
  if (!shown) return [`${record.id}: not shown`];
  const title = (record['labels'] as { en: { title: string } }).en.title;
  const faults = shown.name === title ? [] : [`${record.id}: shown as ${shown.name}, is ${title}`];
  const options = (record['options'] ?? []) as { sku: string }[];
  const expected = options.length > 0 ? options.map(({ sku }) => sku) : [record.id];
  for (const sku of expected) {
    const { availability: { quantity }, price } = shown.variants.find((variant) => variant.sku === sku) ?? shown;
    if (price.value?.amount !== everyday.get(sku)) faults.push(`${sku}: costs ${price.value?.amount}, is ${everyday.get(sku)}`);
    const known = sellable.get(sku);
    if (known !== undefined && quantity !== known) faults.push(`${sku}: shown ${quantity}, is ${known}`);
  }
  return faults;
}

async function withDatabase<T>(system: System, database: string, work: (client: Client) => Promise<T>): Promise<T> {
  const url = new URL(system.adminUrl);
  url.pathname = `/${database}`;
  const client = new Client(url.href);
  client.on('error', () => undefined);
  await client.connect();
  return work(client).finally(() => client.end());
}

/** Records every change of a stored part whose revision does not grow (I3), and every change of a document's. */
export async function auditRevisions(system: System): Promise<void> {
  await withDatabase(system, 'steward_gateway', (client) =>
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
  return withDatabase(system, 'steward_gateway', async (client) => {
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
    ['steward_pim', 'steward_erp', 'steward_pricing'].map((name) =>
      withDatabase(system, name, async (client) => Number((await client.query<{ n: number }>('select count(*)::int as n from outbox where published_at is null')).rows[0]?.n)),
    ),
  );
  return counts.reduce((sum, count) => sum + count, 0);
}
