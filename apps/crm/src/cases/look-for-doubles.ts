import type { Database } from '@steward/platform';
import { type NewCase, openCases } from './customer-case.store';

interface Double {
  readonly customerId: string;
  readonly other: string;
}

/** Two who have one e-mail address, and what the CRM says it has merged. Looks at everybody: it is minutes that count here, not load. */
export async function lookForDoubles(database: Pick<Database, 'query' | 'transaction'>, at: Date): Promise<number> {
  const alike = await database.query<Double & Record<string, unknown>>(
    `select key as "customerId", first as other from (
        select key, min(key) over (partition by lower(data->>'email')) as first from announced
        where entity = 'customer' and data is not null and data->>'mergedInto' is null) people
      where key <> first order by key limit ${most}`,
  );
  const merged = await database.query<Double & Record<string, unknown>>(
    `select key as "customerId", data->>'mergedInto' as other from announced where entity = 'customer' and data is not null and data->>'mergedInto' is not null order by key limit ${most}`,
  );
  const cases: NewCase[] = [
    ...alike.map(({ customerId, other }) => ({ kind: 'duplicate' as const, customerId, other, detail: 'both have the same e-mail address' })),
    ...merged.map(({ customerId, other }) => ({ kind: 'merged' as const, customerId, other, detail: 'the CRM has merged them; orders, addresses and consents here are still those of two' })),
  ];
  return cases.length === 0 ? 0 : database.transaction((tx) => openCases(tx, cases, at));
}

/** More than a person can look at; what is closed makes room for the next. */
const most = 1_000;
