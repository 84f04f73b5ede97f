/**
 * What happens to a batch inside its one transaction.
 * 1. States pass the apply gate, events the sequence gate; only what passed reaches the service's own code (C1).
 * 2. Entities and keys in one order, so that two transactions that meet take turns.
 * 3. Whatever is neither applied nor known becomes a letter or is held in this same transaction (I5).
 */
import type { Contract } from '@steward/contracts';
import { together } from '@steward/platform';
import type { PoolClient } from 'pg';
import { closeApplied, closeSuperseded, type NewLetter, storeDeadLetters } from '../../dead-letter/dead-letter.store';
import type { Sound } from '../arrival';
import type { AppliedEvent, Handler, Projection } from '../declarations';
import { applyGate, type Gate } from '../gate/apply-gate';
import { forgetAttempts } from '../gate/attempts.store';
import { releaseAwaiting } from '../gate/held.store';
import { applySequenced, placeOf, type SequencedEvent } from '../gate/sequence-gate';
import { writeJournal } from '../gate/journal.store';
import { runHandler, runOwnCode } from './own-code';
import { type Delivered, letterOf, newcomerWaitMs, type Work } from '../work';

/** What is left to do once the batch has committed; nothing of it may happen before. */
export interface AfterCommit {
  readonly releases: { handler: Handler; places: string[] }[];
  /** Events that waited for an entity may run now (C8). */
  awaited: boolean;
  readonly report: (() => void)[];
}

/** The transaction of a batch, and what it leaves for afterwards. */
interface Applying {
  readonly tx: PoolClient;
  readonly work: Work;
  readonly gate: Gate;
  readonly after: AfterCommit;
}

export async function applyBatch(tx: PoolClient, work: Work, batch: readonly Delivered<Sound>[], gate: Gate = work.gate ?? applyGate): Promise<AfterCommit> {
  const after: AfterCommit = { releases: [], awaited: false, report: [] };
  const applying: Applying = { tx, work, gate, after };
  for (const [contract, members] of byEntity(batch)) {
    const projection = work.projections.get(contract.entity);
    const handler = work.handlers.get(contract.entity);
    if (projection) await applyStates(applying, projection, members);
    else if (handler) await applyEvents(applying, handler, members);
    else throw new Error(`${work.consumer} receives ${contract.entity} and declares neither a projection nor a handler for it`);
  }
  const again = batch.filter((each) => each.deliveries > 1);
  if (again.length > 0) await forgetAttempts(tx, work.consumer, again.map((each) => each.reading.envelope.id));
  return after;
}

async function applyStates({ tx, work, gate, after }: Applying, projection: Projection, members: readonly Delivered<Sound>[]): Promise<void> {
  const { contract } = projection;
  const { entity } = contract;
  const parts = members.map((delivered) => ({ envelope: delivered.reading.envelope, data: delivered.reading.data, hash: delivered.reading.hash, delivered }));
  const { moved, duplicates, superseded, conflicts } = await gate(tx, contract, parts);
  const now = work.clock.now();
  if (moved.length > 0) {
    const keys = moved.map((change) => change.key);
    await together([
      closeSuperseded(tx, work.consumer, { entity, keys, revisions: moved.map((change) => change.revision) }, new Date(now)),
      runOwnCode(tx, () => projection.apply(tx, moved)),
    ]);
    if (work.handlers.size > 0 && (await releaseAwaiting(tx, entity, keys))) after.awaited = true;
    if (work.journal) await writeJournal(tx, projection.builds, entity, moved.map((change) => change.envelope));
  }
  await storeDeadLetters(tx, conflicts.map(({ delivered }) => conflictLetter(work, delivered)), new Date(now));
  after.report.push(() => {
    const { meter } = work;
    meter.count(entity, 'applied', moved.length);
    meter.count(entity, 'duplicate', duplicates.length);
    meter.count(entity, 'superseded', superseded.length);
    meter.count(entity, 'conflict', conflicts.length);
    // X3: said again, it is as old as what it says.
    meter.propagated(entity, moved.flatMap(({ envelope }) => (envelope.origin === 'repair' ? [] : [envelope])), work.clock.now());
  });
}

async function applyEvents({ tx, work, after }: Applying, handler: Handler, members: readonly Delivered<Sound>[]): Promise<void> {
  const { entity } = handler.contract;
  const now = work.clock.now();
  const events = members.map((delivered) => ({ envelope: delivered.reading.envelope, data: delivered.reading.data, system: delivered.reading.system, delivered }));
  const passage = await applySequenced(tx, handler, events, {
    now: new Date(now),
    heldUntil: new Date(now + work.heldForMs),
    newcomerUntil: new Date(now + Math.min(newcomerWaitMs, work.heldForMs)),
    handle: (passed) => runHandler(tx, handler, (handler.coalesces ? inSendingOrder(passed) : passed).map(toAppliedEvent)),
  });
  if (passage.applied.length > 0) {
    const envelopes = passage.applied.map((event) => event.envelope);
    await closeApplied(tx, work.consumer, envelopes.map((envelope) => envelope.id), { reason: 'the event was applied', now: new Date(now) });
    if (work.journal) await writeJournal(tx, handler.builds, entity, envelopes);
  }
  await storeDeadLetters(tx, passage.conflicts.map(({ delivered }) => conflictLetter(work, delivered)), new Date(now));
  if (passage.releasable.length > 0) after.releases.push({ handler, places: passage.releasable });
  after.report.push(() => {
    const { meter } = work;
    meter.count(entity, 'applied', passage.applied.length);
    meter.count(entity, 'duplicate', passage.duplicates.length);
    meter.count(entity, 'held', passage.held.length);
    meter.count(entity, 'conflict', passage.conflicts.length);
    meter.propagated(entity, passage.applied.map((event) => event.envelope), work.clock.now());
  });
}

interface Passed extends SequencedEvent {
  readonly delivered: Pick<Delivered, 'streamSequence'>;
}

/** As the stream has them. A republished event may stand behind its successor there, and still comes before it. */
function inSendingOrder<E extends Passed>(events: readonly E[]): E[] {
  const reached = new Map<string, number>();
  // The gate gives the events of a key in the order of their sequence.
  const places = events.map((event) => {
    const place = Math.max(reached.get(placeOf(event)) ?? 0, event.delivered.streamSequence);
    reached.set(placeOf(event), place);
    return { event, place };
  });
  return places.sort((a, b) => a.place - b.place).map(({ event }) => event);
}

function toAppliedEvent({ envelope, data }: SequencedEvent): AppliedEvent {
  if (envelope.sequence === null) throw new TypeError(`${envelope.type} ${envelope.id} carries no sequence`);
  return { key: envelope.key, sequence: envelope.sequence, data, envelope };
}

export function conflictLetter(work: Work, delivered: Delivered<Sound>): NewLetter {
  const { envelope } = delivered.reading;
  const what = envelope.revision === null ? `sequence ${envelope.sequence} was applied by another message` : `revision ${envelope.revision} is stored with other content`;
  return letterOf(work, delivered, { class: 'conflict', error: what, attempts: delivered.deliveries });
}

function byEntity(batch: readonly Delivered<Sound>[]): [Contract, Delivered<Sound>[]][] {
  const groups = new Map<string, [Contract, Delivered<Sound>[]]>();
  for (const delivered of batch) {
    const { contract } = delivered.reading;
    const group = groups.get(contract.entity);
    if (group) group[1].push(delivered);
    else groups.set(contract.entity, [contract, [delivered]]);
  }
  return [...groups.values()].sort(([a], [b]) => (a.entity < b.entity ? -1 : 1));
}
