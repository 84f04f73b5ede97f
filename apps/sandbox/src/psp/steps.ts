// What a call comes to: a payment in its next state and the events that tell of it, or a refusal. A declined card is both: the
// payment has an error on it, and so has the answer.
import type { Fields } from '../records/collections';
import type { Intent, Payment } from './objects';

export interface News {
  readonly type: string;
  readonly object: Fields;
  readonly previous?: Fields;
}

export interface Failure {
  readonly status: number;
  readonly error: Fields;
}

export type Step =
  | { readonly kind: 'done'; readonly payment: Payment; readonly news: readonly News[]; readonly failure?: Failure }
  | { readonly kind: 'refused'; readonly failure: Failure };

/** What a step needs of the world. */
export interface Moment {
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Where the sandbox is, for the page on which a shopper shows who he is. */
  readonly url: string;
  readonly idempotencyKey: string | null;
}

export function refused(status: number, code: string | undefined, message: string, more: Fields = {}): Step & { kind: 'refused' } {
  return { kind: 'refused', failure: { status, error: { type: 'invalid_request_error', ...(code === undefined ? {} : { code }), message, ...more } } };
}

/** The PSP names the state in which a payment is and those in which the call is allowed. */
export function unexpectedState({ intent }: Payment, verb: string, wanted: readonly Intent['status'][]): Step {
  const message = `This PaymentIntent's status is ${intent.status}. It could not be ${verb}; only a PaymentIntent with one of the following statuses may be: ${wanted.join(', ')}.`;
  return refused(400, 'payment_intent_unexpected_state', message, { payment_intent: intent });
}

export function seconds(moment: Moment): number {
  return Math.floor(moment.now / 1000);
}

export function told(type: string, object: Fields, previous?: Fields): News {
  return { type, object, ...(previous === undefined ? {} : { previous }) };
}

/** Keys are added, replaced, and with an empty value taken away; all of them by an empty text. */
export function mergeMetadata(known: Readonly<Record<string, string>>, given: Readonly<Record<string, string>> | '' | undefined): Readonly<Record<string, string>> {
  if (given === '') return {};
  return Object.fromEntries(Object.entries({ ...known, ...given }).filter(([, value]) => value !== ''));
}
