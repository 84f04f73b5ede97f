import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AUTHENTICATED_WITHIN_SECONDS } from '@steward/contracts';
import { parse } from 'yaml';
import { repository } from './services/variables';

/** What libs/event-bus/src/broker/connect.ts waits for one try. */
const CLIENT_WAITS_SECONDS = 5;

describe('the broker as it is deployed', () => {
  const read = (path: string): string => readFileSync(join(repository, path), 'utf8');

  it.each(['docker/nats/accounts.conf', 'k8s/nats/accounts.values.yaml'])('%s: waits for a busy client longer than the client waits for it', (path) => {
    const said = [...read(path).matchAll(/^\s*authorization \{ timeout: (\d+) \}$/gm)].map(([, seconds]) => Number(seconds));
    expect(said).toEqual([AUTHENTICATED_WITHIN_SECONDS]);
    expect(AUTHENTICATED_WITHIN_SECONDS).toBeGreaterThan(CLIENT_WAITS_SECONDS);
  });

  it('gives the handshake of TLS, which comes first, no less than the client does, and leaves time for what follows', () => {
    const { config: { nats: { tls: { merge } } } } = parse(read('k8s/nats/values.yaml')) as { config: { nats: { tls: { merge: { timeout: number } } } } };
    expect(merge.timeout).toBeGreaterThanOrEqual(CLIENT_WAITS_SECONDS);
    expect(merge.timeout).toBeLessThan(AUTHENTICATED_WITHIN_SECONDS);
    expect(read('libs/event-bus/src/broker/connect.ts')).toContain(`    timeout: ${String(CLIENT_WAITS_SECONDS)}_000,\n`);
  });
});
