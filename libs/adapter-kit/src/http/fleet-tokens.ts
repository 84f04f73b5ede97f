/**
 * The retries that all replicas of a service have left together (R1, ADR 0019): a row in the database that they share, touched by retries only.
 * One statement, so that of two replicas that want the last token one gets it.
 */
import type { Database } from '@steward/platform';
import { almostOne, type FleetTokens } from './retry-budget';

// The first one to ask finds a full bucket.
const takeText = `
insert into retry_budget as b (dependency, tokens) select $1, $2::float8 - 1 where $2::float8 >= $4::float8
on conflict (dependency) do update set tokens = greatest(0, least($2::float8, b.tokens + $3::float8) - 1) where least($2::float8, b.tokens + $3::float8) >= $4::float8
returning tokens`;

interface FleetTokensOptions {
  readonly database: Pick<Database, 'query'>;
  readonly dependency: string;
  readonly bucket: number;
}

export function fleetTokens({ database, dependency, bucket }: FleetTokensOptions): FleetTokens {
  return {
    take: async (earned) => (await database.query<{ tokens: number }>({ name: 'kit-retry-take', text: takeText }, [dependency, bucket, earned, almostOne]))[0]?.tokens,
  };
}
