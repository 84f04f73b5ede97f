import type { Pool } from 'pg';

/** Names of the tables that hold the text anywhere: in any column, bytes and JSON included. */
export async function tablesThatMention(pool: Pool, text: string): Promise<string[]> {
  const { rows: columns } = await pool.query<{ name: string; columns: { name: string; type: string }[] }>(
    `select c.relname as name, json_agg(json_build_object('name', a.attname, 'type', a.atttypid::regtype::text)) as columns
      from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid
      where n.nspname = 'public' and c.relkind = 'r' and a.attnum > 0 and not a.attisdropped group by c.relname order by c.relname`,
  );
  const found: string[] = [];
  for (const table of columns) {
    // Bytes are shown as numbers otherwise; JSON escapes what is not ASCII only where its writer did.
    const places = table.columns.map(({ name, type }) => (type === 'bytea' ? `position(convert_to($1, 'UTF8') in "${name}") > 0` : `strpos("${name}"::text, $1) > 0`));
    const { rows } = await pool.query<{ count: number }>(`select count(*)::int as count from "${table.name}" where ${places.join(' or ')}`, [text]);
    if ((rows[0]?.count ?? 0) > 0) found.push(table.name);
  }
  return found;
}
