import type { PoolClient } from 'pg';
import type { Envelope } from '../../envelope';

/** T4: stored state can't show that an effect happened twice; this can. Written in the transaction of the effect, in tests only. */
export async function writeJournal(tx: PoolClient, handler: string, entity: string, envelopes: readonly Envelope[]): Promise<void> {
  await tx.query({
    name: 'steward_journal',
    text: `insert into apply_journal (handler, entity, key, revision, sequence, message_id, origin)
      select $1, $2, u.key, u.revision, u.sequence, u.message_id, u.origin
      from unnest($3::text[], $4::bigint[], $5::bigint[], $6::uuid[], $7::text[]) as u(key, revision, sequence, message_id, origin)`,
    values: [
      handler, entity, envelopes.map((each) => each.key), envelopes.map((each) => each.revision), envelopes.map((each) => each.sequence),
      envelopes.map((each) => each.id), envelopes.map((each) => each.origin),
    ],
  });
}
