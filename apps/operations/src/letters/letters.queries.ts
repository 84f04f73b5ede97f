import type { Database } from '@steward/platform';
import { z } from 'zod';
import { type Answered, owner, storedInstant } from '../api/answer';
import { entitiesKnown, servicesKnown } from '../query/known';
import { listOf } from '../query/list-of';
import type { Fields } from '../query/where';
import { classes } from './next-steps';

const states = ['open', 'superseded', 'redriven', 'discarded'] as const;

/** What letters are asked by, here and in the selection of a job. */
export const letterFields: Fields = {
  state: { kind: 'text', sql: 'l.state', values: states },
  class: { kind: 'text', sql: 'l.class', values: classes },
  owner: { kind: 'text', sql: 'l.owner_team' },
  consumer: { kind: 'text', sql: 'l.consumer' },
  service: { kind: 'text', sql: 'l.service', values: servicesKnown },
  entity: { kind: 'text', sql: 'l.entity', values: entitiesKnown },
  key: { kind: 'text', sql: 'l.key' },
  system: { kind: 'text', sql: 'l.system' },
  code: { kind: 'text', sql: 'l.code' },
  group: { kind: 'text', sql: 'l.group_id' },
  message: { kind: 'text', sql: 'l.message_id' },
  attempts: { kind: 'number', sql: 'l.attempts' },
  age: { kind: 'age', sql: 'l.opened_at' },
  overdue: { kind: 'flag', sql: `l.state = 'open' and l.respond_by <= now()` },
};
export const letterWords = ['l.message', 'l.code', 'l.key'];

export const letterView = z
  .object({
    letterId: z.string(), groupId: z.string(), service: z.string().describe('Who holds it, and acts on it.'), consumer: z.string(), kind: z.string(), entity: z.string().nullable(), key: z.string().nullable(), system: z.string().nullable(),
    class: z.string().describe('What kind of failure, and so what to try first.'), code: z.string().nullable(), message: z.string(), frame: z.string().nullable(), attempts: z.int(), state: z.enum(states),
    openedAt: storedInstant, lastSeenAt: storedInstant, respondBy: storedInstant.nullable(), closedAt: storedInstant.nullable(), closedBy: z.string().nullable().describe('`steward` = by itself.'), closedReason: z.string().nullable(),
    owner, traceparent: z.string().nullable(), messageId: z.string().nullable(), revision: z.int().nullable(), sequence: z.int().nullable(), versions: z.record(z.string(), z.string().nullable()),
  })
  .meta({ id: 'Letter', description: 'A message that could not be applied, as its holder tells of it; its payload stays there.' });
export type LetterRow = Answered<typeof letterView>;

const columns = `l.letter_id as "letterId", l.group_id as "groupId", l.service, l.consumer, l.kind, l.entity, l.key, l.system, l.class, l.code, l.message, l.frame, l.attempts, l.state,
  l.opened_at as "openedAt", l.last_seen_at as "lastSeenAt", l.respond_by as "respondBy", l.closed_at as "closedAt", l.closed_by as "closedBy", l.closed_reason as "closedReason", l.owner,
  l.traceparent, l.message_id as "messageId", l.revision, l.sequence, l.versions`;

/** The latest opened first. */
export const letters = listOf<LetterRow, LetterRow>({
  name: 'letters', columns, from: 'letter l', ownedBy: 'l.owner_team = any($1)', fields: letterFields, words: letterWords,
  order: [{ sql: 'l.opened_at', is: 'instant' }, { sql: 'l.letter_id', is: 'string' }], show: (row) => row,
});

export async function findLetter(database: Pick<Database, 'query'>, id: string): Promise<LetterRow | undefined> {
  const [row] = await database.query<LetterRow>(`select ${columns} from letter l where l.letter_id = $1`, [id.replaceAll('\0', '')]);
  return row;
}
