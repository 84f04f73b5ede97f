/**
 * Repair is the owner saying it again, under a new revision that is above whatever the wrong end holds (X3): it passes the same gate as
 * everything else, so a repair can do no harm that live traffic could not. What has no owner that could say it waits for a person.
 */
import type { AnnouncedAgain, RepairForecast } from '@steward/contracts';
import { counter } from '@steward/platform';
import type { PoolClient } from 'pg';
import type { Clock } from '@steward/platform';
import type { ArrowCheck, Check, SourceCheck } from '../check/define-check';
import type { Doors } from '../doors/doors';
import { type ActBy, noteRepairs, type RepairCandidate } from './drift.store';

export interface Repairer {
  /** Asks the owners, and notes that it did; the proof comes later. */
  readonly ask: (drift: readonly RepairCandidate[], by: ActBy, commit: <T>(work: (tx: PoolClient) => Promise<T>) => Promise<T>) => Promise<RepairForecast[]>;
  /** What `ask` would do. */
  readonly preview: (drift: readonly RepairCandidate[], by: ActBy) => Promise<RepairForecast[]>;
}

// X4: how often a channel has to be repaired says how well it is; a line that heals itself must not hide a dead webhook.
const repairs = counter('steward_reconciliation_repairs_total', 'Keys that an owner was asked to announce again, by what had gone wrong', ['check', 'entity', 'cause']);

type Repairable = ArrowCheck | SourceCheck;

const AT_ONCE = 200;

export function createRepairer({ doors, clock, checkOf }: { doors: Pick<Doors, 'announceAgain'>; clock: Clock; checkOf: (name: string) => Check | undefined }): Repairer {
  async function announce(check: Repairable, drift: readonly RepairCandidate[], by: ActBy, dryRun: boolean): Promise<RepairForecast[]> {
    const system = check.kind === 'arrow' ? check.owner : check.system;
    const byKey = new Map(drift.map((each) => [each.key, each]));
    const above = Object.fromEntries(drift.flatMap(({ key, held }) => (check.kind === 'source' || held === null ? [] : [[key, held]])));
    const { items } = await doors.announceAgain(system, {
      entity: check.contract.entity, keys: [...byKey.keys()], from: check.kind === 'arrow' ? 'announced' : 'source', above, actor: by.actor, reason: by.reason, dryRun, origin: 'repair',
    });
    return items.flatMap(({ key, outcome, revision }) => {
      const { id } = byKey.get(key) ?? {};
      return id === undefined ? [] : [{ id, key, outcome: said[outcome], revision }];
    });
  }

  async function each(drift: readonly RepairCandidate[], work: (check: Repairable, some: readonly RepairCandidate[]) => Promise<RepairForecast[]>): Promise<RepairForecast[]> {
    const forecasts: RepairForecast[] = [];
    for (const [name, group] of Map.groupBy(drift, (one) => one.name)) {
      const check = checkOf(name);
      if (check === undefined || check.kind === 'books' || check.kind === 'pages') {
        forecasts.push(...group.map(({ id, key }) => ({ id, key, outcome: 'not-repairable' as const, revision: null })));
        continue;
      }
      for (let from = 0; from < group.length; from += AT_ONCE) forecasts.push(...(await work(check, group.slice(from, from + AT_ONCE))));
    }
    return forecasts;
  }

  return {
    preview: (drift, by) => each(drift, (check, some) => announce(check, some, by, true)),
    ask: async (drift, by, commit) =>
      each(drift, async (check, some) => {
        const forecasts = await announce(check, some, by, false);
        // Also what the owner does not know: tried so often, it is a case for a person and is not asked for again and again.
        await commit((tx) => noteRepairs(tx, some.map(({ id }) => id), by, new Date(clock.now())));
        for (const { cause } of some) repairs.inc({ check: check.name, entity: check.contract.entity, cause });
        return forecasts;
      }),
  };
}

const said: Readonly<Record<AnnouncedAgain['outcome'], RepairForecast['outcome']>> = {
  announced: 'announced',
  reading: 'announced',
  'would-announce': 'would-announce',
  'would-read': 'would-announce',
  'unknown-key': 'unknown-key',
};
