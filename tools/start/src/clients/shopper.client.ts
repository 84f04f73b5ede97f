// What a shopper's browser asks of the storefront. Nothing here is tried again: whoever shops decides what an answer means.

interface Line {
  readonly sku: string;
  readonly quantity: number;
  readonly promise: string;
}

export interface Preview {
  /** null when it can't be ordered. */
  readonly promise: string | null;
  /** Minor units of one piece, of the whole line, and of the cart with what shipping costs. */
  readonly unit: number;
  readonly total: number;
  readonly shippingPromise: string | null;
}

export interface ShownOrder {
  readonly id: string;
  readonly number: string;
  readonly status: 'ACCEPTED' | 'CONFIRMED' | 'REJECTED' | 'CANCELLED' | 'COMPLETED';
  readonly rejection: { readonly code: string } | null;
  readonly lines: readonly { readonly sku: string; readonly quantity: number; readonly unit: { readonly minorUnits: string } }[];
  readonly totals: { readonly gross: { readonly minorUnits: string } };
  readonly payment: { readonly status: string };
  readonly fulfilment: { readonly status: string };
}

/** The answer to an order that was taken. */
export interface Placed {
  readonly order: ShownOrder;
  /** Lets a guest read the order. */
  readonly orderToken: string;
}

export interface Answered {
  readonly status: number;
  readonly replayed: boolean;
  readonly text: string;
}

const WITHIN_MS = 15_000;
export interface Address {
  readonly name: string;
  readonly street: string;
  readonly postalCode: string;
  readonly city: string;
  readonly country: string;
}

const usualAddress: Address = { name: 'Ada Lund', street: 'Deichstr. 7', postalCode: '20459', city: 'Hamburg', country: 'DE' };

async function ask(method: string, url: string, body: unknown, headers: Readonly<Record<string, string>> = {}, withinMs = WITHIN_MS): Promise<Answered> {
  const answer = await fetch(url, { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }), headers: { 'content-type': 'application/json', ...headers }, signal: AbortSignal.timeout(withinMs) });
  return { status: answer.status, replayed: answer.headers.get('idempotent-replayed') === 'true', text: await answer.text() };
}

const post = (url: string, body: unknown, headers?: Readonly<Record<string, string>>): Promise<Answered> => ask('POST', url, body, headers);

const bearer = (token: string | undefined): Record<string, string> => (token === undefined ? {} : { authorization: `Bearer ${token}` });

/** What one line of so many pieces costs now. */
export async function preview(gatewayUrl: string, sku: string, quantity: number, token?: string): Promise<Preview> {
  const { status, text } = await post(`${gatewayUrl}/v1/price-preview`, { lines: [{ sku, quantity }] }, bearer(token));
  if (status !== 200) throw new Error(`POST /v1/price-preview: ${status} ${text.slice(0, 300)}`);
  const { lines, shipping, totals } = JSON.parse(text) as {
    lines: { promise: string | null; price: { unit: { minorUnits: string } } | null }[];
    shipping: { promise: string } | null;
    totals: { gross: { minorUnits: string } };
  };
  const [line] = lines;
  return { promise: line?.promise ?? null, unit: Number(line?.price?.unit.minorUnits), total: Number(totals.gross.minorUnits), shippingPromise: shipping?.promise ?? null };
}

export interface Purchase {
  readonly key: string;
  readonly lines: readonly Line[];
  readonly shippingPromise: string | null;
  readonly email: string;
  /** A payment method of the provider. */
  readonly card: string;
  readonly address?: Address;
  /** What the cart holds already. */
  readonly reservation?: { readonly id: string; readonly token: string };
  /** Of the customer who buys; without, a guest does. */
  readonly token?: string;
  /** How long the shopper waits for any answer at all. */
  readonly withinMs?: number;
}

/** What is sent to order it. */
export function orderBody({ lines, shippingPromise, email, card, reservation, address = usualAddress }: Omit<Purchase, 'key' | 'token' | 'withinMs'>): Readonly<Record<string, unknown>> {
  return { email, shippingAddress: address, lines, ...(shippingPromise === null ? {} : { shippingPromise }), ...(reservation === undefined ? {} : { reservation }), payment: { method: 'card', token: card } };
}

export function placeOrder(gatewayUrl: string, { key, token, withinMs, ...purchase }: Purchase, waitSeconds: number): Promise<Answered> {
  return ask('POST', `${gatewayUrl}/v1/orders`, orderBody(purchase), { 'idempotency-key': key, prefer: `wait=${waitSeconds}`, ...bearer(token) }, withinMs);
}

export interface Reserved {
  readonly reservation: { readonly id: string; readonly status: 'PENDING' | 'HELD' | 'REFUSED' | 'ORDERED' | 'RELEASED' | 'EXPIRED'; readonly expiresAt: string; readonly orderId: string | null };
  /** Lets a guest see the reservation, give it back and order with it. */
  readonly reservationToken: string;
}

/** Stock for a cart, before there is an order. */
export function reserveCart(gatewayUrl: string, { key, withinMs, ...body }: { key: string; lines: readonly { sku: string; quantity: number }[]; holdSeconds?: number; withinMs?: number }, waitSeconds: number): Promise<Answered> {
  return ask('POST', `${gatewayUrl}/v1/reservations`, body, { 'idempotency-key': key, prefer: `wait=${waitSeconds}` }, withinMs);
}

const ofReservation = (gatewayUrl: string, method: string, { reservation, reservationToken }: Reserved): Promise<Answered> =>
  ask(method, `${gatewayUrl}/v1/reservations/${encodeURIComponent(reservation.id)}`, undefined, { 'steward-reservation-token': reservationToken });
export async function readReservation(gatewayUrl: string, reserved: Reserved): Promise<Reserved['reservation']> {
  const { status, text } = await ofReservation(gatewayUrl, 'GET', reserved);
  // A problem has a status as well: taken for a reservation, it would be one that is decided and has no id.
  if (status !== 200) throw new Error(`GET /v1/reservations/${reserved.reservation.id}: ${status} ${text.slice(0, 300)}`);
  return JSON.parse(text) as Reserved['reservation'];
}
export const releaseReservation = (gatewayUrl: string, reserved: Reserved): Promise<Answered> => ofReservation(gatewayUrl, 'DELETE', reserved);

export async function readOrder(gatewayUrl: string, id: string, token: string): Promise<ShownOrder> {
  const answer = await fetch(`${gatewayUrl}/v1/orders/${encodeURIComponent(id)}`, { headers: { 'steward-order-token': token }, signal: AbortSignal.timeout(WITHIN_MS) });
  if (!answer.ok) throw new Error(`GET /v1/orders/${id}: ${answer.status} ${(await answer.text()).slice(0, 300)}`);
  return (await answer.json()) as ShownOrder;
}

/** Until the CRM has it, at most so long. */
export const register = (gatewayUrl: string, token: string, customer: unknown, waitSeconds: number): Promise<Answered> => ask('PUT', `${gatewayUrl}/v1/customer`, customer, { ...bearer(token), prefer: `wait=${waitSeconds}` });

export const eraseMe = (gatewayUrl: string, token: string, waitSeconds: number): Promise<Answered> => ask('DELETE', `${gatewayUrl}/v1/customer`, undefined, { ...bearer(token), prefer: `wait=${waitSeconds}` });

export function requestReturn(gatewayUrl: string, id: string, { key, token, ...body }: { key: string; token: string; lines: readonly { lineId: string; quantity: number }[]; reason: string }): Promise<Answered> {
  return post(`${gatewayUrl}/v1/orders/${encodeURIComponent(id)}/returns`, body, { 'idempotency-key': key, ...bearer(token) });
}
