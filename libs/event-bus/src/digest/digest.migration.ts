import type { MigrationInterface, QueryRunner } from 'typeorm';
import { leafOf, pathOf, type StateTable, weightOf } from './tree';

/**
 * Kept digests (kept.ts), for the tables of states that this service has: it comes behind the migrations that make them.
 * What is there already is counted here, under a lock, so that from the first change on leaves and changes are the sum of the rows.
 */
export class KeptDigests1797000000000 implements MigrationInterface {
  readonly name = 'KeptDigests1797000000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of tables) await runner.query(statement);
    for (const held of ['announced', 'stored_part', 'told'] as const) {
      const [found] = (await runner.query(`select to_regclass('${held}') is not null as there`)) as { there: boolean }[];
      if (found?.there === true) for (const statement of ofTable(held)) await runner.query(statement);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop index if exists announced_path, stored_part_path, told_path');
    await runner.query('drop table digest_scrub, digest_edit, digest_change, digest_leaf');
  }
}

const tables = [
  `create table digest_leaf (
    held_in text not null, entity text not null, leaf integer not null, count integer not null, sum bigint not null,
    primary key (held_in, entity, leaf)) with (fillfactor = 70)`,
  // One row for each statement that has written states; no index, because it is only ever read whole.
  `create table digest_change (
    held_in text not null, entity text not null, leaves integer[] not null, counts smallint[] not null, sums bigint[] not null)`,
  // Sums can't be compressed, and trying costs more than it could save.
  `alter table digest_change alter leaves set storage external, alter counts set storage external, alter sums set storage external`,
  `create table digest_edit (
    held_in text not null, entity text not null, key text not null, revision bigint not null, hash bytea not null, content bytea not null,
    primary key (held_in, entity, key))`,
  `create table digest_scrub (
    held_in text not null, entity text not null, asked bigint not null, done bigint not null default 0, done_at timestamptz, edited bigint, mended bigint,
    primary key (held_in, entity))`,
];

const ofTable = (held: StateTable): string[] => [
  `lock table ${held} in share mode`,
  // The key never changes: updates of a row that is there stay HOT.
  `create index ${held}_path on ${held} (entity, ${pathOf('key')})`,
  `insert into digest_leaf (held_in, entity, leaf, count, sum)
   select '${held}', entity, ${leafOf('key')}, count(*), bit_xor(${weightOf('key', 'revision', 'hash')}) from ${held} where data is not null group by 2, 3`,
];
