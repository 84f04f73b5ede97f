/**
 * The one probe that all replicas of a service may have under way at a system that does not answer (R2, ADR 0019): a row in the database that
 * they share. All times are the database's; what a replica knows of its own it says as a duration.
 */
import { randomUUID } from 'node:crypto';
import type { Database } from '@steward/platform';
import type { ProbeLease } from './breaker';

// In this order: that the system is back is worth more than a probe; a probe that failed a moment ago is as good as one of ours. Whose holder
// died is free when its time is over.
const askText = `
with back as (select 1 from breaker_probe where dependency = $1 and worked_at > clock_timestamp() - make_interval(secs => $4::float8)),
taken as (
  insert into breaker_probe as b (dependency, holder, until)
    select $1, $2, clock_timestamp() + make_interval(secs => $3::float8) where $6::boolean and not exists (select from back)
  on conflict (dependency) do update set holder = excluded.holder, until = excluded.until
    where b.until <= clock_timestamp() and (b.failed_at is null or b.failed_at <= clock_timestamp() - make_interval(secs => $5::float8))
  returning 1)
select case when exists (select from back) then 'back' when exists (select from taken) then 'probe' else 'wait' end as grant`;

const endText = `
update breaker_probe set until = clock_timestamp(),
  worked_at = case when $3 = 'works' then clock_timestamp() else worked_at end,
  failed_at = case when $3 = 'works' then null when $3 = 'fails' then clock_timestamp() else failed_at end
where dependency = $1 and holder = $2`;

interface ProbeLeaseOptions {
  readonly database: Pick<Database, 'query'>;
  readonly dependency: string;
  /** Longer than a probe takes. */
  readonly holdMs: number;
}

export function probeLease({ database, dependency, holdMs }: ProbeLeaseOptions): ProbeLease {
  // A name for each ask: a probe whose time has run out must not end its successor's.
  let holder = '';
  return {
    ask: async ({ forMs, coolMs, cooled }) => {
      const asking = randomUUID();
      const [row] = await database.query<{ grant: 'probe' | 'back' | 'wait' }>(
        { name: 'kit-probe-ask', text: askText },
        [dependency, asking, holdMs / 1_000, forMs / 1_000, coolMs / 1_000, cooled],
      );
      if (row?.grant === 'probe') holder = asking;
      return row?.grant ?? 'wait';
    },
    ended: async (verdict) => void (await database.query({ name: 'kit-probe-end', text: endText }, [dependency, holder, verdict])),
  };
}
