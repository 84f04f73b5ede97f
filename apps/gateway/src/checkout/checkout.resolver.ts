import type { MercuriusContext } from 'mercurius';
import { RejectedError, type JsonValue } from '@steward/platform';
import { cancelInput, cancelOrder } from '../aftersale/cancel-order';
import { requestReturn as requestPieces, returnInput } from '../aftersale/request-return';
import { cartInput } from '../cart/cart.input';
import { inOwnGroup, previewCart, type Buyer } from '../cart/preview';
import type { Execution } from '../graphql/resolvers';
import { asUserErrors, userErrorsOf } from '../graphql/user-errors';
import { keyOf, requestHash } from '../idempotency/key';
import { customerOf, guest, nameOf, verified } from '../identity/identity';
import { orThrow, readInput } from '../input/body';
import { ownOrder } from '../order/order-access';
import { ordersOf } from '../order/order-list';
import { orderUpdates } from '../order/order-updates';
import { toOrderView, type OrderView } from '../order/order-view';
import { firstOf } from '../storefront/arguments';
import type { CheckoutLimit } from './checkout-limit';
import { heldByCart } from '../reservation/held-by-cart';
import { place, type Ordering } from './place-order';
import { secondsToMs } from './prefer';

interface OfOrder {
  id: string;
  token?: string | null;
}

export function checkoutResolvers(ordering: Ordering, limit: CheckoutLimit) {
  const { selling, database, watch } = ordering;
  const personal = (execution: Execution): void => {
    execution.storable = false;
    execution.personal = true;
  };
  const buyerIn = ({ context, request }: Execution): Buyer => inOwnGroup(selling.reading.contexts, context, verified(request.identity));
  const take = ({ request, reply }: Execution): void => limit.take(request.identity.kind === 'unverified' ? guest : request.identity, request, reply);
  const own = (execution: Execution, { id, token }: OfOrder) => ownOrder(database, id, { identity: execution.request.identity, token: token ?? undefined });

  return {
    Query: {
      cartPreview: async (_root: unknown, { lines, codes, shippingMethod, reservation }: Record<string, unknown>, { execution }: MercuriusContext) => {
        personal(execution);
        const [input, buyer] = [orThrow(readInput({ lines, codes, shippingMethod, reservation }, cartInput)), buyerIn(execution)];
        return previewCart(selling, input, buyer, await heldByCart(ordering, input.reservation, buyer));
      },
      order: async (_root: unknown, args: OfOrder, { execution }: MercuriusContext) => {
        personal(execution);
        return ownOrder(database, args.id, { identity: execution.request.identity, token: args.token ?? undefined }).then(shown, nullIfUnknown);
      },
      orders: async (_root: unknown, { first, after }: { first?: number | null; after?: string | null }, { execution }: MercuriusContext) => {
        personal(execution);
        const { items, next, isFirst } = await ordersOf(database, customerOf(execution.request.identity).customerId, firstOf(first), after);
        const edges = items.map(({ order, cursor }) => ({ cursor, node: shown(order) }));
        const pageInfo = { hasNextPage: next !== null, hasPreviousPage: !isFirst, startCursor: edges[0]?.cursor ?? null, endCursor: edges.at(-1)?.cursor ?? null };
        return { nodes: edges.map(({ node }) => node), edges, pageInfo };
      },
    },
    Mutation: {
      placeOrder: async (_root: unknown, { input, idempotencyKey, waitSeconds }: { input: { payment: { method: string } }; idempotencyKey: string; waitSeconds: number | null }, { execution }: MercuriusContext) => {
        const none = { order: null, orderToken: null, cart: null, replayed: false };
        return asUserErrors(none, 'input', async () => {
          const key = keyOf(idempotencyKey, '/idempotencyKey');
          const buyer = buyerIn(execution);
          take(execution);
          // Enums are upper case in GraphQL; the rest is the body of REST.
          const body = { ...input, payment: { ...input.payment, method: input.payment.method.toLowerCase() } } as JsonValue;
          const placed = await place(ordering, { body, key, buyer, waitMs: secondsToMs(waitSeconds) });
          if (placed.kind === 'refused') return { ...none, cart: placed.cart, userErrors: userErrorsOf(placed, 'input') };
          const { body: answer, orderToken, replayed } = placed;
          return { order: flat(answer.order), orderToken, cart: null, replayed, userErrors: 'code' in answer ? [{ code: answer.code, field: null, message: answer.detail }] : [] };
        });
      },
      cancelOrder: async (_root: unknown, { reason, waitSeconds, ...which }: OfOrder & { reason?: string | null; waitSeconds: number | null }, { execution }: MercuriusContext) =>
        asUserErrors({ order: null }, '', async () => {
          const input = readInput({ reason }, cancelInput);
          if (!input.ok) return { order: null, userErrors: userErrorsOf(input) };
          const found = await own(execution, which);
          take(execution);
          return { order: shown(await cancelOrder(ordering, found, input.value, secondsToMs(waitSeconds))), userErrors: [] };
        }),
      requestReturn: async (_root: unknown, { lines, reason, idempotencyKey, ...which }: OfOrder & { lines: JsonValue; reason?: string | null; idempotencyKey: string }, { execution }: MercuriusContext) => {
        const none = { returnId: null, replayed: false };
        return asUserErrors(none, '', async () => {
          const key = keyOf(idempotencyKey, '/idempotencyKey');
          // The body of REST, so that a key is good at both doors.
          const body = { lines, ...(reason == null ? {} : { reason }) };
          const input = readInput(body, returnInput);
          if (!input.ok) return { ...none, userErrors: userErrorsOf(input) };
          const found = await own(execution, which);
          take(execution);
          const { identity } = execution.request;
          const name = found.byCustomer && identity.kind === 'customer' ? nameOf(identity) : `order:${which.id}`;
          const requested = await requestPieces(ordering, found, input.value, { identity: name, operation: 'request-return', key, hash: requestHash(which.id, body) });
          if (requested.kind === 'refused') return { ...none, userErrors: userErrorsOf(requested) };
          return { returnId: requested.body.return.id, replayed: requested.replayed, userErrors: [] };
        });
      },
    },
    Subscription: {
      order: {
        subscribe: async (_root: unknown, args: OfOrder, { execution }: { execution: Execution }) => {
          const found = await own(execution, args);
          return orderUpdates({ database, watch, orderId: found.state.orderId, signal: execution.signal });
        },
        resolve: shown,
      },
    },
  };
}

function shown(found: Parameters<typeof toOrderView>[0]) {
  return flat(toOrderView(found));
}

/** GraphQL shows a status where REST has an object of one. */
const flat = ({ fulfilment, ...order }: OrderView) => ({ ...order, fulfilment: fulfilment.status });

function nullIfUnknown(error: unknown): null {
  if (error instanceof RejectedError && error.code === 'ORDER_UNKNOWN') return null;
  throw error;
}
