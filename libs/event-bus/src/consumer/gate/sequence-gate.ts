/**
 * The gate of events and ordered commands.
 * 1. An effect and its inbox row (message, handler) commit together (C1): a marker outside would make a retry a duplicate of itself.
 * 2. Event n of a key is applied only after n−1 was applied or explicitly skipped; else it is held in this transaction (C5b).
 *    A dead letter leaves the position where it is, so what follows waits behind it in order (C5). The first of a new life of its
 *    producer's database follows whatever came before (ADR 0024).
 * 3. A sequence at or below the position is a duplicate only if its message is in the inbox. Otherwise the number was given
 *    twice (a producer that lost its database): a conflict, never silently dropped. Of what lies above it nothing is in the inbox, since
 *    both move together and positions never go back; so the inbox is asked only for what may be a duplicate.
 * 4. Positions are locked in key order before anything is read, so replicas take turns on a key.
 */
import { together } from '@steward/platform';
import type { PoolClient } from 'pg';
import type { Envelope } from '../../envelope';
import { beginsLife } from '../../outbox/life';
import type { Handler } from '../declarations';
import { hold, lockPositions, movePositions, placesWithHeld } from './held.store';

export interface SequencedEvent {
  readonly envelope: Envelope;
  readonly data: unknown;
  readonly system: string;
}

export interface SequencePassage<E extends SequencedEvent = SequencedEvent> {
  readonly applied: E[];
  readonly duplicates: E[];
  readonly held: E[];
  readonly conflicts: E[];
  /** Keys that moved and have held events, to be released after the commit. */
  readonly releasable: string[];
}

export interface SequenceOptions<E extends SequencedEvent = SequencedEvent> {
  readonly now: Date;
  readonly heldUntil: Date;
  /** The same for a key of which nothing was ever applied: its beginning may have left the stream before this consumer was born. */
  readonly newcomerUntil: Date;
  /** Runs the handler with what has passed, by key and sequence. */
  readonly handle: (events: readonly E[]) => Promise<void>;
}

export const placeOf = (event: Pick<SequencedEvent, 'envelope' | 'system'>): string =>
  `${event.system}.${event.envelope.type.split('.')[1] ?? ''}/${event.envelope.key}`;

export async function applySequenced<E extends SequencedEvent>(tx: PoolClient, handler: Handler, events: readonly E[], options: SequenceOptions<E>): Promise<SequencePassage<E>> {
  const passage = { applied: [] as E[], duplicates: [] as E[], held: [] as E[], conflicts: [] as E[], releasable: [] as string[] };
  if (events.length === 0) return passage;
  const ordered = [...events].sort((a, b) => compare(placeOf(a), placeOf(b)) || sequenceOf(a) - sequenceOf(b));
  const positions = await lockPositions(tx, handler.builds, ordered.map(placeOf));
  const passedBefore = ordered.filter((event) => sequenceOf(event) <= (positions.get(placeOf(event)) ?? 0));
  const seen = passedBefore.length === 0 ? new Set<string>() : await appliedBefore(tx, handler.builds, passedBefore);
  const moved = new Map<string, number>();
  for (const event of ordered) {
    const place = placeOf(event);
    const position = positions.get(place) ?? 0;
    const sequence = sequenceOf(event);
    if (seen.has(event.envelope.id)) passage.duplicates.push(event);
    else if (sequence <= position) passage.conflicts.push(event);
    else if (sequence > position + 1 && !beginsLife(sequence)) passage.held.push(event);
    else {
      positions.set(place, sequence);
      moved.set(place, sequence);
      seen.add(event.envelope.id);
      passage.applied.push(event);
    }
  }
  await options.handle(passage.applied);
  await holdAll(tx, handler.builds, passage, positions, options);
  if (moved.size > 0) {
    const [, , places] = await together([
      markApplied(tx, handler.builds, passage.applied.map((event) => event.envelope.id)),
      movePositions(tx, handler.builds, moved),
      placesWithHeld(tx, handler.builds, [...moved.keys()]),
    ]);
    passage.releasable.push(...places);
  }
  return passage;
}

async function holdAll<E extends SequencedEvent>(tx: PoolClient, handler: string, passage: { held: E[]; conflicts: E[] }, positions: Map<string, number>, options: Pick<SequenceOptions, 'now' | 'heldUntil' | 'newcomerUntil'>): Promise<void> {
  // Two messages under one sequence in one batch would meet in one statement; the later one of them is a conflict like any other.
  const bySequence = new Map<string, E>();
  for (const event of passage.held) {
    const slot = `${placeOf(event)} ${event.envelope.sequence}`;
    const known = bySequence.get(slot);
    if (!known) bySequence.set(slot, event);
    else if (known.envelope.id !== event.envelope.id) passage.conflicts.push(event);
  }
  const waiting = [...bySequence.values()];
  const [newcomers, known] = [waiting.filter((event) => !positions.get(placeOf(event))), waiting.filter((event) => positions.get(placeOf(event)))];
  for (const [events, until] of [[newcomers, options.newcomerUntil], [known, options.heldUntil]] as const) {
    const stored = await hold(tx, handler, events.map((event) => ({ place: placeOf(event), envelope: event.envelope })), options.now, until);
    passage.conflicts.push(...events.filter((event) => !stored.has(event.envelope.id)));
  }
  const conflicting = new Set<E>(passage.conflicts);
  passage.held = passage.held.filter((event) => !conflicting.has(event));
}

export async function markApplied(tx: PoolClient, handler: string, messageIds: readonly string[]): Promise<void> {
  await tx.query({
    name: 'steward_inbox',
    text: 'insert into inbox (message_id, handler) select id, $2 from unnest($1::uuid[]) as u(id)',
    values: [messageIds, handler],
  });
}

async function appliedBefore(tx: PoolClient, handler: string, events: readonly SequencedEvent[]): Promise<Set<string>> {
  const { rows } = await tx.query<[string]>({
    name: 'steward_inbox_seen',
    text: 'select message_id from inbox where handler = $1 and message_id = any($2::uuid[])',
    rowMode: 'array',
    values: [handler, events.map((event) => event.envelope.id)],
  });
  return new Set(rows.map(([id]) => id));
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

function sequenceOf({ envelope }: SequencedEvent): number {
  if (envelope.sequence === null) throw new TypeError(`${envelope.type} ${envelope.id} carries no sequence`);
  return envelope.sequence;
}
