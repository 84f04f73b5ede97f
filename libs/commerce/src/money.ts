/** Amounts of money as integers of minor units (S5). No float ever holds one: the decimal point is set in the text. */

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

export function fractionDigitsOf(currency: string): number {
  return digits.get(currency) ?? 2;
}

/** `minorUnits`: a safe integer, may be negative. */
export function toMoney(minorUnits: number, currency: string): Money {
  if (!Number.isSafeInteger(minorUnits)) throw new RangeError(`${String(minorUnits)} is no integer of minor units`);
  const fractionDigits = fractionDigitsOf(currency);
  const figures = String(Math.abs(minorUnits)).padStart(fractionDigits + 1, '0');
  const point = figures.length - fractionDigits;
  const fraction = fractionDigits === 0 ? '' : `.${figures.slice(point)}`;
  return { minorUnits: String(minorUnits), currency, fractionDigits, amount: `${minorUnits < 0 ? '-' : ''}${figures.slice(0, point)}${fraction}` };
}
