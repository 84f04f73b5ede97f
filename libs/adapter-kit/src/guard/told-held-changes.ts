import { caseContract, type Case, contracts } from '@steward/contracts';
import { defineTold } from '@steward/event-bus';

/** As the driver gives it. */
interface HeldChangeRow {
  readonly id: string;
  readonly entity: string;
  readonly vendor: string;
  readonly rule: string | null;
  readonly kind: string;
  readonly count: string;
  readonly total: string;
  readonly detail: string;
  readonly owner: Case['owner'];
  readonly state: 'open' | 'released' | 'applied' | 'refused' | 'resolved';
  readonly opened_at: Date;
  readonly last_seen_at: Date;
  readonly closed_at: Date | null;
  readonly closed_by: string | null;
  readonly closed_reason: string | null;
}

/** What the owner let through is released, whether or not the feed has acted on it yet. */
const stateOf = (state: HeldChangeRow['state']): Case['state'] => (state === 'applied' ? 'released' : state);

/** X6: what the guard holds, as a case of its owner. Keys and values of what is held stay here, and are asked for at the door `held`. */
export const toldHeldChanges = defineTold<HeldChangeRow, Case>({
  contract: caseContract,
  table: 'held_change',
  select: 'entity, vendor, rule, kind, count, total, detail, owner, state, opened_at, last_seen_at, closed_at, closed_by, closed_reason',
  toData: (row, service) => {
    const contract = contracts.find(({ entity }) => entity === row.entity);
    return {
      caseId: row.id, service, kind: 'held-change', entity: row.entity, key: null, summary: `${row.detail}: ${row.count} of ${row.total} keys are held`.slice(0, 500), severity: 'critical',
      owner: row.owner, state: stateOf(row.state), openedAt: row.opened_at.toISOString(), lastSeenAt: row.last_seen_at.toISOString(),
      respondBy: contract === undefined ? null : new Date(row.opened_at.getTime() + contract.deadLetter.respondWithinMs).toISOString(),
      closedAt: row.closed_at?.toISOString() ?? null, closedBy: row.closed_by?.slice(0, 200) ?? null, closedReason: row.closed_reason?.slice(0, 2_000) ?? null,
      cause: null, exposure: null, counts: { affected: Number(row.count), total: Number(row.total) }, detail: { vendor: row.vendor, rule: row.rule, found: row.kind },
    };
  },
});
