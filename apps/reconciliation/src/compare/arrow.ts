/**
 * What an owner announced against what a service keeps of it (X1).
 * 1. The tree of digests is walked; both ends first compute it from their rows, so that an edit by hand is in it.
 * 2. A walk goes on from the position of its last page: a killed process loses a page, not a run.
 * 3. The second look asks both ends for evidence, the holder first (judge.ts), and the broker after both. What it had acknowledged by then may
 *    have reached the holder in between, so a holder that has moved meanwhile is looked at again: its cause would be a guess (X4).
 */
import type { NodeDigest } from '@steward/contracts';
import { compareDigests, scrubDigests } from '@steward/event-bus';
import type { Clock } from '@steward/platform';
import type { ArrowCheck, Comparison, Finding, SecondLook, Step, Suspect } from '../check/define-check';
import { causeOfArrow } from '../check/cause';
import { differingFields } from '../check/differ';
import { exposureOf, type PriceOf } from '../check/exposure';
import { judge, type Look } from '../check/judge';
import type { Doors } from '../doors/doors';
import { shownSide, sideOf, sideOfEvidence } from './sides';

export interface ArrowParts {
  readonly doors: Doors;
  readonly clock: Clock;
  readonly pricesOf: (skus: readonly string[]) => Promise<PriceOf>;
}

const SCRUB_LOOK_MS = 250;

export function compareArrow(check: ArrowCheck, { doors, clock, pricesOf }: ArrowParts): Comparison {
  const { contract, owner, holder, durable } = check;
  const { entity } = contract;
  const ends = { entity, left: doors.digest(owner), right: doors.digest(holder) };

  async function* steps(cursor: unknown, signal: AbortSignal): AsyncGenerator<Step> {
    const from = typeof cursor === 'number' ? cursor : 0;
    if (from === 0) {
      await scrubDigests({ ...ends, signal }, () => clock.sleep(SCRUB_LOOK_MS, signal));
      const { count } = (await ends.left({ entity })) as NodeDigest;
      yield { compared: count, suspects: [], cursor: 0 };
    }
    for await (const { differences, position } of compareDigests({ ...ends, signal }, from)) {
      const suspects = differences.map(({ key, left, right }): Suspect => ({ key, first: { owner: sideOf(left), holder: sideOf(right) } satisfies Look }));
      yield { compared: 0, suspects, cursor: position };
    }
  }

  const both = async (keys: readonly string[]) => {
    const held = await doors.evidence(holder, entity, keys);
    return { held, owned: await doors.evidence(owner, entity, keys) };
  };

  async function look(keys: readonly string[]): Promise<Suspect[]> {
    const { held, owned } = await both(keys);
    return keys.map((key) => ({ key, first: { owner: sideOfEvidence(owned.get(key)), holder: sideOfEvidence(held.get(key)) } satisfies Look }));
  }

  async function confirm(suspects: readonly Suspect[]): Promise<SecondLook> {
    const { held, owned } = await both(suspects.map(({ key }) => key));
    const judged = suspects.flatMap(({ key, first }) => {
      const kind = judge(first as Look, { owner: sideOfEvidence(owned.get(key)), holder: sideOfEvidence(held.get(key)) });
      return kind === 'agrees' || kind === 'in-flight' ? [] : [{ key, kind }];
    });
    if (judged.length === 0) return { found: [], again: [] };
    const differing = judged.map(({ key }) => key);
    const { stored, ackFloor } = await doors.newest(contract, owner, durable, differing);
    const heldSince = await doors.evidence(holder, entity, differing);
    const priceOf = await pricesOf(judged.flatMap(({ key }) => skuOf(owned.get(key)?.data ?? held.get(key)?.data)));
    const found: Finding[] = [];
    const again: Suspect[] = [];
    for (const { key, kind } of judged) {
      const [mine, theirs] = [owned.get(key), held.get(key)];
      const moved = heldSince.get(key)?.revision !== theirs?.revision;
      const why = moved ? 'behind' : causeOfArrow({ kind, owner: mine, holder: theirs, stored: stored.get(key) ?? null, ackFloor });
      if (why === 'behind') again.push({ key, first: { owner: sideOfEvidence(mine), holder: sideOfEvidence(theirs) } satisfies Look });
      else {
        const fields = differingFields(mine?.data ?? null, theirs?.data ?? null);
        const letter = theirs?.letter == null ? null : { service: holder, id: theirs.letter.id };
        found.push({ key, kind, ...why, fields, left: shownSide(owner, mine), right: shownSide(holder, theirs), authority: owner, letter, exposure: exposureOf(entity, mine?.data ?? null, theirs?.data ?? null, fields, priceOf) });
      }
    }
    return { found, again };
  }

  return { steps, look, confirm };
}

const skuOf = (data: unknown): string[] => {
  const sku = (data as Readonly<Record<string, unknown>> | null | undefined)?.['sku'];
  return typeof sku === 'string' ? [sku] : [];
};
