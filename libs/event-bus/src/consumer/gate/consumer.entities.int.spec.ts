import { type Database, openDatabase } from '@steward/platform';
import { testDatabase, type TestDatabase } from '@steward/testing';
import { deadLetterEntities } from '../../dead-letter/dead-letter.entities';
import { inboxEntity, outboxEntities, outboxMigrations, storedPartEntity } from '../..';
import { logger } from '../rig.spec';
import { consumerEntities } from './consumer.entities';
import { consumerMigrations } from '../migrations';

const migrations = [...outboxMigrations, ...consumerMigrations];
const entities = [...consumerEntities, ...deadLetterEntities, ...outboxEntities];

describe('entity schemas', () => {
  let test: TestDatabase;
  let database: Database;
  beforeAll(async () => {
    test = await testDatabase({ migrations });
    database = await openDatabase({ url: test.url, name: 'test', migrations, entities, logger });
  });
  afterAll(async () => {
    await database.close();
    await test.drop();
  });

  interface Column { name: string; type: string; nullable: boolean; key: boolean }

  it.each(entities.map(({ options }) => options.tableName ?? ''))('%s has the columns of its migrated table: names, types, nullability, key', async (table) => {
    const migrated = await database.query<Column>(
      `select a.attname as name, format_type(a.atttypid, null) as type, not a.attnotnull as nullable,
          exists (select from pg_index i where i.indrelid = a.attrelid and i.indisprimary and a.attnum = any(i.indkey)) as key
        from pg_attribute a where a.attrelid = to_regclass($1) and a.attnum > 0 and not a.attisdropped order by 1`, [table]);
    const { driver } = database.dataSource;
    const declared = (database.dataSource.entityMetadatas.find(({ tableName }) => tableName === table)?.columns ?? [])
      .map((column): Column => ({ name: column.databaseName, type: driver.normalizeType(column), nullable: column.isNullable, key: column.isPrimary }))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
    // A partitioned table's key holds the partition's column too, which identifies nothing.
    const partitioned = table === 'outbox';
    expect(declared.map((column) => (partitioned ? { ...column, key: false } : column))).toEqual(migrated.map((column) => (partitioned ? { ...column, key: false } : column)));
  });

  it('are read as their types say', async () => {
    await test.pool.query(`insert into inbox (message_id, handler) values ('00000000-0000-4000-8000-000000000001', 'progress')`);
    await test.pool.query(`insert into stored_part (entity, key, revision, data, hash, changed_at, origin, message_id) values ('stock-level', 'S@m', 7, '{"onHand":1}', '\\x00ff', now(), 'live', gen_random_uuid())`);
    expect(await database.dataSource.getRepository(inboxEntity).find()).toEqual([{ messageId: '00000000-0000-4000-8000-000000000001', handler: 'progress', appliedAt: expect.any(Date) }]);
    expect(await database.dataSource.getRepository(storedPartEntity).findOneBy({ key: 'S@m' })).toMatchObject({ revision: 7, data: { onHand: 1 }, hash: Buffer.from([0, 255]), deletedAt: null });
  });
});
