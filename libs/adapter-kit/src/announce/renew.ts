/**
 * What an adapter does when its database comes from a backup (ADR 0024), in the transaction that says everything again.
 * 1. Each announced state, tombstones included, gets a revision above the floor; the outbox says it again, behind live changes.
 * 2. Keys that are new to this database begin above the floor too.
 * 3. Each source is read through at once: what was deleted there since the backup is in no list of changes.
 * 4. Effects that the backup does not know, or knows as unsent, may have happened: they are asked for before they are sent (ADR 0018).
 */
import type { Contract } from '@steward/contracts';
import { outboxRetentionMs, scrubDigest } from '@steward/event-bus';
import type { PoolClient } from 'pg';
import { lockAnnouncing, rebuildStream } from './announced.store';

export async function renewAnnounced(tx: PoolClient, system: string, contracts: readonly Contract[], floor: number): Promise<void> {
  await lockAnnouncing(tx);
  for (const contract of contracts) {
    await tx.query('update announced set revision = greatest(revision, $2::bigint) + 1, message_id = uuidv7() where entity = $1', [contract.entity, floor]);
    await scrubDigest(tx, 'announced', contract.entity);
    await rebuildStream(tx, contract, system, null);
  }
  await tx.query('update feed set revision_floor = greatest(revision_floor, $1::bigint), last_pass_at = null', [floor]);
  await tx.query('update own_state set revision_floor = greatest(revision_floor, $1::bigint)', [floor]);
  // As long as commands are kept by those who sent them: so long they may come again.
  await tx.query('insert into effect_doubt (since, until) values (now(), now() + make_interval(secs => $1))', [outboxRetentionMs / 1_000]);
  await tx.query(`update effect set state = 'unknown', submitted_at = now(), next_at = now() where state = 'intended' and abandoned_at is null`);
}
