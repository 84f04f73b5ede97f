// A mark beside the error, not a subclass: what failed and whether anything had been sent are two questions.
const marked = new WeakSet<object>();

/** Says of an error that the other side can't have done anything: it was not reached, or turned the call away before it began. */
export function nothingSent<E extends Error>(error: E): E {
  marked.add(error);
  return error;
}

export const isNothingSent = (error: unknown): boolean => typeof error === 'object' && error !== null && marked.has(error);
