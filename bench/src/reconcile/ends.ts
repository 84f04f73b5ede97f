// The two ends of an arrow with their own tables, one database each. States are written before digests are kept, so that the shipped
// migration counts them; the differences are in it from the start.
import { createLogger, openDatabase } from '@steward/platform';
import { Client } from 'pg';
import { migrations } from './shipped';

export interface Ends {
  readonly owner: string;
  readonly reader: string;
}

export async function makeEnds(adminUrl: string, name: string, keys: number, differences: number): Promise<Ends> {
  const third = Math.ceil(differences / 3);
  const stale = `i <= ${third}`;
  const missing = `i > ${third} and i <= ${2 * third}`;
  const extra = differences - 2 * third;
  const owner = await makeEnd(adminUrl, `${name}_owner`, 'announced', `from generate_series(1, ${keys}) i`, '1 + i % 7');
  const reader = await makeEnd(adminUrl, `${name}_reader`, 'stored_part', `from generate_series(1, ${keys + extra}) i where not (${missing})`, `case when ${stale} then 0 else 1 + i % 7 end`);
  return { owner, reader };
}

async function makeEnd(adminUrl: string, name: string, table: 'announced' | 'stored_part', rows: string, revision: string): Promise<string> {
  const admin = new Client({ connectionString: adminUrl });
  await admin.connect();
  await admin.query(`create database ${name}`).finally(() => admin.end());
  const url = adminUrl.replace(/\/[^/]*$/, `/${name}`);
  const logger = createLogger({ service: 'bench', level: 'silent' });
  const { outboxMigrations, consumerMigrations, kitMigrations } = migrations();
  const all = [...outboxMigrations, ...consumerMigrations, ...kitMigrations];
  const open = (some: typeof all) => openDatabase({ url, name: 'bench', migrations: some, logger, statementTimeoutMs: 1_800_000 });
  const before = await open(all.filter((migration) => !migration.name.startsWith('KeptDigests')));
  const rest = table === 'announced' ? 'read_no, message_id, changed_at' : 'changed_at, origin, message_id';
  const values = table === 'announced' ? '1, gen_random_uuid(), now()' : `now(), 'live', gen_random_uuid()`;
  await before.query(
    `insert into ${table} (entity, key, revision, data, hash, ${rest})
     select 'product', key, revision, body::json, substring(sha256(convert_to(body, 'UTF8')) from 1 for 16), ${values} from (
       select 'P-' || lpad(i::text, 8, '0') as key, ${revision} as revision, '{"id":' || i || ',"revision":' || ${revision} || ',"text":"' || repeat('x', 150) || '"}' as body ${rows}) made`,
  );
  await before.close();
  await (await open(all)).close();
  const end = new Client({ connectionString: url });
  await end.connect();
  await end.query(`vacuum analyze ${table}`).finally(() => end.end());
  return url;
}
