import { addressOf, toTemplate } from './addresses';

const page = { market: 'eu', language: 'de', id: 'a/b', slug: 'schöner hut' };

describe('addresses of the shop', () => {
  it.each([
    ['https://shop.example/{language}/p/{id}/{slug}', 'https://shop.example/de/p/a%2Fb/sch%C3%B6ner%20hut'],
    ['https://{market}.shop.example/{slug}?x=1', 'https://eu.shop.example/sch%C3%B6ner%20hut?x=1'],
  ])('%s', (text, address) => {
    const template = toTemplate(text);
    expect(template && addressOf(template, page)).toBe(address);
  });

  it('names a page without a slug by its id', () => {
    const template = toTemplate('https://shop.example/{slug}');
    expect(template && addressOf(template, { ...page, slug: null })).toBe('https://shop.example/a%2Fb');
  });

  it.each(['shop.example/{id}', 'https://shop.example/', 'https://shop.example/{sku}', 'https://shop.example/{id}/{colour}', 'javascript:alert({id})'])('refuses %s', (text) => {
    expect(toTemplate(text)).toBeUndefined();
  });
});
