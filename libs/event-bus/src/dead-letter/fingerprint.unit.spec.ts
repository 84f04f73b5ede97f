import { delivered, messageOf, stock } from '../consumer/rig.spec';
import { fingerprintOf, fingerprintOfFault } from './fingerprint';

const errorWith = (stack: string): Error => Object.assign(new TypeError('x'), { stack });

describe('C4: fingerprints', () => {
  it('are the type and the first own frame, without line numbers, machine paths and foreign frames', () => {
    const frames = (line: number, root: string) =>
      errorWith(`TypeError: x\n    at Client.query (${root}/node_modules/pg/lib/client.js:526:17)\n    at node:internal/x:1:2\n    at async composeStock (${root}/apps/gateway/dist/product/stock.projection.js:${line}:3)`);
    expect(fingerprintOf(frames(10, '/a/b'))).toBe('TypeError at composeStock (apps/gateway/src/product/stock.projection)');
    expect(fingerprintOf(frames(99, '/other'))).toBe(fingerprintOf(frames(10, '/a/b')));
  });

  it('of faults of the message group by complaint, not by value or position in a list', () => {
    const fault = (index: number) => {
      const { reading } = delivered(messageOf(stock('S@m', 1)));
      return fingerprintOfFault({ ...reading, sound: false, class: 'schema', error: `/media/${index}/url is missing; more`, system: 'erp', key: 'S@m' });
    };
    expect(fault(0)).toBe('schema stock-level: /media/*/url is missing');
    expect(fault(7)).toBe(fault(0));
  });
});
