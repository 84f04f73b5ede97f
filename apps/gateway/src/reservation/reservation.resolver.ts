import type { MercuriusContext } from 'mercurius';
import { RejectedError, type JsonValue } from '@steward/platform';
import { inOwnGroup } from '../cart/preview';
import type { CheckoutLimit } from '../checkout/checkout-limit';
import { secondsToMs } from '../checkout/prefer';
import type { Execution } from '../graphql/resolvers';
import { asUserErrors, userErrorsOf } from '../graphql/user-errors';
import { keyOf } from '../idempotency/key';
import { guest, verified } from '../identity/identity';
import { releaseCart } from './release-cart';
import { ownReservation } from './reservation-access';
import { toReservationView } from './reservation-view';
import { reserveCart, type Reserving } from './reserve-cart';

interface OfReservation {
  id: string;
  token?: string | null;
}

export function reservationResolvers(reserving: Reserving, limit: CheckoutLimit) {
  const { database, clock, selling } = reserving;
  const own = ({ request }: Execution, { id, token }: OfReservation) => ownReservation(database, id, { identity: request.identity, token: token ?? undefined });
  const take = ({ request, reply }: Execution): void => limit.take(request.identity.kind === 'unverified' ? guest : request.identity, request, reply);

  return {
    Query: {
      reservation: async (_root: unknown, args: OfReservation, { execution }: MercuriusContext) => {
        execution.storable = false;
        execution.personal = true;
        return own(execution, args).then((found) => toReservationView(found, clock.now()), nullIfUnknown);
      },
    },
    Mutation: {
      reserveCart: async (_root: unknown, { lines, holdSeconds, idempotencyKey, waitSeconds }: { lines: JsonValue; holdSeconds?: number | null; idempotencyKey: string; waitSeconds: number | null }, { execution }: MercuriusContext) => {
        const none = { reservation: null, reservationToken: null, replayed: false };
        return asUserErrors(none, '', async () => {
          const key = keyOf(idempotencyKey, '/idempotencyKey');
          const buyer = inOwnGroup(selling.reading.contexts, execution.context, verified(execution.request.identity));
          take(execution);
          // The body of REST, so that a key is good at both doors.
          const body = { lines, ...(holdSeconds == null ? {} : { holdSeconds }) };
          const reserved = await reserveCart(reserving, { body, key, buyer, waitMs: secondsToMs(waitSeconds) });
          if (reserved.kind === 'refused') return { ...none, userErrors: userErrorsOf(reserved) };
          const { body: answer, reservationToken, replayed } = reserved;
          const userErrors = 'code' in answer ? userErrorsOf({ code: answer.code, detail: answer.detail, places: answer.errors }) : [];
          return { reservation: answer.reservation, reservationToken, replayed, userErrors };
        });
      },
      releaseReservation: async (_root: unknown, args: OfReservation, { execution }: MercuriusContext) =>
        asUserErrors({ reservation: null }, '', async () => {
          await own(execution, args);
          take(execution);
          await releaseCart(database, args.id);
          return { reservation: toReservationView(await own(execution, args), clock.now()), userErrors: [] };
        }),
    },
  };
}

function nullIfUnknown(error: unknown): null {
  if (error instanceof RejectedError && error.code === 'RESERVATION_UNKNOWN') return null;
  throw error;
}
