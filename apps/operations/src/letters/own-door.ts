/**
 * The doors of operations to itself. Others open theirs over the broker, which grants the right to knock to operations alone; what
 * operations asks itself needs no broker, and so is there when the broker is what failed.
 */
import { flowsSubject, lettersSubject } from '@steward/contracts';
import { type Acting, answerLetters } from '@steward/event-bus';
import { StewardError } from '@steward/platform';
import type { Ask } from '../api/feature';

const OPERATIONS = 'operations';

type OwnDoors = Readonly<Record<string, (question: unknown) => Promise<unknown>>>;

/** `acting` is asked for at each question: the desk is put together before its consumers are. `more` are doors of other parts of it. */
export function withOwnDoors(ask: Ask, acting: () => Acting | undefined, more: OwnDoors = {}): Ask {
  const own: OwnDoors = {
    ...more,
    [lettersSubject(OPERATIONS)]: async (question) => {
      const parts = acting();
      if (parts === undefined) throw new StewardError('BROKER_NO_ANSWERER', 'operations is still starting');
      return answerLetters(parts, OPERATIONS, question).catch((error: unknown) => {
        throw error instanceof StewardError ? error : new StewardError('OPERATIONS_OWNER_REFUSED', (error as Error).message, { place: lettersSubject(OPERATIONS), cause: error });
      });
    },
    // Nobody pauses the desk: it would go on showing what was.
    [flowsSubject(OPERATIONS)]: async () => ({ flows: [], dependencies: [] }),
  };
  return async <A>(subject: string, question: unknown, withinMs?: number): Promise<A> => (own[subject] === undefined ? ask<A>(subject, question, withinMs) : ((await own[subject](question)) as A));
}
