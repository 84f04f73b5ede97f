import { randomBytes } from 'node:crypto';
import { createLogger, openDatabase, systemClock, type Database } from '@steward/platform';
import { testDatabase, type TestDatabase } from '@steward/testing';
import { Client } from 'pg';
import { openAudit } from './audit.schema';
import { audited, type Act } from './audited';
import { Anchoring, verifyAudit } from './verify';

const logger = createLogger({ service: 'test', level: 'silent' });
const act = (owner: string, subject: string): Act => ({ who: { id: 'ada', name: 'Ada' }, owner, act: 'acknowledge group', subject, reason: 'seen', before: { state: 'open' }, after: { state: 'acknowledged' }, traceId: 't' });

/** The database of operations as production has it: a role that runs, and one that owns the audit. */
describe('the audit', () => {
  let tables: TestDatabase;
  let database: Database;
  let ownerUrl: string;
  const suffix = randomBytes(4).toString('hex');
  const [runtime, owner] = [`operations_${suffix}`, `auditor_${suffix}`];
  const urlAs = (role: string): string => Object.assign(new URL(tables.url), { username: role, password: 'secret' }).href;
  const asOwner = async (text: string): Promise<void> => {
    const client = new Client({ connectionString: ownerUrl });
    await client.connect();
    await client.query(text).finally(() => client.end());
  };
  const append = (...acts: Act[]): Promise<void> => database.transaction((tx) => audited(tx, ...acts));

  beforeAll(async () => {
    tables = await testDatabase({ migrations: [] });
    for (const role of [runtime, owner]) await tables.pool.query(`create role ${role} login password 'secret'`);
    await tables.pool.query(`grant connect on database ${tables.name} to ${runtime}; grant connect, create on database ${tables.name} to ${owner}`);
    ownerUrl = urlAs(owner);
    database = await openDatabase({ url: urlAs(runtime), name: 'operations', migrations: [], logger });
    await openAudit(database, urlAs(runtime), ownerUrl);
    await openAudit(database, urlAs(runtime), ownerUrl); // as each start does
  });
  afterAll(async () => {
    await database.close();
    await tables.pool.query(`drop schema audit cascade; drop owned by ${runtime}, ${owner}; drop role ${runtime}, ${owner}`);
    await tables.drop();
  });

  test('can be added to by the process, and nothing else', async () => {
    await append(act('Pricing', 'one'));
    for (const text of ["update audit.entry set reason = 'nicer'", 'delete from audit.entry', 'truncate audit.entry', 'delete from audit.anchor', 'drop table audit.entry', 'alter table audit.entry disable trigger all']) {
      await expect(database.query(text)).rejects.toMatchObject({ code: '42501' });
    }
  });

  test('is refused to its owner too, as long as nobody means to', async () => {
    await expect(asOwner('delete from audit.entry')).rejects.toThrow(/append-only/);
  });

  test('is gone with the act that failed', async () => {
    await expect(database.transaction(async (tx) => {
      await audited(tx, act('Pricing', 'never'));
      throw new Error('the act failed');
    })).rejects.toThrow();
    expect(await database.query("select from audit.entry where subject = 'never'")).toHaveLength(0);
  });

  test('is one whole chain an owner, however many act at once', async () => {
    await Promise.all(Array.from({ length: 20 }, (_, index) => append(act('Stock', `s${String(index)}`), act('Pricing', `p${String(index)}`))));
    expect(await verifyAudit(database)).toMatchObject([{ owner: 'Pricing', entries: 21, fault: null }, { owner: 'Stock', entries: 20, fault: null }]);
  });

  const tampered = async (text: string): Promise<void> => asOwner(`alter table audit.entry disable trigger append_only; ${text}; alter table audit.entry enable trigger append_only`);
  const faultOf = async (name: string) => (await verifyAudit(database)).find(({ owner: each }) => each === name)?.fault;

  test('shows a change, a gap and a missing end', async () => {
    const anchoring = new Anchoring({ database, clock: systemClock, logger });
    await anchoring.anchor();
    for (const name of ['Changed', 'Gap', 'Cut']) for (const subject of ['a', 'b', 'c']) await append(act(name, subject));
    await tampered("update audit.entry set reason = 'nicer' where owner = 'Changed' and sequence = 2");
    expect(await faultOf('Changed')).toEqual({ sequence: 2, detail: 'it was changed' });
    await tampered("delete from audit.entry where owner = 'Gap' and sequence = 2");
    expect(await faultOf('Gap')).toEqual({ sequence: 2, detail: 'an entry is missing' });
    const head = (await verifyAudit(database)).find(({ owner: each }) => each === 'Cut')?.head ?? '';
    await anchoring.anchor();
    await tampered("delete from audit.entry where owner = 'Cut' and sequence = 3");
    expect(await faultOf('Cut')).toEqual({ sequence: 3, detail: 'entries up to 3 were anchored, and are missing' });
    // What replaces the end is another history than the one that was anchored.
    await append(act('Cut', 'another'));
    expect(await faultOf('Cut')).toEqual({ sequence: 3, detail: 'its anchor says something else' });
    expect((await verifyAudit(database, [{ owner: 'Stock', sequence: 20, hash: head }])).find(({ owner: each }) => each === 'Stock')?.fault).toMatchObject({ sequence: 20 });
  });
});
