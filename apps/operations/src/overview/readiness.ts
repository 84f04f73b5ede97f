/** The six checks of the readiness list, from facts and not from ticks: each says what is missing. */
import { contracts, currentContracts, everyService } from '@steward/contracts';
import type { Database } from '@steward/platform';
import { z } from 'zod';
import type { Answered } from '../api/answer';
import type { AllFlows } from '../flows/all-flows';
import { evidenceOf } from '../releases/can-release';
import { readLiving } from '../releases/releases.store';

const checkView = z.object({ id: z.string(), title: z.string(), ok: z.boolean(), missing: z.array(z.string()), facts: z.record(z.string(), z.number()) }).meta({ id: 'ReadinessCheck' });
type Check = Answered<typeof checkView>;
export const readinessView = z.object({ ready: z.boolean(), checks: z.array(checkView) });

export async function checkReadiness(database: Pick<Database, 'query'>, flows: AllFlows): Promise<Answered<typeof readinessView>> {
  const [desk] = await database.query<{ security: number; unowned: number; overdue: number }>(
    `select coalesce(sum(open) filter (where class = 'security'), 0)::int as security, count(*) filter (where owner_team = '' or owner ->> 'escalation' is null)::int as unowned,
      count(*) filter (where open > 0 and respond_by <= now() and state not in ('acknowledged', 'retrying', 'ignored'))::int as overdue from letter_group`);
  const { security = 0, unowned = 0, overdue = 0 } = desk ?? {};
  const states = currentContracts.filter(({ kind }) => kind === 'state');
  const checks = [ofRecord(states), ofContracts(security), ofOwners(unowned, overdue), ofReconciliation(states, flows), ofMonitoring(flows), ofReleases(await readLiving(database))];
  return { ready: checks.every(({ ok }) => ok), checks };
}

const check = (id: string, title: string, missing: readonly string[], facts: Readonly<Record<string, number>>): Check => ({ id, title, ok: missing.length === 0, missing, facts });

type Contracts = readonly (typeof contracts)[number][];

function ofRecord(states: Contracts): Check {
  const shared = states.filter(({ told, systems }) => !told && systems.length !== 1).map(({ entity }) => `${entity} has several systems of record`);
  return check('systems-of-record', 'Systems of record are agreed per entity', shared, { states: states.length });
}

function ofContracts(security: number): Check {
  return check('contracts', 'Contracts are versioned and enforced', security > 0 ? [`${String(security)} messages that do not belong to their subject are open: somebody sends past the contracts`] : [], { contracts: contracts.length });
}

function ofOwners(unowned: number, overdue: number): Check {
  const missing = [...(unowned > 0 ? [`${String(unowned)} groups have no owner or escalation`] : []), ...(overdue > 0 ? [`${String(overdue)} groups are past their deadline, and nobody has acknowledged them`] : [])];
  return check('owners', 'Retry and dead letters have owners', missing, { unowned, overdue });
}

function ofReconciliation(states: Contracts, { silent }: AllFlows): Check {
  const without = states.filter(({ reconciliation, fourEyes }) => fourEyes && reconciliation === null).map(({ entity }) => `${entity} is not reconciled`);
  const down = silent.some(({ service }) => service === 'reconciliation') ? ['reconciliation does not answer'] : [];
  return check('reconciliation', 'Reconciliation exists for critical entities', [...without, ...down], { reconciled: states.filter(({ reconciliation }) => reconciliation !== null).length });
}

function ofMonitoring({ items, silent }: AllFlows): Check {
  const late = items.filter(({ latenessMs, promiseMs, state }) => state === 'running' && promiseMs !== null && (latenessMs === null || latenessMs > promiseMs)).map(({ flow, latenessMs }) => `${flow} is ${latenessMs === null ? 'of unknown lateness' : 'late'}`);
  return check('monitoring', 'Monitoring covers flows end to end', [...silent.map(({ service }) => `${service} does not answer`), ...late], { flows: items.length, paused: items.filter(({ state }) => state === 'paused').length });
}

/** No evidence is no yes: the release gate can say who would break only while everybody says what runs. */
function ofReleases(heard: Awaited<ReturnType<typeof readLiving>>): Check {
  const missing = everyService.flatMap((service) => evidenceOf(service, heard).map((what) => `not known: ${what}`));
  return check('releases', 'Release coordination is feasible', missing, { instances: heard.living.length, services: everyService.length });
}
