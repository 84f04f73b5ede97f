// How a browser asks: perhaps several times at once, with little patience, and again until there is an answer.
import type { Answered } from '../clients/shopper.client';

export interface Clicking {
  /** The same request so often at once. */
  readonly clicks: number;
  /** Epoch ms; until then what got no answer, or a 5xx, is asked again. */
  readonly deadline: number;
  /** How long one request is waited for. */
  readonly patience: () => { readonly withinMs?: number };
}

const PAUSE_MS = 250;

/** All answers to one request under one key. */
export function click({ clicks, deadline, patience }: Clicking, send: (patience: { readonly withinMs?: number }) => Promise<Answered>): Promise<Answered[]> {
  const once = (): Promise<Answered> =>
    insist(deadline, async () => {
      const answer = await send(patience());
      // Somebody with the same key is being served; or nobody can be served just now.
      if (answer.status >= 500 || answer.status === 429 || codeOf(answer) === 'IDEMPOTENCY_IN_PROGRESS') throw new Error(`${answer.status} ${answer.text.slice(0, 200)}`);
      return answer;
    });
  return Promise.all(Array.from({ length: clicks }, once));
}

/** Asks until there is an answer. */
export async function insist<T>(deadline: number, ask: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await ask();
    } catch (fault) {
      if (Date.now() > deadline) throw fault;
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }
}

/** Reads until there is nothing more to wait for, or the time is over. */
export async function readUntil<T>(deadline: number, first: T, isLast: (read: T) => boolean, read: () => Promise<T>): Promise<T> {
  let last = first;
  while (!isLast(last) && Date.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    last = await insist(deadline, read);
  }
  return last;
}

export function codeOf({ text }: Answered): string | undefined {
  try {
    return (JSON.parse(text) as { code?: string }).code;
  } catch {
    return undefined;
  }
}
