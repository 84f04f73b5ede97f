/**
 * Why two ends differ, read from what each of them and the stream between them know; never guessed from the difference alone (X4). Pure.
 * The order of the rules is the order of the proofs: an edit that shows in the row itself explains more than a message that was lost.
 */
import type { DriftCause, DriftKind, KeyEvidence, NewestAnswer, SourceItem } from '@steward/contracts';

interface Explained {
  readonly cause: DriftCause;
  /** What proves it, a sentence each. */
  readonly evidence: readonly string[];
}

type StoredMessage = NewestAnswer['newest'][number]['stored'];

export interface ArrowEvidence {
  readonly kind: Exclude<DriftKind, 'business'>;
  readonly owner: KeyEvidence | undefined;
  readonly holder: KeyEvidence | undefined;
  /** The newest message of the key in the stream. */
  readonly stored: StoredMessage;
  readonly ackFloor: number | null;
}

/** 'behind': the message lies in the stream and the consumer has not come to it, which is late and no drift. */
export function causeOfArrow({ kind, owner, holder, stored, ackFloor }: ArrowEvidence): Explained | 'behind' {
  const at = (revision: number | null | undefined): string => (revision === null || revision === undefined ? 'nothing' : `revision ${String(revision)}`);
  if (holder?.hash !== undefined && holder.hash !== null && holder.hash !== holder.storedHash) {
    return { cause: 'manual-edit-in-read-model', evidence: [`the row's content is not the one that was stored under ${at(holder.revision)}`] };
  }
  if (owner?.hash !== undefined && owner.hash !== null && owner.hash !== owner.storedHash) {
    return { cause: 'out-of-scope-writer', evidence: [`the owner's own row of ${at(owner.revision)} was changed by somebody else than its adapter`] };
  }
  if (holder !== undefined && holder.revision !== null && (owner === undefined || owner.revision === null || holder.revision > owner.revision || kind === 'content')) return strange(owner, holder, stored);
  if (holder?.letter != null) return ofLetter(holder.letter);
  return lost({ owner, holder, stored, ackFloor, at });
}

/** The holder has what the owner never said. */
function strange(owner: KeyEvidence | undefined, holder: KeyEvidence, stored: StoredMessage): Explained {
  const known = [owner?.messageId, owner?.sent?.messageId];
  if (stored !== null && stored.messageId !== null && !known.includes(stored.messageId) && stored.messageId === holder.messageId) {
    return { cause: 'out-of-scope-writer', evidence: [`message ${stored.messageId} lies in the stream and was applied, and the owner never sent it`] };
  }
  const nobody = holder.messageId === null || !known.includes(holder.messageId);
  return { cause: 'manual-edit-in-read-model', evidence: [nobody ? `the row names message ${String(holder.messageId)}, which the owner never sent and the stream does not have` : 'the row was written over with its hash'] };
}

function ofLetter({ id, class: kind, consumer }: NonNullable<KeyEvidence['letter']>): Explained {
  const evidence = [`${consumer} could not apply it: dead letter ${id}, ${kind}`];
  return { cause: UNTELLABLE.has(kind) ? 'mapping-bug' : 'dead-letter', evidence };
}

function lost({ owner, holder, stored, ackFloor, at }: Omit<ArrowEvidence, 'kind'> & { at: (revision: number | null | undefined) => string }): Explained | 'behind' {
  const revision = owner?.revision ?? 0;
  if (stored !== null && stored.revision !== null && stored.revision >= revision) {
    if (ackFloor === null || ackFloor < stored.sequence) return 'behind';
    return { cause: 'manual-edit-in-read-model', evidence: [`${at(stored.revision)} lies in the stream as ${String(stored.sequence)} and was acknowledged by the consumer, whose row says ${at(holder?.revision)}`] };
  }
  const { sent } = owner ?? {};
  const inStream = `the stream has ${at(stored?.revision)}`;
  if (sent != null && sent.revision >= revision && sent.sequence !== null) {
    return { cause: 'broker-loss', evidence: [`the broker acknowledged ${at(sent.revision)} as ${String(sent.sequence)} of epoch ${String(sent.epoch)}`, inStream] };
  }
  const outbox = sent == null || sent.revision < revision ? 'the outbox has no row of it' : sent.publishedAt === null ? 'its row of the outbox still waits' : 'its row of the outbox was marked as sent without an acknowledgement';
  return { cause: 'relay-gap', evidence: [`the owner announced ${at(revision)} at ${String(owner?.changedAt)}`, outbox, inStream] };
}

/** Classes of a letter that say: the data was not what the contract or the connector expects. */
const UNTELLABLE: ReadonlySet<string> = new Set(['unreadable', 'schema', 'unknown-value', 'unstorable', 'rejected']);

interface SourceEvidenceGiven {
  readonly announced: KeyEvidence | undefined;
  readonly source: SourceItem;
}

/** 'behind': a webhook waits to be looked at. 'explained': the guard holds the change for its owner, which is a case already (X6). */
export function causeOfSource({ announced, source }: SourceEvidenceGiven): Explained | 'explained' | 'behind' {
  if ((announced?.source?.heldBy ?? null) !== null) return 'explained';
  if (announced?.source?.hinted === true) return 'behind';
  // The source contradicts itself, which proves nothing about the key (X6).
  if (source.fault?.class === 'inconsistent') return 'explained';
  if (source.fault !== null) return { cause: 'mapping-bug', evidence: [`the connector can't tell what the source says: ${source.fault.class}, ${source.fault.message}`] };
  if (announced?.letter != null) return ofLetter(announced.letter);
  if (announced?.hash != null && announced.hash !== announced.storedHash) {
    return { cause: 'out-of-scope-writer', evidence: [`what is announced as revision ${String(announced.revision)} was changed by somebody else than the adapter`] };
  }
  const record = recordOf(announced, source);
  if (record.same) return { cause: 'mapping-changed', evidence: record.evidence };
  const version = announced?.source?.version ?? null;
  if (source.hash !== null && version !== null && source.version !== null && source.version <= version) {
    return { cause: 'manual-edit-at-source', evidence: [`the source says something else under version ${String(source.version)}, of which version ${String(version)} was announced already`, ...record.evidence] };
  }
  const newer = source.hash === null ? 'the source does not have it any more' : version === null ? 'the source has it, and it was not announced' : `the source is at version ${String(source.version)}, announced is ${String(version)}`;
  // What is left when nothing else is proven: whichever way should have brought it, none has.
  return { cause: 'lost-webhook', evidence: [newer, 'no webhook about it waits, and no poll has found it', ...record.evidence] };
}

/**
 * Whether the record is the one that was announced (ADR 0027). Another one is a proof only from the same version of the connector: a later one
 * may read more of it.
 */
function recordOf(announced: KeyEvidence | undefined, source: SourceItem): { readonly same: boolean; readonly evidence: readonly string[] } {
  const [was, is] = [announced?.source?.record, source.record];
  // Absent where nothing was announced of the source, and from an adapter that is older than this question.
  if (was == null || is == null || announced?.hash == null) return { same: false, evidence: [] };
  if (was.hash === is.hash) {
    const by = was.by === is.by ? `version ${is.by} with another configuration, or somebody by hand` : `version ${is.by}, and not ${was.by}, which announced it`;
    return { same: true, evidence: ['the record is the one that was announced, field by field', `what is told of it has changed: by ${by}`] };
  }
  if (was.by === is.by) return { same: false, evidence: [`the record is another one than version ${is.by} had read when it announced it`] };
  // One key can't tell then: many at once can.
  return { same: false, evidence: [`it was announced by version ${was.by} and is read by ${is.by}: where many keys of the entity are told so at once, it is the translation that has changed`] };
}
