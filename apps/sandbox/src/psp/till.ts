// The payments in the store, and how a step becomes a commit: the payment and the events that tell of it, or neither.
import { pspEvents, pspPayments, type Fields } from '../records/collections';
import type { Entry } from '../store/collection';
import type { Part, Store, Tell } from '../store/store';
import type { Deed } from '../vendor/operations';
import { failureAnswer } from './dialect';
import { intentIdOf, newId, type Intent, type Payment } from './objects';
import { refused, seconds, type Failure, type Moment, type Step } from './steps';

/** Found by the id of the payment, of a charge or of a refund. */
export function paymentOf(store: Store, id: string): Payment | undefined {
  const stored = store.read(pspPayments, intentIdOf(id));
  return stored && (stored as unknown as Payment);
}

export function toPayment(entry: Entry): Payment {
  return JSON.parse(entry.json) as Payment;
}

/** Whatever names a payment to those who plant faults: its id and what the shop wrote on it. */
export function namesOf({ intent, refunds }: Payment): string[] {
  return [intent.id, ...Object.values(intent.metadata), ...refunds.flatMap(({ id, metadata }) => [id, ...Object.values(metadata)])];
}

export function partsOf({ payment, news }: Step & { kind: 'done' }, moment: Moment): readonly Part[] {
  const request = { id: null, idempotency_key: moment.idempotencyKey };
  const { intent, charges, refunds, captures } = payment;
  return [
    { spec: pspPayments, id: intent.id, record: { intent, charges, refunds, captures } },
    ...news.map(({ type, object, previous }) => {
      const id = newId('evt');
      const data = { object, ...(previous === undefined ? {} : { previous_attributes: previous }) };
      return { spec: pspEvents, id, record: { id, object: 'event', api_version: null, created: seconds(moment), data, livemode: false, pending_webhooks: 1, request, type } };
    }),
  ];
}

/** The commit of a step and its answer: the object that `show` takes from the payment, or what went wrong. */
export function deedOf(step: Step, moment: Moment, show: (payment: Payment) => Fields): Deed {
  if (step.kind === 'refused') return { parts: [], answer: () => failureAnswer(step.failure) };
  const answer = step.failure ? failureAnswer(step.failure) : { status: 200, json: JSON.stringify(show(step.payment)) };
  return { parts: partsOf(step, moment), answer: () => answer };
}

/** `expand[]=latest_charge` puts the charge in the place of its id. */
export function showIntent({ intent, charges }: Payment, expand: readonly string[] = []): Intent | Fields {
  const charge = charges.at(-1);
  return expand.some((path) => path.replace(/^data\./, '') === 'latest_charge') && charge ? { ...intent, latest_charge: charge } : intent;
}

export function missing(kind: string, id: string): Failure {
  return refused(404, 'resource_missing', `No such ${kind}: '${id}'`, { param: 'id' }).failure;
}

/** What somebody other than the shop does with a payment: the shopper, the bank. */
export function stepAside(store: Store, id: string, at: Moment, step: (payment: Payment) => Step, tell: Tell): Step {
  const payment = paymentOf(store, id);
  if (!payment) return { kind: 'refused', failure: missing('payment', id) };
  const done = step(payment);
  if (done.kind === 'done') store.commit(partsOf(done, at), tell);
  return done;
}

/** Every payment there is. */
export function allPayments(store: Store): Payment[] {
  return store.of(pspPayments).all().map(({ json }) => JSON.parse(json) as Payment);
}
