/** The words in which the contracts `order` and `payment` tell where a saga stands. */
import type { Order } from '@steward/contracts';
import { authorizedOf, capturedOf, needsAuthorization, refundedOf } from './money';
import { openQuantities, shippedQuantities } from './quantities';
import type { Saga } from './saga';

export function statusOf(saga: Saga): Order['status'] {
  if (saga.step === 'completed') return 'COMPLETED';
  // Told as soon as nothing can change it any more: before the export no goods can leave, so the goal is final.
  const isFinal = saga.step === 'rejected' || saga.step === 'cancelled' || !saga.stock.exportAsked;
  if (saga.goal.kind === 'reject' && isFinal) return 'REJECTED';
  if (saga.goal.kind === 'cancel' && isFinal) return 'CANCELLED';
  return saga.confirmedAt === null ? 'ACCEPTED' : 'CONFIRMED';
}

export function paymentStatusOf(saga: Saga): Order['payment']['status'] {
  const { authorization, release } = saga.money;
  const captured = capturedOf(saga);
  const refunded = refundedOf(saga);
  if (captured > 0) {
    if (refunded > 0) return refunded === captured ? 'REFUNDED' : 'PARTIALLY_REFUNDED';
    return captured === authorizedOf(saga) ? 'CAPTURED' : 'PARTIALLY_CAPTURED';
  }
  if (!needsAuthorization(saga)) return 'NONE';
  switch (authorization.kind) {
    case 'none':
      return 'NONE';
    case 'asked':
      return 'PENDING';
    case 'failed':
      // Given up before it was sent: nobody has refused anything, and nothing is held.
      return authorization.code === 'EFFECT_ABANDONED' ? 'VOIDED' : 'FAILED';
    case 'action':
      if (release === 'done') return 'VOIDED';
      // Whoever is given up has nothing to do any more.
      return saga.goal.kind === 'fulfil' ? 'REQUIRES_ACTION' : 'PENDING';
    case 'authorized':
      return release === 'done' ? 'VOIDED' : 'AUTHORIZED';
  }
}

export function fulfilmentStatusOf(saga: Saga): Order['fulfilment']['status'] {
  if (shippedQuantities(saga).length === 0) return 'NONE';
  if (openQuantities(saga).length > 0) return 'PARTIALLY_SHIPPED';
  return saga.shipments.every(({ status }) => status !== 'shipped') ? 'DELIVERED' : 'SHIPPED';
}
