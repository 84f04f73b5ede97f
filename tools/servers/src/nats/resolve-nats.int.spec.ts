import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cacheFolder } from '../cache';
import { resolveNats } from './resolve-nats';

describe('resolveNats', () => {
  const environment = { ...process.env };
  let dir = '';
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'steward-resolve-'));
  });
  afterEach(() => {
    process.env = { ...environment };
    rmSync(dir, { recursive: true, force: true });
  });
  const program = (version: string): string => {
    const file = join(dir, 'nats-server');
    writeFileSync(file, `#!/bin/sh\necho nats-server: v${version}\n`, { mode: 0o755 });
    return file;
  };

  it('takes NATS_SERVER_BIN before everything else, and refuses it by name when it is too old', async () => {
    process.env['NATS_SERVER_BIN'] = program('2.10.0');
    expect(await resolveNats()).toEqual({ path: join(dir, 'nats-server'), version: '2.10.0', origin: 'NATS_SERVER_BIN' });
    program('2.9.25');
    await expect(resolveNats()).rejects.toThrow(/NATS_SERVER_BIN: .* is version 2\.9\.25, at least 2\.10 is needed/);
    process.env['NATS_SERVER_BIN'] = join(dir, 'nothing');
    await expect(resolveNats()).rejects.toThrow(/is not an executable file/);
  });

  it('takes the one on PATH when it is new enough', async () => {
    delete process.env['NATS_SERVER_BIN'];
    program('2.12.1');
    process.env['PATH'] = `${dir}:${process.env['PATH']}`;
    expect(await resolveNats()).toMatchObject({ version: '2.12.1', origin: 'PATH' });
  });

  it('never runs what another user could have put into the cache', () => {
    process.env['STEWARD_CACHE_DIR'] = dir;
    chmodSync(dir, 0o777);
    expect(() => cacheFolder('nats-server')).toThrow(/is not yours alone to write/);
    chmodSync(dir, 0o755);
    expect(cacheFolder('nats-server')).toBe(join(dir, 'nats-server'));
  });
});
