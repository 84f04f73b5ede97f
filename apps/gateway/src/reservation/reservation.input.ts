import { z } from 'zod';
import { quantity, sku } from '../cart/cart.input';
import { fields, listOf, optional, whole } from '../input/fields';

/** What a shopper may hold without paying for it, and for how long. */
export interface ReservationLimits {
  readonly mostPieces: number;
  readonly mostMs: number;
}

const MOST_LINES = 100;
const LEAST_SECONDS = 30;

export interface CartLine {
  readonly sku: string;
  readonly quantity: number;
}

export function reservationInput({ mostPieces, mostMs }: ReservationLimits) {
  const accepted = `lines of together at most ${String(mostPieces)} pieces`;
  return fields({
    lines: listOf(fields({ sku, quantity }), MOST_LINES).refine((lines) => lines.reduce((sum, line) => sum + line.quantity, 0) <= mostPieces, { error: accepted }),
    holdSeconds: optional(whole(LEAST_SECONDS, Math.max(LEAST_SECONDS, Math.floor(mostMs / 1_000)))),
  });
}
export type ReservationInput = z.output<ReturnType<typeof reservationInput>>;
