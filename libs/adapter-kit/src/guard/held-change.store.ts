/**
 * X6: deletions that the guard did not let through, as one case for the owner.
 * 1. One open case a feed; seen again it is brought up to date, and a sound pass closes it.
 * 2. Released, it lets one deletion of at most its size through, each key still confirmed by the source.
 */
import type { Contract } from '@steward/contracts';
import { type Database, gauge } from '@steward/platform';
import type { PoolClient } from 'pg';
import type { HeldKind } from './judge';

interface HeldChange {
  readonly kind: HeldKind;
  readonly count: number;
  readonly total: number;
  readonly sample: readonly string[];
  readonly detail: string;
}

/** `kind` = what a full pass found, or the name of a rule. */
export const openCases = gauge('steward_held_changes_open', 'Changes held by the guard, waiting for their owner (X6)', ['entity', 'kind']);
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
        on conflict (entity, vendor) where rule is null and state in ('open', 'released') do update set
          kind = excluded.kind, count = excluded.count, total = excluded.total, sample = excluded.sample, detail = excluded.detail,
          last_seen_at = excluded.last_seen_at, state = 'open'`,
      [entity, this.vendor, change.kind, change.count, change.total, JSON.stringify(change.sample), change.detail, JSON.stringify(owner), at],
    );
    for (const kind of kinds) openCases.set({ entity, kind }, kind === change.kind ? 1 : 0);
  }

  /** A pass was sound: there is nothing to be held any more. */
  async settle(tx: Pick<PoolClient, 'query'>, reason: string, at: Date): Promise<void> {
    const { entity } = this.contract;
    await tx.query(
      `update held_change set state = case state when 'released' then 'applied' else 'resolved' end, closed_at = $3, closed_reason = coalesce(closed_reason, $4)
        where entity = $1 and vendor = $2 and rule is null and state in ('open', 'released')`,
      [entity, this.vendor, at, reason],
    );
    for (const kind of kinds) openCases.set({ entity, kind }, 0);
  }

  /** How many deletions the owner has let through. */
  async released(database: Pick<Database, 'query'>): Promise<number> {
    const [row] = await database.query<{ count: number }>(`select count from held_change where entity = $1 and vendor = $2 and rule is null and state = 'released'`, [this.contract.entity, this.vendor]);
    return row?.count ?? 0;
  }
}
