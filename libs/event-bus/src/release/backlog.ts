/** What of each contract version is not through yet in the tables of one service. */
import { type BacklogAnswer, type Contract, currentContracts, LETTERS_NAMED, type Waiting, type WaitingLetter } from '@steward/contracts';
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

/** Living rows only: a tombstone says nothing in any version. Contracts that have had one version cost nothing here. */
async function writtenBefore(database: Pick<Database, 'query'>, service: string, tables: readonly string[], known: readonly Contract[]): Promise<Waiting[]> {
  const changed = known.filter(({ major }) => major > 1);
  if (changed.length === 0) return [];
  const there = await database.query<{ name: string }>('select name from unnest($1::text[]) as t (name) where to_regclass(name) is not null', [tables]);
  const found = await Promise.all(there.map(({ name }) => database.query<Row>(
    `select $1 as system, t.entity, t.major, count(*)::int as count, min(t.changed_at) as oldest
      from unnest($2::text[], $3::smallint[]) as newest(entity, major) join ${name} t on t.entity = newest.entity and t.major <> newest.major
      where t.data is not null group by t.entity, t.major`,
    [service, changed.map(({ entity }) => entity), changed.map(({ major }) => major)])));
  return found.flat().map(toWaiting);
}

/** `known` = the newest version of each contract. */
export async function readBacklog(database: Pick<Database, 'query'>, service: string, known: readonly Contract[] = currentContracts): Promise<BacklogAnswer> {
  const outbox = await database.query<Row>(`select ${parts('type')}, count(*)::int as count, min(created_at) as oldest from outbox where published_at is null and ${isType('type')} group by type`);
  const held = await database.query<Row>(`select ${parts(`(envelope ->> 'type')`)}, count(*)::int as count, min(held_at) as oldest from held where ${isType(`(envelope ->> 'type')`)} group by envelope ->> 'type'`);
  const letters = await database.query<Row & { named: WaitingLetter[] }>(
    `select ${parts('type')}, count(*)::int as count, min(opened_at) as oldest,
        json_agg(json_build_object('id', id, 'consumer', consumer, 'key', key, 'class', class, 'system', split_part(type, '.', 1), 'entity', split_part(type, '.', 2), 'major', substr(split_part(type, '.', 3), 2)::int)
          order by opened_at, id) filter (where place <= ${String(LETTERS_NAMED)}) as named
      from (select l.*, ${typeOfSubject} as type, row_number() over (partition by ${typeOfSubject} order by opened_at, id) as place from dead_letter l where closed_at is null) open
      where ${isType('type')} group by type`,
  );
  return {
    outbox: outbox.map(toWaiting), held: held.map(toWaiting), letters: letters.map(({ named, ...row }) => ({ ...toWaiting(row), named })),
    announced: await writtenBefore(database, service, ['announced', 'told'], known), stored: await writtenBefore(database, service, ['stored_part'], known),
  };
}

const toWaiting = ({ system, entity, major, count, oldest }: Row): Waiting => ({ system, entity, major, count, oldestAt: oldest.toISOString() });
