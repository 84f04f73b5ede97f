import type { Database } from '@steward/platform';
import { type Act, audited } from './audited';

/** What the owner made of it. */
export interface Judged {
  readonly done: boolean;
  readonly after?: unknown;
}

/**
 * An act that another service carries out: an entry before it is asked for, so that nothing is done that nobody knows of, and one with what
 * came of it. The owner writes the same name and reason into the transaction of the act itself (I6).
 */
export async function auditedElsewhere<T>(database: Pick<Database, 'transaction'>, entry: Omit<Act, 'outcome' | 'after'>, act: () => Promise<T>, judge: (answer: T) => Judged = () => ({ done: true })): Promise<T> {
  await database.transaction((tx) => audited(tx, { ...entry, outcome: 'asked' }));
  let answer: T;
  try {
    answer = await act();
  } catch (error) {
    await database.transaction((tx) => audited(tx, { ...entry, outcome: 'failed', after: { error: error instanceof Error ? error.message : String(error) } }));
    throw error;
  }
  const { done, after } = judge(answer);
  await database.transaction((tx) => audited(tx, { ...entry, outcome: done ? 'done' : 'failed', after }));
  return answer;
}
