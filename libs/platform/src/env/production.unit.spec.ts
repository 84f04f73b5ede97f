import { z } from 'zod';
import { neededInProduction } from './accepted';
import { missingInProduction, productionFaults } from './production';

const good = 'k7Qm-2vXw-91Zp-Lr4T';

describe('production mode refuses', () => {
  it.each(['changeme', 'change-me', 'Password1', 'secret', 'sandbox-secret', 'my-api-token', 'short', 'aaaaaaaaaaaaaaaaaaaa', '<your token>', 'dev'])('the secret %s, without showing it', (secret) => {
    const [fault, ...more] = productionFaults({ STEWARD_SANDBOX_TOKEN: secret }, false);
    expect(more).toEqual([]);
    expect(fault).toMatch(/^STEWARD_SANDBOX_TOKEN .+; accepted in production mode: at least 16 characters/);
    expect(productionFaults({ DATABASE_URL: `postgres://pim:${encodeURIComponent(secret)}@localhost/pim` }, false)).toEqual([expect.stringMatching(/^the password in DATABASE_URL/)]);
  });

  it('a secret that is replaced by another one, as much as one alone', () => {
    for (const name of ['STEWARD_DIRECTUS_WEBHOOK_SECRET', 'STEWARD_GATEWAY_WEBHOOK_SECRETS']) {
      expect(productionFaults({ [name]: `${good}, ${good.toLowerCase()}` }, false)).toEqual([]);
      expect(productionFaults({ [name]: `${good}, changeme` }, false)).toEqual([expect.stringMatching(new RegExp(`^${name} is a placeholder`))]);
    }
  });

  it('nats:// and a PostgreSQL without TLS, but on this machine', () => {
    const faults = productionFaults({ NATS_URL: `nats://pim:${good}@broker-0:4222,tls://pim:${good}@broker-1:4222`, DATABASE_URL: `postgres://pim:${good}@db/pim`, STEWARD_AUDIT_OWNER_URL: `postgres://a:${good}@db/pim?sslmode=disable` }, false);
    expect(faults).toEqual([expect.stringMatching(/^NATS_URL goes to broker-0 in the clear; .*tls:/), expect.stringMatching(/^DATABASE_URL goes to db .*sslmode=verify-full/), expect.stringMatching(/^STEWARD_AUDIT_OWNER_URL/)]);
    expect(productionFaults({ NATS_URL: `nats://pim:${good}@127.0.0.1:4222,nats://pim:${good}@[::1]:4222`, DATABASE_URL: `postgres://pim:${good}@localhost/pim` }, false)).toEqual([]);
  });

  it('no plaintext where somebody answers for the network, but placeholders still', () => {
    expect(productionFaults({ NATS_URL: `nats://pim:${good}@broker:4222`, DATABASE_URL: `postgres://pim:${good}@db/pim` }, true)).toEqual([]);
    expect(productionFaults({ NATS_URL: 'nats://pim:changeme@broker:4222' }, true)).toHaveLength(1);
  });

  it('what only a developer can do without', () => {
    const shape = { AUDIT: z.string().optional().describe('an address').register(neededInProduction, { why: 'it is kept apart' }), OTHER: z.string().optional() };
    for (const given of [{}, { AUDIT: '' }]) expect(missingInProduction(shape, given)).toEqual(['AUDIT is missing: it is kept apart; accepted in production mode: an address']);
    expect(missingInProduction(shape, { AUDIT: 'x' })).toEqual([]);
  });

  it('nothing that is fine', () => {
    const keys = JSON.stringify({ keys: [{ kty: 'OKP', d: good }] });
    expect(productionFaults({ STEWARD_PROMISE_KEYS: keys, STEWARD_PSP_SECRET_KEY: `sk_live_${good}`, DATABASE_URL: `postgres://pim:${good}@db/pim?sslmode=verify-full`, STEWARD_TOKEN_FILE: '/run/token', STEWARD_AUTH_JWKS_URL: 'http://idp/keys', STEWARD_CONNECTOR: 'test', EMPTY: '' }, false)).toEqual([]);
  });
});
