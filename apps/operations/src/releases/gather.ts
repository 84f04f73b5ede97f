/** Everything that the gate decides from, looked at now. What fails here fails the question: an answer from half of the facts is none. */
import { type BacklogAnswer, backlogSubject, contracts, type ContractVersion, currentContracts, durables, everyService, type NewestAnswer, type NewestQuestion, newestSubject, type Release } from '@steward/contracts';
import { type Database, StewardError, through } from '@steward/platform';
import type { Ask } from '../api/feature';
import type { Arrow, Facts, Unread } from './facts';
import { readActs, readLiving, readRanOn, readRegistered } from './releases.store';

/** By the contracts that operations was built with. */
export const arrows: readonly Arrow[] = currentContracts.flatMap(({ entity, consumers }) => consumers.flatMap(({ service, from }) => from.map((producer) => ({ entity, producer, consumer: service }))));
const owners = Object.fromEntries(contracts.map(({ entity, owner }) => [entity, owner.team]));

const ANSWER_WITHIN_MS = 3_000;

export async function gatherFacts(database: Pick<Database, 'query'>, ask: Ask): Promise<Facts> {
  const step = <T>(work: () => Promise<T>): Promise<T> => through('release-step', work);
  const registered = await step(() => readRegistered(database));
  const acts = await step(() => readActs(database));
  const ranOn = await step(() => readRanOn(database));
  const before = await step(() => readLiving(database));
  const backlogs = await step(() => readBacklogs(ask));
  const unread = await step(() => readUnread(ask, versionsOf([...registered, ...before.living.map(({ release }) => release)])));
  // Last, since looking at all that waits takes its time: who has started meanwhile counts.
  const { living, lost } = await step(() => readLiving(database));
  return { living, lost, registered, arrows, backlogs, unread, acts, ranOn, owners };
}

async function readBacklogs(ask: Ask): Promise<Record<string, BacklogAnswer>> {
  const answers = await Promise.all(everyService.map(async (service) => [service, await orSilence(ask<BacklogAnswer>(backlogSubject(service), {}, ANSWER_WITHIN_MS))] as const));
  return Object.fromEntries(answers.filter((answer): answer is [string, BacklogAnswer] => answer[1] !== undefined));
}

/** Every version that somebody says, reads, or has said of itself. */
function versionsOf(releases: readonly Release[]): ReadonlyMap<string, readonly number[]> {
  const all = new Map<string, Set<number>>();
  const add = ({ entity, major }: ContractVersion): unknown => all.set(entity, (all.get(entity) ?? new Set()).add(major));
  for (const contract of contracts) add(contract);
  for (const { produces, reads } of releases) [...produces, ...reads].forEach(add);
  return new Map([...all].map(([entity, majors]) => [entity, [...majors].toSorted((a, b) => a - b)]));
}

async function readUnread(ask: Ask, versions: ReadonlyMap<string, readonly number[]>): Promise<Unread[]> {
  const looked = await Promise.all(durables.map(async ({ name, stream, service, filterSubjects }): Promise<Unread[]> => {
    const wanted = filterSubjects.flatMap((filter) => {
      const [kind = '', producer = '', entity = ''] = filter.split('.');
      return (versions.get(entity) ?? []).map((major) => ({ entity, major, producer, subject: `${kind}.${producer}.${entity}.v${String(major)}.*` }));
    });
    const question: NewestQuestion = { stream, subjects: wanted.map(({ subject }) => subject), durable: name };
    const answer = wanted.length === 0 ? undefined : await orSilence(ask<NewestAnswer>(newestSubject, question, ANSWER_WITHIN_MS));
    return wanted.map(({ subject, ...each }) => ({ ...each, consumer: service, durable: name, stream, waits: waitsOf(answer, subject) }));
  }));
  return looked.flat();
}

/** A durable that is not there has acknowledged nothing that one could know of. */
function waitsOf(answer: NewestAnswer | undefined, subject: string): boolean | null {
  const found = answer?.newest.find((each) => each.subject === subject);
  if (answer === undefined || answer.ackFloor === null || found === undefined) return null;
  return found.stored !== null && found.stored.sequence > answer.ackFloor;
}

/** Who does not answer is missing, and costs the others nothing. */
async function orSilence<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof StewardError) return undefined;
    throw error;
  }
}
