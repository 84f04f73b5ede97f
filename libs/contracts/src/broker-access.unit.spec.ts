import { type BrokerAccess, brokerAccess, contracts, renderBrokerAccounts } from './index';

describe('rights at the broker', () => {
  it('are the owners’ and consumers’ of the contracts, and nobody else’s', () => {
    const short = ({ service, publishes, consumes, requests, answers }: BrokerAccess) => ({ service, publishes, consumes: consumes.map(({ name, stream }) => `${name}@${stream}`), requests, answers });
    const of = (service: string) => brokerAccess.filter((access) => access.service === service).map(short);
    const owners = (service: string) => ['snapshot', 'held', 'digest', 'evidence', 'letters', 'flows', 'trace', 'announce-again', 'read-source', 'backlog'].map((door) => `rpc.${service}.${door}`);
    // Who announces, and is asked for nothing.
    expect(of('pim')).toEqual([
      {
        service: 'pim',
        publishes: ['case', 'category', 'dead-letter', 'feed-progress', 'product'].map((entity) => `evt.pim.${entity}.v1.*`),
        consumes: [],
        requests: ['rpc.operations.broker-state', 'rpc.operations.heartbeat.pim'],
        answers: owners('pim'),
      },
    ]);
    // Who announces, and carries out what another asks of it.
    expect(of('erp')).toEqual([
      {
        service: 'erp',
        publishes: ['case', 'dead-letter', 'feed-progress', 'reserved-stock', 'shipment', 'stock-level', 'stock-reservation'].map((entity) => `evt.erp.${entity}.v1.*`),
        consumes: ['erp-reservations@GATEWAY_COMMANDS', 'erp-reservations@OMS_COMMANDS', 'erp-sales@OMS_COMMANDS'],
        requests: ['rpc.operations.broker-state', 'rpc.operations.heartbeat.erp'],
        answers: owners('erp'),
      },
    ]);
    // Letters of adapters only: one of its own about a letter would bring the next one.
    expect(of('gateway')[0]?.consumes.filter((durable) => durable.startsWith('gateway-parked')).toSorted()).toEqual(['gateway-parked@ERP_STATE', 'gateway-parked@PIM_STATE', 'gateway-parked@PRICING_STATE']);
    expect(of('gateway')[0]?.requests.filter((subject) => subject.endsWith('.letters'))).toEqual([]);
    expect(of('operations')).toMatchObject([{ publishes: ['cmd.operations.cancel-order.v1.*', 'evt.operations.case.v1.*', 'cmd.operations.erase-customer.v1.*', 'cmd.operations.refund-payment.v1.*'], answers: ['rpc.operations.broker-state', 'rpc.operations.snapshot', 'rpc.operations.digest', 'rpc.operations.evidence', 'rpc.operations.newest', 'rpc.operations.announce-again', 'rpc.operations.forget.gateway', 'rpc.operations.forget.oms', 'rpc.operations.forget.operations', ...['crm', 'erp', 'gateway', 'oms', 'pim', 'pricing', 'reconciliation'].map((service) => `rpc.operations.heartbeat.${service}`)] }]);
    // Of whom it sends a command about money, and of nobody else.
    expect(of('operations')[0]?.requests.filter((subject) => subject.endsWith('.evidence'))).toEqual(['rpc.oms.evidence']);
    expect(of('reconciliation')[0]?.requests).toEqual(expect.arrayContaining(['rpc.gateway.digest', 'rpc.gateway.evidence', 'rpc.operations.newest', 'rpc.erp.read-source', 'rpc.pim.announce-again']));
  });

  it('I6: let nobody but operations act for a person, and ask for nothing that nobody answers', () => {
    const questions = brokerAccess.flatMap(({ answers }) => answers);
    for (const { service, requests } of brokerAccess) {
      for (const subject of requests) expect(questions).toContain(subject);
      if (service === 'operations') continue;
      // What a release rests on: none can say what another one is.
      expect(requests.filter((subject) => /\.(heartbeat|backlog)/.test(subject))).toEqual([`rpc.operations.heartbeat.${service}`]);
      expect(requests.filter((subject) => /\.(letters|held|flows|trace|run)$/.test(subject))).toEqual([]);
      if (service !== 'reconciliation') expect(requests.filter((subject) => /\.(digest|evidence|newest|announce-again|read-source)$/.test(subject))).toEqual([]);
    }
  });

  it('B9: let a command be sent by its sender alone, and taken by the one who is asked', () => {
    const commands = contracts.filter(({ kind }) => kind === 'command');
    expect(commands).not.toEqual([]);
    for (const { entity, major, systems, consumers } of commands) {
      const senders = brokerAccess.filter(({ publishes }) => publishes.some((subject) => subject.split('.')[2] === entity));
      expect(senders.map(({ service }) => service)).toEqual(systems.toSorted());
      for (const { service, publishes } of senders) expect(publishes).toContain(`cmd.${service}.${entity}.v${major}.*`);
      const takers = brokerAccess.filter(({ consumes }) => consumes.some(({ filterSubjects }) => filterSubjects.some((subject) => subject.split('.')[2] === entity)));
      expect(takers.map(({ service }) => service)).toEqual(consumers.map(({ service }) => service));
    }
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
