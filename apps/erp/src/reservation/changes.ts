import type { Balance } from './ledger.store';
import type { Reservation } from './reservation.store';

/** What one transaction has changed, each thing once and as it is now: what is left to do is to announce it and to tell the ERP. */
export interface Changes {
  readonly reservations: readonly Reservation[];
  readonly balances: readonly Balance[];
  /** Orders whose sale the ERP has to cancel. */
  readonly toCancel: readonly Reservation[];
  /** Decided before and asked for once more, under a new message: the order service may have lost the answer with its database (ADR 0024). */
  readonly askedAgain: readonly Reservation[];
}

export const changesOf = (reservations: readonly Reservation[], balances: readonly Balance[] = [], toCancel: readonly Reservation[] = [], askedAgain: readonly Reservation[] = []): Changes => ({ reservations, balances, toCancel, askedAgain });
