import { caseContract, type Case, type DriftRow } from '@steward/contracts';
import { defineTold } from '@steward/event-bus';

/** As the driver gives it. */
interface Row extends Pick<DriftRow, 'cause' | 'kind' | 'exposure' | 'authority' | 'fields' | 'evidence' | 'letter' | 'policy'> {
  readonly id: string;
  readonly name: string;
  readonly entity: string;
  readonly key: string;
  readonly state: DriftRow['state'];
  readonly repairs: number;
  readonly owner: Case['owner'];
  readonly opened_at: Date;
  readonly last_seen_at: Date;
  readonly respond_by: Date | null;
  readonly closed_at: Date | null;
  readonly closed_by: string | null;
  readonly closed_reason: string | null;
}

/** What a person accepted stays as it is: the wish for another state was refused. */
const states: Readonly<Record<DriftRow['state'], Case['state']>> = { open: 'open', repaired: 'repaired', resolved: 'resolved', accepted: 'refused' };

/** Drift as a case of its owner. Both sides and the values of fields stay here, and are asked for at the door of reconciliation. */
export const toldDrift = defineTold<Row, Case>({
  contract: caseContract,
  table: 'drift',
  select: 'name, entity, key, kind, cause, state, fields, authority, evidence, exposure, letter, owner, policy, repairs, opened_at, last_seen_at, respond_by, closed_at, closed_by, closed_reason',
  toData: (row, service) => ({
    caseId: row.id, service, kind: row.kind === 'business' ? 'business' : 'drift', entity: row.entity, key: row.key.slice(0, 1_000), summary: summaryOf(row), severity: severityOf(row),
    owner: row.owner, state: states[row.state], openedAt: row.opened_at.toISOString(), lastSeenAt: row.last_seen_at.toISOString(), respondBy: row.respond_by?.toISOString() ?? null,
    closedAt: row.closed_at?.toISOString() ?? null, closedBy: row.closed_by?.slice(0, 200) ?? null, closedReason: row.closed_reason?.slice(0, 2_000) ?? null,
    cause: row.cause, exposure: row.exposure, counts: null,
    detail: {
      check: row.name, drift: row.kind, authority: row.authority, fields: row.fields.map(({ pointer }) => pointer || 'all of it').join(', ').slice(0, 2_000), evidence: row.evidence.join('; ').slice(0, 2_000),
      policy: row.policy, repairs: row.repairs, letter: row.letter?.id ?? null, letterService: row.letter?.service ?? null,
    },
  }),
});

function summaryOf({ name, kind, cause, evidence }: Row): string {
  return (kind === 'business' ? (evidence[0] ?? name) : `${name}: ${kind}, ${cause}`).slice(0, 500);
}

/** Money that is gone or shown wrongly is looked at first. */
function severityOf({ kind, exposure, repairs }: Row): Case['severity'] {
  if (kind === 'business' || (exposure?.amount ?? 0) > 0) return 'critical';
  return repairs >= 3 ? 'critical' : 'warning';
}
