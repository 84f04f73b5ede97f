// The reservation tables on a real database, beside stock levels and shipments as the feeds leave them in `announced`.
import type { Shipment } from '@steward/contracts';
import { ConsumerTables1700000002000, outboxMigrations } from '@steward/event-bus';
import { kitMigrations } from '@steward/adapter-kit';
import { createLogger, type Database, openDatabase } from '@steward/platform';
import { testDatabase } from '@steward/testing';
import type { PoolClient } from 'pg';
import type { HoldRequest } from './hold';
import { reservationMigrations } from './reservation.migration';

export interface Level {
  readonly onHand: number;
  readonly safetyStock?: number;
  readonly backorderable?: boolean;
}

export interface Rig {
  readonly database: Database;
  readonly transaction: <T>(work: (tx: PoolClient) => Promise<T>) => Promise<T>;
  readonly rows: <T>(text: string, values?: unknown[]) => Promise<T[]>;
  /** As a read of the ERP with that number leaves it: an older one is refused (O7). */
  readonly announceStock: (levels: Readonly<Record<string, Level>>, readNo?: number) => Promise<void>;
  readonly announceShipment: (tx: PoolClient, shipment: Shipment) => Promise<void>;
  readonly readNo: () => Promise<number>;
  /** `A@HAM 3` for each place that holds something, checked against the ledger (S2). */
  readonly reserved: () => Promise<string[]>;
  /** Of each order, its status. */
  readonly statuses: () => Promise<Record<string, string>>;
  readonly clear: () => Promise<void>;
  readonly close: () => Promise<void>;
}

export const at = (minute: number): Date => new Date(Date.UTC(2026, 0, 1, 12, minute));

export const request = (orderId: string, lines: Readonly<Record<string, number>>, expiresAt = at(30)): HoldRequest => ({
  orderId,
  lines: Object.entries(lines).map(([sku, quantity], index) => ({ lineId: String(index + 1), sku, quantity })),
  expiresAt,
  correlationId: null,
  traceparent: null,
});

export const asked = (orderId: string) => ({ orderId, correlationId: null, traceparent: null });

export const shipment = (shipmentId: string, orderNumber: string, lines: Readonly<Record<string, number>>, more: Partial<Shipment> = {}): Shipment => ({
  shipmentId,
  orderNumber,
  status: 'shipped',
  lines: Object.entries(lines).map(([sku, quantity]) => ({ lineId: null, sku, quantity })),
  location: 'HAM',
  carrier: null,
  trackingNumber: null,
  shippedAt: null,
  ...more,
});

export async function openRig({ poolSize = 10 } = {}): Promise<Rig> {
  const migrations = [...outboxMigrations, ConsumerTables1700000002000, ...kitMigrations, ...reservationMigrations];
  const test = await testDatabase({ migrations });
  const database = await openDatabase({ url: test.url, name: 'erp-test', migrations: [], poolSize, logger: createLogger({ service: 'erp-test', level: 'silent' }) });
  const rows = async <T>(text: string, values: unknown[] = []): Promise<T[]> => (await database.query(text, values)) as T[];
  const announce = `insert into announced as a (entity, key, revision, hash, data, read_no, message_id, changed_at)
    select $1, u.key, 1, ''::bytea, u.data, $4, uuidv7(), now() from unnest($2::text[], $3::json[]) u(key, data) order by u.key
    on conflict (entity, key) do update set revision = a.revision + 1, data = excluded.data, read_no = excluded.read_no where a.read_no < excluded.read_no`;
  const readNo = async (): Promise<number> => (await rows<{ no: number }>(`select nextval('read_no') as no`))[0]?.no ?? 0;
  return {
    database,
    transaction: (work) => database.transaction(work),
    rows,
    readNo,
    announceStock: async (levels, no) => {
      const data = Object.entries(levels).map(([key, level]) => JSON.stringify({ sku: key.slice(0, key.lastIndexOf('@')), location: key.slice(key.lastIndexOf('@') + 1), ...level }));
      await rows(announce, ['stock-level', Object.keys(levels), data, no ?? (await readNo())]);
    },
    announceShipment: async (tx, given) => void (await tx.query(announce, ['shipment', [given.shipmentId], [JSON.stringify(given)], await readNo()])),
    reserved: async () => {
      const sums = await rows<{ place: string; reserved: number }>(`select sku || '@' || location as place, reserved from reserved_stock where reserved > 0 order by 1`);
      const ledger = await rows<{ place: string; reserved: number }>(`select sku || '@' || location as place, sum(quantity)::bigint as reserved from reservation_ledger group by 1 having sum(quantity) <> 0 order by 1`);
      expect(sums).toEqual(ledger);
      return sums.map(({ place, reserved }) => `${place} ${reserved}`);
    },
    statuses: async () => Object.fromEntries((await rows<{ order_id: string; status: string }>('select order_id, status from reservation order by order_id')).map(({ order_id, status }) => [order_id, status])),
    clear: async () => void (await rows('truncate announced, reservation, reservation_ledger, reserved_stock, shipment_seen, leaving, outbox')),
    close: async () => {
      await database.close();
      await test.drop();
    },
  };
}
