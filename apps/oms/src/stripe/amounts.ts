/** Stripe counts a few currencies otherwise than ISO 4217 does, and so than our contracts do (S5). */
import { fractionDigitsOf } from '@steward/commerce';

/**
 * As docs.stripe.com/currencies has them, where they differ from ISO 4217: ISK and UGX are held with two digits for the sake of old
 * integrations, though they have none; the ariary has none with Stripe.
 */
const digitsAtStripe: Readonly<Record<string, number>> = { ISK: 2, UGX: 2, MGA: 0 };

/** Amounts of currencies with thousandths have to end in 0: cards settle hundredths. */
const stepAtStripe: Readonly<Record<string, number>> = { BHD: 10, JOD: 10, KWD: 10, OMR: 10, TND: 10, ISK: 100, UGX: 100 };

const shiftOf = (currency: string): number => (digitsAtStripe[currency] ?? fractionDigitsOf(currency)) - fractionDigitsOf(currency);

/** Throws RangeError for what Stripe has no amount for: nothing is rounded behind anybody's back. */
export function toStripeAmount(minorUnits: number, currency: string): number {
  const shift = shiftOf(currency);
  const amount = shift >= 0 ? minorUnits * 10 ** shift : minorUnits / 10 ** -shift;
  if (!Number.isSafeInteger(amount) || amount % (stepAtStripe[currency] ?? 1) !== 0) throw new RangeError(`${minorUnits} minor units of ${currency} are no amount that Stripe can hold`);
  return amount;
}

export function toMinorUnits(stripeAmount: number, currency: string): number {
  const shift = shiftOf(currency);
  return shift >= 0 ? Math.trunc(stripeAmount / 10 ** shift) : stripeAmount * 10 ** -shift;
}
