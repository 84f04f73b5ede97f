import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { freePort, startNats, type Running } from '@steward/servers';
import { testDatabase, type TestDatabase } from '@steward/testing';
import { cpuProbeOf } from './cpu';
import { openLimit } from './limit';
import type { Line, LineServers } from './line';
import { openNaive } from './naive';

const probe = cpuProbeOf({});

describe('the lines beside Steward', () => {
  let folder: string;
  let nats: Running;
  let database: TestDatabase;
  let servers: LineServers;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'bench-lines-'));
    nats = await startNats({ dir: folder, port: await freePort(), config: '' });
    database = await testDatabase({ migrations: [] });
    servers = { postgresUrl: database.url, nats: { url: nats.url } };
  });

  afterAll(async () => {
    await database.drop();
    await nats.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  async function tamper(statement: string): Promise<number> {
    const client = new Client({ connectionString: servers.postgresUrl });
    await client.connect();
    const { rowCount } = await client.query(statement);
    await client.end();
    return rowCount ?? 0;
  }

  test.each([
    ['the yardstick as Steward is', () => openLimit(servers, 'steward', probe), 'limit_read_model'],
    ['the bare yardstick', () => openLimit(servers, 'bare', probe), 'limit_read_model'],
    ['the lower mark', () => openNaive(servers, probe), 'naive_read_model'],
  ])('%s carries what it is given, and its check finds one changed row', async (_name, open: () => Promise<Line>, readModel) => {
    const line = await open();
    try {
      const outcome = await line.slice({ kind: 'rate', perSecond: 200 }, 1);
      expect(outcome.applied).toBeGreaterThan(0);
      expect(outcome.p99Ms).toBeGreaterThan(0);
      expect(await line.check()).toMatchObject({ ok: true, counts: { pending: 0, differing: 0 } });
      expect(await tamper(`update ${readModel} set version = version + 1 where id = (select max(id) from ${readModel})`)).toBe(1);
      expect(await line.check()).toMatchObject({ ok: false, counts: { differing: 1 } });
    } finally {
      await line.close();
    }
  });
});
