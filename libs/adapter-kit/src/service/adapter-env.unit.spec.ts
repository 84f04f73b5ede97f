import { loadEnv } from '@steward/platform';
import { Shop } from '../fixtures/shop.fixture.spec';
import { defineAdapter } from './define-adapter';
import { type AdapterEnv, adapterShape, refusesLazyBroker } from './adapter-env';

const adapter = defineAdapter({ name: 'erp', connectors: { sandbox: { vendor: 'sandbox', env: {}, open: () => ({ feeds: [new Shop().feed()] }) } } });
const given = { DATABASE_URL: 'postgres://erp:p@127.0.0.1:5432/erp', NATS_URL: 'nats://erp:p@127.0.0.1:4222' };
const refuses = (more: Record<string, string>): boolean => refusesLazyBroker(loadEnv(adapterShape(adapter, 'sandbox'), { ...given, ...more }) as AdapterEnv);

describe('what an adapter is given', () => {
  it('B1: production refuses a lazy broker unless told otherwise', () => {
    expect(refuses({})).toBe(true);
    expect(refuses({ STEWARD_MODE: 'production', STEWARD_ALLOW_LAZY_BROKER: 'false' })).toBe(true);
    expect(refuses({ STEWARD_MODE: 'production', STEWARD_ALLOW_LAZY_BROKER: 'true' })).toBe(false);
    expect(refuses({ STEWARD_MODE: 'development' })).toBe(false);
    expect(() => refuses({ STEWARD_ALLOW_LAZY_BROKER: 'maybe' })).toThrow(/STEWARD_ALLOW_LAZY_BROKER/);
  });
});
