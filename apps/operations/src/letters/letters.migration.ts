import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The read model of dead letters: what their holders tell, by letter and by cause. Payloads stay where they are. */
export class DeskLetters1796000001000 implements MigrationInterface {
  readonly name = 'DeskLetters1796000001000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table letter_group (
        group_id text collate "C" primary key,
        service text not null, consumer text not null, entity text, class text not null, code text, message text not null, frame text,
        owner_team text not null, owner json not null,
        open integer not null default 0,
        total integer not null default 0,
        first_seen_at timestamptz not null,
        last_seen_at timestamptz not null,
        -- Of the open letter whose time ends first.
        respond_by timestamptz,
        state text not null check (state in ('open', 'acknowledged', 'retrying', 'resolved', 'regressed', 'ignored')),
        state_since timestamptz not null,
        -- Who brought it into this state; 'steward' = by itself.
        state_by text not null,
        state_reason text,
        ignored_until timestamptz,
        assignee text,
        regressions integer not null default 0,
        -- The job that works on it.
        operation_id text,
        -- Of which deadline it was told that it has passed.
        told_deadline timestamptz
      ) with (fillfactor = 70)`);
    await runner.query('create index letter_group_page on letter_group (last_seen_at, group_id)');
    await runner.query('create index letter_group_due on letter_group (respond_by) where open > 0');
    await runner.query(`
      create table letter (
        letter_id text collate "C" primary key,
        group_id text not null,
        service text not null, consumer text not null, kind text not null, entity text, key text, system text,
        class text not null, code text, message text not null, frame text, attempts integer not null,
        state text not null,
        opened_at timestamptz not null, last_seen_at timestamptz not null, respond_by timestamptz,
        closed_at timestamptz, closed_by text, closed_reason text,
        owner_team text not null, owner json not null,
        traceparent text, message_id text, revision bigint, sequence bigint, versions json not null
      ) with (fillfactor = 80)`);
    await runner.query('create index letter_of_group on letter (group_id, opened_at, letter_id)');
    await runner.query(`create index letter_due on letter (group_id, respond_by) where state = 'open'`);
    await runner.query('create index letter_page on letter (opened_at, letter_id)');
    await runner.query('create index letter_key on letter (entity, key)');
    await runner.query(`
      create table group_note (
        note_id bigint generated always as identity primary key,
        group_id text not null, at timestamptz not null default now(), actor text not null, actor_name text not null, text text not null
      )`);
    await runner.query('create index group_note_page on group_note (group_id, note_id)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table group_note, letter, letter_group');
  }
}
