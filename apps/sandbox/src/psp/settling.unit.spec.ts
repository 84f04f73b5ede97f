import fc from 'fast-check';
import { answerChallenge, confirmPayment, createPayment } from './authorizing';
import { cardNames } from './cards';
import type { Payment } from './objects';
import { createParams } from './params.wire';
import { cancel, capture, expire, refund, refundedOf, settleRefund } from './settling';
import type { Moment, Step } from './steps';

const moment: Moment = { now: 1_800_000_000_000, url: 'http://psp.example', idempotencyKey: null };
const made = (more: Record<string, unknown> = {}) => createPayment(createParams.parse({ amount: '1000', currency: 'EUR', capture_method: 'manual', ...more }), moment);
const paymentIn = (step: Step): Payment => {
  if (step.kind === 'refused') throw new Error(String(step.failure.error['message']));
  return step.payment;
};
const authorized = (more: Record<string, unknown> = {}) => paymentIn(made({ confirm: 'true', payment_method: 'pm_card_visa', payment_method_options: { card: { request_multicapture: 'if_available' } }, ...more }));

// Most cards decline and every end is one: without the weights hardly a run would come to money.
const methods = fc.oneof({ arbitrary: fc.constantFrom('pm_card_visa', 'pm_card_pendingRefund', 'pm_card_authenticationRequired'), weight: 4 }, { arbitrary: fc.constantFrom(...cardNames), weight: 1 });
const acts = fc.oneof(
  { weight: 4, arbitrary: fc.record({ act: fc.constant('confirm' as const), method: methods }) },
  { weight: 2, arbitrary: fc.record({ act: fc.constant('answer' as const), outcome: fc.constantFrom('complete' as const, 'fail' as const) }) },
  { weight: 6, arbitrary: fc.record({ act: fc.constant('capture' as const), amount: fc.option(fc.integer({ min: 0, max: 1200 }), { nil: undefined }), final: fc.option(fc.boolean(), { nil: undefined }) }) },
  { weight: 6, arbitrary: fc.record({ act: fc.constant('refund' as const), amount: fc.option(fc.integer({ min: 1, max: 1200 }), { nil: undefined }) }) },
  { weight: 6, arbitrary: fc.record({ act: fc.constant('settle' as const), nth: fc.integer({ min: 1, max: 3 }), status: fc.constantFrom('succeeded' as const, 'failed' as const) }) },
  { weight: 1, arbitrary: fc.constantFrom({ act: 'cancel' as const }, { act: 'expire' as const }) },
);
type Act = typeof acts extends fc.Arbitrary<infer T> ? T : never;

function doOne(payment: Payment, act: Act): Step {
  switch (act.act) {
    case 'confirm':
      return confirmPayment(payment, { payment_method: act.method }, moment);
    case 'answer':
      return answerChallenge(payment, act.outcome, moment);
    case 'capture':
      return capture(payment, { amount_to_capture: act.amount, final_capture: act.final }, moment);
    case 'refund':
      return refund(payment, { amount: act.amount }, moment);
    case 'settle':
      return settleRefund(payment, `re_${payment.intent.id.slice(3)}_${act.nth}`, act.status);
    case 'cancel':
      return cancel(payment, null, moment);
    case 'expire':
      return expire(payment, moment);
  }
}

test('whatever is asked in whatever order, no more is captured than was authorized and no more refunded than was captured', () => {
  fc.assert(
    fc.property(fc.array(acts, { minLength: 10, maxLength: 40 }), fc.boolean(), (list, several) => {
      let payment = paymentIn(made(several ? { payment_method_options: { card: { request_multicapture: 'if_available' } } } : {}));
      for (const act of list) {
        const step = doOne(payment, act);
        if (step.kind === 'done') payment = step.payment;
        const { intent, charges, captures, refunds } = payment;
        const captured = captures.reduce((sum, { amount }) => sum + amount, 0);
        expect(intent.amount_received).toBe(captured);
        expect(captured + intent.amount_capturable).toBeLessThanOrEqual(intent.amount);
        expect(refundedOf(refunds)).toBeLessThanOrEqual(captured);
        expect(charges.filter(({ status }) => status === 'succeeded').length).toBeLessThanOrEqual(1);
        if (intent.status === 'canceled') expect([captured, intent.amount_capturable]).toEqual([0, 0]);
        if (intent.status === 'succeeded') expect(captured).toBeGreaterThan(0);
      }
    }),
    { numRuns: 500 },
  );
});

test('a capture that is not the last keeps the rest, and one that says nothing lets it go', () => {
  const first = paymentIn(capture(authorized(), { amount_to_capture: 700, final_capture: false }, moment));
  expect(first.intent).toMatchObject({ status: 'requires_capture', amount_capturable: 300, amount_received: 700 });
  const last = paymentIn(capture(first, { amount_to_capture: 200 }, moment));
  expect(last.intent).toMatchObject({ status: 'succeeded', amount_capturable: 0, amount_received: 900 });
  expect(last.charges.at(-1)).toMatchObject({ captured: true, amount_captured: 900 });
  expect(paymentIn(capture(first, { amount_to_capture: 0 }, moment)).intent).toMatchObject({ status: 'succeeded', amount_received: 700 });
});

test('without multicapture there is one capture', () => {
  const once = authorized({ payment_method_options: { card: { request_multicapture: 'never' } } });
  expect(capture(once, { amount_to_capture: 700, final_capture: false }, moment)).toMatchObject({ kind: 'refused', failure: { status: 400, error: { param: 'final_capture' } } });
  expect(paymentIn(capture(once, { amount_to_capture: 700 }, moment)).intent).toMatchObject({ status: 'succeeded', amount_capturable: 0, amount_received: 700 });
});

test('what was captured in part is ended, not cancelled, by the shop as by the bank', () => {
  const part = paymentIn(capture(authorized(), { amount_to_capture: 100, final_capture: false }, moment));
  expect(cancel(part, null, moment)).toMatchObject({ kind: 'refused', failure: { error: { code: 'payment_intent_unexpected_state' } } });
  expect(paymentIn(expire(part, moment)).intent).toMatchObject({ status: 'succeeded', amount_received: 100 });
  expect(paymentIn(expire(authorized(), moment)).intent).toMatchObject({ status: 'canceled', cancellation_reason: 'automatic' });
});

test('a decline stays on the payment, which may be tried with another card', () => {
  const step = made({ confirm: 'true', payment_method: 'pm_card_chargeDeclinedInsufficientFunds' });
  expect(step).toMatchObject({ kind: 'done', failure: { status: 402, error: { type: 'card_error', code: 'card_declined', decline_code: 'insufficient_funds' } } });
  expect(paymentIn(step).intent).toMatchObject({ status: 'requires_payment_method', last_payment_error: { code: 'card_declined' } });
  expect(paymentIn(confirmPayment(paymentIn(step), { payment_method: 'pm_card_visa' }, moment)).intent).toMatchObject({ status: 'requires_capture', last_payment_error: null });
});

test('a refund that failed may be made again', () => {
  const paid = paymentIn(made({ capture_method: 'automatic', confirm: 'true', payment_method: 'pm_card_pendingRefund' }));
  const waiting = paymentIn(refund(paid, {}, moment));
  expect(waiting.refunds).toMatchObject([{ status: 'pending', amount: 1000 }]);
  expect(refund(waiting, { amount: 1 }, moment)).toMatchObject({ failure: { error: { code: 'charge_already_refunded' } } });
  const failed = paymentIn(settleRefund(waiting, waiting.refunds[0]?.id ?? '', 'failed'));
  expect(failed.charges[0]).toMatchObject({ refunded: false, amount_refunded: 0 });
  expect(paymentIn(refund(failed, { amount: 400 }, moment)).charges[0]).toMatchObject({ refunded: false, amount_refunded: 400 });
});
