/**
 * X6: what the guard did not let through, as one case for the owner.
 * 1. One open case a feed; seen again it is brought up to date, and a sound pass closes it.
 * 2. Released, it lets one deletion of at most its size through, each key still confirmed by the source.
 */
import type { Contract } from '@steward/contracts';
import { type Database, gauge, StewardError } from '@steward/platform';
import type { PoolClient } from 'pg';
import type { HeldKind } from './guard';

export interface HeldChange {
  readonly kind: HeldKind;
  readonly count: number;
  readonly total: number;
  readonly sample: readonly string[];
  readonly detail: string;
}

const held = gauge('steward_held_changes_open', 'Changes held by the guard, waiting for their owner (X6)', ['entity', 'kind']);
const kinds: readonly HeldKind[] = ['empty', 'truncated', 'shrunken'];

export class HeldChangeStore {
  constructor(
    private readonly contract: Contract,
    private readonly vendor: string,
  ) {}

  async hold(tx: Pick<PoolClient, 'query'>, change: HeldChange, at: Date): Promise<void> {
    const { entity, owner } = this.contract;
    await tx.query(
      `insert into held_change (entity, vendor, kind, count, total, sample, detail, owner, opened_at, last_seen_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)
        on conflict (entity, vendor) where state in ('open', 'released') do update set
          kind = excluded.kind, count = excluded.count, total = excluded.total, sample = excluded.sample, detail = excluded.detail,
          last_seen_at = excluded.last_seen_at, state = 'open'`,
      [entity, this.vendor, change.kind, change.count, change.total, JSON.stringify(change.sample), change.detail, JSON.stringify(owner), at],
    );
    for (const kind of kinds) held.set({ entity, kind }, kind === change.kind ? 1 : 0);
  }

  /** A pass was sound: there is nothing to be held any more. */
  async settle(tx: Pick<PoolClient, 'query'>, reason: string, at: Date): Promise<void> {
    const { entity } = this.contract;
    await tx.query(
      `update held_change set state = case state when 'released' then 'applied' else 'resolved' end, closed_at = $3, closed_reason = coalesce(closed_reason, $4)
        where entity = $1 and vendor = $2 and state in ('open', 'released')`,
      [entity, this.vendor, at, reason],
    );
    for (const kind of kinds) held.set({ entity, kind }, 0);
  }

  /** How many deletions the owner has let through. */
  async released(database: Pick<Database, 'query'>): Promise<number> {
    const [row] = await database.query<{ count: number }>(`select count from held_change where entity = $1 and vendor = $2 and state = 'released'`, [this.contract.entity, this.vendor]);
    return row?.count ?? 0;
  }
}

/** The owner's word (I6): who and why are kept with the case. The next full pass, due at once, acts on it. */
export async function decideHeldChange(database: Pick<Database, 'transaction'>, id: string, decision: 'release' | 'refuse', by: { actor: string; reason: string }): Promise<void> {
  await database.transaction(async (tx) => {
    const state = decision === 'release' ? 'released' : 'refused';
    const { rows } = await tx.query<{ entity: string; vendor: string }>(
      `update held_change set state = $2, closed_by = $3, closed_reason = $4, closed_at = case when $2 = 'refused' then now() end
        where id = $1 and state = 'open' returning entity, vendor`,
      [id, state, by.actor, by.reason],
    );
    const found = rows[0];
    if (found === undefined) throw new StewardError('HELD_CHANGE_UNKNOWN', id);
    if (decision === 'release') await tx.query('update feed set last_pass_at = to_timestamp(0) where entity = $1 and vendor = $2', [found.entity, found.vendor]);
  });
}
