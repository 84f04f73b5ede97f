import type { Customer } from '@steward/contracts';
import type { Database } from '@steward/platform';

export interface FoundCustomer {
  readonly data: Customer;
  readonly revision: number;
  readonly segments: readonly { readonly id: string; readonly name: string }[];
}

/** A chain of merges is short; a ring of them would be an error at the CRM, and no reason to run in circles. */
const MOST_MERGES = 5;

/** Who a customer is now: whoever was merged into another is that other one. */
export async function findCustomer(database: Database, customerId: string): Promise<FoundCustomer | undefined> {
  let id = customerId;
  for (let merge = 0; merge <= MOST_MERGES; merge += 1) {
    const [row] = await database.query<{ data: Customer; revision: number; segments: FoundCustomer['segments'] }>(
      {
        name: 'customer-find',
        text: `
          select c.data, c.revision::float8 as revision,
            (select coalesce(json_agg(json_build_object('id', s.key, 'name', s.data ->> 'name') order by s.key), '[]') from stored_part s
             where s.entity = 'segment' and s.data is not null and s.key in (select json_array_elements_text(c.data -> 'segmentIds'))) as segments
          from stored_part c where c.entity = 'customer' and c.key = $1 and c.data is not null`,
      },
      [id],
    );
    if (row === undefined) return undefined;
    if (row.data.mergedInto === null) return row;
    id = row.data.mergedInto;
  }
  return undefined;
}

/** Of the customer's own state, a tombstone included; 0 when nothing was told of them yet. */
export async function revisionOf(database: Database, customerId: string): Promise<{ revision: number; gone: boolean }> {
  const [row] = await database.query<{ revision: number; gone: boolean }>({ name: 'customer-revision', text: `select revision::float8 as revision, data is null as gone from stored_part where entity = 'customer' and key = $1` }, [customerId]);
  return row ?? { revision: 0, gone: true };
}
