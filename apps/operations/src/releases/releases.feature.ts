/** What runs, what may be released, and what became of versions of contracts. */
import { contracts, type ContractVersion, everyService, type Release, versionName } from '@steward/contracts';
import { RejectedError, through } from '@steward/platform';
import { z } from 'zod';
import type { Feature, Parts } from '../api/feature';
import { refused } from '../api/input';
import { conflict, notFound } from '../api/outcomes';
import { act, defineRoute, type Route } from '../api/route';
import { audited, PLATFORM } from '../audit/audited';
import { canRelease, canRetire, contentOf, MOST_CHANGES } from './can-release';
import type { Change, Verdict } from './facts';
import { gatherFacts } from './gather';
import { releaseShape } from './release.shape';
import { ReleaseGate1799000001000 } from './releases.migration';
import { readActs, readLiving, readRegistered, recordContractAct, registerRelease } from './releases.store';
import { deprecatedView, registeredView, retiredView, runningView, verdictView } from './releases.views';

export const releasesFeature: Feature = { name: 'releases', migrations: [ReleaseGate1799000001000], open: (parts) => ({ routes: releaseRoutes(parts) }) };

const CHANGES = `one to ${String(MOST_CHANGES)} of service@version, with commas between them`;
/** How much of what breaks stands in a refusal; the question itself has all of it. */
const NAMED_IN_REFUSAL = 5;

function releaseRoutes({ database, ask, clock }: Parts): Route[] {
  const retirable = async (version: ContractVersion): Promise<Verdict> => canRetire(version, await gatherFacts(database, ask));
  return [
    defineRoute({
      method: 'GET', path: '/releases', operationId: 'releases', summary: 'Which build of what runs, who has fallen silent, what was registered, and which versions of contracts are deprecated or retired', role: 'viewer', answer: runningView,
      handle: async () => {
        const { living, lost } = await readLiving(database);
        const silent = everyService.filter((service) => !living.some((each) => each.service === service));
        return { items: living, lost, silent, registered: await readRegistered(database), versions: await readActs(database) };
      },
    }),
    defineRoute({
      method: 'POST', path: '/releases', operationId: 'registerRelease', summary: 'Register what a build says of itself, so that it can be asked about before it runs', role: 'operator', body: act({ release: releaseShape }), answer: registeredView,
      handle: async ({ who, body, allow, traceId }) => {
        const { release, reason, dryRun } = body;
        const name = `release ${release.service}@${release.version}`;
        await allow('operator', PLATFORM, name);
        if (!everyService.includes(release.service)) throw refused('/release/service', `is ${release.service}`, everyService.join(', '));
        const known = (await readRegistered(database)).find((each) => sameName(each, release));
        // A pipeline that runs again says the same again.
        if (known !== undefined && contentOf(known) === contentOf(release)) return { dryRun, release: known };
        if (known !== undefined) throw conflict(`${name} was registered with other contents`, 'a version of its own for each build');
        if (!dryRun) {
          await database.transaction(async (tx) => {
            await registerRelease(tx, release, { actor: who.id, reason });
            await audited(tx, { who, owner: PLATFORM, act: 'register release', subject: name, reason, after: release, traceId });
          });
        }
        return { dryRun, release };
      },
    }),
    defineRoute({
      method: 'GET', path: '/can-release', operationId: 'canRelease', summary: 'Whether these releases can be rolled out now: yes, no with who would break, or can not say with what is missing; with several, in which order', role: 'viewer', answer: verdictView,
      query: { changes: z.string({ error: CHANGES }).transform((text) => text.split(',').map((each) => each.trim())) },
      handle: async ({ query }) => canRelease(query.changes.map(toChange), await gatherFacts(database, ask)),
    }),
    defineRoute({
      method: 'GET', path: '/can-retire', operationId: 'canRetire', summary: 'Whether a version of a contract can be retired now: nobody says it and nothing of it waits', role: 'viewer', answer: verdictView,
      query: { contract: z.string({ error: 'entity@major' }) },
      handle: ({ query }) => retirable(toVersion(query.contract)),
    }),
    defineRoute({
      method: 'POST', path: '/contract-versions/{version}/deprecate', operationId: 'deprecateContract', summary: 'Write down that a version of a contract will go, and until when it is meant to be there', role: 'operator', body: act({ until: z.iso.datetime({ offset: true, error: 'an instant to come, or null' }).nullable().default(null) }), answer: deprecatedView,
      handle: async ({ who, params, body, allow, traceId }) => {
        const { version, owner } = contractOf(params['version'] ?? '');
        const { reason, dryRun, until } = body;
        await allow('operator', owner, `contract ${versionName(version)}`);
        if (until !== null && Date.parse(until) <= clock.now()) throw refused('/until', `is ${until}`, 'an instant to come, or null');
        if (await isRetired(version)) throw conflict(`${versionName(version)} is retired`, 'a version that is not');
        if (!dryRun) {
          await database.transaction(async (tx) => {
            await recordContractAct(tx, version, { act: 'deprecate', until }, { actor: who.id, reason });
            await audited(tx, { who, owner, act: 'deprecate contract', subject: `contract ${versionName(version)}`, reason, after: { until }, traceId });
          });
        }
        return { dryRun, contract: versionName(version), state: 'deprecated' as const, until };
      },
    }),
    defineRoute({
      method: 'POST', path: '/contract-versions/{version}/retire', operationId: 'retireContract', summary: 'Write down that a version of a contract is gone; refused while somebody says it, anything of it waits, or one can not say', role: 'admin', body: act({}), answer: retiredView,
      handle: async ({ who, params, body, allow, traceId }) => {
        const { version, owner } = contractOf(params['version'] ?? '');
        const { reason, dryRun } = body;
        const name = versionName(version);
        await allow('admin', owner, `contract ${name}`);
        if (await isRetired(version)) throw conflict(`${name} is retired already`);
        const judged = await retirable(version);
        if (dryRun) return { dryRun, contract: name, ...judged };
        if (judged.answer !== 'yes') throw conflict(`${name} can not be retired (${judged.answer}): ${whyNot(judged)}`, 'a version that nobody says and of which nothing waits');
        await database.transaction(async (tx) => {
          await through('release-step', () => recordContractAct(tx, version, { act: 'retire' }, { actor: who.id, reason }));
          await audited(tx, { who, owner, act: 'retire contract', subject: `contract ${name}`, reason, after: judged, traceId });
        });
        return { dryRun, contract: name, ...judged, state: 'retired' as const };
      },
    }),
  ];

  async function isRetired({ entity, major }: ContractVersion): Promise<boolean> {
    return (await readActs(database)).some((each) => each.entity === entity && each.major === major && each.state === 'retired');
  }
}

const sameName = (one: Release, other: Release): boolean => one.service === other.service && one.version === other.version;

function toChange(text: string): Change {
  const [, service, version] = /^([a-z][a-z0-9-]*)@([0-9A-Za-z][0-9A-Za-z._+-]{0,99})$/.exec(text) ?? [];
  if (service === undefined || version === undefined) throw refused('/changes', `holds ${JSON.stringify(text)}`, CHANGES);
  return { service, version };
}

function toVersion(text: string): ContractVersion {
  const [, entity, major] = /^([a-z][a-z0-9-]*)@([1-9][0-9]{0,5})$/.exec(text) ?? [];
  if (entity === undefined || major === undefined) throw new RejectedError('OPERATIONS_INPUT_REFUSED', `${JSON.stringify(text)} is no version of a contract`, { place: '/contract', accepted: 'entity@major, such as product@1' });
  return { entity, major: Number(major) };
}

/** Whose it is: the entity has an owner, also for a version that this build does not know any more. */
function contractOf(text: string): { readonly version: ContractVersion; readonly owner: string } {
  const version = toVersion(text);
  const contract = contracts.find(({ entity }) => entity === version.entity);
  if (contract === undefined) throw notFound('contract', text);
  return { version, owner: contract.owner.team };
}

function whyNot({ breaks, missing }: Verdict): string {
  const all = [...breaks.map(({ service, detail }) => `${service}: ${detail}`), ...missing.map((what) => `not known: ${what}`)];
  return [...all.slice(0, NAMED_IN_REFUSAL), ...(all.length > NAMED_IN_REFUSAL ? [`${String(all.length - NAMED_IN_REFUSAL)} more`] : [])].join('; ');
}
