// What is asked. A question goes round all products on sale; each asking of it is a request made of bytes beforehand, so that
// the load costs the same whoever answers.

/** Eight characters that the load replaces by a number, another in each request. */
export const COUNTER = '########';

export interface Asked {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

export const CONTEXT = { 'steward-market': 'us', 'steward-language': 'de' };

/** The page of a product, as a storefront asks for it: about 2 kB. */
export const PAGE = `query Page($sku: String!) {
  product(sku: $sku) {
    id name description slug brand
    breadcrumbs { id name slug }
    media { url alt }
    price { value { amount currency } listValue { amount } tax validUntil }
    priceVaries
    availability { state quantity asOf stale }
    variants { sku availability { state quantity } }
    asOf stale
  }
}`;

export const TRUSTED_ID = 'product-page';

export const restPage = (sku: string): Asked => ({ method: 'GET', path: `/v1/products/${encodeURIComponent(sku)}`, headers: CONTEXT });

export const restList = (categoryId: string): Asked => ({
  method: 'GET',
  path: `/v1/products?category=${encodeURIComponent(categoryId)}&sort=price&first=24`,
  headers: CONTEXT,
});

export const storedPage = (sku: string): Asked => ({
  method: 'GET',
  path: `/graphql?documentId=${TRUSTED_ID}&variables=${encodeURIComponent(JSON.stringify({ sku }))}`,
  headers: CONTEXT,
});

/** A variable that the document doesn't use makes each request another, and its answer the same. */
export const freePage = (sku: string): Asked => ({
  method: 'POST',
  path: '/graphql',
  headers: { ...CONTEXT, 'content-type': 'application/json' },
  body: JSON.stringify({ query: PAGE, variables: { sku, visit: COUNTER } }),
});

export function bytesOf({ method, path, headers, body }: Asked): Buffer {
  const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
  const lines = Object.entries({ host: 'localhost', ...headers, ...length }).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n${body ?? ''}`);
}
