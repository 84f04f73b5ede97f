import type { Beat, ContractVersion, Release } from '@steward/contracts';
import type { Database } from '@steward/platform';
import type { PoolClient } from 'pg';
import type { Living, Lost, RanOn, VersionAct } from './facts';

/** Three missed beats. */
const FRESH_MS = 45_000;
/** A process that has been silent for longer has been ended by whoever runs it: its probes were silent as well. */
const LOST_FOR_MS = 600_000;

type Queries = Pick<Database, 'query'>;

/** A beat that was on its way for longer than its successor does not bring back what is over. */
export async function recordBeats(database: Pick<Database, 'transaction'>, service: string, beats: readonly Beat[]): Promise<void> {
  await database.transaction(async (tx) => {
    for (const { instance, process, release, applied, startedAt, seenAgoMs, ended } of beats) {
      await tx.query(
        `with said as (select now() - $7 * interval '1 millisecond' as seen_at)
        insert into release_heartbeat as known (service, instance, process, release, applied, started_at, seen_at, ended_at)
          select $1, $2, $3, $4, $5, $6, seen_at, case when $8 then seen_at end from said
          on conflict (service, instance) do update set process = excluded.process, release = excluded.release, applied = excluded.applied,
            started_at = excluded.started_at, seen_at = excluded.seen_at, ended_at = excluded.ended_at
          where excluded.started_at > known.started_at or (excluded.started_at = known.started_at and (known.ended_at is null or excluded.ended_at is not null))`,
        [service, instance, process, JSON.stringify(release), applied, startedAt, seenAgoMs, ended],
      );
      if (!ended) await tx.query('insert into release_ran_on (service, version, applied) values ($1, $2, $3) on conflict do nothing', [service, release.version, applied.toSorted()]);
    }
    await tx.query(`delete from release_heartbeat where seen_at < now() - interval '1 day'`);
  });
}

export async function readLiving(database: Queries): Promise<{ readonly living: Living[]; readonly lost: Lost[] }> {
  const rows = await database.query<{ service: string; process: string; instance: string; release: Release; applied: string[]; silent: number }>(
    `select service, process, instance, release, applied, greatest(0, extract(epoch from now() - seen_at) * 1000)::int as silent from release_heartbeat
      where ended_at is null and seen_at > now() - ${String(LOST_FOR_MS)} * interval '1 millisecond' order by service, instance`,
  );
  return {
    living: rows.filter(({ silent }) => silent <= FRESH_MS).map(({ silent: _silent, ...each }) => each),
    lost: rows.filter(({ silent }) => silent > FRESH_MS).map(({ service, process, instance, release, silent }) => ({ service, process, instance, version: release.version, silentForMs: silent })),
  };
}

export async function readRegistered(database: Queries): Promise<Release[]> {
  return (await database.query<{ release: Release }>('select release from release_registered order by at desc, service')).map(({ release }) => release);
}

export async function readRanOn(database: Queries): Promise<RanOn[]> {
  return database.query<RanOn & Record<string, unknown>>('select service, version, applied from release_ran_on');
}

/** The state of a version is its last act. */
export async function readActs(database: Queries): Promise<VersionAct[]> {
  const rows = await database.query<{ entity: string; major: number; act: string; until: Date | null }>('select distinct on (entity, major) entity, major, act, until from contract_act order by entity, major, id desc');
  return rows.map(({ entity, major, act, until }) => ({ entity, major, state: act === 'retire' ? 'retired' : 'deprecated', until: until?.toISOString() ?? null }));
}

export async function registerRelease(tx: PoolClient, release: Release, by: { readonly actor: string; readonly reason: string }): Promise<void> {
  await tx.query('insert into release_registered (service, version, release, actor, reason) values ($1, $2, $3, $4, $5)', [release.service, release.version, JSON.stringify(release), by.actor, by.reason]);
}

export async function recordContractAct(tx: PoolClient, { entity, major }: ContractVersion, { act, until = null }: { readonly act: 'deprecate' | 'retire'; readonly until?: string | null }, by: { readonly actor: string; readonly reason: string }): Promise<void> {
  await tx.query('insert into contract_act (entity, major, act, until, actor, reason) values ($1, $2, $3, $4, $5, $6)', [entity, major, act, until, by.actor, by.reason]);
}
