import { beforeScrape, counter, type Database, gauge } from '@steward/platform';

export const publishOutcomes = counter('steward_outbox_publish_total', 'Outcomes of publishing outbox rows', ['outcome']);
const oldest = gauge('steward_outbox_oldest_seconds', 'Age of the oldest row that is not published yet');
const pending = gauge('steward_outbox_pending', 'Rows that are not published yet, counted up to 100,000');

// The count stops at 100,000: beyond that the number changes nothing and counting would cost what the relay needs. The
// lowest id of each lane stands for the oldest row, the pending index knows no times.
const measureText = `
  select (select count(*)::int from (select 1 from outbox where published_at is null limit 100000) counted) as pending,
         coalesce((select extract(epoch from clock_timestamp() - min(created_at))::float8 from (
           (select created_at from outbox where published_at is null and lane = 0 order by id limit 1)
           union all
           (select created_at from outbox where published_at is null and lane = 1 order by id limit 1)) firsts), 0) as oldest`;

export async function measureOutbox(database: Pick<Database, 'query'>): Promise<{ pending: number; oldestSeconds: number }> {
  const [row] = await database.query<{ pending: number; oldest: number }>({ name: 'outbox-measure', text: measureText });
  const measured = { pending: row?.pending ?? 0, oldestSeconds: Math.max(0, row?.oldest ?? 0) };
  pending.set(measured.pending);
  oldest.set(measured.oldestSeconds);
  return measured;
}

/** Refreshes the gauges with each scrape; returns the unsubscriber. */
export function watchOutbox(database: Pick<Database, 'query'>): () => void {
  return beforeScrape(async () => {
    await measureOutbox(database);
  });
}
