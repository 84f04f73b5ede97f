// Writing: what a shop does with a payment.
import type { Clock } from '@steward/platform';
import type { Fields } from '../records/collections';
import type { Store } from '../store/store';
import { operation, type Operation, type Plan } from '../vendor/operations';
import { confirmPayment, createPayment, updatePayment } from './authorizing';
import { failureAnswer } from './dialect';
import type { Payment } from './objects';
import { cancelParams, captureParams, confirmParams, createParams, refundParams, updateParams } from './params.wire';
import { cancel, capture, refund } from './settling';
import { refused, type Moment, type Step } from './steps';
import { deedOf, missing, namesOf, paymentOf, showIntent } from './till';

const intents = '/psp/v1/payment_intents';
const one = `${intents}/{id}`;

export function writeOperations(store: Store, clock: Clock, url: () => string): readonly Operation[] {
  const moment = (key: string | undefined): Moment => ({ now: clock.now(), url: url(), idempotencyKey: key ?? null });
  const onIntent = (id: string, key: string | undefined, expand: readonly string[] | undefined, step: (payment: Payment, at: Moment) => Step): Plan =>
    id.startsWith('pi_') ? onPayment(store, id, 'payment_intent', () => moment(key), step, (payment) => showIntent(payment, expand)) : { kind: 'refused', answer: failureAnswer(missing('payment_intent', id)) };
  return [
    operation('POST', intents, createParams, ({ body, idempotencyKey }) => ({
      kind: 'write',
      names: Object.values(body.metadata === '' ? {} : (body.metadata ?? {})),
      act: () => {
        const at = moment(idempotencyKey);
        return deedOf(createPayment(body, at), at, (payment) => showIntent(payment, body.expand));
      },
    })),
    operation('POST', one, updateParams, ({ params: { id = '' }, body, idempotencyKey }) => onIntent(id, idempotencyKey, body.expand, (payment) => updatePayment(payment, body))),
    operation('POST', `${one}/confirm`, confirmParams, ({ params: { id = '' }, body, idempotencyKey }) => onIntent(id, idempotencyKey, body.expand, (payment, at) => confirmPayment(payment, body, at))),
    operation('POST', `${one}/capture`, captureParams, ({ params: { id = '' }, body, idempotencyKey }) => onIntent(id, idempotencyKey, body.expand, (payment, at) => capture(payment, body, at))),
    operation('POST', `${one}/cancel`, cancelParams, ({ params: { id = '' }, body, idempotencyKey }) => onIntent(id, idempotencyKey, body.expand, (payment, at) => cancel(payment, body.cancellation_reason ?? null, at))),
    operation('POST', '/psp/v1/refunds', refundParams, ({ body, idempotencyKey }) => {
      const id = body.payment_intent ?? body.charge;
      if (id === undefined) return { kind: 'refused', answer: failureAnswer(refused(400, 'parameter_missing', 'One of the following params should be provided for this request: payment_intent or charge.').failure) };
      const step = (payment: Payment, at: Moment): Step => (body.charge !== undefined && body.charge !== payment.charges.at(-1)?.id ? { kind: 'refused', failure: missing('charge', body.charge) } : refund(payment, body, at));
      return onPayment(store, id, body.payment_intent === undefined ? 'charge' : 'payment_intent', () => moment(idempotencyKey), step, ({ refunds }) => refunds.at(-1) ?? {}, Object.values(body.metadata === '' ? {} : (body.metadata ?? {})));
    }),
  ];
}

function onPayment(store: Store, id: string, kind: string, moment: () => Moment, step: (payment: Payment, at: Moment) => Step, show: (payment: Payment) => Fields, names: readonly string[] = []): Plan {
  const known = paymentOf(store, id);
  return {
    kind: 'write',
    names: [id, ...names, ...(known ? namesOf(known) : [])],
    act: () => {
      const payment = paymentOf(store, id);
      const at = moment();
      return deedOf(payment ? step(payment, at) : { kind: 'refused', failure: missing(kind, id) }, at, show);
    },
  };
}
