import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

describe('the test of the images', () => {
  const nothing = mkdtempSync(join(tmpdir(), 'steward-no-programs-'));
  afterAll(() => rmSync(nothing, { recursive: true, force: true }));

  it('does not end well where it can not run', () => {
    const { status, stdout } = spawnSync(process.execPath, [join(__dirname, '../dist/main.js'), 'pim'], { env: { PATH: nothing }, encoding: 'utf8' });
    expect([status, stdout]).toEqual([69, expect.stringMatching(/^IMAGES ARE NOT TESTED: \S/m)]);
  });
});
