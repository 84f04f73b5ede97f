/** Keys that are to be read again: named by a webhook, or refused as older (O7). */
import type { Database } from '@steward/platform';
import type { PoolClient } from 'pg';
import type { Hint } from '../source/define';

export interface Hints {
  readonly ids: readonly number[];
  /** By key, each once; the mark of its last hint. */
  readonly marks: ReadonlyMap<string, string | null>;
  /** There may be others behind them. */
  readonly more: boolean;
}

// A hint lost in a crash of the database is a webhook lost, for which there is the cursor, and one that came back is read once
// more: neither is worth a flush of the disk. One statement each, because a burst of webhooks is many of them.
const lazily = `with lazy as materialized (select set_config('synchronous_commit', 'off', true) as setting)`;

/** Records keys to be read again. A hint may be lost in a crash of PostgreSQL: the next poll finds what it would have. */
export async function storeHints(database: Pick<Database, 'query'>, hints: readonly Hint[], at: Date): Promise<void> {
  for (const [entity, group] of Map.groupBy(hints, (hint) => hint.entity)) {
    const marks = new Map(group.map(({ key, mark }) => [key, mark ?? null]));
    await database.query(
      { name: 'kit-hint', text: `${lazily} insert into hint (entity, keys, marks, received_at) select $1, $2::text[], $3::text[], $4::timestamptz from lazy` },
      [entity, [...marks.keys()], [...marks.values()], at],
    );
  }
}

/** Keys that the source calls deleted, in the transaction that moves past the saying. Only what is announced and alive is in doubt. */
export async function storeDoubts(tx: Pick<PoolClient, 'query'>, entity: string, keys: readonly string[], at: Date): Promise<void> {
  if (keys.length === 0) return;
  await tx.query({
    name: 'kit-doubts',
    text: `insert into hint (entity, keys, received_at) select $1, array_agg(key), $3::timestamptz from announced
      where entity = $1 and key = any($2::text[]) and data is not null having count(*) > 0`,
    values: [entity, keys, at],
  });
}

/** The oldest hints that together name about as many keys. */
export async function takeHints(database: Pick<Database, 'query'>, entity: string, maxKeys: number): Promise<Hints> {
  const rows = await database.query<{ id: number; keys: string[]; marks: (string | null)[] | null }>(
    {
      name: 'kit-hints',
      text: `select id, keys, marks from (
          select id, keys, marks, sum(cardinality(keys)) over (order by id) - cardinality(keys) as before
          from (select id, keys, marks from hint where entity = $1 order by id limit $2) oldest) counted
        where before < $2 order by id`,
    },
    [entity, maxKeys],
  );
  const named = rows.reduce((sum, { keys }) => sum + keys.length, 0);
  return { ids: rows.map(({ id }) => id), more: named >= maxKeys, marks: new Map(rows.flatMap(({ keys, marks }) => keys.map((key, index) => [key, marks?.[index] ?? null]))) };
}

export async function dropHints(database: Pick<Database, 'query'>, ids: readonly number[]): Promise<void> {
  await database.query({ name: 'kit-hints-drop', text: `${lazily} delete from hint using lazy where id = any($1::bigint[])` }, [ids]);
}
