import { brokerAccess, renderBrokerAccounts } from './index';

describe('rights at the broker', () => {
  it('are the owners’ and consumers’ of the contracts, and nobody else’s', () => {
    expect(brokerAccess.map(({ service, publishes, consumes, requests, answers }) => ({ service, publishes, consumes: consumes.map(({ name, stream }) => `${name}@${stream}`), requests, answers }))).toEqual([
      { service: 'erp', publishes: ['evt.erp.feed-progress.v1.*', 'evt.erp.stock-level.v1.*'], consumes: [], requests: ['rpc.operations.broker-state'], answers: ['rpc.erp.snapshot', 'rpc.erp.held', 'rpc.erp.digest'] },
      {
        service: 'gateway',
        publishes: [],
        consumes: ['gateway-availability@ERP_STATE', 'gateway-catalogue@PIM_STATE', 'gateway-categories@PIM_STATE', 'gateway-prices@PRICING_STATE', 'gateway-progress@ERP_EVENTS', 'gateway-progress@PIM_EVENTS', 'gateway-progress@PRICING_EVENTS'],
        requests: ['rpc.operations.broker-state', 'rpc.pim.snapshot', 'rpc.pricing.snapshot', 'rpc.erp.snapshot'],
        answers: ['rpc.gateway.digest'],
      },
      { service: 'operations', publishes: [], consumes: [], requests: ['rpc.pim.held', 'rpc.pricing.held', 'rpc.erp.held', 'rpc.pim.digest', 'rpc.gateway.digest', 'rpc.pricing.digest', 'rpc.erp.digest'], answers: ['rpc.operations.broker-state'] },
      { service: 'pim', publishes: ['evt.pim.category.v1.*', 'evt.pim.feed-progress.v1.*', 'evt.pim.product.v1.*'], consumes: [], requests: ['rpc.operations.broker-state'], answers: ['rpc.pim.snapshot', 'rpc.pim.held', 'rpc.pim.digest'] },
      { service: 'pricing', publishes: ['evt.pricing.feed-progress.v1.*', 'evt.pricing.price.v1.*'], consumes: [], requests: ['rpc.operations.broker-state'], answers: ['rpc.pricing.snapshot', 'rpc.pricing.held', 'rpc.pricing.digest'] },
    ]);
  });

  it('give every service an inbox and an account of its own', () => {
    for (const field of ['inboxPrefix', 'account'] as const) expect(new Set(brokerAccess.map((access) => access[field])).size).toBe(brokerAccess.length);
  });

  it('render without a user in the system account unless a password is given', () => {
    expect(renderBrokerAccounts({ passwordOf: () => 'x' })).not.toContain('user: "system"');
    expect(renderBrokerAccounts({ passwordOf: () => 'x', systemPassword: 'y' })).toContain('{ user: "system", password: "y" }');
  });

  it('refuse a password that nats.conf would read as something else', () => {
    for (const password of ['a"b', 'a\\b', 'a\nb', 'ä', '']) {
      expect(() => renderBrokerAccounts({ passwordOf: () => password })).toThrow(/CONTRACT_BROKER_TEXT_INVALID/);
    }
  });
});
