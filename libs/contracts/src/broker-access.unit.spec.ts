import { type BrokerAccess, brokerAccess, contracts, renderBrokerAccounts } from './index';

describe('rights at the broker', () => {
  it('are the owners’ and consumers’ of the contracts, and nobody else’s', () => {
    const short = ({ service, publishes, consumes, requests, answers }: BrokerAccess) => ({ service, publishes, consumes: consumes.map(({ name, stream }) => `${name}@${stream}`), requests, answers });
    const of = (service: string) => brokerAccess.filter((access) => access.service === service).map(short);
    // Who announces, and is asked for nothing.
    expect(of('pim')).toEqual([
      { service: 'pim', publishes: ['evt.pim.category.v1.*', 'evt.pim.feed-progress.v1.*', 'evt.pim.product.v1.*'], consumes: [], requests: ['rpc.operations.broker-state'], answers: ['rpc.pim.snapshot', 'rpc.pim.held', 'rpc.pim.digest', 'rpc.pim.announce-again', 'rpc.pim.read-source', 'rpc.pim.flows'] },
    ]);
    // Who announces, and carries out what another asks of it.
    expect(of('erp')).toEqual([
      {
        service: 'erp',
        publishes: ['evt.erp.feed-progress.v1.*', 'evt.erp.reserved-stock.v1.*', 'evt.erp.shipment.v1.*', 'evt.erp.stock-level.v1.*', 'evt.erp.stock-reservation.v1.*'],
        consumes: ['erp-reservations@OMS_COMMANDS', 'erp-sales@OMS_COMMANDS'],
        requests: ['rpc.operations.broker-state'],
        answers: ['rpc.erp.snapshot', 'rpc.erp.held', 'rpc.erp.digest', 'rpc.erp.announce-again', 'rpc.erp.read-source', 'rpc.erp.flows'],
      },
    ]);
    const everybody = brokerAccess.filter(({ service }) => service !== 'operations');
    expect(of('operations')).toMatchObject([{ publishes: [], consumes: [], answers: ['rpc.operations.broker-state'] }]);
    // What operations asks is what somebody answers.
    expect(brokerAccess.find(({ service }) => service === 'operations')?.requests.toSorted()).toEqual(everybody.flatMap(({ answers }) => answers.filter((subject) => !subject.endsWith('.snapshot'))).toSorted());
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
