import { type Contract, contracts } from '@steward/contracts';
import type { Database } from '@steward/platform';
import { z } from 'zod';
import { type Answered, owner } from '../api/answer';

const allowance = { max: z.number(), ratio: z.number() };
const changeRule = z.discriminatedUnion('when', [z.object({ ...allowance, field: z.string(), when: z.enum(['zero', 'differs']) }), z.object({ ...allowance, field: z.string(), when: z.literal('moves'), by: z.number() })]);

export const contractView = z
  .object({
    entity: z.string(), kind: z.enum(['state', 'event', 'command']), major: z.int(), summary: z.string(), told: z.boolean().describe('Said by each system of rows of its own.'), fourEyes: z.boolean().describe('What one does to it by hand needs a second person.'),
    systems: z.array(z.string()).describe('Who may announce it; of a command who may send it.'), owner, key: z.object({ from: z.array(z.string()), separator: z.string() }),
    consumers: z.array(z.object({ service: z.string(), builds: z.string(), from: z.array(z.string()), purpose: z.enum(['projection', 'reaction']) })),
    freshness: z.record(z.string(), z.object({ targetMs: z.number(), staleAfterMs: z.number() })), deadLetter: z.object({ respondWithinMs: z.number() }),
    guard: z.object({ delete: z.object(allowance), changes: z.array(changeRule) }).describe('How many keys may be deleted or suspiciously changed within an hour.'),
    reconciliation: z.object({ cadenceMs: z.number(), settleMs: z.number(), repair: z.enum(['automatic', 'ask', 'never']) }).nullable(),
    tombstoneRetentionMs: z.number().describe('How long a deletion stays known.'), piiPaths: z.array(z.string()), dataSchema: z.string(),
  })
  .meta({ id: 'Contract' }) satisfies z.ZodType<Shown>;
type Shown = Pick<Contract, 'entity' | 'kind' | 'major' | 'summary' | 'told' | 'fourEyes' | 'systems' | 'owner' | 'key' | 'consumers' | 'freshness' | 'deadLetter' | 'guard' | 'reconciliation' | 'tombstoneRetentionMs' | 'piiPaths' | 'dataSchema'>;

const openOfIt = { openLetters: z.int(), openCases: z.int() };
export const listedContract = contractView.extend(openOfIt).meta({ id: 'ListedContract', description: 'A contract with what is open of it now.' });

/** A contract as people read it; the validators stay where they are. */
export function showContract({ entity, kind, major, summary, told, fourEyes, systems, owner, key, consumers, freshness, deadLetter, guard, reconciliation, tombstoneRetentionMs, piiPaths, dataSchema }: Contract): Answered<typeof contractView> {
  return { entity, kind, major, summary, told, fourEyes, systems, owner, key, consumers, freshness, deadLetter, guard, reconciliation, tombstoneRetentionMs, piiPaths, dataSchema };
}

/** Every contract with what is open of it now. */
export async function listContracts(database: Pick<Database, 'query'>): Promise<readonly Answered<typeof listedContract>[]> {
  const letters = await database.query<{ entity: string; open: number }>(`select entity, sum(open)::int as open from letter_group where entity is not null and open > 0 group by entity`);
  const cases = await database.query<{ entity: string; open: number }>(`select entity, count(*)::int as open from desk_case where entity is not null and state = 'open' group by entity`);
  const openOf = (counted: readonly { entity: string; open: number }[], entity: string): number => counted.find((each) => each.entity === entity)?.open ?? 0;
  return contracts.toSorted((a, b) => (a.entity < b.entity ? -1 : 1)).map((contract) => ({ ...showContract(contract), openLetters: openOf(letters, contract.entity), openCases: openOf(cases, contract.entity) }));
}
