/**
 * A database that comes back from a backup begins a new life (ADR 0024).
 * 1. It is found out at the start, by the place: cluster, timeline and database are others than those that the rows were written in.
 * 2. All numbers that it gives from then on, revisions and sequences, are above a floor that no earlier life can have reached.
 * 3. Everything that it has said it says again above the floor, in one transaction with the note that it has: what others hold of
 *    changes that the backup does not have is overwritten by what this database knows, and never the other way round.
 * 4. Whoever starts first begins the life; what is said again belongs to the sending side, before it sends anything.
 */
import type { Database, Logger } from '@steward/platform';
import type { PoolClient } from 'pg';
import type { Told } from '../tell/define-told';

/** More numbers than a key is given in a second. Floors are multiples of it: the seconds since 1970, times this. */
const numbersASecond = 2 ** 20;

/** C5b: the first message of a key in a new life has no predecessor that anybody could wait for. */
export const beginsLife = (sequence: number): boolean => sequence > numbersASecond && sequence % numbersASecond === 1;

/** As an expression; 0 in the first life. */
export const numberFloor = '(select coalesce(max(number_floor), 0) from database_life)';

// A standby that was promoted and a recovery to a point in time have a new timeline; a dump that was restored has a new database. All of
// them may lack what was committed before. A database that is upgraded in place says everything once more, which does no harm.
const place = `(select system_identifier from pg_control_system())::text || '/' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) || '/'
  || (select oid from pg_database where datname = current_database())`;

// The second restore of one backup must be above what the first one gave: that is what the time is for. Where the clock is wrong, the
// floor of the life before still counts.
const begin = `
insert into database_life (place, number_floor, said_again)
select here.place,
  case when last.place is null then 0 else greatest(floor(extract(epoch from clock_timestamp()))::bigint, last.number_floor / ${numbersASecond} + 1) * ${numbersASecond} end,
  last.place is null
from (select ${place} as place) here left join (select place, number_floor from database_life order by id desc limit 1) last on true
where last.place is distinct from here.place
returning number_floor::float8 as floor`;

/** To be called before anything is numbered; in any number of processes. */
export async function beginLife(database: Pick<Database, 'query' | 'transaction'>, logger: Logger): Promise<void> {
  // Without the lock first: whoever says everything again holds the table for as long as that takes.
  const [known] = await database.query<{ same: boolean }>(`select place = ${place} as same from database_life order by id desc limit 1`);
  if (known?.same === true) return;
  const floor = await database.transaction(async (tx) => {
    await tx.query('lock table database_life in exclusive mode');
    return (await tx.query<{ floor: number }>(begin)).rows[0]?.floor;
  });
  if (floor) logger.warn({ floor }, 'this database comes from a backup or another cluster: all it has said will be said again');
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
