import type { Beat, Release } from '@steward/contracts';
import type { Database } from '@steward/platform';

export interface OwnProcess {
  readonly instance: string;
  readonly process: string;
  readonly release: Release;
  readonly startedAt: Date;
}

export async function recordLife(database: Pick<Database, 'query'>, { instance, process, release, startedAt }: OwnProcess): Promise<void> {
  await database.query(
    `insert into living_process (instance, process, release, started_at, seen_at) values ($1, $2, $3, $4, now())
      on conflict (instance) do update set process = $2, release = $3, started_at = $4, seen_at = now(), ended_at = null`,
    [instance, process, JSON.stringify(release), startedAt],
  );
}

export async function recordEnd(database: Pick<Database, 'query'>, instance: string): Promise<void> {
  await database.query('update living_process set seen_at = now(), ended_at = now() where instance = $1', [instance]);
}

/** Of the last quarter of an hour: who has been silent for longer is forgotten by operations too. Ages are the database's: clocks differ. */
export async function readBeats(database: Pick<Database, 'query'>): Promise<Beat[]> {
  const applied = (await database.query<{ name: string }>('select name from migrations order by id')).map(({ name }) => name);
  const rows = await database.query<{ instance: string; process: string; release: Release; started_at: Date; ago: number; ended: boolean }>(
    `select instance, process, release, started_at, greatest(0, extract(epoch from now() - seen_at) * 1000)::int as ago, ended_at is not null as ended
      from living_process where seen_at > now() - interval '15 minutes' order by instance`,
  );
  return rows.map(({ instance, process, release, started_at, ago, ended }) => ({ instance, process, release, applied, startedAt: started_at.toISOString(), seenAgoMs: ago, ended }));
}

export async function forgetLives(database: Pick<Database, 'query'>): Promise<void> {
  await database.query(`delete from living_process where seen_at < now() - interval '1 day'`);
}
