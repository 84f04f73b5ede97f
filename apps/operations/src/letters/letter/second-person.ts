/**
 * What is done by hand to money or stock needs two people (`fourEyes` of the contract): the first wants it, the second agrees, and may not
 * be the first. A wish that nobody answered is forgotten after a week: what was meant then may be wrong by now.
 */
import { contracts } from '@steward/contracts';
import type { Database } from '@steward/platform';
import type { PoolClient } from 'pg';
import type { Operator } from '../../api/roles';

export interface Wish {
  readonly actor: string;
  readonly reason: string;
}

const KEPT = '7 days';

export const needsTwo = (entity: string | null): boolean => contracts.some((contract) => contract.entity === entity && contract.fourEyes);

/** What somebody wanted already. */
export async function findWish(database: Pick<Database, 'query'>, letterId: string, act: string): Promise<Wish | undefined> {
  const [wish] = await database.query<Wish & Record<string, unknown>>(`select actor, reason from letter_wish where letter_id = $1 and act = $2 and at > now() - interval '${KEPT}'`, [letterId, act]);
  return wish;
}

export async function writeWish(tx: PoolClient, letterId: string, act: string, { id, name }: Operator, reason: string): Promise<void> {
  await tx.query(
    `insert into letter_wish (letter_id, act, actor, actor_name, reason) values ($1, $2, $3, $4, $5)
      on conflict (letter_id, act) do update set actor = excluded.actor, actor_name = excluded.actor_name, reason = excluded.reason, at = now() where letter_wish.at <= now() - interval '${KEPT}'`,
    [letterId, act, id, name, reason],
  );
}

/** false = somebody else agreed in this moment. */
export async function takeWish(tx: PoolClient, letterId: string, act: string): Promise<boolean> {
  const { rowCount } = await tx.query('delete from letter_wish where letter_id = $1 and act = $2', [letterId, act]);
  return rowCount === 1;
}
