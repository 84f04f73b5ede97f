import { RejectedError, type ErrorCode, type ProblemPlace } from '@steward/platform';

/** What a shopper can mend, as data of a mutation's answer. */
export interface UserError {
  code: ErrorCode;
  /** Where in the arguments. */
  field: string[] | null;
  message: string;
}

/** `under`: the argument that the places are in. */
export function userErrorsOf({ code, detail, places }: { code: ErrorCode; detail: string; places: readonly ProblemPlace[] }, under = ''): UserError[] {
  if (places.length === 0) return [{ code, field: null, message: detail }];
  return places.map((place) => ({ code, field: fieldOf(place.pointer, under), message: `${place.detail}; accepted: ${place.accepted}` }));
}

const mendable = new Set<ErrorCode>(['GATEWAY_INPUT_REFUSED', 'IDEMPOTENCY_KEY_REFUSED', 'CUSTOMER_ERASED', 'ORDER_UNKNOWN', 'ORDER_NOT_CANCELLABLE', 'RESERVATION_UNKNOWN', 'RESERVATION_ORDERED']);

/** Of what is thrown the same; what nobody can mend is an error of the request. */
export async function asUserErrors<N extends object, T extends object>(none: N, under: string, work: () => Promise<T>): Promise<T | (N & { userErrors: UserError[] })> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof RejectedError) || !mendable.has(error.code)) throw error;
    // Only what was found in the input stands in it; a key is an argument of its own.
    const place = { pointer: error.place ?? '', detail: error.detail ?? error.message, accepted: error.accepted ?? '' };
    return { ...none, userErrors: userErrorsOf({ code: error.code, detail: place.detail, places: [place] }, error.code === 'GATEWAY_INPUT_REFUSED' || error.code === 'RESERVATION_ORDERED' ? under : '') };
  }
}

/** REST has the key in a header, a mutation has an argument of it. */
function fieldOf(pointer: string, under: string): string[] | null {
  if (pointer === 'idempotency-key') return ['idempotencyKey'];
  if (!pointer.startsWith('/')) return null;
  return [under, ...pointer.split('/')].filter((part) => part !== '').map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}
