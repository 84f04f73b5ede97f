/**
 * What an order does in the ERP, as effects: each once under the order's id, however often it is wanted (ADR 0018). Only a
 * cancellation that was refused may be asked for again, by whoever still wants it.
 */
import { defineEffect, type Effect, type Settled } from '@steward/adapter-kit';
import type { Clock } from '@steward/platform';
import type { PoolClient } from 'pg';
import type { Changes } from '../reservation/changes';
import { saleCalledOff, saleConfirmed, saleRefused, saleStays } from '../reservation/export';
import { tell } from '../reservation/tell';
import type { Sale, SaleAnswer, SaleCancellation, SaleDesk } from './ports';

/** Longer than a call with its own limits takes; what lasts longer is not known (S6). */
const deadlineMsByDefault = 20_000;

export function saleEffects(desk: SaleDesk, clock: Clock, deadlineMs = deadlineMsByDefault): Effect[] {
  const limits = { deadlineMs, settleMs: desk.settleMs, concurrency: desk.concurrency };
  const now = (): Date => new Date(clock.now());
  const follow = async (tx: PoolClient, { traceparent }: Pick<Settled, 'traceparent'>, changes: Changes): Promise<void> => tell(tx, changes, { traceparent });
  return [
    defineEffect<Sale, SaleAnswer>({
      kind: 'sale',
      ...limits,
      submit: desk.place.submit,
      readBack: desk.place.look,
      settled: async (tx, settled) => {
        const { key, outcome } = settled;
        if (outcome.kind === 'confirmed') await follow(tx, settled, await saleConfirmed(tx, key, outcome.answer.reference));
        if (outcome.kind === 'refused') await follow(tx, settled, await saleRefused(tx, key, refusalOf(outcome), now()));
      },
    }),
    defineEffect<SaleCancellation, SaleAnswer>({
      kind: 'cancel-sale',
      ...limits,
      submit: desk.cancel.submit,
      readBack: desk.cancel.look,
      settled: async (tx, settled) => {
        const { request, outcome } = settled;
        if (outcome.kind === 'confirmed') await follow(tx, settled, await saleCalledOff(tx, request.orderId, now()));
        if (outcome.kind === 'refused') await follow(tx, settled, await saleStays(tx, request.orderId, refusalOf(outcome)));
      },
    }),
  ];
}

// What the contract takes; an ERP may have a lot to say, or nothing.
const refusalOf = ({ code, reason }: { code: string; reason: string }) => ({ code: code.slice(0, 100) || 'REFUSED', reason: reason.slice(0, 1_000) || 'the ERP gave no reason' });
