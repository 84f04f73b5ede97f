import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import { startTrial, type Trial } from '../trial.client';

describe('the issuer', () => {
  let trial: Trial;
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'sandbox-identity-'));
    trial = await startTrial({ STEWARD_SANDBOX_DATA: folder });
  });
  afterAll(async () => {
    await trial.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const tokenOf = async (body: Record<string, unknown>): Promise<string> => (await trial.control('POST', '/identity/token', body)).json.token;
  const verify = async (token: string) => jwtVerify(token, createLocalJWKSet((await trial.vendor('/identity/jwks.json')).json), { issuer: `${trial.url}/identity`, audience: 'storefront', requiredClaims: ['sub', 'iat', 'exp'] });

  test.each(['EdDSA', 'RS256', 'ES256'])('signs with %s what the key set of its discovery verifies', async (algorithm) => {
    const discovery = (await trial.vendor('/identity/.well-known/openid-configuration')).json;
    expect(discovery).toMatchObject({ issuer: `${trial.url}/identity`, jwks_uri: `${trial.url}/identity/jwks.json`, id_token_signing_alg_values_supported: ['EdDSA', 'RS256', 'ES256'] });
    const token = await tokenOf({ sub: 'ada', customerId: 'c1', customerGroup: 'business', roles: ['operator:Pricing'], algorithm, claims: { scope: 'orders' } });
    const { payload, protectedHeader } = await verify(token);
    expect([protectedHeader.alg, payload]).toMatchObject([algorithm, { sub: 'ada', steward_customer: 'c1', steward_group: 'business', steward_roles: ['operator:Pricing'], scope: 'orders' }]);
  });

  test('publishes no private part', async () => {
    const { json } = await trial.vendor('/identity/jwks.json');
    expect(json.keys).toHaveLength(3);
    for (const key of json.keys) expect(Object.keys(key)).not.toEqual(expect.arrayContaining([expect.stringMatching(/^(d|p|q|dp|dq|qi)$/)]));
  });

  test('makes tokens that nobody should take: expired, for others, by others', async () => {
    await expect(verify(await tokenOf({ sub: 'ada', ttlSeconds: -60 }))).rejects.toThrow(/exp/);
    await expect(verify(await tokenOf({ sub: 'ada', audience: 'backoffice' }))).rejects.toThrow(/aud/);
    await expect(verify(await tokenOf({ sub: 'ada', issuer: 'https://elsewhere.example' }))).rejects.toThrow(/iss/);
    expect((await trial.control('POST', '/identity/token', { subject: 'ada' })).json).toMatchObject({ code: 'SANDBOX_BODY_INVALID', errors: expect.arrayContaining([expect.objectContaining({ pointer: '/sub' })]) });
  });

  test('rotated, it signs with a new key, and the old one verifies until it is forgotten', async () => {
    const before = await tokenOf({ sub: 'ada' });
    await trial.control('POST', '/identity/rotate');
    const after = await tokenOf({ sub: 'ada' });
    expect(decodeProtectedHeader(after).kid).not.toBe(decodeProtectedHeader(before).kid);
    expect((await verify(before)).payload.sub).toBe('ada');
    await trial.control('POST', '/identity/rotate', { forgetOld: true });
    await expect(verify(before)).rejects.toThrow();
  });

  test('knows its keys after a restart', async () => {
    const { json } = await trial.vendor('/identity/jwks.json');
    await trial.stop();
    trial = await startTrial({ STEWARD_SANDBOX_DATA: folder });
    expect((await trial.vendor('/identity/jwks.json')).json).toEqual(json);
  });
});
