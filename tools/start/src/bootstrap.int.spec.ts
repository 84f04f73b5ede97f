import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const bootstrap = join(__dirname, '../../bootstrap.cjs');

describe('bootstrap', () => {
  it('says in one line that Node is too old', () => {
    const dir = mkdtempSync(join(tmpdir(), 'steward-bootstrap-'));
    const old = join(dir, 'old.cjs');
    writeFileSync(old, "Object.defineProperty(process, 'version', { value: 'v18.20.4' });");
    const { status, stderr } = spawnSync(process.execPath, ['--require', old, bootstrap, 'start'], { encoding: 'utf8' });
    rmSync(dir, { recursive: true });
    expect(status).toBe(1);
    expect(stderr).toBe('steward: Node 20.19 or newer is needed to start, this is v18.20.4: see https://nodejs.org\n');
  });

  it('knows its commands', () => {
    const { status, stderr } = spawnSync(process.execPath, [bootstrap, 'strat'], { encoding: 'utf8' });
    expect(status).toBe(1);
    expect(stderr).toMatch(/^steward: unknown command "strat": one of start, shop, smoke, .*\n$/);
  });
});
