/**
 * Where an order may go (S6). A table, so that no pair of status and event is forgotten: the compiler wants every cell.
 * What leads nowhere is absorbed, the status stays. That is how a duplicate, a late answer or the loser of a race does no harm.
 */
import type { Order } from '@steward/contracts';

export type OrderStatus = Order['status'];

export const orderStatuses = ['ACCEPTED', 'CONFIRMED', 'REJECTED', 'CANCELLED', 'COMPLETED'] as const satisfies readonly OrderStatus[];

/** `confirm`: stock, payment, order system and ERP have said yes. `complete`: every piece has shipped or was cancelled. */
export const orderEvents = ['confirm', 'reject', 'cancel', 'complete'] as const;
export type OrderEvent = (typeof orderEvents)[number];

/** Nothing leads away from it. */
const terminal = (status: OrderStatus): Readonly<Record<OrderEvent, OrderStatus>> => ({ confirm: status, reject: status, cancel: status, complete: status });

const table: Readonly<Record<OrderStatus, Readonly<Record<OrderEvent, OrderStatus>>>> = {
  // A parcel may be told of before the last yes is: an order is complete only after it was confirmed.
  ACCEPTED: { confirm: 'CONFIRMED', reject: 'REJECTED', cancel: 'CANCELLED', complete: 'ACCEPTED' },
  // The shopper was told yes: what goes wrong afterwards is a cancellation, with a reason of its own.
  CONFIRMED: { confirm: 'CONFIRMED', reject: 'CONFIRMED', cancel: 'CANCELLED', complete: 'COMPLETED' },
  REJECTED: terminal('REJECTED'),
  CANCELLED: terminal('CANCELLED'),
  COMPLETED: terminal('COMPLETED'),
};

/** The status after the event; unchanged if the event does not apply to it. */
export function orderTransition(status: OrderStatus, event: OrderEvent): OrderStatus {
  return table[status][event];
}

/** Whether no event can change this status any more. */
export function isTerminal(status: OrderStatus): boolean {
  return orderEvents.every((event) => table[status][event] === status);
}
