/**
 * Whether a difference is drift (X2). Both ends move while they are read, so one look proves nothing. Pure.
 *   1. Of the second look the holder was read before the owner: what the holder has then, the owner has announced before, or never.
 *   2. A holder that has reached what the owner had at the first look, which is a settle time ago, is on its way.
 *   3. The same revision with another content, and a revision that the owner has not given, are drift at once.
 */
import type { DriftKind } from '@steward/contracts';

/** `hash` null = deleted, with the revision of the deletion; null = nothing is known, or not asked for: a digest has no leaf of either. */
export type Side = { readonly revision: number; readonly hash: string | null } | null;

export interface Look {
  readonly owner: Side;
  readonly holder: Side;
}

type Judgement = 'agrees' | 'in-flight' | Exclude<DriftKind, 'business'>;

export function judge(first: Look, second: Look): Judgement {
  const { owner, holder } = second;
  if (!isLiving(owner)) {
    if (!isLiving(holder)) return 'agrees';
    return sameAs(first.holder, holder) && !isLiving(first.owner) ? 'extra' : 'in-flight';
  }
  const reached = holder?.revision ?? 0;
  if (reached > owner.revision) return 'ahead';
  if (reached === owner.revision) return holder?.hash === owner.hash ? 'agrees' : 'content';
  if (!isLiving(first.owner)) return 'in-flight';
  if (!isLiving(holder)) return reached < first.owner.revision && !isLiving(first.holder) ? 'missing' : 'in-flight';
  if (reached < first.owner.revision) return 'stale';
  return reached === first.owner.revision && holder.hash !== first.owner.hash ? 'content' : 'in-flight';
}

const isLiving = (side: Side): side is { readonly revision: number; readonly hash: string } => side !== null && side.hash !== null;
const sameAs = (one: Side, other: Side): boolean => one?.revision === other?.revision && one?.hash === other?.hash;
