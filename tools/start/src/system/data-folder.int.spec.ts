import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDataFolder, rememberBrokerNodes } from './data-folder';
import { openSecrets } from './secrets';

describe('data folder', () => {
  let dir = '';
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'steward-data-'));
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  it('belongs to one running system, and names the one that has it', async () => {
    const other = spawn('sleep', ['60']);
    writeFileSync(join(dir, 'lock'), String(other.pid));
    expect(() => openDataFolder(dir)).toThrow(`Steward already runs on ${dir} (process ${other.pid})`);
    other.kill('SIGKILL');
    await once(other, 'exit');
    const folder = openDataFolder(dir);
    expect(folder.takenOver).toBe(true);
    expect(() => openDataFolder(dir)).toThrow(`already runs on ${dir} (process ${process.pid})`);
    folder.release();
    const again = openDataFolder(dir);
    expect(again.takenOver).toBe(false);
    again.release();
  });

  it('of a broker of one node is none of a cluster’s, nor the other way round, until a reset', () => {
    const folder = openDataFolder(dir);
    rememberBrokerNodes(folder.path, 3);
    rememberBrokerNodes(folder.path, 3);
    expect(() => rememberBrokerNodes(folder.path, 1)).toThrow('a broker of 3 nodes, not 1');
    folder.release();
    const emptied = openDataFolder(dir, { reset: true });
    rememberBrokerNodes(emptied.path, 1);
    expect(() => rememberBrokerNodes(emptied.path, 3)).toThrow('a broker of 1 node, not 3');
    emptied.release();
  });

  it('is emptied by a reset, passwords included', () => {
    const folder = openDataFolder(dir);
    const password = openSecrets(dir)('pim');
    writeFileSync(join(folder.path, 'logs', 'pim.log'), 'old');
    folder.release();
    openDataFolder(dir, { reset: true }).release();
    expect(existsSync(join(dir, 'logs', 'pim.log'))).toBe(false);
    expect(openSecrets(dir)('pim')).not.toBe(password);
  });

  it('may lie in folders that do not exist yet, but somewhere where folders can be made', () => {
    openDataFolder(join(dir, 'a', 'b')).release();
    expect(() => openDataFolder('/proc/steward/data')).toThrow('cannot use the data folder /proc/steward/data');
  });

  it('must be a folder', () => {
    const file = join(dir, 'file');
    writeFileSync(file, '');
    expect(() => openDataFolder(file)).toThrow(`cannot use the data folder ${file} (it is not a folder)`);
  });

  it('keeps passwords readable by their owner only, and the same on the next start', () => {
    const secrets = openSecrets(dir);
    const password = secrets('pim');
    expect(password).toMatch(/^[\w-]{24}$/);
    expect(secrets('erp')).not.toBe(password);
    expect(statSync(join(dir, 'secrets.json')).mode & 0o777).toBe(0o600);
    expect(openSecrets(dir)('pim')).toBe(password);
    expect(Object.keys(JSON.parse(readFileSync(join(dir, 'secrets.json'), 'utf8')) as object)).toEqual(['pim', 'erp']);
    writeFileSync(join(dir, 'secrets.json'), '{');
    expect(() => openSecrets(dir)).toThrow(/is damaged: start with --reset/);
  });
});
