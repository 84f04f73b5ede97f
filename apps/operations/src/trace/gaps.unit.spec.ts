import type { Contract, TraceEntry } from '@steward/contracts';
import { compareSides } from './gaps';

const contracts = [{ entity: 'product', systems: ['pim'], consumers: [
  { service: 'gateway', builds: 'products', purpose: 'projection', from: ['pim'] }, { service: 'erp', builds: 'names', purpose: 'reaction', from: ['pim'] }, { service: 'unseen', builds: 'x', purpose: 'projection', from: ['pim'] },
] }] as unknown as Contract[];
const entry = (service: string, what: TraceEntry['what'], revision: number | null, at = '2026-01-01T00:00:00.000Z'): TraceEntry => ({ at, service, what, entity: 'product', key: 'cap', revision, sequence: null, messageId: null, origin: null, traceparent: null, summary: '' });
const later = Date.parse('2026-01-01T01:00:00.000Z');
const compare = (entries: TraceEntry[], silent: string[] = [], now = later) => compareSides(entries, silent, ['pim', 'gateway', 'erp'], now, contracts);

describe('gaps of a trace', () => {
  test('none where each projection holds what was announced last', () => {
    const { sides, gaps } = compare([entry('pim', 'announced', 6), entry('pim', 'announced', 7), entry('gateway', 'applied', 7)]);
    expect([sides, gaps]).toEqual([[{ entity: 'product', key: 'cap', owner: 'pim', announced: 7, held: { gateway: 7 } }], []]);
  });

  test.each<[string, TraceEntry[], string[], string]>([
    ['applied an older one', [entry('gateway', 'applied', 5)], [], 'it was announced, and gateway has not applied it'],
    ['a letter', [entry('gateway', 'letter', 7)], [], 'it is a dead letter of gateway'],
    ['still in the outbox', [entry('pim', 'outbox', 7)], [], 'it waits in the outbox of its owner: the broker does not take it'],
    ['held', [entry('gateway', 'held', 7)], [], 'gateway holds it until what comes before it has come'],
    ['no answer', [], ['gateway'], 'gateway does not answer: what it holds is not known'],
  ])('%s', (_what, more, silent, reason) => {
    const { gaps } = compare([entry('pim', 'announced', 7), ...more], silent);
    expect(gaps).toMatchObject([{ from: 'pim', to: 'gateway', expected: 7, found: more[0]?.what === 'applied' ? 5 : null, reason }]);
  });

  test('what was announced just now is on its way', () => {
    expect(compare([entry('pim', 'announced', 7)], [], Date.parse('2026-01-01T00:00:01.000Z')).gaps).toEqual([]);
  });
});
