import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../ports';

describe('PostgreSQL under a uid without a name', () => {
  // In a user namespace in which ours is 4242, which no /etc/passwd has: as in a container that is given just any uid.
  const nameless = ['--user', '--map-user=4242', '--map-group=4242'];
  const allowed = spawnSync('unshare', [...nameless, 'true']).status === 0;
  const startAs4242 = (dir: string, port: number, path = process.env['PATH']): string =>
    spawnSync(
      'unshare',
      [
        ...nameless,
        process.execPath,
        '-e',
        `process.env.PATH = ${JSON.stringify(path)};
        const { startPostgres } = require(${JSON.stringify(join(__dirname, '../../dist/index.js'))});
        startPostgres({ dir: ${JSON.stringify(dir)}, port: ${port}, durable: false, password: 'secret' })
          .then((server) => server.kill().then(() => server.restart()).then(() => server.stop()))
          .then(() => console.log('ran twice'), (fault) => console.log(fault.message));`,
      ],
      { encoding: 'utf8' },
    ).stdout.trim();
  let dir = '';
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'steward-nameless-'));
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  (allowed ? it : it.skip)('makes its cluster, and the files are ours; without unshare it says what to do', async () => {
    expect(startAs4242(dir, await freePort())).toBe('ran twice');
    expect(statSync(join(dir, 'cluster')).uid).toBe(process.getuid?.());
    expect(startAs4242(join(dir, 'other'), await freePort(), '/nowhere')).toMatch(/makes no data folder for a user without a name.*\/etc\/passwd/);
  });
});
