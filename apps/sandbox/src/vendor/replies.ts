// Idempotency keys: the answer to a key is kept in the commit that it answers, so that both are there or neither.
// A key stands for one request. Only POSTs have them: the other methods can be said twice anyway.
import { createHash } from 'node:crypto';
import { repliesOf } from '../records/collections';
import type { Entry } from '../store/collection';
import type { Part, Store } from '../store/store';
import type { Answer, Api, Deed } from './operations';

export interface Keyed {
  readonly key: string;
  readonly hash: string;
}

export function hashOf(method: string, path: string, body: string): string {
  return createHash('sha256').update(`${method} ${path}\n${body}`).digest('hex');
}

/** The answer that is known for the key, or the one that says what else the key was for. */
export function knownReply(store: Store, api: Api, { key, hash }: Keyed): Answer | undefined {
  const kept = store.read(repliesOf[api.system], key) as { hash: string; status: number; json: string } | undefined;
  if (kept === undefined) return undefined;
  if (kept.hash !== hash) return api.reusedKey;
  return { status: kept.status, json: kept.json, headers: { 'idempotent-replayed': 'true' } };
}

/** The parts of a deed, and the answer to be kept as one more. */
export function partsWithReply(api: Api, deed: Deed, { key, hash }: Keyed): readonly Part[] {
  const toRecord = (entries: readonly Entry[]) => {
    const { status, json } = deed.answer(entries);
    return { hash, status, json };
  };
  const kept = deed.parts.length > 0 || api.keepsRefusals;
  return kept ? [...deed.parts, { spec: repliesOf[api.system], id: key, record: toRecord }] : deed.parts;
}

/** What a PSP does after a day: its keys mean nothing any more. */
export function forgetReplies(store: Store, system: Api['system']): number {
  const kept = store.of(repliesOf[system]).all();
  for (const { id } of kept) store.remove(repliesOf[system], id, () => undefined);
  return kept.length;
}
