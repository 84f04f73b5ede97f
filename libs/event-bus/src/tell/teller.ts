/**
 * Tells others of rows of this service's own tables, as states: dead letters, cases.
 * 1. What is told of a row and the mark that it was told commit together (O1): a crash in between tells it again whole, or not at all.
 * 2. A row is told as it was committed last; its version is the revision, so the order of telling is the order of its changes. A change
 *    that is committed while its row is being told leaves it untold (`told_version < version`).
 * 3. One Teller a database, by the lease of the sending side, and rows that somebody has in hand are left for the next turn: it waits
 *    for no writer, and no writer for more than a batch.
 * 4. A row that its contract refuses costs only itself: it is logged, left out and marked, and told when it changes.
 * 5. A deleted row is told as deleted, above everything that was told of it (C12). Told so again on request, it is forgotten no later for that.
 * Rejected: telling in the transaction of each writer (a statement by hand, or a writer that forgets, would tell nothing, and every
 * consumer's batch would pay for it); change data capture (a second way from the table to the broker, beside the outbox).
 */
import { type Contract, subjectOf, typeOf } from '@steward/contracts';
import { type Clock, counter, type Database, Listener, type Logger } from '@steward/platform';
import type { PoolClient } from 'pg';
import { hashOf } from '../consumer/arrival';
import { digestMoves, keepDigest } from '../digest/kept';
import type { Lease } from '../lease';
import { lanes, outboxChannel, outboxInsert } from '../outbox/outbox-insert';
import { publishFault } from '../outbox/publishable';
import { Wake } from '../outbox/wake';
import type { Told } from './define-told';
import { toldChannel } from './told.migration';

interface TellerOptions {
  readonly service: string;
  readonly told: readonly Told[];
  readonly database: Pick<Database, 'query' | 'transaction'>;
  readonly databaseUrl: string;
  readonly lease: Pick<Lease, 'assert' | 'fence' | 'onAcquired'>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Safety net under LISTEN. */
  readonly pollMs?: number;
  readonly batch?: number;
}

const tombstonesEveryMs = 3_600_000;
const toldStates = counter('steward_told_total', 'States told of rows of own tables, by what came of them', ['entity', 'outcome']);

interface Statement {
  readonly key: string;
  readonly version: number;
  /** null = the row is no more; undefined = the contract refuses it. */
  readonly body: string | null | undefined;
}

const tell = `
  with incoming as (
    select * from unnest($2::text[], $3::bigint[], $4::json[], $5::text[], $8::text[]) as u(key, revision, body, subject, hash)
  ), changed as (
    insert into told as t (entity, key, revision, hash, data, message_id, changed_at, deleted_at, major)
    select $1, key, revision, decode(hash, 'hex'), body, uuidv7(), $7, case when body is null then $7::timestamptz end, $9::smallint from incoming order by key
    on conflict (entity, key) do update set
      revision = excluded.revision, hash = excluded.hash, data = excluded.data, message_id = excluded.message_id, changed_at = excluded.changed_at,
      deleted_at = case when excluded.deleted_at is not null then coalesce(t.deleted_at, excluded.deleted_at) end, gone_version = null, major = excluded.major
    where t.revision < excluded.revision
    returning ${digestMoves}, message_id, changed_at
  ), kept as (
    ${keepDigest('told', 'changed')}
  ), queued as (
    ${outboxInsert}
    select c.message_id, $1, c.key, 'state', $6, i.subject, ${lanes.live}, c.revision, null, c.changed_at, 'live', null, null, null, i.body is null, coalesce(i.body::text, '')
    from changed c join incoming i on i.key = c.key
  ), withdrawn as (
    update outbox o set published_at = now() from changed c where o.published_at is null and o.lane = ${lanes.backfill} and o.kind = 'state' and o.entity = $1 and o.key = c.key
  )
  select pg_notify('${outboxChannel}', '') where exists (select from changed)`;

export class Teller {
  private readonly wake = new Wake();
  private readonly listener: Listener;
  private readonly unsubscribe: () => void;
  private running: Promise<void> | undefined;
  private stopping = false;
  private tombstonesDueMs = -Infinity;

  constructor(private readonly options: TellerOptions) {
    const { databaseUrl, logger, lease } = options;
    this.listener = new Listener({ url: databaseUrl, name: 'teller', channels: { [toldChannel]: () => this.wake.now() }, onReconnect: () => this.wake.now(), logger });
    this.unsubscribe = lease.onAcquired(() => this.wake.now());
  }

  async start(): Promise<void> {
    await this.listener.start();
    this.running = this.run();
  }

  /** Tells what is committed by now, then stops: whoever is drained after it sends it. */
  async stop(): Promise<void> {
    this.unsubscribe();
    this.stopping = true;
    this.wake.now();
    await this.running;
    await this.listener.stop();
  }

  private async run(): Promise<void> {
    const { logger, pollMs = 1_000 } = this.options;
    for (;;) {
      const last = this.stopping;
      try {
        if (this.options.lease.fence() !== undefined) await this.turn();
      } catch (error) {
        logger.warn({ err: error }, 'could not tell what has changed, trying again');
      }
      if (last) return;
      await this.wake.wait(pollMs);
    }
  }

  private async turn(): Promise<void> {
    const { told, batch = 500, clock } = this.options;
    for (const each of told) {
      const { rows, gone } = await this.look(each);
      while (rows && (await this.tellRows(each, batch)) === batch);
      while (gone && (await this.tellGone(each, batch)) === batch);
    }
    if (clock.now() < this.tombstonesDueMs) return;
    this.tombstonesDueMs = clock.now() + tombstonesEveryMs;
    for (const { contract } of told) await this.forgetTombstones(contract);
  }

  /** Whether there is anything to tell. A transaction that locks the lease only to find nothing waits for the disk, every second, for each table. */
  private async look({ contract, table }: Told): Promise<{ rows: boolean; gone: boolean }> {
    const [found] = await this.options.database.query<{ rows: boolean; gone: boolean }>(
      {
        name: `told-look-${table}`,
        text: `select exists (select from ${table} where told_version < version) as rows, exists (select from told where entity = $1 and gone_version is not null) as gone`,
      },
      [contract.entity],
    );
    return found ?? { rows: true, gone: true };
  }

  private async tellRows(told: Told, batch: number): Promise<number> {
    const { database, lease } = this.options;
    const statements = await database.transaction(async (tx) => {
      await lease.assert(tx);
      const { rows } = await tx.query<Record<string, unknown> & { id: string; version: string }>(
        `select id, version, ${told.select} from ${told.table} where told_version < version limit $1 for update skip locked`, [batch]);
      const read = rows.map((row) => this.statementOf(told, row));
      await this.write(tx, told.contract, read);
      await tx.query(
        `update ${told.table} t set told_version = u.version from unnest($1::uuid[], $2::bigint[]) as u(id, version) where t.id = u.id`,
        [read.map(({ key }) => key), read.map(({ version }) => version)],
      );
      return read;
    });
    this.count(told.contract, statements);
    return statements.length;
  }

  private async tellGone({ contract }: Told, batch: number): Promise<number> {
    const { database, lease } = this.options;
    const statements = await database.transaction(async (tx) => {
      await lease.assert(tx);
      const { rows } = await tx.query<{ key: string; gone_version: string }>(
        'select key, gone_version from told where entity = $1 and gone_version is not null limit $2 for update skip locked', [contract.entity, batch]);
      const gone = rows.map(({ key, gone_version }): Statement => ({ key, version: Number(gone_version), body: null }));
      await this.write(tx, contract, gone);
      return gone;
    });
    this.count(contract, statements);
    return statements.length;
  }

  private statementOf({ contract, toData }: Told, row: Record<string, unknown> & { id: string; version: string }): Statement {
    const { service, logger } = this.options;
    const statement = { key: row.id, version: Number(row.version) };
    const data = toData(row, service);
    const body = JSON.stringify(data);
    const [problem] = contract.validateProduced(data);
    const fault = problem === undefined ? publishFault({ contract, system: service, key: row.id, body }) : `${problem.pointer} ${problem.message}`;
    if (fault === undefined) return { ...statement, body };
    logger.error({ entity: contract.entity, key: row.id, fault }, 'a row can not be told as its contract wants it: nobody hears of it');
    return { ...statement, body: undefined };
  }

  private async write(tx: PoolClient, contract: Contract, statements: readonly Statement[]): Promise<void> {
    const { service, clock } = this.options;
    const sound = statements.filter(({ body }) => body !== undefined);
    if (sound.length === 0) return;
    const keys = sound.map(({ key }) => key);
    await tx.query({
      name: 'told-tell',
      text: tell,
      values: [
        contract.entity, keys, sound.map(({ version }) => version), sound.map(({ body }) => body), keys.map((key) => subjectOf(contract, service, key)),
        typeOf(contract, service), new Date(clock.now()), sound.map(({ body }) => hashOf(body ?? '')), contract.major,
      ],
    });
  }

  private async forgetTombstones({ entity, tombstoneRetentionMs }: Contract): Promise<void> {
    const { database, clock } = this.options;
    // One that somebody has asked for again in this moment is told first.
    await database.query('delete from told where entity = $1 and deleted_at < $2 and gone_version is null', [entity, new Date(clock.now() - tombstoneRetentionMs)]);
  }

  private count({ entity }: Contract, statements: readonly Statement[]): void {
    const refused = statements.filter(({ body }) => body === undefined).length;
    if (statements.length > refused) toldStates.inc({ entity, outcome: 'told' }, statements.length - refused);
    if (refused > 0) toldStates.inc({ entity, outcome: 'refused' }, refused);
  }
}
