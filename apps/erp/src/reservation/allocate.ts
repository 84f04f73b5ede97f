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

/** What a cart holds, for the order that names it. */
export interface Cart {
  readonly reservationId: string;
  readonly shares: readonly { readonly lineId: string; readonly sku: string; readonly location: string; readonly quantity: number }[];
}

export interface Request {
  readonly orderId: string;
  readonly lines: readonly Wanted[];
  /** Given back before the order is decided on, so that nobody comes between; kept by the cart when the order is refused. */
  readonly takesOver?: Cart | null;
}

export interface Allocation {
  readonly location: string;
  readonly quantity: number;
}

export interface AllocatedLine extends Wanted {
  readonly allocations: readonly Allocation[];
}

/** A line that could not be held. */
export interface Shortage {
  readonly lineId: string;
  readonly sku: string;
  /** What could have been held of its SKU, for all lines of it together. */
  readonly available: number;
}

/** By the first line that could not be held. */
export interface Refusal {
  readonly code: 'OUT_OF_STOCK' | 'UNKNOWN_SKU';
  readonly sku: string;
  readonly available: number;
  /** Absent of what was refused before all of them were told. */
  readonly shortages?: readonly Shortage[];
}

export type Decision =
  | { readonly kind: 'held'; readonly orderId: string; readonly lines: readonly AllocatedLine[]; readonly tookOver: Cart | null }
  | { readonly kind: 'refused'; readonly orderId: string; readonly refusal: Refusal };

/** A location while a batch is decided on: what is held there grows. */
interface Place extends Pick<Stock, 'location' | 'backorderable' | 'onHand' | 'safetyStock'> {
  reserved: number;
}

/** A request that is refused takes nothing, so a smaller one behind it may still be held. */
export function allocate(stocks: readonly Stock[], requests: readonly Request[]): Decision[] {
  const places = new Map<string, Place[]>();
  for (const { sku, ...place } of stocks) places.set(sku, [...(places.get(sku) ?? []), place]);
  const takenOver = new Set<string>();
  return requests.map(({ takesOver, ...request }) => {
    // Of several orders that name one cart the first that is held has it (S2).
    const own = takesOver == null || takenOver.has(takesOver.reservationId) ? null : takesOver;
    for (const share of own?.shares ?? []) move(places, share, -1);
    const decision = decide(places, request, own);
    if (decision.kind === 'refused') for (const share of own?.shares ?? []) move(places, share, 1);
    else if (own !== null) takenOver.add(own.reservationId);
    return decision;
  });
}

function move(places: ReadonlyMap<string, readonly Place[]>, { sku, location, quantity }: Cart['shares'][number], direction: 1 | -1): void {
  const place = places.get(sku)?.find((each) => each.location === location);
  if (place !== undefined) place.reserved += direction * quantity;
}

function decide(places: ReadonlyMap<string, readonly Place[]>, { orderId, lines }: Request, tookOver: Cart | null): Decision {
  const taken: { readonly place: Place; readonly quantity: number }[] = [];
  const allocated: AllocatedLine[] = [];
  const short: Wanted[] = [];
  for (const line of lines) {
    const shares = take(places.get(line.sku) ?? [], line.quantity);
    if (shares === undefined) {
      short.push(line);
      continue;
    }
    taken.push(...shares);
    allocated.push({ ...line, allocations: shares.map(({ place, quantity }) => ({ location: place.location, quantity })) });
  }
  if (short.length === 0) return { kind: 'held', orderId, lines: allocated, tookOver };
  for (const { place, quantity } of taken) place.reserved -= quantity;
  const shortages = short.map(({ lineId, sku }): Shortage => ({ lineId, sku, available: availableToPromise(places.get(sku) ?? []) }));
  const first = shortages[0] as Shortage;
  return { kind: 'refused', orderId, refusal: { code: places.has(first.sku) ? 'OUT_OF_STOCK' : 'UNKNOWN_SKU', sku: first.sku, available: first.available, shortages } };
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
