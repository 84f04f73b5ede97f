import { Writable } from 'node:stream';
import { z } from 'zod';
import { loadEnv } from '../env/load-env';
import { createLogger, type Logger } from './logger';

const secrets = ['hunter2', 'tok-123456', 'abcdefabcdefabcdefab', 'eyJhbGciOiJIUzI1NiJ9'];

function capture(use: (logger: Logger) => void): { text: string; lines: Record<string, unknown>[] } {
  const written: string[] = [];
  const destination = new Writable({ write: (chunk, _encoding, done) => (written.push(String(chunk)), done()) });
  use(createLogger({ service: 'shop', level: 'debug', destination }));
  return { text: written.join(''), lines: written.map((line): Record<string, unknown> => JSON.parse(line)) };
}

describe('the logger', () => {
  it('writes one JSON line with service, level, time and message', () => {
    const { lines } = capture((logger) => logger.info({ entity: 'product', count: 3, none: null }, 'read %d of %s', 3, 'pim'));
    expect(lines).toEqual([{ level: 'info', time: expect.stringMatching(/^\d{4}-.*Z$/), service: 'shop', entity: 'product', count: 3, none: null, message: 'read 3 of pim' }]);
  });

  it('hides secrets in fields, nested objects, texts, messages, arguments, bindings, errors, causes and stacks', () => {
    const cause = Object.assign(new Error('connect postgres://me:hunter2@db/x'), { query: 'hunter2', parameters: ['hunter2'], detail: 'hunter2' });
    const error = new Error('Authorization: Bearer tok-123456', { cause });
    const { text } = capture((logger) => {
      logger.info({ password: 'hunter2', token: 'tok-123456', url: 'nats://me:hunter2@h:1', nested: { apiKey: 'tok-123456', deep: [{ secret: 'hunter2' }] } }, 'got nats://me:hunter2@h:1');
      logger.info('signed sha256=abcdefabcdefabcdefab with %s', 'postgres://me:hunter2@db');
      logger.child({ DATABASE_URL: 'postgres://me:hunter2@db', at: 'postgres://me:hunter2@db' }).warn({ jwt: 'eyJhbGciOiJIUzI1NiJ9.e30.sig' }, 'password=hunter2');
      logger.error({ err: error }, 'failed');
      logger.error(error);
      logger.error({ reason: new AggregateError([cause], 'hunter2 is not quoted here'.slice(8)) });
    });
    for (const secret of secrets) expect(text).not.toContain(secret);
    expect(text).toContain('nats://***@h:1');
    expect(text).toContain('connect postgres://***@db/x');
  });

  it('hides what the environment gave as a secret wherever it is quoted, in JSON too', () => {
    const SHOP_PASSWORD = 'pass"word-77';
    loadEnv({ SHOP_PASSWORD: z.string() }, { SHOP_PASSWORD });
    const { text } = capture((logger) => logger.warn({ err: new Error(`refused: ${JSON.stringify({ given: SHOP_PASSWORD })}`) }, `no user with ${SHOP_PASSWORD}`));
    expect(text).not.toContain('word-77');
  });

  it('hides each of the secrets that one variable gave', () => {
    loadEnv({ SHOP_WEBHOOK_SECRET: z.string() }, { SHOP_WEBHOOK_SECRET: 'whsec-new-66, whsec-old-66' });
    const { text } = capture((logger) => logger.warn('no hook of whsec-old-66 or whsec-new-66'));
    expect(text).not.toMatch(/(new|old)-66/);
  });

  it('names what is not plain data instead of walking it', () => {
    class Socket {
      readonly password = 'hunter2';
    }
    const { lines } = capture((logger) => logger.info({ socket: new Socket(), body: { name: 'a person' }, headers: { a: 1 }, map: new Map([['a', 'hunter2']]), bytes: Buffer.from('hunter2'), call: () => 1 }, 'x'));
    expect(lines[0]).toMatchObject({ socket: '[Socket]', body: '[hidden]', headers: '[hidden]', map: '[Map]', bytes: expect.stringMatching(/^\[/), call: '[function]' });
  });

  it('cuts what is long and survives what is circular', () => {
    const circle: Record<string, unknown> = {};
    circle['self'] = circle;
    const { lines } = capture((logger) => logger.info({ circle, long: 'x'.repeat(5_000), many: Array.from({ length: 500 }, (_, i) => i), big: 12n }, 'x'));
    expect(JSON.stringify(lines[0]).length).toBeLessThan(3_500);
    expect(lines[0]).toMatchObject({ big: '12' });
  });

  it('keeps type, code, message, stack and the chain of causes of an error', () => {
    const root = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
    const { lines } = capture((logger) => logger.error({ err: new TypeError('outer', { cause: new AggregateError([root], '') }) }, 'x'));
    expect(lines[0]).toMatchObject({ err: { type: 'TypeError', message: 'outer', stack: expect.stringContaining('TypeError: outer'), cause: { errors: [{ code: 'ECONNREFUSED', message: 'refused' }] } } });
  });
});
