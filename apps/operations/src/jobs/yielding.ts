/** R3: jobs go below live traffic. Who is late, or turns calls away, is left alone until it has caught up. */
import { type FlowsAnswer, flowsSubject } from '@steward/contracts';
import type { Clock } from '@steward/platform';
import type { Ask } from '../api/feature';

const knownForMs = 1_000;
/** Without a promise of the contract: a consumer that has had something to catch up with for so long is behind. */
const lateWithoutPromiseMs = 60_000;

interface Known {
  readonly at: number;
  readonly answer: Promise<FlowsAnswer | undefined>;
  readonly shed: ReadonlyMap<string, number>;
}

/** Says why a service, as far as this entity is concerned, should be left alone; undefined = it may be asked. */
export function yielding(ask: Ask, clock: Clock): (target: string, entity: string | null) => Promise<string | undefined> {
  const known = new Map<string, Known>();
  return async (target, entity) => {
    let found = known.get(target);
    if (found === undefined || clock.now() - found.at > knownForMs) {
      // Nobody answering is no reason to wait: the question itself will find out whether the owner is there.
      const answer = ask<FlowsAnswer>(flowsSubject(target), { ask: 'list' }, 2_000).catch(() => undefined);
      found = { at: clock.now(), answer, shed: await shedOf(found) };
      known.set(target, found);
    }
    const answer = await found.answer;
    if (answer === undefined || !('flows' in answer)) return undefined;
    const flow = answer.flows.find((each) => each.kind !== 'feed' && (entity === null || each.entity === null || each.entity === entity) && isBehind(each));
    if (flow !== undefined) return flow.state === 'paused' ? `${flow.flow} is paused` : `${flow.flow} is ${String(Math.round((flow.latenessMs ?? 0) / 1_000))} s behind`;
    const shedding = answer.dependencies.find(({ name, shed }) => shed > (found.shed.get(name) ?? shed));
    return shedding === undefined ? undefined : `${target} turns calls to ${shedding.name} away`;
  };
}

type Flow = Extract<FlowsAnswer, { flows: unknown }>['flows'][number];

function isBehind({ state, latenessMs, promiseMs }: Flow): boolean {
  return state === 'paused' || (latenessMs ?? 0) > (promiseMs ?? lateWithoutPromiseMs);
}

/** Counts since the start: only what has come on top since the last look is shedding now. */
async function shedOf(known: Known | undefined): Promise<ReadonlyMap<string, number>> {
  const answer = await known?.answer;
  return new Map(answer !== undefined && 'dependencies' in answer ? answer.dependencies.map(({ name, shed }) => [name, shed]) : []);
}
