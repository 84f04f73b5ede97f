import { deadLetter, type DeadLetter, stockLevel } from '@steward/contracts';
import { armFaults, createLogger, type Database, openDatabase, Readiness, Shutdown, systemClock } from '@steward/platform';
import { eventually, testBroker, type TestBroker, testDatabase, type TestDatabase } from '@steward/testing';
import fc from 'fast-check';
import { Client } from 'pg';
import { type BrokerState, connectBroker } from '../broker';
import { consumerMigrations } from '../consumer';
import { type NewLetter, storeDeadLetters, toldLetters } from '../dead-letter';
import { openSendingSide, outboxMigrations, type SendingSide } from '../outbox';
import { nothingPending, stored } from '../outbox/relay/relay.fixture.spec';
import { Lease } from '../lease';
import { Teller } from './teller';
import { toldChannel } from './told.migration';
import { AnnouncedAgain1796000000000, announceToldAgain, answerSnapshot, answerSnapshotCount, toldSnapshotRows, touchTold } from '.';

const logger = createLogger({ service: 'test', level: 'silent' });

describe('rows that are told', () => {
  let nats: TestBroker;
  let test: TestDatabase;
  let database: Database;
  let shutdown: Shutdown;
  let sending: SendingSide;
  let epoch = 'first';

  beforeAll(async () => {
    nats = await testBroker();
  });
  afterAll(async () => {
    await nats.stop();
  });

  const open = async (): Promise<void> => {
    shutdown = new Shutdown(logger);
    const broker = await connectBroker({ url: nats.urlOf('gateway'), service: 'gateway', logger });
    shutdown.onClose('broker', () => broker.close());
    const streams = (): BrokerState['streams'] => Object.fromEntries(['GATEWAY_COMMANDS', 'GATEWAY_STATE'].map((name) => [name, { epoch, firstSequence: 0, lastSequence: 0, lastMessageId: null, revisionFloor: 0 }]));
    sending = await openSendingSide({
      service: 'gateway', runtime: { clock: systemClock, logger, readiness: new Readiness(), shutdown }, database, databaseUrl: test.url, broker,
      ask: () => Promise.resolve({ serverVersion: nats.version, syncAlways: false, durables: {}, streams: streams() }), lease: 'gateway', refuseLazyBroker: false, tells: [toldLetters],
    });
    sending.start();
  };
  const close = async (): Promise<void> => {
    await shutdown.drain();
    await shutdown.close();
  };
  beforeEach(async () => {
    test = await testDatabase({ migrations: [...outboxMigrations, ...consumerMigrations, AnnouncedAgain1796000000000] });
    database = await openDatabase({ url: test.url, name: 'test', migrations: [], logger, poolSize: 6 });
    epoch = 'first';
    await nats.asProvisioner((manager) => manager.streams.purge('GATEWAY_STATE'));
    await open();
  });
  afterEach(async () => {
    await close();
    await database.close();
    await test.drop();
  });

  const letter = (key: string, error = 'no such place'): NewLetter => ({
    consumer: 'gateway-availability', identity: key, contract: stockLevel, system: 'erp', key, messageId: undefined, revision: 3, sequence: null,
    subject: `evt.erp.stock-level.v1.${key}`, headers: {}, body: Buffer.from('{"secret":"do not tell"}'), class: 'rejected', error, attempts: 1,
  });
  const write = (...letters: NewLetter[]): Promise<string[]> => database.transaction((tx) => storeDeadLetters(tx, letters, new Date()));
  const sayAgain = (keys: readonly string[], dryRun = false) =>
    announceToldAgain({ service: 'gateway', database, tells: [toldLetters], now: () => Date.now() }, { entity: 'dead-letter', keys, actor: 'ada', reason: 'the desk missed it', dryRun });
  const untold = async (): Promise<number> => (await database.query('select from dead_letter where told_version < version union all select from told where gone_version is not null')).length;
  const allTold = async (): Promise<void> => {
    await eventually(async () => (await untold()) === 0, { withinMs: 60_000 });
    await nothingPending(database, 20_000);
  };
  const messages = () => stored(nats, 'GATEWAY_STATE');
  const told = async (): Promise<Map<string, DeadLetter>> => {
    const { items } = await answerSnapshot(database, toldSnapshotRows, { entity: 'dead-letter', limit: 1_000 });
    return new Map(items.filter(({ tombstone }) => !tombstone).map(({ key, data }) => [key, data as DeadLetter]));
  };

  it('are told when they are opened and whenever they change, whoever changes them, without payload', async () => {
    const [id = ''] = await write(letter('S@m'));
    await allTold();
    expect(await told()).toMatchObject(new Map([[id, { letterId: id, service: 'gateway', state: 'open', class: 'mapping', message: 'no such place', key: 'S@m', owner: stockLevel.owner, revision: 3 }]]));
    // By hand, past all our code.
    await test.pool.query(`update dead_letter set state = 'discarded', closed_at = now(), closed_by = 'ada', closed_reason = 'obsolete'`);
    await allTold();
    expect((await told()).get(id)).toMatchObject({ state: 'discarded', closedBy: 'ada' });
    // The stream keeps the newest.
    const [message] = await messages();
    expect(message).toMatchObject({ subject: `evt.gateway.dead-letter.v1.${id}`, revision: '2' });
    expect(JSON.stringify(await messages())).not.toContain('do not tell');
    expect([...(await told()).values()].flatMap((data) => deadLetter.validateProduced(data))).toEqual([]);
  });

  it('C12: are told as deleted above everything that was told of them, and not again by themselves', async () => {
    const [id = ''] = await write(letter('S@m'), letter('T@m'));
    await allTold();
    await test.pool.query(`delete from dead_letter where id = $1`, [id]);
    await allTold();
    expect([...(await told()).keys()]).not.toContain(id);
    expect((await messages()).find(({ subject }) => subject.endsWith(id))).toMatchObject({ revision: '2', tombstone: 'true' });
    expect(await answerSnapshotCount(database, toldSnapshotRows, { entity: 'dead-letter', count: true })).toEqual({ count: 2 });
  });

  it('O1: come out right whatever fails in between, the process included', async () => {
    const ids: string[] = [];
    for (const seed of [11, 12, 13]) {
      const disarm = armFaults(`commit=throw-before@0.2,seed=${String(seed)}`);
      for (let round = 0; round < 5; round += 1) {
        // What the writer's own commit loses is the writer's to say again.
        ids.push(...(await write(letter(`S${String(seed)}-${String(round)}@m`), letter(`T${String(seed)}-${String(round)}@m`)).catch(() => [])));
        await database.transaction((tx) => touchTold(tx, toldLetters, ids)).catch(() => undefined);
      }
      disarm();
      await close();
      await open();
    }
    await allTold();
    const rows = await database.query<{ id: string; version: number }>('select id, version from dead_letter');
    expect(rows.length).toBeGreaterThan(4);
    const last = new Map((await messages()).map(({ subject, revision }) => [subject.split('.').at(-1), revision]));
    expect(last).toEqual(new Map(rows.map(({ id, version }) => [id, String(version)])));
  }, 60_000);

  it('O1: of any interleaving of writers the last committed state is told last (T2)', async () => {
    const [one = '', other = ''] = await write(letter('S@m'), letter('T@m'));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.record({ id: fc.constantFrom(one, other), reason: fc.string({ minLength: 1, maxLength: 5 }).filter((text) => !text.includes('\u0000') && text.isWellFormed()) }), { minLength: 2, maxLength: 12 }), async (changes) => {
        await Promise.all(changes.map(({ id, reason }) => test.pool.query('update dead_letter set closed_reason = $2 where id = $1', [id, reason])));
        await allTold();
        const rows = await database.query<{ id: string; closed_reason: string | null }>('select id, closed_reason from dead_letter');
        const said = await told();
        for (const { id, closed_reason } of rows) expect(said.get(id)?.closedReason).toBe(closed_reason);
      }),
      { numRuns: 8 },
    );
  }, 60_000);

  it('B10: are told again when their stream is lost, also those of which the outbox knows nothing any more, with the ids and revisions they had', async () => {
    const [first = ''] = await write(letter('S@m'), letter('T@m'), letter('U@m'));
    await test.pool.query('delete from dead_letter where id = $1', [first]);
    await allTold();
    const before = await messages();
    await test.pool.query('delete from outbox');
    await nats.asProvisioner((manager) => manager.streams.delete('GATEWAY_STATE'));
    await nats.provision();
    epoch = 'second';
    sending.watch.check();
    await eventually(async () => (await messages()).length === before.length);
    const short = (list: typeof before) => list.map(({ id, subject, revision }) => `${subject} ${String(revision)} ${id}`).sort();
    expect(short(await messages())).toEqual(short(before));
  });

  const waiting = (id: string, lane: number) =>
    test.pool.query(
      `insert into outbox (message_id, entity, key, kind, type, subject, lane, revision, event_time, origin, body)
        values (gen_random_uuid(), 'dead-letter', $1::text, 'state', 'gateway.dead-letter.v1', 'evt.gateway.dead-letter.v1.' || $1::text, $2, 1, now(), 'republish', '{}')`, [id, lane]);

  it('B12: what still waits in the backfill lane is withdrawn when a newer state of its key is told', async () => {
    const [id = ''] = await write(letter('S@m'));
    await allTold();
    await close();
    await waiting(id, 1);
    await database.transaction((tx) => touchTold(tx, toldLetters, [id]));
    const lease = new Lease({ database, name: 'gateway', clock: systemClock, logger });
    const teller = new Teller({ service: 'gateway', told: [toldLetters], database, databaseUrl: test.url, lease, clock: systemClock, logger });
    lease.start();
    await teller.start();
    await eventually(async () => (await untold()) === 0);
    expect(await database.query('select lane from outbox where published_at is null')).toEqual([{ lane: 0 }]);
    await teller.stop();
    await lease.stop();
    await open();
  });

  it('B12: what may have been overtaken on its way is withdrawn when the relay is in doubt', async () => {
    const [id = ''] = await write(letter('S@m'));
    await allTold();
    await database.transaction((tx) => touchTold(tx, toldLetters, [id]));
    await allTold();
    await close();
    await waiting(id, 0);
    await open();
    await allTold();
    expect((await messages()).map(({ revision }) => revision)).toEqual(['2']);
  });

  it('X3: are told under a new revision when their owner is asked to, though nothing has changed', async () => {
    const [id = ''] = await write(letter('S@m'));
    await allTold();
    const said = (outcome: string) => ({ items: [{ key: id, outcome, revision: 2 }, ...['0b9c9c0e-58f4-4f0e-9d5c-1f1f0f7b2a01', 'no id'].map((key) => ({ key, outcome: 'unknown-key', revision: null }))] });
    const keys = [id, '0b9c9c0e-58f4-4f0e-9d5c-1f1f0f7b2a01', 'no id'];
    expect([await sayAgain(keys, true), await sayAgain(keys)]).toEqual([said('would-announce'), said('announced')]);
    await allTold();
    expect((await messages()).map(({ revision }) => revision)).toEqual(['2']);
  });

  it('X3, C12: are told as deleted again when their owner is asked to, above what was told of them, as long as that is remembered', async () => {
    const [id = ''] = await write(letter('S@m'));
    await allTold();
    await test.pool.query('delete from dead_letter');
    await allTold();
    const deletedAt = async () => (await test.pool.query('select deleted_at from told')).rows as unknown[];
    const before = await deletedAt();
    const said = (outcome: string) => ({ items: [{ key: id, outcome, revision: 3 }] });
    expect([await sayAgain([id], true), await sayAgain([id])]).toEqual([said('would-announce'), said('announced')]);
    await allTold();
    expect(await messages()).toMatchObject([{ revision: '3', tombstone: 'true' }]);
    // It is forgotten when its own time is over.
    expect(await deletedAt()).toEqual(before);
    await test.pool.query('delete from told');
    expect(await sayAgain([id])).toEqual({ items: [{ key: id, outcome: 'unknown-key', revision: null }] });
  });

  it('X3: of which nobody has been told yet that they are deleted are told so once', async () => {
    const [id = ''] = await write(letter('S@m'));
    await allTold();
    await close();
    for (const reason of ['obsolete', 'obsolete indeed']) await test.pool.query('update dead_letter set closed_reason = $1', [reason]);
    await test.pool.query('delete from dead_letter');
    expect([await sayAgain([id], true), await sayAgain([id])]).toMatchObject([{ items: [{ revision: 4 }] }, { items: [{ outcome: 'announced', revision: 4 }] }]);
    await open();
    await allTold();
    expect(await messages()).toMatchObject([{ revision: '4', tombstone: 'true' }]);
  });

  it('are told once, and nobody is woken for what was told', async () => {
    const ear = new Client({ connectionString: test.url });
    await ear.connect();
    try {
      let heard = 0;
      ear.on('notification', () => (heard += 1));
      await ear.query(`listen ${toldChannel}`);
      const [id = ''] = await write(letter('S@m'));
      await allTold();
      // Marked as untold, and not changed: it has been told under this revision.
      await test.pool.query('update dead_letter set told_version = 0');
      await allTold();
      await ear.query('select 1');
      const said = await database.query('select revision::int from outbox where key = $1', [id]);
      // The write, and the mark by hand.
      expect([heard, said]).toEqual([2, [{ revision: 1 }]]);
    } finally {
      await ear.end();
    }
  });

  it('cost only themselves when their contract refuses them', async () => {
    const [bad = ''] = await write(letter('S@m'), letter('T@m'));
    await allTold();
    await test.pool.query(`update dead_letter set owner = '{"team":""}' where id = $1`, [bad]);
    const [next = ''] = await write(letter('U@m'));
    await allTold();
    expect([...(await told()).keys()]).toContain(next);
    expect((await told()).get(bad)).toMatchObject({ owner: stockLevel.owner });
  });
});
