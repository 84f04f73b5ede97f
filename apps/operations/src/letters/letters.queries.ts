import type { CaseOwner } from '@steward/contracts';
import type { Database } from '@steward/platform';
import { instantSql, nameOfList, pageOf, pagePosition, type Page } from '../api/listing';
import { parseQuery, termOf, type Term } from '../query/grammar';
import { type Fields, whereOf } from '../query/where';

/** What letters are asked by, here and in the selection of a job. */
export const letterFields: Fields = {
  state: { kind: 'text', sql: 'l.state', values: ['open', 'superseded', 'redriven', 'discarded'] },
  class: { kind: 'text', sql: 'l.class' },
  owner: { kind: 'text', sql: 'l.owner_team' },
  consumer: { kind: 'text', sql: 'l.consumer' },
  service: { kind: 'text', sql: 'l.service' },
  entity: { kind: 'text', sql: 'l.entity' },
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

export interface LetterRow {
  readonly [column: string]: unknown;
  readonly letterId: string;
  readonly groupId: string;
  readonly service: string;
  readonly entity: string | null;
  readonly state: string;
  readonly class: string;
  readonly closedBy: string | null;
  readonly closedReason: string | null;
  readonly owner: CaseOwner;
}

const columns = `l.letter_id as "letterId", l.group_id as "groupId", l.service, l.consumer, l.kind, l.entity, l.key, l.system, l.class, l.code, l.message, l.frame, l.attempts, l.state,
  l.opened_at as "openedAt", l.last_seen_at as "lastSeenAt", l.respond_by as "respondBy", l.closed_at as "closedAt", l.closed_by as "closedBy", l.closed_reason as "closedReason", l.owner,
  l.traceparent, l.message_id as "messageId", l.revision, l.sequence, l.versions`;

export interface LettersAsked {
  readonly q?: string | undefined;
  readonly group?: string | undefined;
  readonly state?: string | undefined;
  readonly first: number;
  readonly after?: string | undefined;
}

/** The latest opened first. */
export async function listLetters(database: Pick<Database, 'query'>, { q, group, state, first, after }: LettersAsked, owners: readonly string[] | null): Promise<Page<object>> {
  const terms: Term[] = [...parseQuery(q ?? ''), ...termOf('group', group), ...termOf('state', state)];
  const list = nameOfList('letters', terms);
  const position = pagePosition(list, after, ['instant', 'string']);
  const parameters: unknown[] = [owners, ...(position ?? [null, null]), first + 1];
  const where = whereOf(terms, letterFields, letterWords, parameters);
  const rows = await database.query<LetterRow & { position: string }>(
    `select ${columns}, ${instantSql('l.opened_at')} as position from letter l
      where ($1::text[] is null or l.owner_team = any($1)) and ($2::timestamptz is null or (l.opened_at, l.letter_id) < ($2, $3)) and ${where}
      order by l.opened_at desc, l.letter_id desc limit $4`,
    parameters,
  );
  return pageOf(list, first, rows, (row) => [row.position, row.letterId], showLetter);
}

export async function findLetter(database: Pick<Database, 'query'>, id: string): Promise<LetterRow | undefined> {
  const [row] = await database.query<LetterRow>(`select ${columns} from letter l where l.letter_id = $1`, [id.replaceAll('\0', '')]);
  return row;
}

export function showLetter({ position: _position, ...rest }: LetterRow): object {
  return rest;
}
