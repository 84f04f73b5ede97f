import type { Database } from '@steward/platform';
import type { PoolClient } from 'pg';

/** A full pass under way; all of it is in the table, so that a killed process goes on where it was. */
export interface Pass {
  readonly id: string;
  readonly cursor: string | null;
  /** Taken at its start: only keys read before it can be missing because of it (O7). */
  readonly readNo: number;
  readonly startedAt: Date;
  /** The smallest total the source named, null where it names none. */
  readonly total: number | null;
  /** Items that did not even show a key. */
  readonly nameless: number;
  /** The last page is in; what is missing can be decided. */
  readonly read: boolean;
}

export interface FeedState {
  readonly revisionFloor: number;
  readonly cursor: string | null;
  /** When the cursor first reached the end of what there was. */
  readonly importedAt: Date | null;
  /** Where the strict cursor stood when the last complete overlap read began. */
  readonly overlapBase: string | null;
  readonly completeUpTo: Date | null;
  readonly lastPassAt: Date | null;
  readonly pass: Pass | null;
}

interface Row {
  revision_floor: number;
  cursor: string | null;
  imported_at: Date | null;
  overlap_base: string | null;
  complete_up_to: Date | null;
  last_pass_at: Date | null;
  pass_id: string | null;
  pass_cursor: string | null;
  pass_read_no: number;
  pass_started_at: Date;
  pass_total: number | null;
  pass_nameless: number;
  pass_read: boolean;
}

export class FeedStore {
  constructor(
    private readonly entity: string,
    private readonly vendor: string,
  ) {}

  /** Makes the row if there is none. */
  async load(database: Pick<Database, 'query'>): Promise<FeedState> {
    const key = [this.entity, this.vendor];
    await database.query('insert into feed (entity, vendor) values ($1, $2) on conflict do nothing', key);
    const [row] = await database.query<Row & Record<string, unknown>>('select * from feed where entity = $1 and vendor = $2', key);
    if (row === undefined) throw new TypeError(`no row of feed ${key.join('/')}`);
    return {
      revisionFloor: row.revision_floor,
      cursor: row.cursor,
      importedAt: row.imported_at,
      overlapBase: row.overlap_base,
      completeUpTo: row.complete_up_to,
      lastPassAt: row.last_pass_at,
      pass:
        row.pass_id === null
          ? null
          : { id: row.pass_id, cursor: row.pass_cursor, readNo: row.pass_read_no, startedAt: row.pass_started_at, total: row.pass_total, nameless: row.pass_nameless, read: row.pass_read },
    };
  }

  async raiseRevisionFloor(tx: Pick<PoolClient, 'query'>, floor: number): Promise<void> {
    await tx.query('update feed set revision_floor = greatest(revision_floor, $3) where entity = $1 and vendor = $2', [this.entity, this.vendor, floor]);
  }

  async moveCursor(tx: PoolClient, cursor: string, importedAt: Date | null): Promise<void> {
    await tx.query({
      name: 'kit-cursor',
      text: 'update feed set cursor = $3, imported_at = coalesce(imported_at, $4) where entity = $1 and vendor = $2',
      values: [this.entity, this.vendor, cursor, importedAt],
    });
  }

  async overlapDone(tx: PoolClient, base: string, completeUpTo: Date): Promise<void> {
    await tx.query('update feed set overlap_base = $3, complete_up_to = greatest(complete_up_to, $4) where entity = $1 and vendor = $2', [this.entity, this.vendor, base, completeUpTo]);
  }

  async beginPass(tx: PoolClient, pass: Pass): Promise<void> {
    await tx.query(
      `update feed set pass_id = $3, pass_cursor = null, pass_read_no = $4, pass_started_at = $5, pass_total = null, pass_nameless = 0, pass_read = false
        where entity = $1 and vendor = $2`,
      [this.entity, this.vendor, pass.id, pass.readNo, pass.startedAt],
    );
  }

  /** A page of the pass: the keys it showed and where it continues. */
  async passPage(tx: PoolClient, pass: Pass, keys: readonly string[]): Promise<void> {
    await tx.query({
      name: 'kit-pass-page',
      text: `with seen as (insert into pass_seen (pass_id, key) select distinct $3::uuid, k from unnest($8::text[]) k on conflict do nothing)
        update feed set pass_cursor = $4, pass_total = $5, pass_nameless = $6, pass_read = $7 where entity = $1 and vendor = $2 and pass_id = $3`,
      values: [this.entity, this.vendor, pass.id, pass.cursor, pass.total, pass.nameless, pass.read, keys],
    });
  }

  async endPass(tx: PoolClient, pass: Pass, at: Date): Promise<void> {
    await tx.query('delete from pass_seen where pass_id = $1', [pass.id]);
    await tx.query('update feed set pass_id = null, pass_cursor = null, pass_read = false, last_pass_at = $3 where entity = $1 and vendor = $2', [this.entity, this.vendor, at]);
  }
}

/** What is complete, and how many keys were hinted at and are not read yet. */
export async function lookAtFeed(database: Pick<Database, 'query'>, entity: string, vendor: string): Promise<{ completeUpTo: Date | null; hinted: number }> {
  const [row] = await database.query<{ completeUpTo: Date | null; hinted: number }>(
    {
      name: 'kit-feed-look',
      text: `select (select complete_up_to from feed where entity = $1 and vendor = $2) as "completeUpTo",
        (select coalesce(sum(cardinality(keys)), 0)::int from hint where entity = $1) as hinted`,
    },
    [entity, vendor],
  );
  return row ?? { completeUpTo: null, hinted: 0 };
}
