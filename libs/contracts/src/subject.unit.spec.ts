import fc from 'fast-check';
import { contracts, durables, feedProgress, parseSubject, placeOrder, product, reserveStock, stockLevel, streamOf, streams, subjectOf } from './index';

const matches = (pattern: string, subject: string): boolean => {
  const tokens = subject.split('.');
  const wanted = pattern.split('.');
  return tokens.length === wanted.length && wanted.every((token, index) => token === '*' || token === tokens[index]);
};

describe('a subject', () => {
  it('B8: finds its parts again, whatever the key', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 60 }), (key) => {
        const subject = subjectOf(stockLevel, 'erp', key);
        expect(parseSubject(subject)).toEqual({ isCommand: false, system: 'erp', entity: 'stock-level', major: 1, key });
        expect(subject.split('.')).toHaveLength(5);
      }),
    );
  });

  it('B9: of a command names its sender, and what it is', () => {
    const subject = subjectOf(reserveStock, 'oms', 'o.1');
    expect(subject).toBe('cmd.oms.reserve-stock.v1.o%2E1');
    expect(parseSubject(subject)).toEqual({ isCommand: true, system: 'oms', entity: 'reserve-stock', major: 1, key: 'o.1' });
    expect(() => subjectOf(reserveStock, 'erp', 'o-1')).toThrow(/CONTRACT_SUBJECT_INVALID.*accepted: oms/);
    expect([streamOf(placeOrder, 'gateway').name, streamOf(reserveStock, 'oms').name]).toEqual(['GATEWAY_COMMANDS', 'OMS_COMMANDS']);
  });

  it('is refused for a system that may not announce the entity', () => {
    expect(() => subjectOf(product, 'erp', 'p-1')).toThrow(/CONTRACT_SUBJECT_INVALID.*accepted: pim/);
    expect(() => streamOf(product, 'erp')).toThrow(RangeError);
  });

  it('is not found in what only looks like one', () => {
    for (const subject of ['evt.pim.product.v1', 'evt.pim.product.v0.a', 'evt.pim.product.1.a', 'evt.pim.product.v1.a.b', 'rpc.pim.product.v1.a', 'evt.pim.product.v1.%61', 'evt..product.v1.a', '']) {
      expect([subject, parseSubject(subject)]).toEqual([subject, undefined]);
    }
  });

  it('B12: lies in exactly one stream: the newest per key for state, bounded by age and size for events and commands', () => {
    for (const contract of contracts) {
      for (const system of contract.systems) {
        const subject = subjectOf(contract, system, 'any key');
        const holding = streams.filter((stream) => stream.subjects.some((pattern) => matches(pattern, subject)));
        expect(holding).toEqual([streamOf(contract, system)]);
        expect(holding[0]?.maxMsgsPerSubject).toBe(contract.kind === 'state' ? 1 : -1);
        expect((holding[0]?.maxAgeMs ?? 0) > 0).toBe(contract.kind !== 'state');
        expect(holding[0]?.holds).toBe(contract.kind);
      }
    }
    expect(streamOf(feedProgress, 'pim').name).toBe('PIM_EVENTS');
  });

  it('B7: reaches one durable per consumer of the contract', () => {
    for (const contract of contracts) {
      for (const system of contract.systems) {
        const subject = subjectOf(contract, system, 'k');
        const reached = durables.filter((durable) => durable.stream === streamOf(contract, system).name && durable.filterSubjects.some((pattern) => matches(pattern, subject)));
        expect(reached.map(({ name }) => name).toSorted()).toEqual(contract.consumers.filter(({ from }) => from.includes(system)).map(({ service, builds }) => `${service}-${builds}`).toSorted());
      }
    }
    expect(new Set(durables.map(({ name, stream }) => `${name}@${stream}`)).size).toBe(durables.length);
  });
});
