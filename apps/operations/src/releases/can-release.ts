/**
 * The release gate, pure: the same facts give the same answer.
 * 1. Fails closed: `yes` needs every fact that the answer rests on. What is not known makes it `cannot-say`, what is proven `no`.
 * 2. A release is judged while it rolls: old and new instances of its service stand side by side, so both must get on with everybody.
 * 3. A version that is read no more may have left nothing behind that only it could read: in streams, outboxes, or among dead letters.
 */
import { type BacklogAnswer, type ContractVersion, type ReadVersion, type Release, versionName, type Waiting } from '@steward/contracts';
import type { Break, Change, Facts, Living, Verdict } from './facts';

/** More than this in one question is more than anybody can oversee; the search grows with two to this power. */
export const MOST_CHANGES = 8;

export function canRelease(changes: readonly Change[], facts: Facts): Verdict {
  const [first] = changes;
  if (changes.length > 1) return together(changes, facts);
  if (first === undefined) return verdict([], ['no release was named'], []);
  const judged = judge(first, facts);
  if (judged.answer === 'no') return { ...judged, order: wayTo(first, judged, facts) };
  return judged.answer === 'yes' ? { ...judged, order: [first] } : judged;
}

/** Whether a version of a contract may be called retired: nobody says it, and nothing of it waits. */
export function canRetire(version: ContractVersion, facts: Facts): Verdict {
  const arrows = facts.arrows.filter(({ entity }) => entity === version.entity);
  const concerned = services([...arrows.flatMap(({ producer, consumer }) => [producer, consumer]), ...facts.living.filter(({ release }) => says(release, version) || readsAny(release, version.entity)).map(({ service }) => service)]);
  if (concerned.length === 0) return verdict([], [`nobody is known to say or to read ${version.entity}`], []);
  const same = (each: ContractVersion): boolean => each.entity === version.entity && each.major === version.major;
  const breaks = [
    ...facts.living.filter(({ release }) => says(release, version)).map(({ service, process, release, instance }) => broken('producer', service, version, facts, `${process} ${release.version} says it (${instance})`)),
    ...concerned.flatMap((service) => waiting(service, facts.backlogs[service], same, facts, everywhere)),
    ...facts.unread.filter((each) => same(each) && each.waits === true).map(({ consumer, durable, stream }) => broken('stream', consumer, version, facts, `${stream} holds messages of it that ${durable} has not acknowledged`)),
  ];
  const missing = [...concerned.flatMap((service) => [...evidenceOf(service, facts), ...backlogOf(service, facts), ...writtenOf(service, facts)]), ...arrows.flatMap(({ producer, consumer }) => unseen(producer, consumer, version, facts))];
  return verdict(breaks, missing, []);
}

function judge(change: Change, facts: Facts): Verdict {
  const found = releaseNamed(change, facts);
  if ('missing' in found) return verdict([], found.missing, []);
  const { release } = found;
  const { service } = release;
  // Also what stands now: the change is judged against all who live, its own predecessors among them.
  const all: readonly Pick<Living, 'service' | 'process' | 'release'>[] = [...facts.living, { service, process: service, release }];
  const lost = lostReads(release, facts);
  const left = (each: Waiting): boolean => lost.some((read) => read.entity === each.entity && read.major === each.major && read.from.includes(each.system));
  const breaks = [
    ...release.produces.filter((version) => isRetired(version, facts)).map((version) => broken('retired', service, version, facts, 'it was retired: nobody has to read it any more')),
    ...release.produces.flatMap((version) => all.filter((other) => reads(other.release, service, version) === false).map((other) => broken('reader', other.service, version, facts, `${other.process} ${other.release.version} reads ${majorsRead(other.release, service, version.entity)} of ${service} and not ${versionName(version)}`))),
    ...all.flatMap((other) => other.release.produces.filter((version) => reads(release, other.service, version) === false).map((version) => broken('producer', other.service, version, facts, `${other.process} ${other.release.version} says it, and ${service} ${release.version} reads ${majorsRead(release, other.service, version.entity)}`))),
    ...waiting(service, facts.backlogs[service], left, facts, ['held', 'letters']),
    ...waiting(service, facts.backlogs[service], (each) => lost.some(({ entity, major }) => entity === each.entity && major === each.major), facts, ['stored']),
    ...services(lost.flatMap(({ from }) => from)).flatMap((producer) => waiting(producer, facts.backlogs[producer], left, facts, ['outbox', 'announced'])),
    ...lost.flatMap((version) => facts.unread.filter((each) => each.consumer === service && each.entity === version.entity && each.major === version.major && version.from.includes(each.producer) && each.waits === true).map(({ durable, stream }) => broken('stream', service, version, facts, `${stream} holds messages of it that ${durable} has not acknowledged`))),
  ];
  const missing = [
    ...neighbours(release, facts).flatMap((each) => evidenceOf(each, facts)),
    ...services([service, ...lost.flatMap(({ from }) => from)]).flatMap((each) => [...backlogOf(each, facts), ...(lost.length > 0 ? writtenOf(each, facts) : [])]),
    ...lost.flatMap((version) => version.from.flatMap((producer) => unseen(producer, service, version, facts))),
    ...schemaUnknown(release, facts),
  ];
  return verdict(breaks, missing, notesOf(release, facts));
}

/** All changes, one after the other: each step must be a yes when those before it are done. */
function together(changes: readonly Change[], facts: Facts): Verdict {
  if (changes.length > MOST_CHANGES) return verdict([], [`more than ${String(MOST_CHANGES)} releases in one question`], []);
  const doubled = changes.filter((each, index) => changes.findIndex(({ service }) => service === each.service) !== index).map(({ service }) => `${service} is named twice: ask for one version of it after the other`);
  if (doubled.length > 0) return verdict([], doubled, []);
  const order = orderOf(changes, facts);
  const first = changes.map((change) => judge(change, facts));
  const notes = [...new Set(first.flatMap((each) => each.notes))];
  if (order !== undefined) return { ...verdict([], [], notes), order };
  const breaks = first.flatMap((each) => each.breaks);
  const missing = [...new Set(first.flatMap((each) => each.missing))];
  // A step that is stuck for want of a fact may be possible: that no order was found proves nothing then.
  return missing.length > 0 ? { answer: 'cannot-say', breaks, missing, notes, order: [] } : verdict(breaks, breaks.length === 0 ? ['no order was found in which every step is possible'] : [], notes);
}

function orderOf(changes: readonly Change[], facts: Facts, tried = new Set<string>()): readonly Change[] | undefined {
  if (changes.length === 0) return [];
  // The same changes are left whichever way it came here, and the world is the same then.
  const left = changes.map(({ service }) => service).toSorted().join(' ');
  if (tried.has(left)) return undefined;
  for (const change of changes) {
    if (judge(change, facts).answer !== 'yes') continue;
    const rest = orderOf(changes.filter((each) => each !== change), afterwards(change, facts), tried);
    if (rest !== undefined) return [change, ...rest];
  }
  tried.add(left);
  return undefined;
}

/** For a release that would break others: with which registered releases of theirs, and in which order, it would not. */
function wayTo(change: Change, { breaks }: Verdict, facts: Facts): readonly Change[] {
  const others = services(breaks.map(({ service }) => service)).filter((service) => service !== change.service);
  const newer = others.flatMap((service) => facts.registered.filter((each) => each.service === service && !facts.living.some((one) => one.service === service && one.release.version === each.version)).slice(0, 1));
  if (newer.length === 0 || newer.length >= MOST_CHANGES) return [];
  return orderOf([...newer.map(({ service, version }) => ({ service, version })), change], facts) ?? [];
}

/** The world when the change has been rolled out. */
export function afterwards(change: Change, facts: Facts): Facts {
  const found = releaseNamed(change, facts);
  if ('missing' in found) return facts;
  const { release } = found;
  const applied = services([...facts.living.filter(({ service }) => service === release.service).flatMap((each) => each.applied), ...release.migrations]);
  const renewed = release.processes.map((process): Living => ({ service: release.service, process, instance: `${process} of ${release.version}`, release, applied }));
  return { ...facts, living: [...facts.living.filter(({ service }) => service !== release.service), ...renewed], registered: [release, ...facts.registered] };
}

function releaseNamed({ service, version }: Change, facts: Facts): { readonly release: Release } | { readonly missing: readonly string[] } {
  const named = [...facts.registered, ...facts.living.map(({ release }) => release)].filter((each) => each.service === service && each.version === version);
  const [release] = named;
  if (release === undefined) return { missing: [`what ${service} ${version} produces and reads: register what its build says of itself`] };
  // Two builds under one name: whichever is meant, the other one would be judged.
  return named.some((each) => contentOf(each) !== contentOf(release)) ? { missing: [`which build ${service} ${version} is: it was registered, or runs, with different contents`] } : { release };
}

export const contentOf = ({ produces, reads: read, migrations }: Release): string => JSON.stringify([produces.map(versionName).toSorted(), read.map((each) => `${versionName(each)} ${each.from.toSorted().join(' ')}`).toSorted(), migrations.toSorted()]);

/** undefined = it takes nothing of this entity from there, so that it does not mind. */
function reads({ reads: all }: Release, producer: string, { entity, major }: ContractVersion): boolean | undefined {
  const taken = all.filter((each) => each.entity === entity && each.from.includes(producer));
  return taken.length === 0 ? undefined : taken.some((each) => each.major === major);
}

const says = ({ produces }: Release, { entity, major }: ContractVersion): boolean => produces.some((each) => each.entity === entity && each.major === major);
const readsAny = ({ reads: all }: Release, entity: string): boolean => all.some((each) => each.entity === entity);
const majorsRead = ({ reads: all }: Release, producer: string, entity: string): string => all.filter((each) => each.entity === entity && each.from.includes(producer)).map(versionName).join(', ');
const isRetired = (version: ContractVersion, { acts }: Facts): boolean => acts.some(({ entity, major, state }) => entity === version.entity && major === version.major && state === 'retired');

/** What an instance that lives reads and the new build does not: who would only be left with the letters. */
function lostReads(release: Release, { living }: Facts): readonly ReadVersion[] {
  const now = living.filter(({ service }) => service === release.service).flatMap((each) => each.release.reads);
  const lost = now.flatMap(({ entity, major, from }) => from.filter((producer) => reads(release, producer, { entity, major }) !== true).map((producer) => ({ entity, major, from: [producer] })));
  return lost.filter((each, index) => lost.findIndex((other) => other.entity === each.entity && other.major === each.major && other.from[0] === each.from[0]) === index);
}

/** Everybody at the other end of an arrow, and the service itself. */
function neighbours(release: Release, { arrows, living }: Facts): readonly string[] {
  const { service } = release;
  const fromContracts = arrows.flatMap(({ producer, consumer }) => (producer === service ? [consumer] : consumer === service ? [producer] : []));
  const declared = [...release.reads.flatMap(({ from }) => from), ...living.filter((each) => each.release.reads.some(({ from, entity }) => from.includes(service) && release.produces.some((version) => version.entity === entity))).map((each) => each.service)];
  return services([service, ...fromContracts, ...declared]);
}

/** Why it is not known what runs of a service. */
export function evidenceOf(service: string, { living, lost }: Pick<Facts, 'living' | 'lost'>): string[] {
  const here = living.filter((each) => each.service === service);
  const silent = lost.filter((each) => each.service === service).map(({ instance, version, silentForMs }) => `whether ${instance} (${version}) still runs: silent for ${String(Math.round(silentForMs / 1_000))} s`);
  if (here.length === 0) return [`which versions of ${service} run: nothing was heard of it`, ...silent];
  const absent = services(here.flatMap(({ release }) => release.processes)).filter((process) => !here.some((each) => each.process === process));
  return [...absent.map((process) => `which version of ${process} runs: nothing was heard of it`), ...silent];
}

const backlogOf = (service: string, { backlogs }: Facts): string[] => (backlogs[service] === undefined ? [`what waits in ${service}: it does not answer`] : []);

/** An instance of before has no notion of it. */
const writtenOf = (service: string, { backlogs }: Facts): string[] => {
  const backlog = backlogs[service];
  return backlog !== undefined && (backlog.announced === undefined || backlog.stored === undefined) ? [`in which versions ${service} keeps states: it does not say`] : [];
};

function unseen(producer: string, consumer: string, version: ContractVersion, { unread }: Facts): string[] {
  const seen = unread.filter((each) => each.producer === producer && each.consumer === consumer && each.entity === version.entity && each.major === version.major);
  return seen.length === 0 || seen.some(({ waits }) => waits === null) ? [`what the stream of ${producer} still holds of ${versionName(version)} for ${consumer}`] : [];
}

/** A build is meant for the schema it brings; on a newer one it is only known to work if it was seen there. */
function schemaUnknown({ service, version, migrations }: Release, { living, ranOn }: Facts): string[] {
  const applied = services(living.filter((each) => each.service === service).flatMap((each) => each.applied));
  const strange = applied.filter((name) => !migrations.includes(name));
  if (strange.length === 0) return [];
  const proven = ranOn.some((each) => each.service === service && each.version === version && strange.every((name) => each.applied.includes(name)));
  return proven ? [] : [`whether ${service} ${version} works on a database that has had ${strange.join(', ')}: it was never seen there`];
}

type Place = keyof BacklogAnswer;
const everywhere: readonly Place[] = ['outbox', 'held', 'letters', 'announced', 'stored'];

/** What waits in the tables of a service and is concerned: nothing when it has not answered, which is missing elsewhere. */
function waiting(service: string, backlog: BacklogAnswer | undefined, concerned: (each: Waiting) => boolean, facts: Facts, places: readonly Place[]): Break[] {
  if (backlog === undefined) return [];
  const why = {
    outbox: 'committed and not published', held: 'held until something before them comes', announced: 'announced in it and not said again since: resync', stored: 'written in it in the read model: resync at the owner',
  } as const;
  return places.flatMap((place): Break[] => {
    if (place === 'letters') return backlog.letters.filter(concerned).flatMap((each) => [...each.named.map(({ id, consumer, key, class: fault }) => broken('letter', service, each, facts, `dead letter ${id} of ${consumer} (${fault}, key ${key ?? 'unknown'})`)), ...(each.count > each.named.length ? [broken('letter', service, each, facts, `${String(each.count - each.named.length)} more dead letters`)] : [])]);
    return (backlog[place] ?? []).filter(concerned).map((each) => broken(place, service, each, facts, `${String(each.count)} ${why[place]}, the oldest of ${each.oldestAt}`));
  });
}

function notesOf(release: Release, { living, acts }: Facts): string[] {
  const deprecated = release.produces.flatMap((version) => acts.filter(({ entity, major, state }) => entity === version.entity && major === version.major && state === 'deprecated').map(({ until }) => `${versionName(version)} is deprecated${until === null ? '' : ` until ${until}`}, and ${release.service} ${release.version} says it`));
  const here = living.filter(({ service }) => service === release.service);
  const applied = here.flatMap((each) => each.applied);
  const brings = here.length === 0 ? [] : release.migrations.filter((name) => !applied.includes(name));
  return [...deprecated, ...(brings.length === 0 ? [] : [`${release.service} ${release.version} brings ${brings.join(', ')}: instances of before run on it until the roll is over`])];
}

const broken = (kind: Break['kind'], service: string, version: ContractVersion, { owners }: Facts, detail: string): Break => ({ kind, service, contract: versionName(version), owner: owners[version.entity] ?? 'Platform', detail });
const services = (names: readonly string[]): string[] => [...new Set(names)].toSorted();

function verdict(breaks: readonly Break[], missing: readonly string[], notes: readonly string[]): Verdict {
  return { answer: breaks.length > 0 ? 'no' : missing.length > 0 ? 'cannot-say' : 'yes', breaks, missing: [...new Set(missing)], notes, order: [] };
}
