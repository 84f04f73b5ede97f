/** The door to rebuilds: asked for with a name and a reason (I6), worked at by the loop of the service. */
import type { DynamicModule } from '@nestjs/common';
import { RpcException } from '@nestjs/microservices';
import { type BesideAnswer, currentContracts, type RebuildAnswer, rebuildSubject, type RebuildStanding } from '@steward/contracts';
import type { Database } from '@steward/platform';
import { z } from 'zod';
import { doorModule } from '../../broker/door';
import type { BesideRebuilder } from '../beside/beside-rebuilder';
import { requestRebuild } from './rebuild.store';

const words = z.string().trim().min(1).max(2_000);
const question = z.discriminatedUnion('ask', [
  z.strictObject({ ask: z.literal('begin'), entity: words, system: words.optional(), actor: words, reason: words }),
  z.strictObject({ ask: z.literal('status'), entity: words }),
]);
const questionBeside = z.discriminatedUnion('ask', [
  z.strictObject({ ask: z.enum(['begin-beside', 'swap-beside', 'cancel-beside']), actor: words, reason: words }),
  z.strictObject({ ask: z.literal('status-beside') }),
]);

/** What `service` keeps of the entity, and of whom. */
function projected(service: string, entity: string): { contract: (typeof currentContracts)[number]; systems: readonly string[] } | undefined {
  for (const contract of currentContracts) {
    const consumers = contract.consumers.filter((consumer) => consumer.service === service && consumer.purpose === 'projection');
    if (contract.entity === entity && contract.kind === 'state' && consumers.length > 0) return { contract, systems: [...new Set(consumers.flatMap(({ from }) => from))] };
  }
  return undefined;
}

export async function answerRebuild(database: Pick<Database, 'query'>, service: string, asked: unknown): Promise<RebuildAnswer> {
  const wish = question.parse(asked);
  const found = projected(service, wish.entity);
  if (found === undefined) throw new RpcException(`${service} keeps nothing of ${wish.entity}`);
  if (wish.ask === 'begin') {
    const systems = wish.system === undefined ? found.systems : found.systems.filter((system) => system === wish.system);
    if (systems.length === 0) throw new RpcException(`${service} keeps nothing that ${wish.system ?? ''} says of ${wish.entity}`);
    await requestRebuild(database, found.contract, wish, systems);
  }
  return { rebuilds: await standingOf(database, wish.entity) };
}

/** The same of a model that is made anew beside the live one. */
async function answerBeside(beside: BesideRebuilder, asked: unknown): Promise<BesideAnswer> {
  const wish = questionBeside.parse(asked);
  if (wish.ask === 'begin-beside') await beside.begin(wish);
  const refused = wish.ask === 'swap-beside' ? await beside.swap(wish) : wish.ask === 'cancel-beside' ? await beside.cancel(wish) : undefined;
  if (refused !== undefined) throw new RpcException(refused);
  return beside.standing();
}

const isBeside = (asked: unknown): boolean => typeof asked === 'object' && asked !== null && 'ask' in asked && String(asked.ask).endsWith('-beside');

async function standingOf(database: Pick<Database, 'query'>, entity: string): Promise<RebuildStanding[]> {
  const rows = await database.query<Omit<RebuildStanding, 'requestedAt' | 'finishedAt'> & { requestedAt: Date; finishedAt: Date | null }>(
    `select distinct on (system) entity, system, actor, reason, items::float8 as items, cursor, problem, requested_at as "requestedAt", finished_at as "finishedAt"
      from rebuild where entity = $1 order by system, requested_at desc`,
    [entity],
  );
  return rows.map((row) => ({ ...row, requestedAt: row.requestedAt.toISOString(), finishedAt: row.finishedAt?.toISOString() ?? null }));
}

/** The door to rebuilds. `beside`: of a service whose model can be rebuilt beside the live one. */
export function rebuildModule(service: string, database: () => Database | undefined, beside: () => BesideRebuilder | undefined = () => undefined): DynamicModule {
  const door = doorModule(rebuildSubject(service), database, async (open, asked): Promise<RebuildAnswer | BesideAnswer> => {
    if (!isBeside(asked)) return answerRebuild(open, service, asked);
    const rebuilder = beside();
    if (rebuilder === undefined) throw new RpcException(`${service} makes no model beside the live one`);
    return answerBeside(rebuilder, asked);
  });
  // Who keeps nothing of others has no right to the door either: the broker would complain at every start.
  return currentContracts.some(({ entity }) => projected(service, entity) !== undefined) ? door : { module: door.module };
}
