/** The door of reconciliation: operations asks, in the name of whoever it has made out (I6). */
import { randomUUID } from 'node:crypto';
import type { DynamicModule } from '@nestjs/common';
import { type CheckStanding, type ReconciliationAnswer, reconciliationSubject, type RepairForecast } from '@steward/contracts';
import { doorModule } from '@steward/event-bus';
import type { Clock, Database } from '@steward/platform';
import { z } from 'zod';
import type { Check } from '../check/define-check';
import { acceptDrift, candidates, listDrift } from '../drift/drift.store';
import type { Repairer } from '../drift/repair';
import { askRun, standingOfRuns, standings, wake } from '../run/run.store';

const words = z.string().trim().min(1).max(2_000);
const by = { actor: words, reason: words };
const ids = z.array(z.uuid()).min(1).max(500);

const shapes = {
  run: z.strictObject({ ask: z.literal('run').default('run'), check: z.string().min(1).optional(), entity: z.string().min(1).optional(), keys: z.array(z.string().min(1)).min(1).max(500).optional(), dryRun: z.boolean().default(false), ...by }),
  checks: z.strictObject({ ask: z.literal('checks') }),
  status: z.strictObject({ ask: z.literal('status'), runId: z.uuid() }),
  drift: z.strictObject({ ask: z.literal('drift'), ids: ids.optional(), check: z.string().min(1).optional(), after: z.uuid().nullish() }),
  repair: z.strictObject({ ask: z.literal('repair'), ids, dryRun: z.boolean(), ...by }),
  accept: z.strictObject({ ask: z.literal('accept'), ids, ...by }),
};

export interface DoorParts {
  readonly database: Database;
  readonly clock: Clock;
  readonly checks: readonly Check[];
  readonly repairer: Repairer;
  readonly woken: () => void;
}

export async function answerReconciliation(parts: DoorParts, asked: unknown): Promise<ReconciliationAnswer> {
  const kind = z.object({ ask: z.enum(['run', 'checks', 'status', 'drift', 'repair', 'accept']).default('run') }).parse(asked).ask;
  switch (kind) {
    case 'run':
      return begin(parts, shapes.run.parse(asked));
    case 'checks':
      return { checks: await standingOfChecks(parts) };
    case 'status':
      return { runs: await standingOfRuns(parts.database, shapes.status.parse(asked).runId) };
    case 'drift':
      return listDrift(parts.database, shapes.drift.parse(asked));
    case 'repair':
      return { repairs: await repair(parts, shapes.repair.parse(asked)) };
    case 'accept': {
      const wish = shapes.accept.parse(asked);
      return { accepted: await parts.database.transaction((tx) => acceptDrift(tx, wish.ids, wish, new Date(parts.clock.now()))) };
    }
  }
}

async function begin({ database, clock, checks, woken }: DoorParts, wish: z.output<typeof shapes.run>): Promise<ReconciliationAnswer> {
  const meant = checks.filter(({ name, contract }) => (wish.check === undefined || name === wish.check) && (wish.entity === undefined || contract.entity === wish.entity));
  if (wish.check === undefined && wish.entity === undefined) throw new RangeError('a run is of a check or of an entity; accepted: check, entity');
  if (meant.length === 0) throw new RangeError(`no such check or entity; accepted: ${checks.map(({ name }) => name).join(', ')}`);
  const groupId = randomUUID();
  const names = meant.map(({ name }) => name);
  await database.transaction((tx) => askRun(tx, { groupId, names, keys: wish.keys ?? null, actor: wish.actor, reason: wish.reason, dryRun: wish.dryRun, now: new Date(clock.now()) }));
  woken();
  return { runId: groupId, checks: names };
}

async function standingOfChecks({ database, checks }: DoorParts): Promise<CheckStanding[]> {
  const byName = new Map(checks.map((check) => [check.name, check]));
  const rows = await standings(database);
  return rows.flatMap(({ name, dueAt, lastFinishedAt, ...standing }) => {
    const check = byName.get(name);
    return check === undefined ? [] : [{ check: name, kind: check.kind, entity: check.contract.entity, cadenceMs: check.cadenceMs, dueAt: dueAt.toISOString(), lastFinishedAt: lastFinishedAt?.toISOString() ?? null, ...standing }];
  });
}

async function repair({ database, clock, repairer, woken }: DoorParts, wish: z.output<typeof shapes.repair>): Promise<RepairForecast[]> {
  const known = await candidates(database, wish.ids);
  const open = known.filter(({ state }) => state === 'open');
  const rest = wish.ids.flatMap((id): RepairForecast[] => {
    const found = known.find((each) => each.id === id);
    if (found?.state === 'open') return [];
    return [{ id, key: found?.key ?? '', outcome: found === undefined ? 'unknown-drift' : 'closed', revision: null }];
  });
  if (wish.dryRun) return [...(await repairer.preview(open, wish)), ...rest];
  const done = await repairer.ask(open, wish, (work) => database.transaction(work));
  await database.transaction((tx) => wake(tx, [...new Set(open.map(({ name }) => name))], new Date(clock.now()), 'rechecking'));
  woken();
  return [...done, ...rest];
}

export const reconciliationModule = (parts: () => DoorParts | undefined): DynamicModule => doorModule(reconciliationSubject, parts, answerReconciliation);
