import { eventually, failOnLeaks, testDatabase, type TestDatabase } from '@steward/testing';
import { Client } from 'pg';
import { createLogger } from '../log/logger';
import { listenTo, type Listener } from './listener';

const logger = createLogger({ service: 'test', level: 'silent' });

describe('Listener', () => {
  let database: TestDatabase;
  let control: Client;
  let listener: Listener | undefined;
  beforeAll(async () => {
    database = await testDatabase({ migrations: [] });
    control = new Client({ connectionString: database.url, application_name: 'control' });
    await control.connect();
  });
  afterAll(async () => {
    await control.end();
    await database.drop();
  });
  afterEach(() => listener?.stop());
  failOnLeaks();

  const notify = (channel: string, payload: string): Promise<unknown> => control.query('select pg_notify($1, $2)', [channel, payload]);
  const cut = (): Promise<unknown> => control.query("select pg_terminate_backend(pid, 5000) from pg_stat_activity where application_name = 'test listener'");

  it('hands every payload to the callback of its channel, also of one that needs quotes', async () => {
    const heard: string[] = [];
    listener = await listenTo(database.url, { outbox: (payload) => heard.push(`outbox ${payload}`), 'Odd "name': (payload) => heard.push(`odd ${payload}`) }, { name: 'test', logger });
    await notify('outbox', 'a');
    await notify('Odd "name', 'b');
    await notify('elsewhere', 'c');
    await notify('outbox', '');
    await eventually(() => heard.length === 3);
    expect(heard).toEqual(['outbox a', 'odd b', 'outbox ']);
  });

  it('listens again after each cut, and says so, because notifications of the time between are lost', async () => {
    const heard: string[] = [];
    let reconnects = 0;
    listener = await listenTo(database.url, { outbox: (payload) => heard.push(payload) }, { name: 'test', logger, onReconnect: () => reconnects++ });
    for (const round of [1, 2]) {
      await cut();
      await eventually(() => reconnects === round);
      await notify('outbox', `after ${round}`);
      await eventually(() => heard.includes(`after ${round}`));
    }
    expect(listener.isListening()).toBe(true);
  });

  it('goes on after a callback that throws', async () => {
    const heard: string[] = [];
    const channels = {
      outbox: (payload: string) => {
        heard.push(payload);
        throw new Error('in the callback');
      },
    };
    listener = await listenTo(database.url, channels, { name: 'test', logger });
    await notify('outbox', '1');
    await notify('outbox', '2');
    await eventually(() => heard.length === 2);
  });

  it('keeps asking a silent connection, and ends without a trace while it is reconnecting', async () => {
    listener = await listenTo(database.url, { outbox: () => undefined }, { name: 'test', logger, heartbeatMs: 20 });
    const asked = async (): Promise<boolean> => {
      const { rows } = await control.query<{ query: string }>("select query from pg_stat_activity where application_name = 'test listener'");
      return rows[0]?.query === 'select 1';
    };
    await eventually(asked);
    await cut();
    await listener.stop();
    await eventually(async () => (await control.query("select from pg_stat_activity where application_name = 'test listener'")).rowCount === 0);
  });

  it('throws when it can not listen at all', async () => {
    await expect(listenTo('postgres://x@127.0.0.1:1/x', { outbox: () => undefined }, { name: 'test', logger })).rejects.toThrow(/ECONNREFUSED/);
  });
});
