import type { Balance } from './ledger.store';
import type { Reservation } from './reservation.store';

/** What one transaction has changed, each thing once and as it is now: what is left to do is to announce it and to tell the ERP. */
export interface Changes {
  readonly reservations: readonly Reservation[];
  readonly balances: readonly Balance[];
  /** Orders whose sale the ERP has to cancel. */
  readonly toCancel: readonly Reservation[];
}

export const changesOf = (reservations: readonly Reservation[], balances: readonly Balance[] = [], toCancel: readonly Reservation[] = []): Changes => ({ reservations, balances, toCancel });
