/**
 * What a system of record says now against what its adapter announced of it.
 * 1. Read as a stream: the pages of the source, then the announced keys that no page showed. One page of each is in memory.
 *    The source has others to serve: at most half of the time it is asked (R3).
 * 2. Drift is what differs at both looks while nothing was announced in between: the feed has had a settle time to find it.
 *    A key whose source has moved between the looks is looked at again, a few times: a busy key would never be confirmed otherwise.
 * 3. A change that the guard holds and a webhook that waits are no drift (X6).
 */
import { DIGEST_ROOT, type DigestKeys, type NodeDigest, type SourceItem } from '@steward/contracts';
import type { Database } from '@steward/platform';
import type { Comparison, Finding, SecondLook, SourceCheck, Step, Suspect } from '../check/define-check';
import { causeOfSource } from '../check/cause';
import { differingFields } from '../check/differ';
import { exposureOf } from '../check/exposure';
import type { Side } from '../check/judge';
import type { ArrowParts } from './arrow';
import { shownSide, sideOfEvidence } from './sides';

interface SourceLook {
  readonly announced: Side;
  /** null = not there; 'fault' = there and not to be told. */
  readonly source: string | null;
  readonly looks: number;
}

type Cursor = { readonly phase: 'source' | 'announced'; readonly after: string | null };

const AT_ONCE = 200;
const MOST_LOOKS = 4;

export function compareSource({ name, contract, system }: SourceCheck, { doors, clock, pricesOf, database }: ArrowParts & { readonly database: Pick<Database, 'query'> }): Comparison {
  const { entity } = contract;
  const forgetSeen = () => database.query('delete from source_seen where name = $1', [name]);
  const noteSeen = (keys: readonly string[]) => database.query({ name: 'source-seen', text: 'insert into source_seen (name, key) select $1, unnest($2::text[]) on conflict do nothing' }, [name, keys]);
  async function unseen<Leaf extends { readonly key: string }>(leaves: readonly Leaf[]): Promise<Leaf[]> {
    const seen = await database.query<{ key: string }>('select key from source_seen where name = $1 and key = any($2::text[])', [name, leaves.map(({ key }) => key)]);
    const known = new Set(seen.map(({ key }) => key));
    return leaves.filter(({ key }) => !known.has(key));
  }

  async function* steps(cursor: unknown, signal: AbortSignal): AsyncGenerator<Step> {
    let at = (cursor ?? { phase: 'source', after: null }) as Cursor;
    if (cursor === null) await forgetSeen();
    while (at.phase === 'source') {
      signal.throwIfAborted();
      const began = performance.now();
      const page = await doors.sourcePage(system, entity, at.after);
      if (page === undefined) return;
      const keysOfPage = page.items.map(({ key }) => key);
      const shown = await doors.evidence(system, entity, keysOfPage);
      await noteSeen(keysOfPage);
      const suspects = page.items.flatMap((item) => differs(item, sideOfEvidence(shown.get(item.key)), 1));
      at = page.next === null ? { phase: 'announced', after: null } : { phase: 'source', after: page.next };
      yield { compared: page.items.length, suspects, cursor: at };
      await clock.sleep(performance.now() - began, signal);
    }
    // What the source does not have any more is on no page of it.
    const { count } = (await doors.digest(system)({ entity })) as NodeDigest;
    for (let left = count > 0; left; ) {
      signal.throwIfAborted();
      const keys: DigestKeys = (await doors.digest(system)({ entity, keysOf: [DIGEST_ROOT], after: at.after })) as DigestKeys;
      const suspects: Suspect[] = [];
      const hidden = await unseen(keys.keys);
      for (let from = 0; from < hidden.length; from += AT_ONCE) {
        const some = hidden.slice(from, from + AT_ONCE);
        const items = await doors.readSource(system, entity, some.map(({ key }) => key));
        suspects.push(...some.flatMap(({ key, revision, hash }) => differs(items.get(key), { revision, hash }, 1, key)));
      }
      at = { phase: 'announced', after: keys.next };
      left = keys.next !== null;
      yield { compared: 0, suspects, cursor: at };
    }
    await forgetSeen();
  }

  async function look(keys: readonly string[]): Promise<Suspect[]> {
    const items = await doors.readSource(system, entity, keys);
    const shown = await doors.evidence(system, entity, keys);
    return keys.map((key) => ({ key, first: { announced: sideOfEvidence(shown.get(key)), source: said(items.get(key)), looks: 1 } satisfies SourceLook }));
  }

  async function confirm(suspects: readonly Suspect[]): Promise<SecondLook> {
    const keys = suspects.map(({ key }) => key);
    const items = await doors.readSource(system, entity, keys);
    // Read behind the source: what was announced of it meanwhile is in here.
    const shown = await doors.evidence(system, entity, keys);
    const again: Suspect[] = [];
    const still = suspects.flatMap(({ key, first }) => {
      const { announced, source, looks } = first as SourceLook;
      const now = sideOfEvidence(shown.get(key));
      const item = items.get(key) ?? gone(key);
      const [suspect] = differs(item, now, looks + 1);
      if (suspect === undefined || now?.revision !== announced?.revision) return [];
      if (said(item) === source || looks + 1 >= MOST_LOOKS) return [{ key, item }];
      again.push(suspect);
      return [];
    });
    const priceOf = await pricesOf([]);
    const found = still.flatMap(({ key, item }): Finding[] => {
      const announced = shown.get(key);
      const why = causeOfSource({ announced, source: item });
      if (why === 'explained') return [];
      if (why === 'behind') {
        again.push({ key, first: { announced: sideOfEvidence(announced), source: said(item), looks: 1 } satisfies SourceLook });
        return [];
      }
      const fields = item.fault === null ? differingFields(item.data, announced?.data ?? null) : [];
      const kind = announced?.hash == null ? 'missing' : item.hash === null && item.fault === null ? 'extra' : 'stale';
      const letter = announced?.letter == null ? null : { service: system, id: announced.letter.id };
      const left = { who: `${system}'s system of record`, revision: null, hash: item.hash, version: item.version, fault: item.fault?.message ?? null };
      return [{ key, kind, ...why, fields, left, right: shownSide(system, announced), authority: left.who, letter, exposure: exposureOf(entity, item.data, announced?.data ?? null, fields, priceOf) }];
    });
    return { found, again };
  }

  return { steps, look, confirm };
}

const gone = (key: string): SourceItem => ({ key, hash: null, data: null, fault: null, version: null, record: null });

const said = (item: Pick<SourceItem, 'hash' | 'fault'> | undefined): string | null => (item === undefined ? null : item.fault === null ? item.hash : 'fault');

function differs(item: (Pick<SourceItem, 'hash' | 'fault'> & { readonly key: string }) | undefined, announced: Side, looks: number, key = item?.key ?? ''): Suspect[] {
  const source = said(item);
  return source === (announced?.hash ?? null) ? [] : [{ key, first: { announced, source, looks } satisfies SourceLook }];
}
