/**
 * What this service knows of one SKU, order or customer: what it said, what waits, what it applied, what stopped it. For a person who asks,
 * now and then: it looks through the rows, no index is paid for it, and it gives up in time.
 * 1. No payload leaves by this door; a summary says states and numbers.
 * 2. A row is about the thing when its key is it, begins with it (`<sku>@<location>`), or its content names it in the field of that name.
 */
import type { TraceAnswer, TraceEntry, TraceQuestion } from '@steward/contracts';
import type { Database } from '@steward/platform';
import type { PoolClient } from 'pg';
import { z } from 'zod';

const id = z.string().min(1).max(1_000);
const traceQuestion = z.union([z.strictObject({ sku: id }), z.strictObject({ orderId: id }), z.strictObject({ customerId: id })], { error: 'one of sku, orderId, customerId' });

const LOOKS_FOR_MS = 4_000;
/** Of each kind; a thing with more is one of which the newest are wanted. */
const MOST = 100;

/** Where each kind is found, if the service has the table; $1 entities and $2 keys of the same place in both, $3 how many. */
const sources: Readonly<Record<string, string>> = {
  announced: `
    select a.changed_at as at, 'announced' as what, a.entity, a.key, a.revision::float8 as revision, null::float8 as sequence, a.message_id::text as "messageId",
      o.origin, o.traceparent, case when a.data is null then 'deleted' else 'announced' end as summary
    from announced a join wanted w on (w.entity, w.key) = (a.entity, a.key)
    left join lateral (select origin, traceparent from outbox where message_id = a.message_id limit 1) o on true`,
  outbox: `
    select o.event_time as at, case when o.published_at is null then 'outbox' else 'announced' end as what, o.entity, o.key, o.revision::float8 as revision, o.sequence::float8 as sequence,
      o.message_id::text as "messageId", o.origin, o.traceparent, case when o.published_at is null then 'waits to be published' when o.tombstone then 'deleted' else 'published' end as summary
    from outbox o join wanted w on (w.entity, w.key) = (o.entity, o.key)`,
  stored_part: `
    select s.applied_at as at, 'applied' as what, s.entity, s.key, s.revision::float8 as revision, null::float8 as sequence, s.message_id::text as "messageId", s.origin, null as traceparent,
      case when s.data is null then 'applied: deleted' else 'applied' end as summary
    from stored_part s join wanted w on (w.entity, w.key) = (s.entity, s.key)`,
  dead_letter: `
    select d.opened_at as at, 'letter' as what, d.entity, d.key, d.revision::float8 as revision, d.sequence::float8 as sequence, d.message_id as "messageId", null as origin, d.traceparent,
      d.state || ' letter of ' || d.consumer || ' (' || d.class || '), ' || d.attempts || ' tries' as summary
    from dead_letter d join wanted w on (w.entity, w.key) = (d.entity, d.key)`,
  held_item: `
    select h.held_at as at, 'held' as what, h.entity, h.key, null::float8 as revision, null::float8 as sequence, null as "messageId", null as origin, null as traceparent, 'held by the guard: ' || h.rule as summary
    from held_item h join wanted w on (w.entity, w.key) = (h.entity, h.key)`,
  effect: `
    select coalesce(e.settled_at, e.submitted_at, e.created_at) as at, 'effect' as what, e.kind as entity, e.key, null::float8 as revision, null::float8 as sequence, null as "messageId", null as origin, e.traceparent,
      e.state || ', ' || e.attempts || ' tries' as summary
    from effect e where split_part(e.key, ':', 1) = any($2::text[])`,
};

type Row = Omit<TraceEntry, 'at' | 'service'> & { readonly at: Date };

export async function readTrace(database: Pick<Database, 'transaction'>, service: string, asked: unknown): Promise<TraceAnswer> {
  const question = traceQuestion.parse(asked);
  return database.transaction(async (tx) => {
    await tx.query(`set local statement_timeout = ${String(LOOKS_FOR_MS)}`);
    const tables = await tablesOf(tx);
    const wanted = await placesOf(tx, tables, question);
    const entries: TraceEntry[] = [];
    for (const [table, statement] of Object.entries(sources)) {
      if (!tables.has(table)) continue;
      const { rows } = await tx.query<Row>(`with wanted as (select * from unnest($1::text[], $2::text[]) as w (entity, key)) ${statement} order by at desc limit $3`, [wanted.map(({ entity }) => entity), wanted.map(({ key }) => key), MOST]);
      entries.push(...rows.map((row) => ({ ...row, service, at: row.at.toISOString() })));
    }
    return once(entries).toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at));
  });
}

async function tablesOf(tx: Pick<PoolClient, 'query'>): Promise<ReadonlySet<string>> {
  const { rows } = await tx.query<{ name: string }>('select name from unnest($1::text[]) as t (name) where to_regclass(name) is not null', [Object.keys(sources)]);
  return new Set(rows.map(({ name }) => name));
}

interface Place {
  readonly entity: string;
  readonly key: string;
}

/** The thing itself stands for what has been deleted, or is only on its way. */
async function placesOf(tx: Pick<PoolClient, 'query'>, tables: ReadonlySet<string>, question: TraceQuestion): Promise<Place[]> {
  const [[field, value] = ['', '']] = Object.entries(question);
  const found = new Map<string, Place>();
  for (const table of ['announced', 'stored_part', 'dead_letter', 'held_item', 'outbox'].filter((each) => tables.has(each))) {
    const content = { announced: 'data::text', stored_part: 'data::text', outbox: 'body' }[table];
    const named = content === undefined ? '' : `or strpos(${content}, $3) > 0`;
    const { rows } = await tx.query<Place>(
      `select distinct entity, key from ${table} where entity is not null and key is not null and (key = $1 or starts_with(key, $2) ${named}) limit ${String(MOST)}`,
      content === undefined ? [value, `${value}@`] : [value, `${value}@`, `${JSON.stringify(field)}:${JSON.stringify(value)}`],
    );
    for (const place of rows) found.set(`${place.entity}/${place.key}`, place);
  }
  if (found.size === 0 && tables.has('effect')) return [{ entity: '', key: value }];
  return [...found.values()];
}

/** The newest announcement stands in two tables. */
function once(entries: readonly TraceEntry[]): TraceEntry[] {
  const said = new Map<string, TraceEntry>();
  for (const entry of entries) {
    const name = entry.messageId === null ? `${entry.what} ${entry.entity} ${entry.key} ${entry.at}` : `${entry.what} ${entry.messageId}`;
    if (!said.has(name)) said.set(name, entry);
  }
  return [...said.values()];
}
