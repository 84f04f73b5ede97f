/** From the sandbox pricing system's words to the contract's. */
import type { Price, Promotion } from '@steward/contracts';
import { RejectedError } from '@steward/platform';
import { instantOf, isTimeZone } from '../local-time';
import type { SandboxPrice, SandboxPromotion } from './sandbox.wire';

const taxModes = { gross: 'included', net: 'excluded' } as const;

/** Digits after the point that this system keeps. Of a currency that is not here nobody knows, and a guess is wrong by a factor of ten. */
const exponents: Readonly<Record<string, number>> = { EUR: 2, USD: 2, GBP: 2, CHF: 2, SEK: 2, NOK: 2, DKK: 2, PLN: 2, CZK: 2, CAD: 2, AUD: 2, JPY: 0, KWD: 3 };

export function toPrice(record: SandboxPrice): Price {
  const { currency } = record;
  return {
    id: record.id,
    sku: record.article,
    ...whereAndWhen(record),
    minQuantity: record.fromQuantity,
    amount: toMinorUnits('amount', record.amount, currency),
    // Absent, null (cleared) and a value stay three different things.
    ...(record.insteadOf === undefined ? {} : { listAmount: record.insteadOf === null ? null : toMinorUnits('insteadOf', record.insteadOf, currency) }),
    taxMode: taxModes[record.tax],
  };
}

export function toPromotion(record: SandboxPromotion): Promotion {
  const { currency, percent, off } = record;
  if ((percent === null) === (off === null)) throw invalid('percent', String(percent), 'a percentage or an amount off, the other null');
  return {
    id: record.id,
    ...whereAndWhen(record),
    code: record.coupon,
    kind: percent === null ? 'amount' : 'percent',
    // A basis point is a hundredth of a percent.
    valueBp: percent === null ? null : toUnits('percent', percent, { digits: 2, of: 'a percentage' }),
    amount: off === null ? null : toMinorUnits('off', off, currency),
    minSubtotal: toMinorUnits('minimum', record.minimum, currency),
    skus: record.articles,
    stacking: record.combines ? 'stackable' : 'exclusive',
    priority: record.rank,
  };
}

type Scope = Pick<Price & Promotion, 'market' | 'currency' | 'customerGroup' | 'validFrom' | 'validTo'>;

function whereAndWhen({ region, currency, group, zone, starts, ends }: Pick<SandboxPrice & SandboxPromotion, 'region' | 'currency' | 'group' | 'zone' | 'starts' | 'ends'>): Scope {
  if (!isTimeZone(zone)) throw invalid('zone', zone, 'an IANA time zone such as Europe/Berlin');
  return {
    market: region.toLowerCase(),
    currency,
    // Nobody in particular is everybody.
    customerGroup: group ?? 'public',
    validFrom: toInstant('starts', starts, zone),
    validTo: toInstant('ends', ends, zone),
  };
}

function toMinorUnits(field: string, amount: string, currency: string): number {
  const digits = exponents[currency];
  if (digits === undefined) throw invalid('currency', currency, Object.keys(exponents).join(', '));
  return toUnits(field, amount, { digits, of: currency });
}

/** Digit by digit: 1.15 × 100 is not 115 in floating point. Zeros beyond the exponent say nothing and are dropped. */
function toUnits(field: string, amount: string, { digits, of }: { readonly digits: number; readonly of: string }): number {
  const [, whole, fraction = ''] = /^(\d{1,12})(?:\.(\d+))?$/.exec(amount) ?? [];
  const kept = fraction.replace(/0+$/, '');
  if (whole === undefined || kept.length > digits) throw invalid(field, amount, `a decimal number with at most ${digits} digits after the point, as ${of} has`);
  return Number(whole + kept.padEnd(digits, '0'));
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
