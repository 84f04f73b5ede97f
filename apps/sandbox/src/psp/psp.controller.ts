// The control API of the PSP: its books, and what the bank and the shopper do.
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { RejectedError, type Clock } from '@steward/platform';
import { parseBody, parseQuery } from '../control/parameters';
import type { Store } from '../store/store';
import type { Announce } from '../vendor/announcer';
import { answerChallenge } from './authorizing';
import { intentIdOf, type Payment } from './objects';
import { expire, refundedOf, settleRefund } from './settling';
import type { Moment, Step } from './steps';
import { allPayments, namesOf, stepAside } from './till';

export interface PspParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly announce: Announce;
  readonly url: () => string;
}

const nothing = z.strictObject({});
const chargesQuery = z.strictObject({ name: z.string().min(1).optional() });
const settleBody = z.strictObject({ status: z.enum(['succeeded', 'failed']) });
/** What a shopper does about a challenge. */
export const outcomes = z.enum(['complete', 'fail']);

export function mountPspControl(server: FastifyInstance, { store, clock, announce, url }: PspParts): void {
  const at = (): Moment => ({ now: clock.now(), url: url(), idempotencyKey: null });
  const step = (id: string, act: (payment: Payment, moment: Moment) => Step): Payment => {
    const moment = at();
    const done = stepAside(store, id, moment, (payment) => act(payment, moment), announce);
    if (done.kind === 'done') return done.payment;
    throw new RejectedError(done.failure.status === 404 ? 'SANDBOX_NOT_FOUND' : 'SANDBOX_BODY_INVALID', String(done.failure.error['message']), { place: '', accepted: 'a payment that GET /_control/psp/charges lists, in a state that allows it' });
  };
  server.get('/_control/psp/charges', async (request) => {
    const { name } = parseQuery(chargesQuery, request.query);
    return book(allPayments(store).filter((payment) => name === undefined || namesOf(payment).includes(name)));
  });
  for (const outcome of outcomes.options) {
    server.post(`/_control/psp/payment_intents/:id/${outcome}`, async (request) => step(idAt(request.params, request.query), (payment, moment) => answerChallenge(payment, outcome, moment)).intent);
  }
  server.post('/_control/psp/payment_intents/:id/expire', async (request) => step(idAt(request.params, request.query), expire).intent);
  server.post('/_control/psp/refunds/:id/settle', async (request) => {
    const id = idAt(request.params, request.query);
    const { status } = parseBody(settleBody, request.body);
    return step(intentIdOf(id), (payment) => settleRefund(payment, id, status)).refunds.find((refund) => refund.id === id);
  });
}

/** The books: what each payment took and gave back, and the sums of it by currency. */
function book(payments: readonly Payment[]): Record<string, unknown> {
  const items = payments.map(({ intent, charges, refunds, captures }) => ({
    intent: intent.id,
    charge: intent.latest_charge,
    status: intent.status,
    paymentMethod: intent.payment_method,
    metadata: intent.metadata,
    currency: intent.currency,
    amount: intent.amount,
    capturable: intent.amount_capturable,
    captured: intent.amount_received,
    refunded: refundedOf(refunds),
    declines: charges.filter(({ status }) => status === 'failed').length,
    captures,
    refunds: refunds.map(({ id, amount, status, metadata, created }) => ({ id, amount, status, metadata, at: new Date(created * 1000).toISOString() })),
  }));
  const totals: Record<string, { payments: number; capturable: number; captured: number; refunded: number }> = {};
  for (const { currency, capturable, captured, refunded } of items) {
    const sum = (totals[currency] ??= { payments: 0, capturable: 0, captured: 0, refunded: 0 });
    sum.payments += 1;
    sum.capturable += capturable;
    sum.captured += captured;
    sum.refunded += refunded;
  }
  return { items, totals };
}

function idAt(params: unknown, query: unknown): string {
  parseQuery(nothing, query);
  return (params as { id: string }).id;
}
