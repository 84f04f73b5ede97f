/**
 * For statements of one transaction that don't need each other's answers: they go to the server in one go, in the order in which they
 * are asked for, and are run in that order. Resolves when all are answered. Throws the first fault of that order, but not before the
 * last answer: a statement asked for after the rollback would be outside of the transaction.
 */
export async function together<const T extends readonly unknown[]>(statements: T): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  const settled = await Promise.allSettled(statements);
  const failed = settled.find((each) => each.status === 'rejected');
  if (failed) throw failed.reason;
  return settled.map((each) => (each as PromiseFulfilledResult<unknown>).value) as { -readonly [K in keyof T]: Awaited<T[K]> };
}
