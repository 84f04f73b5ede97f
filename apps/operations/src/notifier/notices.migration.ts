import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What owners are to be told: a row an event, and one for each endpoint that has not been told of it yet. */
export class DeskNotices1796000003000 implements MigrationInterface {
  readonly name = 'DeskNotices1796000003000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table notice (
        notice_id uuid primary key default gen_random_uuid(),
        kind text not null check (kind in ('deadline-passed', 'regressed', 'critical-case')),
        -- Tells two events of one thing apart: a deadline, the number of a regression. Written twice, it is told once.
        subject text not null, occurrence text not null,
        owner_team text not null, owner json not null,
        -- Who is to be reached now: the contact, or the escalation of the contract.
        target text not null,
        summary text not null, detail json not null,
        noticed_at timestamptz not null default now(),
        -- null = not handed to the log and the endpoints yet.
        sent_at timestamptz,
        unique (kind, subject, occurrence)
      )`);
    await runner.query('create index notice_unsent on notice (noticed_at) where sent_at is null');
    await runner.query(`
      create table notice_delivery (
        notice_id uuid not null references notice on delete cascade, endpoint text not null,
        attempts integer not null default 0, next_at timestamptz not null default now(), error text, given_up_at timestamptz,
        primary key (notice_id, endpoint)
      )`);
    await runner.query('create index notice_delivery_due on notice_delivery (next_at) where given_up_at is null');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table notice_delivery, notice');
  }
}
