import { loadEnv } from '@steward/platform';
import { sandboxShape } from './env';

test('subscribers are systems with the address of a webhook', () => {
  const env = loadEnv(sandboxShape, { STEWARD_SANDBOX_WEBHOOKS: 'pim=http://127.0.0.1:4301/webhooks/sandbox?a=b, erp=http://127.0.0.1:4302/w' });
  expect(env.STEWARD_SANDBOX_WEBHOOKS).toEqual([
    { system: 'pim', url: 'http://127.0.0.1:4301/webhooks/sandbox?a=b' },
    { system: 'erp', url: 'http://127.0.0.1:4302/w' },
  ]);
});

test.each(['hr=http://127.0.0.1/', 'pim', 'pim=somewhere', 'pim=file:///etc'])('%j is refused with what is accepted', (text) => {
  expect(() => loadEnv(sandboxShape, { STEWARD_SANDBOX_WEBHOOKS: text })).toThrow(/entry 1 is not a subscriber; accepted: <system>=http/);
});

test('everything has a default', () => {
  expect(loadEnv(sandboxShape, {})).toMatchObject({ STEWARD_SANDBOX_PORT: 4200, STEWARD_SANDBOX_HOST: '127.0.0.1', STEWARD_SANDBOX_WEBHOOKS: [] });
});
