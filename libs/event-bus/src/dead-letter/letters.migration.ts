import type { MigrationInterface, QueryRunner } from 'typeorm';
import { tellTable, untellTable } from '../tell/told.migration';

/** Letters are told, grouped by what went wrong, and acted on by who may not know whether it was done already. */
export class ToldLetters1795000001000 implements MigrationInterface {
  readonly name = 'ToldLetters1795000001000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...columns, ...tellTable('dead_letter', 'dead-letter')]) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const statement of untellTable('dead_letter')) await runner.query(statement);
    await runner.query('drop index dead_letter_act_once');
    await runner.query('alter table dead_letter_act drop column act_id, drop column patch, drop column body_hash, drop column body');
    await runner.query('alter table dead_letter drop column cause, drop column message, drop column frame');
  }
}

const columns = [
  // What is told of the error: `error` and `stack` may hold values and stay here.
  `alter table dead_letter add column cause text not null default 'bug', add column message text not null default '', add column frame text`,
  // Of letters from before only what they were grouped by is sure to be without values.
  `update dead_letter set message = left(fingerprint, 500), cause = case class when 'security' then 'security' when 'unreadable' then 'poison' when 'unstorable' then 'poison'
    when 'schema' then 'contract' when 'unknown-value' then 'contract' when 'rejected' then 'mapping' when 'business' then 'business' when 'conflict' then 'conflict'
    when 'gap' then 'gap' when 'awaiting' then 'awaiting' else 'bug' end`,
  `update dead_letter set fingerprint = left(encode(sha256(convert_to(consumer || ' ' || fingerprint, 'UTF8')), 'hex'), 32)`,
  // C6: an act is done once, however often it is asked for. The edited body lies with the act that applied it.
  'alter table dead_letter_act add column act_id text, add column patch json, add column body_hash text, add column body bytea',
  'create unique index dead_letter_act_once on dead_letter_act (letter_id, act_id) where act_id is not null',
];
