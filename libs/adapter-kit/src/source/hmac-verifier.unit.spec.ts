import { createHmac } from 'node:crypto';
import { hmacVerifier } from './hmac-verifier';

const now = Date.parse('2026-11-24T10:00:00Z');
const body = Buffer.from('{"events":[]}');
const verifierOf = (...secrets: string[]) => hmacVerifier({ secrets, signatureHeader: 'x-signature', timestampHeader: 'x-timestamp', prefix: 'sha256=' });
const verify = verifierOf('s3cret');
const sign = (timestamp: string, secret = 's3cret', bytes = body): string => `sha256=${createHmac('sha256', secret).update(`${timestamp}.`).update(bytes).digest('hex')}`;
const at = (ms: number): string => String(Math.floor(ms / 1_000));
const headers = (timestamp: string, signature = sign(timestamp)): Record<string, string> => ({ 'x-timestamp': timestamp, 'x-signature': signature });

describe('a webhook’s signature', () => {
  it('is accepted over the very bytes that were signed', () => {
    expect(verify(body, headers(at(now)), now)).toEqual({ ok: true });
    expect(verify(Buffer.from('{"events": []}'), headers(at(now)), now)).toEqual({ ok: false, reason: 'signature', place: 'x-signature', accepted: expect.any(String) as string });
  });

  it('is refused under another secret, another time, without headers, or cut', () => {
    expect(verify(body, headers(at(now), sign(at(now), 'other')), now)).toEqual({ ok: false, reason: 'signature', place: 'x-signature', accepted: expect.any(String) as string });
    expect(verify(body, headers(at(now), sign(at(now - 60_000))), now)).toEqual({ ok: false, reason: 'signature', place: 'x-signature', accepted: expect.any(String) as string });
    expect(verify(body, headers(at(now), sign(at(now)).slice(0, -1)), now)).toEqual({ ok: false, reason: 'signature', place: 'x-signature', accepted: expect.any(String) as string });
    expect(verify(body, {}, now)).toEqual({ ok: false, reason: 'unsigned', place: 'x-signature', accepted: expect.any(String) as string });
  });

  it('is accepted under the new secret and the previous one while one replaces the other, and under no third', () => {
    const both = verifierOf('n3w', 's3cret');
    for (const secret of ['n3w', 's3cret']) expect(both(body, headers(at(now), sign(at(now), secret)), now)).toEqual({ ok: true });
    for (const secret of ['other', 'n3w,s3cret']) expect(both(body, headers(at(now), sign(at(now), secret)), now)).toMatchObject({ ok: false, reason: 'signature' });
    expect(verifierOf('n3w')(body, headers(at(now)), now)).toMatchObject({ ok: false, reason: 'signature' });
    expect(verifierOf()(body, headers(at(now), sign(at(now), '')), now)).toMatchObject({ ok: false, reason: 'signature' });
    expect(both(body, headers(at(now - 302_000), sign(at(now - 302_000))), now)).toMatchObject({ ok: false, reason: 'replay' });
  });

  it('is refused when it is older than five minutes, or from the future, or at no time at all', () => {
    expect(verify(body, headers(at(now - 299_000)), now)).toEqual({ ok: true });
    expect(verify(body, headers(at(now - 302_000)), now)).toEqual({ ok: false, reason: 'replay', place: 'x-timestamp', accepted: expect.any(String) as string });
    expect(verify(body, headers(at(now + 302_000)), now)).toEqual({ ok: false, reason: 'replay', place: 'x-timestamp', accepted: expect.any(String) as string });
    expect(verify(body, headers('yesterday'), now)).toEqual({ ok: false, reason: 'replay', place: 'x-timestamp', accepted: expect.any(String) as string });
  });
});
