import { type Msg, headers } from '@nats-io/transport-node';
import { encodeHeaders } from '../../envelope';
import { stock } from '../rig.spec';
import { headerLinesOf, parseHeaderLines } from './wire-headers';

describe('header lines', () => {
  it('are what was sent, in order, repeated names included', () => {
    const envelope = stock('a: b@m', 7, 1, { correlationId: 'x:y' });
    const lines = parseHeaderLines(encodeHeaders(envelope));
    expect(Object.fromEntries(lines.map(([name, [value]]) => [name, value]))).toMatchObject({ 'ce-id': envelope.id, 'ce-subject': 'a:%20b@m', 'ce-revision': '7', 'ce-correlationid': 'x:y' });
    expect(parseHeaderLines(Buffer.from('NATS/1.0\r\nA: 1\r\nA: 2\r\n\r\n'))).toEqual([['A', ['1']], ['A', ['2']]]);
  });

  it('of broken blocks are what can be read, and nothing throws', () => {
    for (const block of ['', 'NATS/1.0', 'NATS/1.0\r\n', 'NATS/1.0\r\nno colon\r\n: no name\r\n\r\n', 'NATS/1.0\r\nunfinished: 1']) expect(parseHeaderLines(Buffer.from(block))).toEqual([]);
    expect(parseHeaderLines(Buffer.from('NATS/1.0 503\r\nbad name é: 1\r\n\r\n'))).toEqual([['bad name é', ['1']]]);
  });

  it('come from the client\'s own map when its message is built differently', () => {
    const map = headers();
    map.set('ce-id', '1');
    expect([...(headerLinesOf({ headers: map } as unknown as Msg) ?? [])]).toEqual([['ce-id', ['1']]]);
  });
});
