import { z } from 'zod';
import { StewardError } from '../errors/steward-error';
import { envTypes } from './env-types';
import { loadEnv, type Source } from './load-env';
import { serviceEnv } from './service-env';

const shape = {
  STEWARD_SHOP_PORT: envTypes.port.default(80),
  STEWARD_SHOP_TOKEN: z.string().min(8),
  SHOP_URL: envTypes.httpUrl,
  STEWARD_SHOP_MODES: z.string().transform((text) => text.split(',')).default(['a']),
};
const good = { STEWARD_SHOP_TOKEN: 'long-enough', SHOP_URL: 'http://shop.example' };

function faultOf(source: Source, alsoKnown: readonly string[] = []): string {
  try {
    loadEnv(shape, source, alsoKnown);
  } catch (error) {
    if (error instanceof StewardError && error.code === 'ENV_INVALID') return error.message;
    throw error;
  }
  return '';
}

describe('loadEnv', () => {
  it('gives typed values, defaults for what is absent or empty, and ignores what is not ours', () => {
    const env = loadEnv(shape, { ...good, STEWARD_SHOP_PORT: '', PATH: '/bin', STEWARD_SHOP_MODES: 'x,y' });
    expect(env).toEqual({ STEWARD_SHOP_PORT: 80, STEWARD_SHOP_TOKEN: 'long-enough', SHOP_URL: 'http://shop.example', STEWARD_SHOP_MODES: ['x', 'y'] });
  });

  it('is frozen to its depth', () => {
    const env = loadEnv(shape, { ...good, STEWARD_SHOP_MODES: 'x,y' });
    expect(() => Object.assign(env, { STEWARD_SHOP_PORT: 1 })).toThrow(TypeError);
    expect(() => env.STEWARD_SHOP_MODES.push('z')).toThrow(TypeError);
  });

  it('tells all faults in one message, each with name, value and what is accepted', () => {
    const fault = faultOf({ STEWARD_SHOP_PORT: 'banana', SHOP_URL: 'ftp://x', STEWARD_SHOP_PROT: '1' });
    expect(fault).toContain('4 faults');
    expect(fault).toMatch(/STEWARD_SHOP_PORT = "banana": .*; accepted: a whole number from 0 to 65535/);
    expect(fault).toContain('STEWARD_SHOP_TOKEN is missing; accepted: a text that is not empty');
    expect(fault).toMatch(/SHOP_URL = "ftp:\/\/x": not such an address; accepted: http\(s\):\/\//);
    expect(fault).toContain('STEWARD_SHOP_PROT is not known to this process; did you mean STEWARD_SHOP_PORT?');
  });

  it('shows no secret: neither a token, nor the credentials of an address, nor what a message quotes', () => {
    const quoting = { STEWARD_DOOR_SECRET: z.string().refine(() => false, { error: (issue) => `bad: ${String(issue.input)}` }) };
    expect(() => loadEnv(quoting, { STEWARD_DOOR_SECRET: 'open-sesame' })).toThrow(/bad: …/);
    expect(() => loadEnv(quoting, { STEWARD_DOOR_SECRET: 'open-sesame' })).not.toThrow(/sesame/);
    expect(faultOf({ ...good, STEWARD_SHOP_TOKEN: 'short' })).toContain('STEWARD_SHOP_TOKEN = *** (5 characters)');
    const fault = faultOf({ ...good, SHOP_URL: 'ftp://me:hunter2@shop.example/' });
    expect(fault).toContain('ftp://***@shop.example/');
    expect(fault).not.toContain('hunter2');
  });

  it('takes several secrets while one replaces another, each as long as one alone, and never an empty one', () => {
    const hooks = { STEWARD_SHOP_WEBHOOK_SECRET: envTypes.secrets(4) };
    const given = (text: string) => () => loadEnv(hooks, { STEWARD_SHOP_WEBHOOK_SECRET: text }).STEWARD_SHOP_WEBHOOK_SECRET;
    expect(given('open-sesame')()).toEqual(['open-sesame']);
    expect(given('new-sesame, open-sesame')()).toEqual(['new-sesame', 'open-sesame']);
    for (const text of ['new-sesame,abc', 'new-sesame,', 'abc']) expect(given(text)).toThrow(/fewer than 4 characters/);
    expect(() => loadEnv({ HOOKS: envTypes.secrets() }, { HOOKS: ',' })).toThrow(/ENV_INVALID/);
  });

  it('refuses an unknown STEWARD_ variable without inventing a suggestion', () => {
    expect(faultOf({ ...good, STEWARD_ENTIRELY_DIFFERENT_THING: '1' })).toMatch(/DIFFERENT_THING is not known to this process$/);
  });

  it('knows what every process may inherit, what other parts of the process read, and the links that Kubernetes writes', () => {
    const inherited = { STEWARD_LOG_LEVEL: 'info', STEWARD_CACHE_DIR: '/tmp', STEWARD_PIM_SERVICE_HOST: '10.0.0.1', STEWARD_PIM_PORT: 'tcp://10.0.0.1:80', STEWARD_PIM_PORT_80_TCP_ADDR: '10.0.0.1' };
    expect(faultOf({ ...good, ...inherited })).toBe('');
    expect(faultOf({ ...good, STEWARD_OTHER_URL: 'x' }, ['STEWARD_OTHER_URL'])).toBe('');
    expect(faultOf({ ...good, STEWARD_PIM_PORT: '80' })).toContain('STEWARD_PIM_PORT is not known');
  });

  it('reads the environment of a service, where production is what nobody has to ask for', () => {
    const env = loadEnv(serviceEnv, { DATABASE_URL: 'postgres://a:b@h/d', NATS_URL: 'nats://a:b@h:1,nats://a:b@i:1' });
    expect(env).toMatchObject({ STEWARD_MODE: 'production', STEWARD_STARTUP_WAIT_MS: 60_000 });
    expect(() => loadEnv(serviceEnv, { DATABASE_URL: 'mysql://a', NATS_URL: 'nats://h:1,http://i' })).toThrow(/2 faults/);
  });
});
