/** Amounts of money as integers of minor units (S5). No float ever holds one: the decimal point is set in the text. */
import { exact, toNumber } from './integers';

/** As a storefront shows it; every part is text or a small integer, so that no client's number type can round it. */
export interface Money {
  /** Integer of minor units: cents, yen, fils. */
  readonly minorUnits: string;
  /** ISO 4217. */
  readonly currency: string;
  readonly fractionDigits: number;
  /** Decimal number with a point and exactly `fractionDigits` digits behind it. */
  readonly amount: string;
}

/** ISO 4217 list one: the currencies whose minor unit is not a hundredth. Intl's figures are CLDR's, and differ for a dozen of them. */
const exceptions: Readonly<Record<number, readonly string[]>> = {
  0: ['BIF', 'CLP', 'DJF', 'GNF', 'ISK', 'JPY', 'KMF', 'KRW', 'PYG', 'RWF', 'UGX', 'UYI', 'VND', 'VUV', 'XAF', 'XOF', 'XPF'],
  3: ['BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND'],
  4: ['CLF', 'UYW'],
};
const digits = new Map(Object.entries(exceptions).flatMap(([count, currencies]) => currencies.map((currency) => [currency, Number(count)] as const)));

/** Decimal digits of the currency in ISO 4217; 2 for one that is not listed as an exception. */
export function fractionDigitsOf(currency: string): number {
  return digits.get(currency) ?? 2;
}

/** Where a foreign system counts otherwise than ISO 4217, and so than our contracts. */
interface Counting {
  readonly fractionDigits: Readonly<Record<string, number>>;
  /** Amounts, as that system counts them, have to be multiples of this. */
  readonly steps: Readonly<Record<string, number>>;
}

const countings: Readonly<Record<string, Counting>> = {
  // https://docs.stripe.com/currencies: two currencies lost their cents and kept them in the API, one has fifths, which it drops,
  // and the networks behind it know no third digit.
  stripe: { fractionDigits: { ISK: 2, UGX: 2, MGA: 0 }, steps: { BHD: 10, JOD: 10, KWD: 10, OMR: 10, TND: 10 } },
};

/** Decimal digits with which a connector counts the currency; those of ISO 4217 unless it is known to differ. */
export function exponentFor(connector: string, currency: string): number {
  return countings[connector]?.fractionDigits[currency] ?? fractionDigitsOf(currency);
}

/**
 * Converts minor units of ISO 4217 to the units in which the connector counts.
 * @throws RangeError where it has no whole number for them: an amount is never rounded on its way to who charges it
 */
export function toConnectorUnits(connector: string, minorUnits: number, currency: string): number {
  const units = shifted(minorUnits, exponentFor(connector, currency) - fractionDigitsOf(currency));
  const step = countings[connector]?.steps[currency] ?? 1;
  if (units === undefined || units % step !== 0) throw new RangeError(`${connector} has no whole number for ${String(minorUnits)} minor units of ${currency}`);
  return units;
}

/** @throws RangeError where the connector says what is no whole number of minor units */
export function fromConnectorUnits(connector: string, units: number, currency: string): number {
  const minorUnits = shifted(units, fractionDigitsOf(currency) - exponentFor(connector, currency));
  if (minorUnits === undefined) throw new RangeError(`${String(units)} of ${connector} are no whole number of minor units of ${currency}`);
  return minorUnits;
}

/** The point moved by `digits`; undefined when something would be lost behind it. */
function shifted(amount: number, digits: number): number | undefined {
  const factor = 10n ** BigInt(Math.abs(digits));
  const exactly = BigInt(exact(amount, 'an amount'));
  if (digits >= 0) return toNumber(exactly * factor);
  return exactly % factor === 0n ? toNumber(exactly / factor) : undefined;
}

/** `minorUnits`: a safe integer, may be negative. */
export function toMoney(minorUnits: number, currency: string): Money {
  exact(minorUnits, 'minorUnits');
  const fractionDigits = fractionDigitsOf(currency);
  const figures = String(Math.abs(minorUnits)).padStart(fractionDigits + 1, '0');
  const point = figures.length - fractionDigits;
  const fraction = fractionDigits === 0 ? '' : `.${figures.slice(point)}`;
  return { minorUnits: String(minorUnits), currency, fractionDigits, amount: `${minorUnits < 0 ? '-' : ''}${figures.slice(0, point)}${fraction}` };
}
