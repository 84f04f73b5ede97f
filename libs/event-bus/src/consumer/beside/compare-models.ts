/** Holds the second model against the live one, and says whether it may take its place. */
import type { BesideComparison, Contract } from '@steward/contracts';
import type { Database } from '@steward/platform';
import type { PoolClient } from 'pg';
import { digestRoot } from '../../digest/digest';
import { lacking } from './fill';
import { inSecond, SECOND } from './second-schema';

/** Whether a state is another one: content that was edited under the same revision is. */
export const differs = `(l.revision, l.hash, l.changed_at, l.data::text) is distinct from (s.revision, s.hash, s.changed_at, s.data::text)`;

const comparison = `
  select count(*) filter (where s.data is not null and l.data is null)::float8 as added,
    count(*) filter (where s.key is not null and l.data is not null and ${differs})::float8 as changed,
    count(*) filter (where s.key is null and l.data is not null)::float8 as gone,
    (select count(*) from ${SECOND}.dead_letter d where d.entity = $1 and d.state = 'open')::float8 as refused,
    count(*) filter (where ${lacking})::float8 as lacking
  from (select * from public.stored_part where entity = $1) l full join (select * from ${SECOND}.stored_part where entity = $1) s on s.key = l.key`;

export interface Compared extends BesideComparison {
  /** What the live model has and the second has not. */
  readonly lacking: number;
}

export async function compareModels(tx: PoolClient, database: Database, contract: Contract, since: Date): Promise<Compared> {
  const { rows } = await tx.query<Pick<Compared, 'added' | 'changed' | 'gone' | 'refused' | 'lacking'>>({ name: 'steward_beside_compare', text: comparison, values: [contract.entity, since] });
  const found = rows[0] ?? { added: 0, changed: 0, gone: 0, refused: 0, lacking: 0 };
  const [live, second] = [await digestRoot(database, 'stored_part', contract.entity), await digestRoot(inSecond(database), 'stored_part', contract.entity)];
  return { entity: contract.entity, live, second, ...found };
}

/**
 * Why the second model must not take the place of the live one; undefined when it may. The contract says how much may go at once (X6): keys
 * that their owner does not have. What it has deleted it has announced, behind its own guard.
 */
export function refusalOf({ entity, live, gone, lacking: left }: Compared, { guard }: Pick<Contract, 'guard'>): string | undefined {
  if (left > 0) return `not caught up: ${entity} lacks ${String(left)} states of the live model`;
  const { max, ratio } = guard.delete;
  if (gone > max && gone > ratio * live.count) return `too small: ${String(gone)} of ${String(live.count)} keys of ${entity} would go, and its contract lets ${String(max)} or ${String(ratio * 100)} % go at once`;
  return undefined;
}
