import type { Database } from '@steward/platform';
import type { PoolClient } from 'pg';

export interface Attempts {
  readonly attempts: number;
  readonly firstAtMs: number;
}

/**
 * Counts one try in a transaction of its own: before the handling of a message that came a third time (C5b: poison that kills the
 * process still counts), after a failure of any other. Not synchronous: it must outlive this process, not PostgreSQL.
 */
export async function countAttempt(database: Database, consumer: string, messageId: string, now: Date): Promise<Attempts> {
  return database.transaction(async (tx) => {
    await tx.query('set local synchronous_commit = off');
    const { rows } = await tx.query<{ attempts: number; first_at: Date }>({
      name: 'steward_attempt',
      text: `insert into delivery_attempt (consumer, message_id, attempts, first_at) values ($1, $2, 1, $3)
        on conflict (consumer, message_id) do update set attempts = delivery_attempt.attempts + 1 returning attempts, first_at`,
      values: [consumer, messageId, now],
    });
    const row = rows[0];
    if (!row) throw new Error('the attempt was not counted');
    return { attempts: row.attempts, firstAtMs: row.first_at.getTime() };
  });
}

/** In the transaction that applies, or gives up, the messages. */
export async function forgetAttempts(tx: PoolClient, consumer: string, messageIds: readonly string[]): Promise<void> {
  await tx.query({ name: 'steward_attempt_forget', text: 'delete from delivery_attempt where consumer = $1 and message_id = any($2::uuid[])', values: [consumer, messageIds] });
}
