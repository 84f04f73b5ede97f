import { flowWebhook } from './flow-webhook';

const entities = new Map([['products', 'product'], ['categories', 'category']]);
const { verify, hints } = flowWebhook(['s3cret'], entities);
const accepted = expect.stringContaining('STEWARD_DIRECTUS_WEBHOOK_SECRET') as string;

describe('a webhook of a Directus Flow', () => {
  it('is believed with the shared secret only', () => {
    const of = (headers: Record<string, string | string[]>): unknown => verify(Buffer.from('{}'), headers, 0);
    expect(of({ 'x-steward-token': 's3cret' })).toEqual({ ok: true });
    expect(of({ 'x-steward-token': 's3cret ' })).toEqual({ ok: false, reason: 'signature', place: 'x-steward-token', accepted });
    expect(of({ 'x-steward-token': '' })).toMatchObject({ ok: false, reason: 'signature' });
    expect(of({ 'x-steward-token': ['s3cret', 's3cret'] })).toMatchObject({ ok: false, reason: 'unsigned' });
    expect(of({})).toEqual({ ok: false, reason: 'unsigned', place: 'x-steward-token', accepted });
  });

  it('is believed with the new secret and with the previous one while one replaces the other, and with no third', () => {
    const both = flowWebhook(['n3w', 's3cret'], entities);
    const of = (token: string): unknown => both.verify(Buffer.from('{}'), { 'x-steward-token': token }, 0);
    for (const token of ['n3w', 's3cret']) expect(of(token)).toEqual({ ok: true });
    for (const token of ['n3w,s3cret', 'other', '']) expect(of(token)).toMatchObject({ ok: false, reason: 'signature' });
  });

  it('hints at the keys of its trigger: one of a creation, many of the rest', () => {
    expect(hints({ event: 'products.items.create', payload: { sku: 'P' }, key: 7, collection: 'products' })).toEqual([{ entity: 'product', key: '7' }]);
    expect(hints({ event: 'categories.items.delete', payload: ['1', 2], keys: ['1', 2], collection: 'categories' })).toEqual([{ entity: 'category', key: '1' }, { entity: 'category', key: '2' }]);
  });

  it('hints at nothing for a collection that is not read by key, and refuses what is no trigger', () => {
    expect(hints({ event: 'variants.items.update', keys: [1], collection: 'variants' })).toEqual([]);
    expect(() => hints({ keys: [1] })).toThrow();
  });
});
