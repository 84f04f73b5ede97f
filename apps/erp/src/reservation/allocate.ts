/** Which location gives what: all lines of an order or none, in the order of arrival. Pure. */

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

/** A location while a batch is decided on; `left` falls below zero where more is spoken for than is there. */
interface Place {
  readonly location: string;
  readonly backorderable: boolean;
  left: number;
}

/** A request that is refused takes nothing, so a smaller one behind it may still be held. */
export function allocate(stocks: readonly Stock[], requests: readonly Request[]): Decision[] {
  const places = new Map<string, Place[]>();
  for (const { sku, location, backorderable, ...stock } of stocks) {
    const place = { location, backorderable, left: stock.onHand - stock.safetyStock - stock.reserved };
    places.set(sku, [...(places.get(sku) ?? []), place]);
  }
  return requests.map((request) => decide(places, request));
}

function decide(places: ReadonlyMap<string, readonly Place[]>, { orderId, lines }: Request): Decision {
  const taken: { readonly place: Place; readonly quantity: number }[] = [];
  const allocated: AllocatedLine[] = [];
  for (const line of lines) {
    const known = places.get(line.sku);
    const shares = known === undefined ? undefined : take(known, line.quantity);
    if (shares === undefined) {
      for (const { place, quantity } of taken) place.left += quantity;
      return { kind: 'refused', orderId, refusal: { code: known === undefined ? 'UNKNOWN_SKU' : 'OUT_OF_STOCK', sku: line.sku, available: availableIn(known ?? []) } };
    }
    taken.push(...shares);
    allocated.push({ ...line, allocations: shares.map(({ place, quantity }) => ({ location: place.location, quantity })) });
  }
  return { kind: 'held', orderId, lines: allocated };
}

/** From the fullest location first, so that a line is split only when no single one has enough; undefined when all of them have not. */
function take(places: readonly Place[], quantity: number): { place: Place; quantity: number }[] | undefined {
  const fullest = [...places].sort((a, b) => b.left - a.left || (a.location < b.location ? -1 : 1));
  // What is not there is ordered for one location: two half backorders would be two deliveries.
  const beyond = fullest.find(({ backorderable }) => backorderable);
  if (beyond === undefined && availableIn(places) < quantity) return undefined;
  const shares = new Map<Place, number>();
  let open = quantity;
  for (const place of fullest) {
    const share = Math.min(open, Math.max(0, place.left));
    if (share > 0) shares.set(place, share);
    open -= share;
  }
  if (beyond !== undefined && open > 0) shares.set(beyond, (shares.get(beyond) ?? 0) + open);
  for (const [place, share] of shares) place.left -= share;
  return [...shares].map(([place, share]) => ({ place, quantity: share }));
}

/**
 * What a location owes is taken off the others: it mostly is what an order was to get there and the warehouse has given to another, so
 * it will have to come from elsewhere.
 */
function availableIn(places: readonly Place[]): number {
  return Math.max(0, places.reduce((sum, { left }) => sum + left, 0));
}
