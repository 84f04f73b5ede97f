import type { PoolClient } from 'pg';

/** The channel of PostgreSQL that says what has changed at the desk. */
export const NEWS_CHANNEL = 'desk_news';

/** That something is to be read again, and never what: what counts is read. */
export interface News {
  readonly kind: 'group' | 'case' | 'operation' | 'flow';
  readonly id: string;
  /** Whose it is: who may hear of it. */
  readonly owner: string;
}

/** NOTIFY takes at most 7,999 bytes; ids and teams have at most 200 characters, of up to four bytes. */
const NEWS_PER_NOTICE = 4;

/** In the transaction of the change, so that whoever is woken can read it. */
export async function tellNews(tx: PoolClient, news: readonly News[]): Promise<void> {
  if (news.length === 0) return;
  const notices = Array.from({ length: Math.ceil(news.length / NEWS_PER_NOTICE) }, (_, index) => JSON.stringify(news.slice(index * NEWS_PER_NOTICE, (index + 1) * NEWS_PER_NOTICE)));
  await tx.query({ name: 'desk-news', text: `select pg_notify('${NEWS_CHANNEL}', notice) from unnest($1::text[]) as n (notice)`, values: [notices] });
}
