// Two price lists: the European one with tax in it, the American one without. A SKU costs the same in every size and colour.
import type { PriceRecord } from '../records/price.wire';
import { createRandom, type Random } from './random';

interface List {
  readonly region: string;
  readonly currency: string;
  readonly tax: PriceRecord['tax'];
  readonly zone: string;
  /** Of the base price; what is left is the shop's idea of a round number. */
  readonly factor: number;
  readonly ending: number;
}

export const priceLists: readonly List[] = [
  { region: 'EU', currency: 'EUR', tax: 'gross', zone: 'Europe/Berlin', factor: 1, ending: 95 },
  { region: 'US', currency: 'USD', tax: 'net', zone: 'America/New_York', factor: 0.92, ending: 0 },
];

/** A fixed season, see catalogue.ts. Both clocks change in it, on different days: local midnight is another instant at its end. */
const SEASON = { starts: '2027-03-08T00:00', ends: '2027-04-05T00:00' };

/** Prices have numbers of their own, so that they leave the rest of a seed's catalogue as it was. */
export function makePrices(seed: string | number, number: number, skus: readonly string[]): PriceRecord[] {
  const random = createRandom(`${seed}/${number}/prices`);
  const whole = random.between(9, 260);
  const reduced = random.chance(0.15) ? random.pick([0.7, 0.8, 0.9]) : undefined;
  const forBusiness = random.chance(0.2);
  return priceLists.flatMap((list) => {
    const cents = Math.round(whole * list.factor) * 100 + list.ending;
    const entry = entryOf(list, cents, random);
    return skus.flatMap((sku) => [
      entry(sku, {}),
      ...(reduced === undefined ? [] : [entry(sku, { id: '-SALE', cents: round(cents * reduced), insteadOf: decimal(cents), ...SEASON })]),
      ...(forBusiness ? [entry(sku, { id: '-B10', cents: round(cents * 0.9), group: 'business', fromQuantity: 10 })] : []),
    ]);
  });
}

interface Special extends Partial<Pick<PriceRecord, 'insteadOf' | 'group' | 'fromQuantity' | 'starts' | 'ends'>> {
  readonly id?: string;
  readonly cents?: number;
}

function entryOf(list: List, everyday: number, random: Random): (sku: string, special: Special) => PriceRecord {
  // Some lists carry a recommended price all year.
  const recommended = random.chance(0.1) ? decimal(everyday + 1_000) : undefined;
  return (sku, { id = '', cents = everyday, insteadOf = recommended, group = null, fromQuantity = 1, starts = null, ends = null }) => ({
    id: `${list.region}-${sku}${id}`,
    article: sku,
    region: list.region,
    currency: list.currency,
    group,
    fromQuantity,
    amount: decimal(cents),
    ...(insteadOf === undefined ? {} : { insteadOf }),
    tax: list.tax,
    starts,
    ends,
    zone: list.zone,
  });
}

const round = (cents: number): number => Math.round(cents / 5) * 5;
const decimal = (cents: number): string => `${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, '0')}`;
