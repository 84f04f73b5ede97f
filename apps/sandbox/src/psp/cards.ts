// The payment methods that a test may name, with what becomes of a payment with them. Their names are the PSP's own.

export interface Decline {
  readonly code: string;
  readonly declineCode?: string;
  readonly message: string;
}

export interface Card {
  readonly brand: string;
  readonly last4: string;
  /** The bank wants to see the shopper first. */
  readonly challenged: boolean;
  readonly decline?: Decline;
  /** Its refunds stay under way until the control API settles them. */
  readonly refundsLater?: true;
}

const visa: Card = { brand: 'visa', last4: '4242', challenged: false };
const asked: Card = { brand: 'visa', last4: '3184', challenged: true };

const declines: Readonly<Record<string, Decline>> = {
  '': { code: 'card_declined', declineCode: 'generic_decline', message: 'Your card was declined.' },
  InsufficientFunds: { code: 'card_declined', declineCode: 'insufficient_funds', message: 'Your card has insufficient funds.' },
  LostCard: { code: 'card_declined', declineCode: 'lost_card', message: 'Your card was declined.' },
  StolenCard: { code: 'card_declined', declineCode: 'stolen_card', message: 'Your card was declined.' },
  Fraudulent: { code: 'card_declined', declineCode: 'fraudulent', message: 'Your card was declined.' },
  ExpiredCard: { code: 'expired_card', message: 'Your card has expired.' },
  IncorrectCvc: { code: 'incorrect_cvc', message: "Your card's security code is incorrect." },
  ProcessingError: { code: 'processing_error', message: 'An error occurred while processing your card. Try again in a little bit.' },
};

const cards: Readonly<Record<string, Card>> = {
  pm_card_visa: visa,
  pm_card_visa_debit: { ...visa, last4: '5556' },
  pm_card_mastercard: { ...visa, brand: 'mastercard', last4: '4444' },
  pm_card_amex: { ...visa, brand: 'amex', last4: '8431' },
  pm_card_discover: { ...visa, brand: 'discover', last4: '9424' },
  pm_card_pendingRefund: { ...visa, last4: '7726', refundsLater: true },
  pm_card_authenticationRequired: asked,
  pm_card_threeDSecureRequired: { ...asked, last4: '3063' },
  pm_card_threeDSecure2Required: { ...asked, last4: '3220' },
  ...Object.fromEntries(Object.entries(declines).flatMap(([name, decline]) => ['pm_card_chargeDeclined', 'pm_card_visa_chargeDeclined'].map((prefix) => [prefix + name, { ...visa, last4: '0002', decline }]))),
  ...Object.fromEntries(Object.entries(declines).flatMap(([name, decline]) => ['pm_card_authenticationRequiredChargeDeclined', 'pm_card_threeDSecureRequiredChargeDeclined'].map((prefix) => [prefix + name, { ...asked, decline }]))),
};

export const cardNames: readonly string[] = Object.keys(cards);

export function cardOf(paymentMethod: string): Card | undefined {
  return Object.hasOwn(cards, paymentMethod) ? cards[paymentMethod] : undefined;
}
