/** What making a model anew in place and beside the live one have in common: whose snapshot goes where, and how its items are applied. */
import { type Contract, type SnapshotPage, type SnapshotQuestion, streamOf } from '@steward/contracts';
import type { RawMessage } from '../../envelope';
import { runBatch } from '../batch/runner';
import { type Delivered, readFor, type Work } from '../work';

/** `ask` of the service's rpc client. */
export type AskSnapshot = (subject: string, question: SnapshotQuestion) => Promise<SnapshotPage>;

/** A state and what its messages are applied with. */
export interface Target {
  readonly work: Work;
  readonly contract: Contract;
}

export function targetOf<T extends Target>(targets: readonly T[], { entity, system }: { readonly entity: string; readonly system: string }): T {
  const found = targets.find(({ work, contract }) => contract.entity === entity && contract.systems.includes(system) && streamOf(contract, system).name === work.stream);
  if (found === undefined) throw new Error(`no durable of this service brings ${entity} of ${system}`);
  return found;
}

/** Each goes the way of a message. Above 0: in how long to try them again, because something of them failed. */
export async function applyMessages(work: Work, messages: readonly RawMessage[], tries: number): Promise<number> {
  const batch = messages.map((message): Delivered => ({ reading: readFor(work, message), message, streamSequence: 0, deliveries: tries, receivedAtMs: performance.now() }));
  let afterMs = 0;
  await runBatch(work, batch, {
    onSettled: (_, outcome) => {
      if (outcome.kind === 'later') afterMs = Math.max(afterMs, outcome.afterMs);
    },
  });
  return afterMs;
}
