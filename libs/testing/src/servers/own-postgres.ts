import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, startPostgres, type RunningPostgres } from '@steward/servers';

/**
 * A PostgreSQL of this test's own, for tests that kill it: it keeps what it has committed, which the tests' shared server, with
 * `synchronous_commit` off, does not. `stop()` also removes its files.
 */
export async function ownPostgres(): Promise<RunningPostgres> {
  const running = await startPostgres({ dir: mkdtempSync(join(tmpdir(), 'steward-pg-')), port: await freePort(), durable: true });
  const stop = running.stop.bind(running);
  return Object.assign(running, {
    stop: async () => {
      await stop();
      rmSync(running.folder, { recursive: true, force: true });
    },
  });
}
