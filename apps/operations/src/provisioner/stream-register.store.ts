/**
 * What the provisioner knows of each stream's life. In a database of its own, because a broker that lost its store has lost its
 * metadata with it: only what is kept elsewhere can say that this stream is a younger one (B10), and how high its revisions went.
 */
import type { Database } from '@steward/platform';
import type { PoolClient } from 'pg';
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class BrokerRegister1764000000001 implements MigrationInterface {
  readonly name = 'BrokerRegister1764000000001';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table broker_stream (
        stream text primary key,
        epoch text not null,
        floor bigint not null,
        created text,
        last_sequence bigint not null,
        empty_up_to bigint not null default 0,
        applied boolean not null
      )`);
    await runner.query(`
      create table broker_epoch (
        id bigint generated always as identity primary key,
        stream text not null,
        epoch text not null,
        reason text not null,
        evidence json not null,
        opened_at timestamptz not null default now()
      )`);
    await runner.query(`
      create table broker_durable (
        durable text not null,
        stream text not null,
        epoch text not null,
        ack_floor bigint not null,
        primary key (durable, stream)
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table broker_durable, broker_epoch, broker_stream');
  }
}

export const registerMigrations = [BrokerRegister1764000000001];

export interface RegisteredStream {
  readonly stream: string;
  readonly epoch: string;
  /** Added to the last sequence it gives a number above every revision and every sequence of a key. */
  readonly floor: number;
  /** Time of creation by the broker's clock; null until the stream was made. */
  readonly created: string | null;
  /** Highest sequence that the provisioner saw or an owner reported in this epoch. */
  readonly lastSequence: number;
  /** Last sequence at the start of the epoch if the stream was empty then, else 0. */
  readonly emptyUpTo: number;
  /** false = declared here, not yet carried out at the broker. */
  readonly applied: boolean;
}

export async function readRegister(database: Database): Promise<Map<string, RegisteredStream>> {
  const rows = await database.query<RegisteredStream>(
    `select stream, epoch, floor::float8 as floor, created, last_sequence::float8 as "lastSequence", empty_up_to::float8 as "emptyUpTo", applied from broker_stream`,
  );
  return new Map(rows.map((row) => [row.stream, row]));
}

/**
 * Opens an epoch and what belongs to it (the case), in one transaction and before the broker is touched: a crash in between is continued,
 * not repeated.
 */
export async function openEpoch(database: Database, next: RegisteredStream, reason: string, evidence: object, also: (tx: PoolClient) => Promise<void> = async () => undefined): Promise<void> {
  await database.transaction(async (tx) => {
    await tx.query(
      `insert into broker_stream (stream, epoch, floor, created, last_sequence, applied) values ($1, $2, $3, $4, $5, false)
       on conflict (stream) do update set epoch = excluded.epoch, floor = excluded.floor, created = excluded.created,
         last_sequence = excluded.last_sequence, applied = false`,
      [next.stream, next.epoch, next.floor, next.created, next.lastSequence],
    );
    await tx.query('insert into broker_epoch (stream, epoch, reason, evidence) values ($1, $2, $3, $4)', [next.stream, next.epoch, reason, JSON.stringify(evidence)]);
    await tx.query('delete from broker_durable where stream = $1', [next.stream]);
    await also(tx);
  });
}

export async function markApplied(database: Database, stream: string, epoch: string, found: { created: string; lastSequence: number; messages: number }): Promise<void> {
  await database.query('update broker_stream set applied = true, created = $3, last_sequence = $4, empty_up_to = $5 where stream = $1 and epoch = $2', [
    stream,
    epoch,
    found.created,
    found.lastSequence,
    found.messages === 0 ? found.lastSequence : 0,
  ]);
}

export async function noteFloor(database: Database, { stream, epoch, floor }: RegisteredStream): Promise<void> {
  await database.query('update broker_stream set floor = $3 where stream = $1 and epoch = $2 and floor < $3', [stream, epoch, floor]);
}

export async function noteSequence(database: Database, stream: string, epoch: string, lastSequence: number): Promise<void> {
  await database.query('update broker_stream set last_sequence = $3 where stream = $1 and epoch = $2 and last_sequence < $3', [stream, epoch, lastSequence]);
}

/** Where a durable stands in one life of its stream. */
interface Position {
  readonly durable: string;
  readonly stream: string;
  readonly epoch: string;
}

export async function readAckFloor(database: Database, { durable, stream, epoch }: Position): Promise<number> {
  const rows = await database.query<{ floor: number }>('select ack_floor::float8 as floor from broker_durable where durable = $1 and stream = $2 and epoch = $3', [durable, stream, epoch]);
  return rows[0]?.floor ?? 0;
}

export async function noteAckFloor(database: Database, { durable, stream, epoch }: Position, ackFloor: number): Promise<void> {
  await database.query(
    `insert into broker_durable (durable, stream, epoch, ack_floor) values ($1, $2, $3, $4)
     on conflict (durable, stream) do update set epoch = excluded.epoch, ack_floor = excluded.ack_floor
     where broker_durable.epoch <> excluded.epoch or broker_durable.ack_floor < excluded.ack_floor`,
    [durable, stream, epoch, ackFloor],
  );
}
