/**
 * A database that is new, or comes back from a backup, begins a life (ADR 0024).
 * 1. It is found out at the start, by the place: cluster, timeline and database are others than those that the rows were written in.
 * 2. All numbers that it gives from then on, revisions and sequences, are above a floor that no earlier life can have reached. A new database
 *    has one too: it may stand in for one that was lost, and nothing in it says whether it does.
 * 3. Everything that it has said it says again above the floor, in one transaction with the note that it has: what others hold of
 *    changes that the backup does not have is overwritten by what this database knows, and never the other way round.
 * 4. The clock gives the floor and the broker proves it: before anything is sent in a life, the numbers that the streams have held are asked
 *    for, and where a clock was wrong the floor is raised above them.
 * 5. Whoever starts first begins the life; what is said again belongs to the sending side, before it sends anything.
 */
import type { Database, Logger } from '@steward/platform';
import type { PoolClient } from 'pg';
import type { Told } from '../tell/define-told';

/** More numbers than a key is given in a second. Floors are multiples of it: the seconds since 1970, times this. */
const numbersASecond = 2 ** 20;

/** C5b: the first message of a key in a new life has no predecessor that anybody could wait for. */
export const beginsLife = (sequence: number): boolean => sequence > numbersASecond && sequence % numbersASecond === 1;

/** As an expression. */
export const numberFloor = '(select coalesce(max(number_floor), 0) from database_life)';

// A standby that was promoted and a recovery to a point in time have a new timeline; a dump that was restored has a new database. All of
// them may lack what was committed before. A database that is upgraded in place says everything once more, which does no harm.
const place = `(select system_identifier from pg_control_system())::text || '/' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) || '/'
  || (select oid from pg_database where datname = current_database())`;

// The second restore of one backup must be above what the first one gave: that is what the time is for. Where the clock is wrong, the
// floor of the life before still counts. A database that has numbered already is older than the noting of lives, and goes on as it did.
const begin = `
insert into database_life (place, number_floor, said_again, proven)
select here.place,
  case when last.place is null and (exists (select from event_sequence) or exists (select from outbox)) then 0
    else greatest(floor(extract(epoch from clock_timestamp()))::bigint, coalesce(last.number_floor, 0) / ${numbersASecond} + 1) * ${numbersASecond} end,
  last.place is null, false
from (select ${place} as place) here left join (select place, number_floor from database_life order by id desc limit 1) last on true
where last.place is distinct from here.place
returning number_floor::float8 as floor, said_again as first`;

/** Call it before anything is numbered; any number of processes may. */
export async function beginLife(database: Pick<Database, 'query' | 'transaction'>, logger: Logger): Promise<void> {
  // Without the lock first: whoever says everything again holds the table for as long as that takes.
  const [known] = await database.query<{ same: boolean }>(`select place = ${place} as same from database_life order by id desc limit 1`);
  if (known?.same === true) return;
  const begun = await database.transaction(async (tx) => {
    await tx.query('lock table database_life in exclusive mode');
    return (await tx.query<{ floor: number; first: boolean }>(begin)).rows[0];
  });
  if (begun?.first === true) logger.info({ floor: begun.floor }, 'a new database: its numbers begin above all that a lost one can have given');
  else if (begun !== undefined) logger.warn({ floor: begun.floor }, 'this database comes from a backup or another cluster: all it has said will be said again');
}

/** The floor of the current life; 0 before any life has begun. */
export async function lifeFloor(database: Pick<Database, 'query'>): Promise<number> {
  const [row] = await database.query<{ floor: number }>(`select ${numberFloor}::float8 as floor`);
  return row?.floor ?? 0;
}

export async function isProven(database: Pick<Database, 'query'>): Promise<boolean> {
  return (await database.query('select from database_life where not proven')).length === 0;
}

/**
 * Once in a life, before anything is sent in it. `highest` = at least as high as any number that the streams have held. A new database of whose
 * streams anything was ever heard stands in for one that was lost: it does what a restored one does.
 */
export async function proveLife(database: Pick<Database, 'query'>, highest: number, logger: Logger): Promise<void> {
  const [proven] = await database.query<{ floor: number; raised: boolean; again: boolean }>(
    `update database_life l set proven = true, said_again = l.said_again and $1::bigint = 0,
        number_floor = case when before.number_floor > $1::bigint then before.number_floor else ($1::bigint / ${numbersASecond} + 1) * ${numbersASecond} end
      from (select id, number_floor from database_life where not proven for update) before where l.id = before.id
      returning l.number_floor::float8 as floor, l.number_floor > before.number_floor as raised, not l.said_again as again`,
    [highest],
  );
  if (proven?.again === true) logger.warn({ floor: proven.floor, highest }, 'the streams hold what an earlier database of this service has said: what this one says is above it');
  if (proven?.raised === true) logger.warn({ floor: proven.floor, highest }, 'the streams have held higher numbers than the clock of this database allows: its numbers begin above them');
}

/** Says again in the transaction what the service announces itself, above the floor. */
export type Renew = (tx: PoolClient, floor: number) => Promise<void>;

/** Returns whether there was something to say again. */
export async function sayAgain(database: Pick<Database, 'transaction'>, tells: readonly Told[], renew?: Renew): Promise<boolean> {
  return database.transaction(async (tx) => {
    // As many rows as the service has keys.
    await tx.query('set local statement_timeout = 0');
    const { rows } = await tx.query<{ floor: number }>('update database_life set said_again = true where not said_again returning number_floor::float8 as floor');
    if (rows.length === 0) return false;
    const floor = Math.max(...rows.map((row) => row.floor));
    // The mark moves with it: it is what keeps the trigger from counting a version of its own.
    for (const { table } of tells) await tx.query(`update ${table} set version = greatest(version, $1::bigint) + 1, told_version = -1`, [floor]);
    await renew?.(tx, floor);
    return true;
  });
}
