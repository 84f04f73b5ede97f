/** From the sandbox pricing system's words to the contract's. */
import type { Price } from '@steward/contracts';
import { RejectedError } from '@steward/platform';
import { instantOf, isTimeZone } from '../local-time';
import type { SandboxPrice } from './sandbox.wire';

const taxModes = { gross: 'included', net: 'excluded' } as const;

/** Digits after the point that this system keeps. Of a currency that is not here nobody knows, and a guess is wrong by a factor of ten. */
const exponents: Readonly<Record<string, number>> = { EUR: 2, USD: 2, GBP: 2, CHF: 2, SEK: 2, NOK: 2, DKK: 2, PLN: 2, CZK: 2, CAD: 2, AUD: 2, JPY: 0, KWD: 3 };

export function toPrice(record: SandboxPrice): Price {
  const { currency, zone } = record;
  if (!isTimeZone(zone)) throw invalid('zone', zone, 'an IANA time zone such as Europe/Berlin');
  return {
    id: record.id,
    sku: record.article,
    market: record.region.toLowerCase(),
    currency,
    // Nobody in particular is everybody.
    customerGroup: record.group ?? 'public',
    minQuantity: record.fromQuantity,
    validFrom: toInstant('starts', record.starts, zone),
    validTo: toInstant('ends', record.ends, zone),
    amount: toMinorUnits('amount', record.amount, currency),
    // Absent, null (cleared) and a value stay three different things.
    ...(record.insteadOf === undefined ? {} : { listAmount: record.insteadOf === null ? null : toMinorUnits('insteadOf', record.insteadOf, currency) }),
    taxMode: taxModes[record.tax],
  };
}

/** Digit by digit: 1.15 × 100 is not 115 in floating point. Zeros beyond the exponent say nothing and are dropped. */
function toMinorUnits(field: string, amount: string, currency: string): number {
  const exponent = exponents[currency];
  if (exponent === undefined) throw invalid('currency', currency, Object.keys(exponents).join(', '));
  const [, whole, fraction = ''] = /^(\d{1,12})(?:\.(\d+))?$/.exec(amount) ?? [];
  const digits = fraction.replace(/0+$/, '');
  if (whole === undefined || digits.length > exponent) throw invalid(field, amount, `a decimal number with at most ${exponent} digits after the point, as ${currency} has`);
  return Number(whole + digits.padEnd(exponent, '0'));
}

function toInstant(field: string, local: string | null, zone: string): string | null {
  if (local === null) return null;
  const instant = instantOf(local, zone);
  if (instant === undefined) throw invalid(field, local, 'a local time such as 2027-03-08T00:00');
  return new Date(instant).toISOString();
}

function invalid(place: string, value: string, accepted: string): RejectedError {
  return new RejectedError('ITEM_INVALID', `${place} ${JSON.stringify(value)}`, { place, accepted });
}
