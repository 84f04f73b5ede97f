/** Which location gives what: all lines of an order or none, in the order of arrival; how much there is, is the rule of commerce. Pure. */
import { availableToPromise, leftAt } from '@steward/commerce';

/** What one location has of one SKU, and how much of it is spoken for. */
export interface Stock {
  readonly sku: string;
  readonly location: string;
  readonly onHand: number;
  readonly safetyStock: number;
  /** May be promised beyond what is there. */
  readonly backorderable: boolean;
  readonly reserved: number;
}

export interface Wanted {
  readonly lineId: string;
  readonly sku: string;
  readonly quantity: number;
}

export interface Request {
  readonly orderId: string;
  readonly lines: readonly Wanted[];
}

export interface Allocation {
  readonly location: string;
  readonly quantity: number;
}

export interface AllocatedLine extends Wanted {
  readonly allocations: readonly Allocation[];
}

export interface Refusal {
  readonly code: 'OUT_OF_STOCK' | 'UNKNOWN_SKU';
  readonly sku: string;
  /** What could have been held of it. */
  readonly available: number;
}

export type Decision =
  | { readonly kind: 'held'; readonly orderId: string; readonly lines: readonly AllocatedLine[] }
  | { readonly kind: 'refused'; readonly orderId: string; readonly refusal: Refusal };

/** A location while a batch is decided on: what is held there grows. */
interface Place extends Pick<Stock, 'location' | 'backorderable' | 'onHand' | 'safetyStock'> {
  reserved: number;
}

/** A request that is refused takes nothing, so a smaller one behind it may still be held. */
export function allocate(stocks: readonly Stock[], requests: readonly Request[]): Decision[] {
  const places = new Map<string, Place[]>();
  for (const { sku, ...place } of stocks) places.set(sku, [...(places.get(sku) ?? []), place]);
  return requests.map((request) => decide(places, request));
}

function decide(places: ReadonlyMap<string, readonly Place[]>, { orderId, lines }: Request): Decision {
  const taken: { readonly place: Place; readonly quantity: number }[] = [];
  const allocated: AllocatedLine[] = [];
  for (const line of lines) {
    const known = places.get(line.sku);
    const shares = known === undefined ? undefined : take(known, line.quantity);
    if (shares === undefined) {
      for (const { place, quantity } of taken) place.reserved -= quantity;
      return { kind: 'refused', orderId, refusal: { code: known === undefined ? 'UNKNOWN_SKU' : 'OUT_OF_STOCK', sku: line.sku, available: availableToPromise(known ?? []) } };
    }
    taken.push(...shares);
    allocated.push({ ...line, allocations: shares.map(({ place, quantity }) => ({ location: place.location, quantity })) });
  }
  return { kind: 'held', orderId, lines: allocated };
}

/** From the fullest location first, so that a line is split only when no single one has enough; undefined when all of them have not. */
function take(places: readonly Place[], quantity: number): { place: Place; quantity: number }[] | undefined {
  const fullest = [...places].sort((a, b) => leftAt(b) - leftAt(a) || (a.location < b.location ? -1 : 1));
  // What is not there is ordered for one location: two half backorders would be two deliveries.
  const beyond = fullest.find(({ backorderable }) => backorderable);
  if (beyond === undefined && availableToPromise(places) < quantity) return undefined;
  const shares = new Map<Place, number>();
  let open = quantity;
  for (const place of fullest) {
    const share = Math.min(open, Math.max(0, leftAt(place)));
    if (share > 0) shares.set(place, share);
    open -= share;
  }
  if (beyond !== undefined && open > 0) shares.set(beyond, (shares.get(beyond) ?? 0) + open);
  for (const [place, share] of shares) place.reserved += share;
  return [...shares].map(([place, share]) => ({ place, quantity: share }));
}
