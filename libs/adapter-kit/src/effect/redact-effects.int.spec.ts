import { consumerMigrations, retire } from '@steward/event-bus';
import { createLogger, type Database, openDatabase } from '@steward/platform';
import { tablesThatMention, testDatabase, type TestDatabase } from '@steward/testing';
import { kitMigrations } from '../announce/kit.migration';
import { effectRetention } from './effect.retention';
import { abandonEffect, intendEffects } from './intend';
import { redactEffects } from './redact-effects';

describe('effects without whom they were about', () => {
  let test: TestDatabase;
  let database: Database;
  beforeAll(async () => {
    test = await testDatabase({ migrations: [...consumerMigrations, ...kitMigrations] });
    database = await openDatabase({ url: test.url, name: 'effects', migrations: [], logger: createLogger({ service: 'effects', level: 'silent' }) });
    await database.transaction((tx) => intendEffects(tx, ['done', 'refused', 'open', 'other'].map((key) => ({ kind: 'sale', key, request: { order: key, mail: `planted ${key}` } }))));
    await test.pool.query(`update effect set state = 'confirmed', settled_at = now(), answer = '{"number":7}' where key in ('done', 'other')`);
    await test.pool.query(`update effect set state = 'refused', settled_at = now(), error = '{"code":"NO","reason":"planted refused is blocked"}' where key = 'refused'`);
  });
  afterAll(async () => {
    await database.close();
    await test.drop();
  });

  it('stay what makes them happen once; what has no outcome is left as it has to be sent', async () => {
    const keys = ['done', 'refused', 'open'].map((key) => ({ kind: 'sale', key }));
    await database.transaction((tx) => redactEffects(tx, keys, (request) => ({ order: (request as { order: string }).order })));
    const { rows } = await test.pool.query('select key, state, request, answer, error from effect order by key');
    expect(rows).toEqual([
      { key: 'done', state: 'confirmed', request: { order: 'done' }, answer: { number: 7 }, error: null },
      { key: 'open', state: 'intended', request: { order: 'open', mail: 'planted open' }, answer: null, error: null },
      { key: 'other', state: 'confirmed', request: { order: 'other', mail: 'planted other' }, answer: { number: 7 }, error: null },
      { key: 'refused', state: 'refused', request: { order: 'refused' }, answer: null, error: { code: 'NO', reason: 'erased' } },
    ]);
    expect(await tablesThatMention(test.pool, 'planted refused')).toEqual([]);
    expect(await database.transaction((tx) => intendEffects(tx, [{ kind: 'sale', key: 'done', request: {} }]))).toEqual([]);
  });

  it('S6: keep their key for ever and what they said for a quarter; what has no outcome keeps it however old it is', async () => {
    const at = Date.now() + effectRetention.keepMs;
    expect(await retire(database, effectRetention, at - 3_600_000)).toBe(0);
    expect(await retire(database, effectRetention, at + 3_600_000)).toBe(3);
    expect(await retire(database, effectRetention, at + 3_600_000)).toBe(0);
    expect((await test.pool.query('select key, state, request, answer, error from effect order by key')).rows).toEqual([
      { key: 'done', state: 'confirmed', request: null, answer: null, error: null },
      { key: 'open', state: 'intended', request: { order: 'open', mail: 'planted open' }, answer: null, error: null },
      { key: 'other', state: 'confirmed', request: null, answer: null, error: null },
      { key: 'refused', state: 'refused', request: null, answer: null, error: { code: 'NO', reason: 'not kept' } },
    ]);
    const again = ['done', 'refused', 'other'].map((key) => ({ kind: 'sale', key, request: { order: key } }));
    expect(await database.transaction((tx) => intendEffects(tx, again))).toEqual([]);
    expect(await database.transaction((tx) => abandonEffect(tx, 'sale', 'done'))).toBe('confirmed');
    // A person who is erased after that is in none of them, and nobody reads what is not there.
    await database.transaction((tx) => redactEffects(tx, again, (request) => (request as { order: string }).order));
  });
});
