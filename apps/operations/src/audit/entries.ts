/** How entries of the audit are shown: whole in the list, and short as the history of one thing. */
import type { Database } from '@steward/platform';
import { z } from 'zod';
import { type Answered, instant, storedInstant } from '../api/answer';
import { type Entry, outcomes } from './audited';

const said = { actor: z.string(), actorName: z.string(), act: z.string().describe('Verb and noun: `acknowledge group`.'), outcome: z.enum(outcomes), reason: z.string().nullable() };

export const auditEntry = z
  .object({
    ...said, owner: z.string(), sequence: z.int(), at: instant, subject: z.string(), before: z.unknown(), after: z.unknown(), traceId: z.string(),
    previous: z.string().describe('The hash of the entry before it of the same owner.'), hash: z.string(),
  })
  .meta({ id: 'AuditEntry', description: 'One act of a person, as it is hashed; `asked` and `failed` are of acts that another service carries out.' });

export const pastAct = z.object({ ...said, at: storedInstant }).meta({ id: 'PastAct', description: 'What somebody did to this thing.' });

export function shownEntry({ before, after, at, ...entry }: Entry): Answered<typeof auditEntry> {
  return { ...entry, at: at.toISOString(), before: before === null ? null : (JSON.parse(before) as unknown), after: after === null ? null : (JSON.parse(after) as unknown) };
}

/** The latest first. */
export async function historyOf(database: Pick<Database, 'query'>, owner: string, subject: string): Promise<readonly Answered<typeof pastAct>[]> {
  return database.query<Answered<typeof pastAct>>('select at, actor, actor_name as "actorName", act, outcome, reason from audit.entry where owner = $1 and subject = $2 order by sequence desc limit 50', [owner, subject]);
}
