import { type Contract, contracts } from '@steward/contracts';
import type { Database } from '@steward/platform';

/** A contract as people read it; the validators stay where they are. */
export function showContract({ entity, kind, major, summary, told, fourEyes, systems, owner, key, consumers, freshness, deadLetter, guard, reconciliation, tombstoneRetentionMs, piiPaths, dataSchema }: Contract): object {
  return { entity, kind, major, summary, told, fourEyes, systems, owner, key, consumers, freshness, deadLetter, guard, reconciliation, tombstoneRetentionMs, piiPaths, dataSchema };
}

/** Every contract with what is open of it now. */
export async function listContracts(database: Pick<Database, 'query'>): Promise<object[]> {
  const letters = await database.query<{ entity: string; open: number }>(`select entity, sum(open)::int as open from letter_group where entity is not null and open > 0 group by entity`);
  const cases = await database.query<{ entity: string; open: number }>(`select entity, count(*)::int as open from desk_case where entity is not null and state = 'open' group by entity`);
  const openOf = (counted: readonly { entity: string; open: number }[], entity: string): number => counted.find((each) => each.entity === entity)?.open ?? 0;
  return contracts.toSorted((a, b) => (a.entity < b.entity ? -1 : 1)).map((contract) => ({ ...showContract(contract), openLetters: openOf(letters, contract.entity), openCases: openOf(cases, contract.entity) }));
}
