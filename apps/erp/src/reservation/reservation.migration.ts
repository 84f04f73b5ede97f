import type { MigrationInterface, QueryRunner } from 'typeorm';
import { CartReservations1801000000000 } from '../cart/cart.migration';
import { ReservationRetention1799000000000 } from '../retention/retention.migration';

/** The stock that is held for orders: Steward is the system of record of it (S3). By hand, because of collations and partial indexes. */
export class Reservations1795000000000 implements MigrationInterface {
  readonly name = 'Reservations1795000000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of tables) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table leaving, shipment_seen, reservation_ledger, reserved_stock, reservation');
    await runner.query('drop function refuse_ledger_change');
  }
}

const tables = [
  // `asked` lives inside the transaction that decides, nowhere else. `export` is how far the ERP has got with the order: null, until
  // the order is to be exported; `calling_off` = it should not be carried out any more, and the ERP has yet to agree, for
  // the n-th time of `cancellations`.
  `create table reservation (
    order_id text collate "C" primary key,
    status text not null check (status in ('asked', 'held', 'refused', 'exported', 'released', 'expired', 'shipped')),
    lines json not null, refusal json, expires_at timestamptz,
    order_number text collate "C", export text check (export in ('intended', 'done', 'refused', 'calling_off', 'called_off')),
    giving_up boolean not null default false, cancellations int not null default 0,
    erp_reference text, export_refusal json, correlation_id text, traceparent text,
    asked_at timestamptz not null, ended_at timestamptz) with (fillfactor = 70)`,
  // What time alone may end: the expiry loop reads nothing else.
  `create index reservation_expiry on reservation (expires_at) where status = 'held' and export is null`,
  // Two orders under one number would be one sale at the ERP, which is looked up by it.
  `create unique index reservation_number on reservation (order_number) where order_number is not null`,
  // S2: what is held is what this says; `reserved_stock` is its sum.
  `create table reservation_ledger (
    id bigint generated always as identity primary key,
    order_id text collate "C" not null, line_id text collate "C" not null, sku text collate "C" not null, location text collate "C" not null,
    quantity bigint not null check (quantity <> 0),
    kind text not null check (kind in ('hold', 'release', 'expire', 'ship')),
    shipment_id text, at timestamptz not null)`,
  'create index reservation_ledger_order on reservation_ledger (order_id)',
  // A second net below the reservation's status: held once, given back once.
  `create unique index reservation_ledger_once on reservation_ledger (order_id, line_id, location, kind) where kind = 'hold'`,
  `create unique index reservation_ledger_ended on reservation_ledger (order_id, line_id, location, coalesce(shipment_id, '')) where kind in ('release', 'expire')`,
  `create function refuse_ledger_change() returns trigger language plpgsql as $$ begin raise exception 'reservation_ledger is append-only'; end $$`,
  `create trigger reservation_ledger_append_only before update or delete on reservation_ledger for each statement execute function refuse_ledger_change()`,
  // Updated with nearly every order; a sum below zero would have given something back twice.
  `create table reserved_stock (
    sku text collate "C" not null, location text collate "C" not null, reserved bigint not null default 0 check (reserved >= 0),
    primary key (sku, location)) with (fillfactor = 50)`,
  // The revision of each shipment that was taken into account.
  'create table shipment_seen (shipment_id text primary key, revision bigint not null)',
  // S3: what the ledger holds although it has left the warehouse (`ship`), or may have (`release`), until a stock level says so. `read_no`
  // and `seen_at` are those of the moment in which that was known; only a read that began after both takes it off. `held_at` is where
  // the ledger holds it, which need not be the `location` that it left.
  `create table leaving (
    kind text not null check (kind in ('ship', 'release')), shipment_id text not null,
    order_id text collate "C" not null, line_id text collate "C" not null, sku text collate "C" not null,
    held_at text collate "C" not null, location text collate "C" not null,
    quantity bigint not null check (quantity > 0), read_no bigint not null, seen_at timestamptz not null, settled_at timestamptz,
    primary key (order_id, kind, shipment_id, line_id, held_at))`,
  `create index leaving_open on leaving ((sku || '@' || location)) where settled_at is null`,
  'create index leaving_shipment on leaving (shipment_id)',
];

export const reservationMigrations = [Reservations1795000000000, ReservationRetention1799000000000, CartReservations1801000000000];
