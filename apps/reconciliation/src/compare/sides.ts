import type { KeyDigest, KeyEvidence } from '@steward/contracts';
import type { Side } from '../check/judge';

export const sideOf = (leaf: KeyDigest | null): Side => (leaf === null ? null : { revision: leaf.revision, hash: leaf.hash });

export const sideOfEvidence = (known: KeyEvidence | undefined): Side => (known?.revision == null ? null : { revision: known.revision, hash: known.hash });

/** What a person is shown of one end: no content, which is in the differing fields. */
export function shownSide(who: string, known: KeyEvidence | undefined): Record<string, unknown> {
  return {
    who, revision: known?.revision ?? null, deleted: known?.revision != null && known.hash === null, hash: known?.hash ?? null,
    changedAt: known?.changedAt ?? null, ...(known?.appliedAt == null ? {} : { appliedAt: known.appliedAt }), messageId: known?.messageId ?? null,
  };
}
