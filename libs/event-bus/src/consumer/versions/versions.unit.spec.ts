import { defineUpcast, product, readableMajors, shipped, type StockLevel, stockLevel } from '@steward/contracts';
import { readAs } from '../arrival';
import { aProduct, envelopeOf, messageOf, progress, progressOf, recordingHandler, stock } from '../rig.spec';
import { dataOf } from '../work';
import { feedProgress2, progressUpcast, type StockLevel2, stockLevel2, stockUpcast, withMajor2 } from './majors.spec';

const stock2 = (key: string, revision: number, quantity: unknown = { onHand: 5, safety: 1 }) => envelopeOf(stockLevel2, 'erp', key, { sku: 'S', location: 'm', quantity }, { revision });

describe('a contract with two majors', () => {
  it('C9: code of the next major gets what the older one says, raised; key, revision, id and hash stay those of what was sent', () => {
    const sent = stock('S@m', 7);
    const [raised, plain] = [readAs(stockLevel2, messageOf(sent), withMajor2), readAs(stockLevel, messageOf(sent), withMajor2)];
    expect(raised).toMatchObject({ sound: true, contract: { major: 2 }, data: { quantity: { onHand: 7, safety: 0 } }, envelope: { id: sent.id, key: 'S@m', revision: 7, body: sent.body } });
    expect(raised.sound && plain.sound && raised.hash === plain.hash).toBe(true);
    expect(readAs(stockLevel2, messageOf(stock2('S@m', 8)), withMajor2)).toMatchObject({ sound: true, data: { quantity: { onHand: 5, safety: 1 } } });
    expect(readAs(stockLevel2, messageOf(stock('S@m', 9, null)), withMajor2)).toMatchObject({ sound: true, contract: { major: 2 }, data: null });
  });

  it('C9: the older major is checked by its own validator before it is raised', () => {
    const wrong = envelopeOf(stockLevel, 'erp', 'S@m', { sku: 'S', location: 'm', onHand: 1.5 });
    expect(readAs(stockLevel2, messageOf(wrong), withMajor2)).toMatchObject({ sound: false, class: 'schema', error: expect.stringContaining('/onHand'), contract: { major: 1 } });
  });

  it('C9: what code of the older major or an older build cannot read is the fault of nobody who forged it: a letter of its owner', () => {
    const message = messageOf(stock2('S@m', 8));
    expect(readAs(stockLevel, message, withMajor2)).toMatchObject({ sound: false, class: 'schema', key: 'S@m', contract: { entity: 'stock-level' }, envelope: { revision: 8 } });
    expect(readAs(stockLevel, message, shipped)).toMatchObject({ sound: false, class: 'schema', error: 'v2 of stock-level is not known to this build', contract: { entity: 'stock-level' }, envelope: { revision: 8 } });
    expect(readAs(stockLevel, { ...message, subject: message.subject.replace('v2', 'v3') }, shipped)).toMatchObject({ class: 'security' });
  });

  it('C9: an upcast that fails or gives what the next major refuses opens a letter, and its data reaches nobody', () => {
    const wrong = (raise: (data: StockLevel) => StockLevel2) => ({ ...withMajor2, upcasts: [defineUpcast(stockLevel, stockLevel2, raise)] });
    const readWith = (raise: (data: StockLevel) => StockLevel2) => readAs(stockLevel2, messageOf(stock('S@m', 7)), wrong(raise));
    expect(readWith(({ sku, location, onHand }) => ({ sku, location, quantity: { onHand, safety: 0.5 } }))).toMatchObject({ sound: false, class: 'schema', error: expect.stringContaining('gives no v2') });
    expect(readWith(() => { throw new Error('no idea'); })).toMatchObject({ sound: false, class: 'schema', error: expect.stringContaining('no idea') });
  });

  it('C9: what an older build has held is raised when it is released', () => {
    const handler = { ...recordingHandler(), contract: feedProgress2 };
    expect(dataOf({ catalogue: withMajor2 }, handler, progress('product', 3))).toMatchObject({ entity: 'product', position: { stream: 'ERP_STATE', sequence: 3 } });
    const held2 = envelopeOf(feedProgress2, 'erp', 'product', { ...progressOf('product', 3), position: {} });
    expect(() => dataOf({}, recordingHandler(), held2)).toThrow(expect.objectContaining({ code: 'CONSUMER_VERSION' }));
  });

  it('can be read in each major that leads to the declared one', () => {
    expect([readableMajors(withMajor2, stockLevel2), readableMajors(withMajor2, stockLevel), readableMajors(shipped, stockLevel2)]).toEqual([[2, 1], [1], [2]]);
  });

  it('steps to the next major of the same contract under the same key only', () => {
    const raise = () => ({ ...aProduct }) as never;
    expect(() => defineUpcast(stockLevel2, stockLevel, raise)).toThrow('no step to the next major');
    expect(() => defineUpcast(product, stockLevel2, raise)).toThrow('no step to the next major');
    expect(() => defineUpcast(stockLevel, { ...stockLevel2, key: { from: ['sku'], separator: '' } }, raise)).toThrow('may not change the key');
    expect([stockUpcast, progressUpcast]).toMatchObject([{ from: 1, to: 2 }, { from: 1, to: 2 }]);
  });
});
