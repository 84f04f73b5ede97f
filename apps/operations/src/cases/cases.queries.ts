import type { Database } from '@steward/platform';
import { z } from 'zod';
import { type Answered, owner, storedInstant } from '../api/answer';
import { entitiesKnown, servicesKnown } from '../query/known';
import { listOf } from '../query/list-of';
import type { Fields } from '../query/where';

const states = ['open', 'released', 'refused', 'repaired', 'resolved'] as const;

const caseFields: Fields = {
  state: { kind: 'text', sql: 'c.state', values: states },
  kind: { kind: 'text', sql: 'c.kind', values: ['held-change', 'drift', 'broker-loss', 'duplicate', 'business'] },
  severity: { kind: 'text', sql: 'c.severity', values: ['info', 'warning', 'critical'] },
  owner: { kind: 'text', sql: 'c.owner_team' },
  service: { kind: 'text', sql: 'c.service', values: servicesKnown },
  entity: { kind: 'text', sql: 'c.entity', values: entitiesKnown },
  key: { kind: 'text', sql: 'c.key' },
  cause: { kind: 'text', sql: 'c.cause' },
  age: { kind: 'age', sql: 'c.opened_at' },
  overdue: { kind: 'flag', sql: `c.state = 'open' and c.respond_by <= now()` },
};

export const caseView = z
  .object({
    caseId: z.string(), service: z.string().describe('Who found it, and is asked to act on it.'), kind: z.string(), entity: z.string().nullable(), key: z.string().nullable().describe('null = of several keys, or of none.'),
    summary: z.string(), severity: z.string(), owner, state: z.enum(states), openedAt: storedInstant, lastSeenAt: storedInstant, respondBy: storedInstant.nullable(),
    closedAt: storedInstant.nullable(), closedBy: z.string().nullable().describe('`steward` = by itself.'), closedReason: z.string().nullable(), cause: z.string().nullable().describe('From evidence; null = none was looked for.'),
    exposure: z.object({ amount: z.number().nullable(), currency: z.string().nullable(), units: z.number().nullable() }).nullable().describe('What it costs as long as it is open; the amount in minor units.'),
    counts: z.object({ affected: z.int(), total: z.int().nullable() }).nullable(), detail: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'Case', description: 'What only a person can decide, or has to know of.' });
export type CaseRow = Answered<typeof caseView>;

const columns = `c.case_id as "caseId", c.service, c.kind, c.entity, c.key, c.summary, c.severity, c.owner, c.state, c.opened_at as "openedAt", c.last_seen_at as "lastSeenAt", c.respond_by as "respondBy",
  c.closed_at as "closedAt", c.closed_by as "closedBy", c.closed_reason as "closedReason", c.cause, c.exposure, c.counts, c.detail`;

/** The latest opened first. */
export const cases = listOf<CaseRow, CaseRow>({
  name: 'cases', columns, from: 'desk_case c', ownedBy: 'c.owner_team = any($1)', fields: caseFields, words: ['c.summary', 'c.key'],
  order: [{ sql: 'c.opened_at', is: 'instant' }, { sql: 'c.case_id', is: 'string' }], show: (row) => row,
});

export async function findCase(database: Pick<Database, 'query'>, id: string): Promise<CaseRow | undefined> {
  const [row] = await database.query<CaseRow>(`select ${columns} from desk_case c where c.case_id = $1`, [id.replaceAll('\0', '')]);
  return row;
}
