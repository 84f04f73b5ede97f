/** The row of each order's reservation. Rows are locked in the order of their ids, before any sum (see the ledger). */
import type { AllocatedLine, Refusal } from './allocate';
import type { Tx } from './ledger.store';

export type Status = 'held' | 'refused' | 'exported' | 'released' | 'expired' | 'shipped';
/** How far the ERP has got with the order; null = nobody has asked for it to be exported. */
export type Export = 'intended' | 'done' | 'refused' | 'calling_off' | 'called_off';

export interface ExportRefusal {
  readonly code: string;
  readonly reason: string;
}

export interface Reservation {
  readonly orderId: string;
  /** Of a cart: its id is no order's, and an order that names it takes over what it holds. */
  readonly cart: boolean;
  readonly status: Status;
  /** Empty for an order that was released before it was asked for: nothing is announced of it until then. */
  readonly lines: readonly AllocatedLine[];
  readonly refusal: Refusal | null;
  readonly expiresAt: Date | null;
  readonly orderNumber: string | null;
  readonly export: Export | null;
  /** To be released as soon as the ERP's answer is known. */
  readonly givingUp: boolean;
  /** How often the ERP was asked to cancel it; each is an effect of its own, since a no today may be a yes tomorrow. */
  readonly cancellations: number;
  readonly erpReference: string | null;
  readonly exportRefusal: ExportRefusal | null;
  readonly correlationId: string | null;
  readonly traceparent: string | null;
  readonly endedAt: Date | null;
}

/** Nothing more happens to it, except that goods on their way out are taken off. */
export const isOver = ({ status }: Reservation): boolean => status === 'refused' || status === 'released' || status === 'expired' || status === 'shipped';

const columns = `order_id as "orderId", cart, status, lines, refusal, expires_at as "expiresAt", order_number as "orderNumber", export, giving_up as "givingUp", cancellations,
  erp_reference as "erpReference", export_refusal as "exportRefusal", correlation_id as "correlationId", traceparent, ended_at as "endedAt"`;

export type Asked = Pick<Reservation, 'orderId' | 'correlationId' | 'traceparent'> & Partial<Pick<Reservation, 'cart'>>;

/**
 * Makes and locks a row for each order that has none, and returns those. The row comes before the decision: whoever asks for the same
 * order meanwhile, to release it for example, waits here and then sees what was decided.
 */
export async function startReservations(tx: Tx, asked: readonly Asked[], now: Date): Promise<Set<string>> {
  const { rows } = await tx.query<{ order_id: string }>({
    name: 'erp-ask',
    text: `insert into reservation (order_id, cart, status, lines, correlation_id, traceparent, asked_at)
      select order_id, cart, 'asked', '[]', correlation_id, traceparent, $4::timestamptz from unnest($1::text[], $2::text[], $3::text[], $5::boolean[]) u(order_id, correlation_id, traceparent, cart)
      order by order_id on conflict do nothing returning order_id`,
    values: [asked.map(({ orderId }) => orderId), asked.map(({ correlationId }) => correlationId), asked.map(({ traceparent }) => traceparent), now, asked.map(({ cart }) => cart ?? false)],
  });
  return new Set(rows.map(({ order_id }) => order_id));
}

export const lockReservations = (tx: Tx, orderIds: readonly string[]): Promise<Reservation[]> =>
  select(tx, 'erp-reservations', `where order_id = any($1::text[]) order by order_id for update`, [orderIds]);

export const lockByNumber = (tx: Tx, orderNumbers: readonly string[]): Promise<Reservation[]> =>
  select(tx, 'erp-reservations-by-number', `where order_number = any($1::text[]) order by order_id for update`, [orderNumbers]);

/** Held ones whose time is over and that nobody has asked to be exported. Who is locked is being decided on: the next look finds it. */
export const lockExpired = (tx: Tx, now: Date, limit: number): Promise<Reservation[]> =>
  select(
    tx,
    'erp-expired',
    `where order_id in (select order_id from reservation where status = 'held' and export is null and expires_at <= $1 order by expires_at limit $2)
      and status = 'held' and export is null and expires_at <= $1 order by order_id for update skip locked`,
    [now, limit],
  );

/** Writes rows that are locked; what a reservation was asked for with stays. */
export async function saveReservations(tx: Tx, changed: readonly Reservation[]): Promise<void> {
  if (changed.length === 0) return;
  const json = (value: unknown): string | null => (value === null ? null : JSON.stringify(value));
  await tx.query({
    name: 'erp-save',
    text: `update reservation r set status = u.status, lines = u.lines, refusal = u.refusal, expires_at = u.expires_at, order_number = u.order_number,
        export = u.export, giving_up = u.giving_up, cancellations = u.cancellations, erp_reference = u.erp_reference, export_refusal = u.export_refusal, ended_at = u.ended_at
      from unnest($1::text[], $2::text[], $3::json[], $4::json[], $5::timestamptz[], $6::text[], $7::text[], $8::boolean[], $9::text[], $10::json[], $11::timestamptz[], $12::int[])
        u(order_id, status, lines, refusal, expires_at, order_number, export, giving_up, erp_reference, export_refusal, ended_at, cancellations)
      where r.order_id = u.order_id`,
    values: [
      changed.map(({ orderId }) => orderId),
      changed.map(({ status }) => status),
      changed.map(({ lines }) => json(lines)),
      changed.map(({ refusal }) => json(refusal)),
      changed.map(({ expiresAt }) => expiresAt),
      changed.map(({ orderNumber }) => orderNumber),
      changed.map((each) => each.export),
      changed.map(({ givingUp }) => givingUp),
      changed.map(({ erpReference }) => erpReference),
      changed.map(({ exportRefusal }) => json(exportRefusal)),
      changed.map(({ endedAt }) => endedAt),
      changed.map(({ cancellations }) => cancellations),
    ],
  });
}

async function select(tx: Tx, name: string, rest: string, values: unknown[]): Promise<Reservation[]> {
  return (await tx.query<Reservation>({ name, text: `select ${columns} from reservation ${rest}`, values })).rows;
}
