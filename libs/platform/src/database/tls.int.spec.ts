import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, type RunningPostgres, startPostgres } from '@steward/servers';
import { type Certificate, selfSigned } from '@steward/testing';
import { createLogger } from '../log/logger';
import { openDatabase } from './open-database';

const logger = createLogger({ service: 'test', level: 'silent' });

describe('sslmode=verify-full to PostgreSQL', () => {
  const dir = mkdtempSync(join(tmpdir(), 'steward-tls-'));
  let certificate: Certificate;
  let encrypted: RunningPostgres;

  beforeAll(async () => {
    certificate = await selfSigned(dir);
    const settings = ['ssl=on', `ssl_cert_file=${certificate.certFile}`, `ssl_key_file=${certificate.keyFile}`];
    encrypted = await startPostgres({ dir: mkdtempSync(join(tmpdir(), 'steward-pg-')), port: await freePort(), durable: false, settings });
  });
  afterAll(async () => {
    await encrypted.stop();
    rmSync(encrypted.folder, { recursive: true, force: true });
    rmSync(dir, { recursive: true, force: true });
  });

  const open = (query: string) => openDatabase({ url: `${encrypted.adminUrl}?${query}`, name: 'test', migrations: [], logger, startupWaitMs: 0 });

  it('is encrypted where the certificate is trusted', async () => {
    const database = await open(`sslmode=verify-full&sslrootcert=${encodeURIComponent(certificate.certFile)}`);
    expect(await database.query('select ssl from pg_stat_ssl where pid = pg_backend_pid()')).toEqual([{ ssl: true }]);
    await database.close();
  });

  it('is refused where it is not', async () => {
    await expect(open('sslmode=verify-full')).rejects.toMatchObject({ code: 'DATABASE_REFUSED' });
  });
});
