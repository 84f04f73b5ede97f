import type { Database, ErrorCode, ProblemPlace } from '@steward/platform';
import { letGo, recall, type Answer, type Request } from './idempotency.store';
import { resourceIdOf } from './key';

export interface Answering<R> {
  readonly database: Database;
  /** How long the client is willing to wait for what it asks for. */
  readonly waitMs: number;
  readonly replay: (resourceId: string, answer: Answer) => Promise<R>;
  /** Of a request whose key is taken, and which nobody has answered yet. */
  readonly answer: (resourceId: string) => Promise<R>;
  readonly refused: (code: ErrorCode, detail: string, places?: readonly ProblemPlace[]) => R;
  /** Takes the key and does what is asked for, in one transaction; false when the key was taken meanwhile. Or why it may not be done. */
  readonly attempt: (answerMs: number) => Promise<R | boolean>;
}

/** Beyond the waiting, for reading and storing. Whoever repeats a request whose answerer has died waits this long. */
const ANSWER_MS = 5_000;

/** S4: what is asked for under a key is done once, and answered alike however often it is asked. */
export async function answerOnce<R extends object>(request: Request, answering: Answering<R>): Promise<R> {
  try {
    return await once(request, answering);
  } catch (error) {
    // It may have been accepted all the same: a commit that was not answered is no refusal.
    await letGo(answering.database, request).catch(() => undefined);
    throw error;
  }
}

async function once<R extends object>(request: Request, { database, waitMs, replay, answer, refused, attempt }: Answering<R>): Promise<R> {
  const answerMs = waitMs + ANSWER_MS;
  // Twice at most: a key that was free and then is taken belongs to somebody who has committed.
  for (let time = 0; time < 2; time += 1) {
    const known = await recall(database, request, answerMs);
    if (known.kind === 'answered') return replay(known.resourceId, known.answer);
    if (known.kind === 'unanswered') return answer(known.resourceId);
    if (known.kind === 'mismatch') return refused('IDEMPOTENCY_MISMATCH', 'the key was used with another request', [{ pointer: 'idempotency-key', detail: 'was used with another request', accepted: 'a new key, or the request as it was' }]);
    if (known.kind === 'in progress') break;
    const done = await attempt(answerMs);
    if (typeof done === 'object') return done;
    if (done) return answer(resourceIdOf(request));
  }
  return refused('IDEMPOTENCY_IN_PROGRESS', 'the same request is being answered');
}
