// A mark beside the error, not a subclass: what failed and whether anything had been sent are two questions.
const marked = new WeakSet<object>();

/** Marks an error: the other side can't have done anything, because it was not reached or rejected the call before it began. */
export function nothingSent<E extends Error>(error: E): E {
  marked.add(error);
  return error;
}

/** Whether the error was marked by `nothingSent`: the call may be repeated without reading back first. */
export const isNothingSent = (error: unknown): boolean => typeof error === 'object' && error !== null && marked.has(error);
