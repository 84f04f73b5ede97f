import type { Promotion } from '@steward/contracts';
import type { Database } from '@steward/platform';

export async function readPromotions(database: Database): Promise<Promotion[]> {
  const rows = await database.query<{ data: Promotion }>({ name: 'promotions-read', text: `select data from stored_part where entity = 'promotion' and data is not null` });
  return rows.map(({ data }) => data);
}
