/**
 * A person pays money back: by the command to its owner, never at the payment provider.
 * 1. The refund id is the key: the same again is answered and not sent again, another refund under it is a conflict.
 * 2. Row, outbox and audit are one transaction (I6); what the command becomes is for its owner, who checks again.
 * 3. It is money, so two people want it (second-person.ts), and they want the same amount of the same order.
 */
import { type EvidenceAnswer, type EvidenceQuestion, evidenceSubject, type Payment, type RefundPayment, refundPayment } from '@steward/contracts';
import { appendEvents } from '@steward/event-bus';
import { z } from 'zod';
import type { Answered } from '../api/answer';
import type { Parts } from '../api/feature';
import { refused } from '../api/input';
import { conflict, notFound } from '../api/outcomes';
import { act, defineRoute, type Route } from '../api/route';
import { audited } from '../audit/audited';
import { historyOf, pastAct } from '../audit/entries';
import { agree, refuseSame, turnOf, waitsForSecond, wantFirst, type Wanted, wishesAbout, wishView } from '../second-person/second-person';
import { carriedOutBy, refundView, withResult } from './refund-result';
import { findRefund, insertRefund, type RefundWanted, type SentRefund } from './refunds.store';

const owner = refundPayment.owner.team;
const MINOR = 'a whole number of minor units, 1 or more';
const fields = {
  orderId: z.string({ error: 'the id of an order' }).min(1, { error: 'the id of an order' }).max(200, { error: 'the id of an order' }),
  amount: z.int({ error: MINOR }).min(1, { error: MINOR }),
  currency: z.string({ error: 'ISO 4217, such as EUR' }).regex(/^[A-Z]{3}$/, { error: 'ISO 4217, such as EUR' }),
};
/** A colon ends an order's id in the key of an effect, and begins what the owner refunds by itself (`parcel:…`). */
const REFUND_ID = /^[\w.-]{1,200}$/;

const standing = z.object({ currency: z.string(), capturedAmount: z.int(), refundedAmount: z.int() }).meta({ id: 'PaymentStanding', description: 'How much was captured and paid back before; in minor units.' });
const answer = z.discriminatedUnion('dryRun', [
  z.object({ dryRun: z.literal(true), refund: refundView.nullable().describe('What was sent under this id already.'), payment: standing.nullable(), needsSecondPerson: z.boolean() }),
  z.object({ dryRun: z.literal(false), refund: refundView }),
]);
const shown = z.object({ refund: refundView.nullable().describe('null = not sent yet.'), wishes: z.array(wishView.extend({ seen: z.string().describe('The amount and the order that they mean.') })), history: z.array(pastAct) });

const subjectOf = (refundId: string): string => `refund ${refundId}`;
const wantedOf = ({ refundId, orderId, amount, currency }: RefundWanted): Required<Wanted> => ({ subject: subjectOf(refundId), act: 'refund', seen: `${String(amount)} ${currency} (minor units) of order ${orderId}` });

export function refundRoutes({ database, ask }: Parts): Route[] {
  return [
    defineRoute({
      method: 'GET', path: '/refunds/{id}', operationId: 'refund', summary: 'One refund: who wants it, who agreed, and what came of it', role: 'viewer', answer: shown,
      handle: async ({ params, allow }) => {
        const id = params['id'] ?? '';
        await allow('viewer', owner, subjectOf(id));
        const [sent, wishes, history] = await Promise.all([findRefund(database, id), wishesAbout(database, subjectOf(id)), historyOf(database, owner, subjectOf(id))]);
        if (sent === undefined && wishes.length === 0) throw notFound('refund', id);
        return sent === undefined ? { refund: null, wishes, history } : { refund: await withResult({ database, ask }, sent), wishes: [], history };
      },
    }),
    defineRoute({
      method: 'POST', path: '/refunds/{id}', operationId: 'askRefund', summary: 'Pay back an amount of an order, once under this id; a second person makes the same call', role: 'viewer',
      body: act(fields), answer, otherwise: { status: 202, answer: waitsForSecond },
      handle: async ({ who, params, body, allow, traceId }) => {
        const { orderId, amount, currency, reason, dryRun } = body;
        const refund: RefundWanted = { refundId: params['id'] ?? '', orderId, amount, currency };
        const wanted = wantedOf(refund);
        const turn = await turnOf(database, wanted, refundPayment.entity);
        const sent = await findRefund(database, refund.refundId);
        // What was sent is only told again, to whoever may see it: the second person repeats a lost answer too.
        await allow(sent !== undefined ? 'viewer' : turn.kind === 'second' ? 'approver' : 'refunder', owner, wanted.subject);
        if (sent !== undefined) return again(sent, refund, dryRun);
        if (!REFUND_ID.test(refund.refundId)) throw refused('/id', 'is no refund id', '1 to 200 letters, digits and . _ -');
        const payment = await judged(refund);
        refuseSame(turn, who);
        if (dryRun) return { dryRun: true as const, refund: null, payment, needsSecondPerson: turn.kind === 'first' };
        const entry = { who, owner, act: 'refund payment', subject: wanted.subject, reason, before: { ...payment, wants: wanted.seen }, traceId };
        if (turn.kind === 'first') return wantFirst(database, wanted, entry);
        const send = (why: string): Promise<SentRefund> => database.transaction(async (tx) => {
          const row = await insertRefund(tx, refund);
          if (row === undefined) throw conflict(`refund ${refund.refundId} was sent in this moment`);
          // Its owner's words are limited, and the reasons of both stand whole in the audit.
          const data: RefundPayment = { ...refund, reason: [...why].slice(0, 500).join(''), requestedBy: 'operator' };
          await appendEvents(tx, [{ contract: refundPayment, system: 'operations', key: refund.refundId, data, correlationId: orderId }]);
          await audited(tx, { ...entry, reason: why, outcome: 'asked', after: { sent: refundPayment.entity, to: carriedOutBy } });
          return row;
        });
        const now = await (turn.kind === 'second' ? agree(database, wanted, turn.wish, reason, send) : send(reason));
        return { dryRun: false as const, refund: { ...now, state: 'sent' as const, detail: `${carriedOutBy} has not begun` } };
      },
    }),
  ];

  async function again(sent: SentRefund, { orderId, amount, currency }: RefundWanted, dryRun: boolean): Promise<Answered<typeof answer>> {
    if (sent.orderId !== orderId || sent.amount !== amount || sent.currency !== currency) throw conflict(`refund ${sent.refundId} was sent already: ${wantedOf(sent).seen}`, 'the same refund again, or another id for another refund');
    const refund = await withResult({ database, ask }, sent);
    return dryRun ? { dryRun: true, refund, payment: null, needsSecondPerson: false } : { dryRun: false, refund };
  }

  /** Against what the owner holds: what it would refuse is refused here, where the person still is. The owner has the last word. */
  async function judged({ orderId, amount, currency }: RefundWanted): Promise<Answered<typeof standing>> {
    const { keys } = await ask<EvidenceAnswer>(evidenceSubject(carriedOutBy), { entity: 'payment', keys: [orderId] } satisfies EvidenceQuestion, 10_000);
    const payment = keys.find(({ key }) => key === orderId)?.data as Payment | null | undefined;
    if (payment === null || payment === undefined) throw refused('/orderId', `${carriedOutBy} knows no payment of order ${orderId}`, 'the id of an order that was paid');
    const { currency: paidIn, capturedAmount, refundedAmount } = payment;
    if (currency !== paidIn) throw refused('/currency', `is not the currency of order ${orderId}`, paidIn);
    const left = capturedAmount - refundedAmount;
    if (amount > left) throw refused('/amount', `is more than what is captured and not refunded: ${String(capturedAmount)} less ${String(refundedAmount)}`, left === 0 ? 'nothing, until more is captured' : `1 to ${String(left)} minor units of ${paidIn}`);
    return { currency: paidIn, capturedAmount, refundedAmount };
  }
}
