// A database of the erp service with hot SKUs in it, and the service's own code, loaded as it ships: no project may import an app.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { createLogger, type Database, openDatabase, systemClock } from '@steward/platform';
import { Client, type PoolClient } from 'pg';

/** What the erp service's handler takes; of the envelope only what it reads. */
export interface Request {
  readonly key: string;
  readonly data: { readonly orderId: string; readonly expiresAt: string; readonly lines: readonly { readonly lineId: string; readonly sku: string; readonly quantity: number }[] };
  readonly envelope: { readonly id: string; readonly correlationId: string; readonly traceparent: null };
}

export interface Shop {
  readonly database: Database;
  /** The next order of anybody, of one of the hot SKUs. */
  readonly nextRequest: () => Request;
  /** Makes stock as new: so many pieces of each SKU, and nothing held. */
  readonly restock: (pieces: number) => Promise<void>;
  /** The shipped handler of reserve-stock. */
  readonly handleAll: (tx: PoolClient, requests: readonly Request[]) => Promise<void>;
  /** What is held in all, and how much of it should not be. */
  readonly held: () => Promise<{ readonly held: number; readonly oversold: number }>;
  readonly close: () => Promise<void>;
}

const location = 'HAM-1';

const load = createRequire(__filename);
const root = join(__dirname, '../../..');
const shipped = <T>(file: string): T => load(join(root, file)) as T;

let orders = 0;

/** The next order of anybody: one piece of one SKU. */
function requestOf(sku: string): Request {
  orders += 1;
  const orderId = `order-${orders}`;
  return { key: orderId, data: { orderId, expiresAt: '2099-01-01T00:00:00.000Z', lines: [{ lineId: '1', sku, quantity: 1 }] }, envelope: { id: randomUUID(), correlationId: orderId, traceparent: null } };
}

export async function openShop(adminUrl: string, { hot, clients }: { readonly hot: number; readonly clients: number }): Promise<Shop> {
  const skus = Array.from({ length: hot }, (_, index) => `HOT-${String(index + 1).padStart(2, '0')}`);
  const admin = new Client({ connectionString: adminUrl });
  await admin.connect();
  await admin.query('create database erp').finally(() => admin.end());
  const { adapterMigrations } = shipped<{ adapterMigrations: Parameters<typeof openDatabase>[0]['migrations'] }>('libs/adapter-kit/dist/service/create-adapter.js');
  const { reservationMigrations } = shipped<{ reservationMigrations: Parameters<typeof openDatabase>[0]['migrations'] }>('apps/erp/dist/reservation/reservation.migration.js');
  const { reserveStockHandler } = shipped<{ reserveStockHandler: (clock: typeof systemClock) => Pick<Shop, 'handleAll'> }>('apps/erp/dist/commands/reserve-stock.handler.js');
  const database = await openDatabase({
    url: adminUrl.replace(/\/[^/]*$/, '/erp'), name: 'bench', poolSize: clients, migrations: [...adapterMigrations, ...reservationMigrations], logger: createLogger({ service: 'bench', level: 'silent' }),
  });
  return {
    database,
    nextRequest: () => requestOf(skus[Math.floor(Math.random() * skus.length)] as string),
    handleAll: reserveStockHandler(systemClock).handleAll,
    restock: async (pieces) => {
      await database.query('truncate announced, outbox, reservation, reservation_ledger, reserved_stock, naive_stock, naive_reservation');
      await database.query(
        `insert into announced (entity, key, revision, hash, data, read_no, message_id, changed_at)
          select 'stock-level', sku || '@' || $2, 1, '', json_build_object('sku', sku, 'location', $2::text, 'onHand', $3::int), 1, uuidv7(), now() from unnest($1::text[]) sku`,
        [skus, location, pieces],
      );
      await database.query('insert into naive_stock (sku, left_over) select sku, $2 from unnest($1::text[]) sku', [skus, pieces]);
      await database.query('vacuum analyze');
    },
    held: async () => {
      const [row] = await database.query<{ held: number; oversold: number }>(`
        select coalesce(sum(held), 0)::float8 as held, coalesce(sum(greatest(0, held - pieces)), 0)::float8 as oversold from (
          select l.sku, sum(l.quantity) as held, min((a.data ->> 'onHand')::int) as pieces from reservation_ledger l join announced a on a.entity = 'stock-level' and a.key = l.sku || '@' || l.location group by l.sku
          union all select n.sku, sum(n.quantity), min((a.data ->> 'onHand')::int) from naive_reservation n join announced a on a.entity = 'stock-level' and a.key = n.sku || '@${location}' group by n.sku) each`);
      return row ?? { held: 0, oversold: 0 };
    },
    close: () => database.close(),
  };
}
