/** Keys that are to be read again: named by a webhook, or refused as older (O7). */
import type { Database } from '@steward/platform';
import type { PoolClient } from 'pg';
import type { Hint } from '../source/define';

export interface Hints {
  readonly ids: readonly number[];
  /** By key, each once; the mark of its last hint. */
  readonly marks: ReadonlyMap<string, string | null>;
}

export async function storeHints(database: Pick<Database, 'transaction'>, hints: readonly Hint[], at: Date): Promise<void> {
  const byEntity = Map.groupBy(hints, ({ entity }) => entity);
  await database.transaction(async (tx) => {
    // A hint lost in a crash of the database is a webhook lost, for which there is the cursor: not worth a flush of the disk.
    await tx.query('set local synchronous_commit = off');
    for (const [entity, group] of byEntity) {
      const marks = new Map(group.map(({ key, mark }) => [key, mark ?? null]));
      await tx.query({
        name: 'kit-hint',
        text: 'insert into hint (entity, keys, marks, received_at) values ($1, $2, $3, $4)',
        values: [entity, [...marks.keys()], [...marks.values()], at],
      });
    }
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
  return { ids: rows.map(({ id }) => id), marks: new Map(rows.flatMap(({ keys, marks }) => keys.map((key, index) => [key, marks?.[index] ?? null]))) };
}

export async function dropHints(tx: PoolClient, ids: readonly number[]): Promise<void> {
  await tx.query({ name: 'kit-hints-drop', text: 'delete from hint where id = any($1::bigint[])', values: [ids] });
}
