import { readMessage } from './arrival';
import { aProduct, createHeaders, envelopeOf, messageOf, product, progress, stock, stockLevel } from './rig.spec';

const read = (envelope: Parameters<typeof messageOf>[0]) => readMessage(messageOf(envelope));

describe('reading a message', () => {
  it('gives envelope, parsed data and contract of a sound message', () => {
    const reading = read(stock('S1@main', 7));
    expect(reading).toMatchObject({ sound: true, system: 'erp', data: { sku: 'S1', onHand: 7 }, envelope: { revision: 7, key: 'S1@main' } });
    expect(read(progress('product', 3))).toMatchObject({ sound: true, envelope: { sequence: 3, revision: null } });
  });

  it('B9: headers that do not belong to the subject are a security case, not a fault of the owner', () => {
    const honest = messageOf(stock('S1@main', 7));
    expect(readMessage({ ...honest, headers: createHeaders() })).toMatchObject({ sound: false, class: 'security', key: 'S1@main' });
    expect(readMessage({ ...honest, subject: 'evt.erp.stock-level.v1.S2@main' })).toMatchObject({ class: 'security' });
    expect(read(stock('S1@main', 7, 1, { source: '/steward/pim' }))).toMatchObject({ class: 'security' });
    expect(readMessage({ subject: 'evt.crm.secret.v1.x', headers: honest.headers, data: honest.data })).toMatchObject({ class: 'security', contract: undefined });
  });

  it('a body that is no JSON or no UTF-8 is unreadable', () => {
    expect(read(stock('S1@main', 7, 1, { body: '{"sku":' }))).toMatchObject({ sound: false, class: 'unreadable' });
    const message = messageOf(stock('S1@main', 7));
    expect(readMessage({ ...message, data: Buffer.from([0x22, 0xff, 0x22]) })).toMatchObject({ class: 'unreadable' });
  });

  it('a wrong type is a schema fault that names the place; unknown fields of a newer producer are borne', () => {
    const wrong = envelopeOf(stockLevel, 'erp', 'S1@main', { sku: 'S1', location: 'main', onHand: 'many' });
    expect(read(wrong)).toMatchObject({ sound: false, class: 'schema', error: expect.stringContaining('/onHand') });
    expect(read(envelopeOf(stockLevel, 'erp', 'S1@main', { sku: 'S1', location: 'main', onHand: 1, colour: 'new' }))).toMatchObject({ sound: true });
  });

  it('C9: an unknown value of a closed enum is told apart from a broken producer; an open one maps to its default', () => {
    expect(read(envelopeOf(product, 'pim', 'P1', { ...aProduct, status: 'haunted' }))).toMatchObject({ sound: false, class: 'unknown-value' });
    const media = [{ url: 'https://x.test/a', kind: 'hologram' }];
    const open = read(envelopeOf(product, 'pim', 'P1', { ...aProduct, media }));
    expect(open).toMatchObject({ sound: true, data: { media: [{ kind: 'other' }] } });
    expect(open.envelope?.body).toContain('hologram');
  });

  it('text that PostgreSQL refuses is found before it reaches a statement: NUL and half a surrogate pair, in body and key', () => {
    expect(read(stock('S1@main', 1, 1, { body: '{"sku":"S\\u00001","location":"main","onHand":1}' }))).toMatchObject({ sound: false });
    expect(read(stock('S1@main', 1, 1, { body: '{"sku":"S\\ud8001","location":"main","onHand":1}' }))).toMatchObject({ sound: false });
    expect(read(stock('S1@main', 1, 1, { body: '{"sku":"S\\\\u0000","location":"main","onHand":1}' }))).toMatchObject({ sound: true });
    expect(read(envelopeOf(stockLevel, 'erp', 'S\u0000@main', { sku: 'S', location: 'main', onHand: 1 }))).toMatchObject({ sound: false, class: 'unstorable', key: 'S\u0000@main' });
  });

  it('a tombstone has no data and needs no contract check', () => {
    expect(read(stock('S1@main', 9, null))).toMatchObject({ sound: true, data: null, envelope: { tombstone: true } });
  });
});
