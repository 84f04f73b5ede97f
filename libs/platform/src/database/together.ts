/**
 * Runs statements of one transaction that don't need each other's results: they are sent to the server at once (pipelined) and run in the
 * given order. Resolves when all are answered. Throws the first fault in that order, but not before the last answer: a statement sent after
 * the rollback would be outside of the transaction.
 */
export async function together<const T extends readonly unknown[]>(statements: T): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  const settled = await Promise.allSettled(statements);
  const failed = settled.find((each) => each.status === 'rejected');
  if (failed) throw failed.reason;
  return settled.map((each) => (each as PromiseFulfilledResult<unknown>).value) as { -readonly [K in keyof T]: Awaited<T[K]> };
}
