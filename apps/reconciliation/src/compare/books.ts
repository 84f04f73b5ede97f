/** A rule over what several systems announced. Two looks a settle time apart, because those systems announce one after the other (X2). */
import type { Database } from '@steward/platform';
import type { BooksCheck, BooksRow, Comparison, SecondLook, Step, Suspect } from '../check/define-check';
import { differingFields } from '../check/differ';

const AT_ONCE = 500;

export function compareBooks(check: BooksCheck, database: Pick<Database, 'query'>): Comparison {
  const { name, rule, breaches, contract, entities } = check;
  const read = (keys: readonly string[] | null, after: string): Promise<(BooksRow & Record<string, unknown>)[]> => database.query<BooksRow & Record<string, unknown>>(breaches, [keys, after, AT_ONCE]);
  const suspectOf = (row: BooksRow): Suspect => ({ key: row.key, first: { left: row.left, right: row.right } });

  async function* steps(cursor: unknown, signal: AbortSignal): AsyncGenerator<Step> {
    let after = typeof cursor === 'string' ? cursor : '';
    if (after === '') {
      const [row] = await database.query<{ count: number }>('select count(*)::float8 as count from stored_part where entity = $1 and data is not null', [contract.entity]);
      yield { compared: row?.count ?? 0, suspects: [], cursor: '' };
    }
    for (let more = true; more; ) {
      signal.throwIfAborted();
      const rows = await read(null, after);
      after = rows.at(-1)?.key ?? after;
      more = rows.length === AT_ONCE;
      yield { compared: 0, suspects: rows.map(suspectOf), cursor: after };
    }
  }

  async function confirm(suspects: readonly Suspect[]): Promise<SecondLook> {
    const rows = new Map((await read(suspects.map(({ key }) => key), '')).map((row) => [row.key, row]));
    const again: Suspect[] = [];
    const found = suspects.flatMap(({ key, first }) => {
      const row = rows.get(key);
      if (row === undefined) return [];
      // Broken in another way than before: still moving.
      if (JSON.stringify(first) !== JSON.stringify(suspectOf(row).first)) {
        again.push(suspectOf(row));
        return [];
      }
      const { left, right, amount, currency, units } = row;
      return [{
        key, kind: 'business' as const, cause: 'rule-broken' as const, fields: differingFields(left, right).slice(0, 5), left: { who: entities[0] ?? name, ...left }, right: { who: entities[1] ?? name, ...right },
        authority: contract.systems[0] ?? name, evidence: [rule], exposure: { amount, currency, units }, letter: null,
      }];
    });
    return { found, again };
  }

  return { steps, look: async (keys) => (await read(keys, '')).map(suspectOf), confirm };
}
