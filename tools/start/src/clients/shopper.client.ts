// What a shopper's browser asks of the storefront. Nothing here is tried again: whoever shops decides what an answer means.

export interface Line {
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
const address = { name: 'Ada Lund', street: 'Deichstr. 7', postalCode: '20459', city: 'Hamburg', country: 'DE' };

async function post(url: string, body: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Answered> {
  const answer = await fetch(url, { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json', ...headers }, signal: AbortSignal.timeout(WITHIN_MS) });
  return { status: answer.status, replayed: answer.headers.get('idempotent-replayed') === 'true', text: await answer.text() };
}

/** What one line of so many pieces costs now. */
export async function preview(gatewayUrl: string, sku: string, quantity: number): Promise<Preview> {
  const { status, text } = await post(`${gatewayUrl}/v1/price-preview`, { lines: [{ sku, quantity }] });
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
}

export function placeOrder(gatewayUrl: string, { key, lines, shippingPromise, email, card }: Purchase, waitSeconds: number): Promise<Answered> {
  const body = { email, shippingAddress: address, lines, ...(shippingPromise === null ? {} : { shippingPromise }), payment: { method: 'card', token: card } };
  return post(`${gatewayUrl}/v1/orders`, body, { 'idempotency-key': key, prefer: `wait=${waitSeconds}` });
}

export async function readOrder(gatewayUrl: string, id: string, token: string): Promise<ShownOrder> {
  const answer = await fetch(`${gatewayUrl}/v1/orders/${encodeURIComponent(id)}`, { headers: { 'steward-order-token': token }, signal: AbortSignal.timeout(WITHIN_MS) });
  if (!answer.ok) throw new Error(`GET /v1/orders/${id}: ${answer.status} ${(await answer.text()).slice(0, 300)}`);
  return (await answer.json()) as ShownOrder;
}
