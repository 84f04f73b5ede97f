/**
 * What the storefront says of one SKU in its list, in JSON-LD and in a cart. They are made from one document, so a difference that stays is
 * a fault of the gateway, or an answer that somebody on the way has kept too long.
 */
import type { Comparison, PagesCheck, SecondLook, Step, Suspect } from '../check/define-check';
import { differingFields } from '../check/differ';
import type { Storefront } from '../doors/gateway.client';

const PAGE = 50;

interface Money {
  readonly amount: string;
  readonly currency: string;
}
interface Sellable {
  readonly sku: string;
  readonly price: { readonly value: Money | null };
  readonly availability: { readonly state: string };
}
interface Shown extends Sellable {
  readonly id: string;
  readonly variants: readonly Sellable[];
}
interface Offering {
  readonly sku?: string;
  readonly offers?: { readonly price: string; readonly priceCurrency: string; readonly availability?: string };
  readonly hasVariant?: readonly Offering[];
}
interface Cart {
  readonly lines: readonly { readonly sku: string; readonly price: { readonly unit: Money } | null }[];
}

/** By SKU; null = it says nothing of it. */
interface Said {
  readonly price: string | null;
  readonly buyable: boolean | null;
}
type SaidOf = Readonly<Record<string, Said>>;
/** Of it, what differs. */
type Told = Readonly<Record<string, Partial<Said>>>;

const buyable: Readonly<Record<string, boolean>> = { IN_STOCK: true, LOW_STOCK: true, BACKORDER: true, OUT_OF_STOCK: false, InStock: true, LimitedAvailability: true, BackOrder: true, OutOfStock: false };
const textOf = (money: Money | null | undefined): string | null => (money == null ? null : `${money.amount} ${money.currency}`);

function ofPage(shown: Shown): SaidOf {
  const skus = shown.variants.length === 0 ? [shown] : shown.variants;
  return Object.fromEntries(skus.map(({ sku, price, availability }) => [sku, { price: textOf(price.value), buyable: buyable[availability.state] ?? null }]));
}

function ofJsonLd(answer: unknown): SaidOf {
  const [node] = (answer as { readonly '@graph'?: readonly Offering[] } | null)?.['@graph'] ?? [];
  return Object.fromEntries(
    (node?.hasVariant ?? (node === undefined ? [] : [node])).flatMap(({ sku, offers }) =>
      sku === undefined || offers === undefined ? [] : [[sku, { price: `${offers.price} ${offers.priceCurrency}`, buyable: offers.availability === undefined ? null : (buyable[offers.availability.replace('https://schema.org/', '')] ?? null) }]],
    ),
  );
}

/** Only what both say is compared: JSON-LD has no offer without a price, and a cart no availability of its own. */
function contradictions(page: SaidOf, other: SaidOf, fields: readonly (keyof Said)[]): { readonly left: Told; readonly right: Told } | null {
  const differing = Object.keys(page).flatMap((sku) => {
    const at = fields.filter((field) => page[sku]?.[field] != null && other[sku]?.[field] != null && page[sku][field] !== other[sku][field]);
    return at.length === 0 ? [] : [{ sku, at }];
  });
  if (differing.length === 0) return null;
  const only = (said: SaidOf): Told => Object.fromEntries(differing.map(({ sku, at }) => [sku, Object.fromEntries(at.map((field) => [field, said[sku]?.[field]]))]));
  return { left: only(page), right: only(other) };
}

interface Look {
  readonly with: 'JSON-LD' | 'cart';
  readonly left: Told;
  readonly right: Told;
}

export function comparePages(check: PagesCheck, storefront: Storefront): Comparison {
  async function lookAt(shown: Shown): Promise<Suspect[]> {
    const page = ofPage(shown);
    const jsonLd = contradictions(page, ofJsonLd(await storefront.get(`/v1/products/${encodeURIComponent(shown.id)}/json-ld`)), ['price', 'buyable']);
    if (jsonLd !== null) return [{ key: shown.id, first: { with: 'JSON-LD', ...jsonLd } satisfies Look }];
    const priced = Object.entries(page).flatMap(([sku, { price }]) => (price === null ? [] : [{ sku, quantity: 1 }]));
    if (priced.length === 0) return [];
    const cart = (await storefront.post('/v1/price-preview', { lines: priced })) as Cart | null;
    const inCart = contradictions(page, Object.fromEntries((cart?.lines ?? []).map(({ sku, price }) => [sku, { price: textOf(price?.unit), buyable: null }])), ['price']);
    return inCart === null ? [] : [{ key: shown.id, first: { with: 'cart', ...inCart } satisfies Look }];
  }

  async function* steps(cursor: unknown, signal: AbortSignal): AsyncGenerator<Step> {
    for (let after: string | null = typeof cursor === 'string' ? cursor : ''; after !== null; ) {
      signal.throwIfAborted();
      const answer = (await storefront.get(`/v1/products?first=${String(PAGE)}${after === '' ? '' : `&after=${encodeURIComponent(after)}`}`)) as { readonly items: readonly Shown[]; readonly page: { readonly next: string | null } } | null;
      const suspects: Suspect[] = [];
      // One after the other: shoppers come first.
      for (const shown of answer?.items ?? []) suspects.push(...(await lookAt(shown)));
      after = answer?.page.next ?? null;
      yield { compared: answer?.items.length ?? 0, suspects, cursor: after ?? '' };
    }
  }

  async function look(keys: readonly string[]): Promise<Suspect[]> {
    const suspects: Suspect[] = [];
    for (const key of keys) {
      const shown = (await storefront.get(`/v1/products/${encodeURIComponent(key)}`)) as Shown | null;
      if (shown !== null) suspects.push(...(await lookAt(shown)));
    }
    return suspects;
  }

  async function confirm(suspects: readonly Suspect[]): Promise<SecondLook> {
    const now = new Map((await look(suspects.map(({ key }) => key))).map((suspect) => [suspect.key, suspect]));
    const again: Suspect[] = [];
    const found = suspects.flatMap(({ key, first }) => {
      const second = now.get(key);
      if (second === undefined) return [];
      if (JSON.stringify(first) !== JSON.stringify(second.first)) {
        again.push(second);
        return [];
      }
      const { with: other, left, right } = second.first as Look;
      return [{
        key, kind: 'business' as const, cause: 'rule-broken' as const, fields: differingFields(left, right), left: { who: 'page', ...left }, right: { who: other, ...right },
        authority: 'gateway', evidence: [check.rule], exposure: { amount: null, currency: null, units: null }, letter: null,
      }];
    });
    return { found, again };
  }

  return { steps, look, confirm };
}
