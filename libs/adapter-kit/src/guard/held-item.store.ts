/**
 * X6: suspicious changes, passed and held.
 * 1. An item is held in the transaction that moves the cursor past it (I5), under the one open case of its rule.
 * 2. A case ends with its last item: announced because it was released, or superseded by a sound value.
 */
import type { Contract } from '@steward/contracts';
import type { Database } from '@steward/platform';
import type { PoolClient } from 'pg';
import { describeRule, type NamedRule, windowStart } from './change-rules';
import type { Standing } from './judge';

type Query = Pick<Database, 'query'>;
type Tx = Pick<PoolClient, 'query'>;

/** Held keys with the read that showed their item, and the rules that have an open case. */
export async function loadHeld(database: Query, entity: string): Promise<{ held: ReadonlyMap<string, number>; open: string[] }> {
  const items = await database.query<{ key: string; read_no: number }>('select key, read_no from held_item where entity = $1', [entity]);
  const cases = await database.query<{ rule: string }>(openRules, [entity]);
  return { held: new Map(items.map(({ key, read_no }) => [key, read_no])), open: cases.map(({ rule }) => rule) };
}

const openRules = `select rule from held_change where entity = $1 and rule is not null and state = 'open'`;

/** At most one more than `most`. */
export async function heldKeys(database: Query, entity: string, most: number): Promise<string[]> {
  const rows = await database.query<{ key: string }>({ name: 'kit-held-keys', text: 'select key from held_item where entity = $1 order by key limit $2' }, [entity, most + 1]);
  return rows.map(({ key }) => key);
}

/** A rule of the contract of this entity. */
interface Guarded {
  readonly entity: string;
  readonly rule: NamedRule;
}

interface StandingRow {
  others: number;
  alive: number | null;
  held: { key: string; rule: string; becomes: string; released: boolean }[] | null;
}

/** Keys that are counted already count once, however often they change. All are counted only when `max` is exceeded: they may be many. */
export async function standingOf(tx: Tx, { entity, rule }: Guarded, keys: readonly string[], now: Date): Promise<Standing> {
  const { rows } = await tx.query<StandingRow>(
    `with broke as (
        select key from suspicious_change where entity = $1 and rule = $2 and at > $4
        union select key from held_item where entity = $1 and rule = $2 and not released
      ), others as (select count(*)::int as count from broke where key <> all($3::text[]))
      select o.count as others,
        case when o.count + cardinality($3::text[]) > $5 then (select count(*)::int from announced where entity = $1 and data is not null) end as alive,
        (select json_agg(json_build_object('key', key, 'rule', rule, 'becomes', becomes, 'released', released)) from held_item where entity = $1 and key = any($3::text[])) as held
      from others o`,
    [entity, rule.name, keys, windowStart(now), rule.max],
  );
  const { others = 0, alive = null, held = null } = rows[0] ?? {};
  return { others, alive, held: new Map((held ?? []).map((item) => [item.key, item])) };
}

export async function rememberPassed(tx: Tx, { entity, rule }: Guarded, keys: readonly string[], now: Date): Promise<void> {
  await tx.query(
    `with past as (delete from suspicious_change where entity = $1 and at <= $5 and key <> all($3::text[]))
      insert into suspicious_change (entity, rule, key, at) select $1, $2, unnest($3::text[]), $4
      on conflict (entity, rule, key) do update set at = excluded.at`,
    [entity, rule.name, keys, now, windowStart(now)],
  );
}

export interface NewItem {
  readonly key: string;
  readonly becomes: string;
  readonly body: string;
}

interface Holding {
  readonly contract: Contract;
  readonly vendor: string;
  readonly rule: NamedRule;
  readonly read: { readonly no: number; readonly at: Date };
}

export async function holdItems(tx: Tx, items: readonly NewItem[], { contract, vendor, rule, read }: Holding): Promise<void> {
  const { entity, owner } = contract;
  await tx.query(
    `with opened as (
        insert into held_change (entity, vendor, rule, kind, count, total, sample, detail, owner, opened_at, last_seen_at)
        select $1, $2, $3, $4, 0, (select count(*) from announced where entity = $1 and data is not null), '[]', $5, $6, $7, $7
        on conflict (entity, rule) where rule is not null and state = 'open' do update set total = excluded.total, last_seen_at = excluded.last_seen_at
        returning id
      )
      insert into held_item as h (entity, key, case_id, rule, was, becomes, body, read_no, held_at)
      select $1, u.key, o.id, $3, a.data->>$8, u.becomes, u.body::json, $9, $7
      from opened o, unnest($10::text[], $11::text[], $12::text[]) as u(key, becomes, body) left join announced a on a.entity = $1 and a.key = u.key
      on conflict (entity, key) do update set
        case_id = excluded.case_id, rule = excluded.rule, was = excluded.was, becomes = excluded.becomes, body = excluded.body,
        read_no = excluded.read_no, held_at = excluded.held_at, released = false
      where h.read_no < excluded.read_no`,
    [entity, vendor, rule.name, rule.when, describeRule(rule), JSON.stringify(owner), read.at, rule.field, read.no, items.map(({ key }) => key), items.map(({ becomes }) => becomes), items.map(({ body }) => body)],
  );
}

export async function dropItems(tx: Tx, entity: string, keys: readonly string[]): Promise<void> {
  await tx.query('delete from held_item where entity = $1 and key = any($2::text[])', [entity, keys]);
}

/** Brings cases up to date with their items, and returns the rules that have an open one. */
export async function recountCases(tx: Tx, entity: string, now: Date): Promise<string[]> {
  await tx.query(
    `update held_change c set count = n.count, sample = n.sample
      from (select case_id, count(*) as count,
          json_agg(json_build_object('key', key, 'was', left(was, 100), 'becomes', left(becomes, 100)) order by key) filter (where place <= ${sampleSize}) as sample
        from (select *, row_number() over (partition by case_id order by key) as place from held_item where entity = $1) i group by case_id) n
      where c.id = n.case_id`,
    [entity],
  );
  await tx.query(
    `update held_change c set state = case state when 'released' then 'applied' else 'resolved' end, closed_at = $2,
        closed_reason = coalesce(closed_reason, 'the source says something sound by now')
      where entity = $1 and rule is not null and state in ('open', 'released') and not exists (select from held_item where case_id = c.id)`,
    [entity, now],
  );
  const { rows } = await tx.query<{ rule: string }>(openRules, [entity]);
  return rows.map(({ rule }) => rule);
}

const sampleSize = 20;
