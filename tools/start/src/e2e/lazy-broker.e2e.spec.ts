/** B1 with the programs of production: what they do about a broker that acknowledges before its disk has the message. */
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { freePortPlan } from '../system/ports';
import { scratchFolder } from '../system/scratch-folder';
import { startSystem, type System } from '../system/system';

const root = join(__dirname, '..', '..', '..', '..');

describe('a lazy broker under services in production mode', () => {
  const dataDir = scratchFolder('lazy-broker');
  let system: System;

  beforeAll(async () => {
    // The ERP's adapter is told to accept it: that this starts is half of the test.
    const env = { erp: { STEWARD_MODE: 'production', STEWARD_ALLOW_LAZY_BROKER: 'true' } };
    system = await startSystem({ dataDir, ports: await freePortPlan(), durable: false, mode: 'test', without: ['pim', 'crm', 'oms', 'pricing', 'reconciliation', 'gateway-projector', 'gateway-api'], env });
  }, 120_000);

  afterAll(async () => {
    await system?.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  it('B1: ends an adapter with its code, unless it was told to accept that', async () => {
    const pim = spawn(process.execPath, [join(root, 'apps/pim/dist/main.js')], {
      env: {
        PATH: process.env['PATH'],
        DATABASE_URL: system.databaseUrl('pim'),
        NATS_URL: system.natsUrl('pim'),
        STEWARD_MODE: 'production',
        STEWARD_HEALTH_PORT: String(system.ports.pim),
        STEWARD_SANDBOX_URL: `http://127.0.0.1:${system.ports.sandbox}`,
        STEWARD_SANDBOX_TOKEN: randomUUID(),
        STEWARD_SANDBOX_WEBHOOK_SECRET: randomUUID(),
      },
    });
    const said = Promise.all([text(pim.stdout), text(pim.stderr)]);
    const [code] = (await once(pim, 'exit')) as [number | null];
    expect([code, (await said).join('')]).toEqual([78, expect.stringContaining('BROKER_LAZY')]);
    expect((await fetch(`http://127.0.0.1:${system.ports.erp}/readyz`)).status).toBe(200);
  }, 60_000);
});
