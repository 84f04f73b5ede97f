/** What of each contract version is not through yet in the tables of one service. */
import { type BacklogAnswer, LETTERS_NAMED, type Waiting, type WaitingLetter } from '@steward/contracts';
import type { Database } from '@steward/platform';

interface Row {
  readonly system: string;
  readonly entity: string;
  readonly major: number;
  readonly count: number;
  readonly oldest: Date;
}

/** `<system>.<entity>.v<major>` as a type says it. A text of another form is of no contract of ours. */
const parts = (type: string): string => `split_part(${type}, '.', 1) as system, split_part(${type}, '.', 2) as entity, substr(split_part(${type}, '.', 3), 2)::int as major`;
const isType = (type: string): string => `${type} ~ '^[a-z0-9-]+[.][a-z0-9-]+[.]v[1-9][0-9]{0,8}$'`;

/** Of a subject: what comes before the key, without its first token. Letters of what could not be read from a source have none. */
const typeOfSubject = `substring(subject from '^(?:evt|cmd)[.]([^.]+[.][^.]+[.]v[0-9]+)[.]')`;

export async function readBacklog(database: Pick<Database, 'query'>): Promise<BacklogAnswer> {
  const outbox = await database.query<Row>(`select ${parts('type')}, count(*)::int as count, min(created_at) as oldest from outbox where published_at is null and ${isType('type')} group by type`);
  const held = await database.query<Row>(`select ${parts(`(envelope ->> 'type')`)}, count(*)::int as count, min(held_at) as oldest from held where ${isType(`(envelope ->> 'type')`)} group by envelope ->> 'type'`);
  const letters = await database.query<Row & { named: WaitingLetter[] }>(
    `select ${parts('type')}, count(*)::int as count, min(opened_at) as oldest,
        json_agg(json_build_object('id', id, 'consumer', consumer, 'key', key, 'class', class, 'system', split_part(type, '.', 1), 'entity', split_part(type, '.', 2), 'major', substr(split_part(type, '.', 3), 2)::int)
          order by opened_at, id) filter (where place <= ${String(LETTERS_NAMED)}) as named
      from (select l.*, ${typeOfSubject} as type, row_number() over (partition by ${typeOfSubject} order by opened_at, id) as place from dead_letter l where closed_at is null) open
      where ${isType('type')} group by type`,
  );
  return { outbox: outbox.map(toWaiting), held: held.map(toWaiting), letters: letters.map(({ named, ...row }) => ({ ...toWaiting(row), named })) };
}

const toWaiting = ({ system, entity, major, count, oldest }: Row): Waiting => ({ system, entity, major, count, oldestAt: oldest.toISOString() });
