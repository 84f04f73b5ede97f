import type { PromotionRecord } from '../records/promotion.wire';

const europe = { region: 'EU', currency: 'EUR', zone: 'Europe/Berlin' };
const america = { region: 'US', currency: 'USD', zone: 'America/New_York' };
const plain = { group: null, coupon: null, percent: null, off: null, minimum: '0', articles: null, starts: null, ends: null, combines: false, rank: 0 };

/** One of each kind: for a word, for a large basket, for businesses, for a season, for some articles. */
export function makePromotions(articles: readonly string[]): PromotionRecord[] {
  return [
    { ...plain, ...europe, id: 'EU-WELCOME10', title: 'Ten percent to begin with', coupon: 'WELCOME10', percent: '10', minimum: '50.00' },
    { ...plain, ...america, id: 'US-WELCOME10', title: 'Ten percent to begin with', coupon: 'WELCOME10', percent: '10', minimum: '50.00' },
    { ...plain, ...europe, id: 'EU-LARGE', title: '25 off from 500', off: '25.00', minimum: '500.00', combines: true, rank: 10 },
    { ...plain, ...europe, id: 'EU-BUSINESS3', title: 'Three percent for businesses', group: 'business', percent: '3', combines: true, rank: 5 },
    { ...plain, ...europe, id: 'EU-SPRING15', title: 'Spring', percent: '15', minimum: '100.00', starts: '2027-03-08T00:00', ends: '2027-04-05T00:00' },
    ...(articles.length === 0 ? [] : [{ ...plain, ...europe, id: 'EU-CAMP20', title: 'Twenty percent off the first article', coupon: 'CAMP20', percent: '20', articles: [...articles] }]),
  ];
}
