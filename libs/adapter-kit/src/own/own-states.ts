/** The states that a service decides on itself, as the broker knows them. */
import { type Contract, currentContracts, streamOf, typeOf } from '@steward/contracts';
import type { EpochChange } from '@steward/event-bus';
import type { Database } from '@steward/platform';
import type { PoolClient } from 'pg';
import { lockAnnouncing, rebuildStream } from '../announce/announced.store';
import type { Feed } from '../source/define';

/** What the contracts let this service announce, none of its feeds reads and no table of its own tells. */
export function ownContracts(service: string, feeds: readonly Pick<Feed, 'contract'>[]): Contract[] {
  return currentContracts.filter(({ kind, entity, systems, told }) => kind === 'state' && !told && systems.includes(service) && !feeds.some(({ contract }) => contract.entity === entity));
}

/** ADR 0005, once in the life of a database: to be awaited before anything is announced. `floorOf` is asked for a stream's highest revision. */
export async function settleFloors(database: Pick<Database, 'query'>, service: string, own: readonly Contract[], floorOf: (stream: string) => Promise<number>): Promise<void> {
  const rows = await database.query<{ entity: string }>('select entity from own_state');
  const known = new Set(rows.map(({ entity }) => entity));
  for (const contract of own.filter(({ entity }) => !known.has(entity))) {
    const floor = await floorOf(streamOf(contract, service).name);
    await database.query('insert into own_state (entity, revision_floor) values ($1, $2) on conflict do nothing', [contract.entity, floor]);
  }
}

/** B10, in the relay's transaction. */
export async function rebuildOwn(tx: PoolClient, service: string, own: readonly Contract[], change: EpochChange): Promise<void> {
  const lost = own.filter((contract) => change.types.includes(typeOf(contract, service)));
  if (lost.length === 0) return;
  await lockAnnouncing(tx);
  for (const contract of lost) await rebuildStream(tx, contract, service, change.to);
}
