import type { GatewayApi } from '../api/gateway-api';
import { apiOn, get, graphql, stage } from '../fixtures/api.fixture.spec';
import { aProduct, products } from '../fixtures/read-model.fixture.spec';
import { GRAPHQL_BODY_LIMIT } from '../graphql/graphql.routes';

let scene: Awaited<ReturnType<typeof stage>>;
let api: GatewayApi;
let closed: GatewayApi;

beforeAll(async () => {
  scene = await stage();
  api = await apiOn(scene.url);
  closed = await apiOn(scene.url, { env: { STEWARD_MODE: 'production' } });
  await products(scene.database, { key: 'cap', revision: 1, data: aProduct('cap') });
});
afterAll(async () => {
  await api.stop();
  await closed.stop();
  await scene.close();
});

describe('bad input at REST', () => {
  it.each([
    ['/v1/products?first=9999', 'GATEWAY_ARGUMENT_REFUSED', '/first', 'a whole number from 1 to 250'],
    ['/v1/products?first=0', 'GATEWAY_ARGUMENT_REFUSED', '/first', 'a whole number from 1 to 250'],
    ['/v1/products?first=ten', 'GATEWAY_ARGUMENT_REFUSED', '/first', 'a whole number from 1 to 250'],
    ['/v1/products?first=1&first=2', 'GATEWAY_ARGUMENT_REFUSED', '/first', 'one value'],
    ['/v1/products?frist=10', 'GATEWAY_ARGUMENT_REFUSED', '/frist', 'first, after, category, search, availability, sort, attribute.<name>'],
    ['/v1/products?sort=cheapest', 'GATEWAY_ARGUMENT_REFUSED', '/sort', 'id, name, price, -price, relevance'],
    ['/v1/products?sort=relevance', 'GATEWAY_ARGUMENT_REFUSED', '/sort', 'RELEVANCE only together with search'],
    ['/v1/products?availability=IN_STOCK,SOON', 'GATEWAY_ARGUMENT_REFUSED', '/availability', 'IN_STOCK, LOW_STOCK, OUT_OF_STOCK, BACKORDER, UNKNOWN'],
    [`/v1/products?search=${'x'.repeat(201)}`, 'GATEWAY_ARGUMENT_REFUSED', '/search', 'text of at most 200 characters without NUL'],
    ['/v1/products/cap?language=de', 'GATEWAY_ARGUMENT_REFUSED', '/language', 'no query parameters'],
    ['/v1/products?after=cap', 'GATEWAY_CURSOR_REFUSED', '/after', 'a cursor from an earlier page of the same list, unchanged'],
    [`/v1/products?after=${Buffer.from('["list",null,"cap"]').toString('base64url')}`, 'GATEWAY_CURSOR_REFUSED', '/after', 'a cursor from an earlier page of the same list, unchanged'],
    [`/v1/products?after=${Buffer.from('[null,null,"a\0b"]').toString('base64url')}`, 'GATEWAY_CURSOR_REFUSED', '/after', 'a cursor from an earlier page of the same list, unchanged'],
  ])('%s is refused with code, place and what is accepted', async (path, code, pointer, accepted) => {
    const { status, headers, json } = await get(api, path);
    expect([status, json.code, json.errors[0]?.pointer, json.errors[0]?.accepted]).toEqual([400, code, pointer, accepted]);
    expect(headers.get('cache-control')).toBe('no-store');
  });

  it('an unknown market is refused with those there are', async () => {
    const { status, json } = await get(api, '/v1/products/cap', { 'steward-market': 'mars' });
    expect([status, json.code, json.errors[0]?.accepted]).toEqual([400, 'GATEWAY_CONTEXT_REFUSED', 'a market of this shop: eu, us']);
  });

  it('an unknown category is 404, by itself and as a filter', async () => {
    for (const path of ['/v1/categories/none', '/v1/products?category=none']) expect([(await get(api, path)).status, (await get(api, path)).json.code]).toEqual([404, 'GATEWAY_CATEGORY_UNKNOWN']);
  });

  it('a malformed context header is refused by its name', async () => {
    const { status, json } = await get(api, '/v1/products/cap', { 'steward-currency': 'euro' });
    expect([status, json.code, json.errors[0]?.pointer]).toEqual([400, 'GATEWAY_CONTEXT_REFUSED', 'steward-currency']);
  });

  it('a broken percent escape, a body and another method are no server errors', async () => {
    expect((await get(api, '/v1/products/%zz')).status).toBe(404);
    expect((await fetch(`${api.storefrontUrl}/v1/products`, { method: 'DELETE' })).status).toBe(404);
    expect((await get(api, `/v1/products/${'x'.repeat(1_900)}`)).status).toBe(404);
  });
});

describe('bad input at GraphQL', () => {
  const refusal = async (body: unknown, headers: Record<string, string> = {}, at = api) => {
    const { status, json } = await graphql(at, body, headers);
    const [error] = json.errors;
    expect(error?.extensions.traceId).toMatch(/^[0-9a-f]{32}$/);
    return { status, code: error?.extensions.code, place: error?.extensions.place, accepted: error?.extensions.accepted };
  };

  it('an unknown argument is refused and the known ones are named', async () => {
    expect(await refusal('{ product(sku: "cap", skux: 1) { sku } }')).toEqual({ status: 400, code: 'GRAPHQL_DOCUMENT_INVALID', place: '/query', accepted: 'sku' });
  });

  it.each([
    ['first=9999', '{ products(first: 9999) { nodes { sku } } }', 'GRAPHQL_TOO_COSTLY'],
    ['first=251', '{ products(first: 251) { nodes { sku } } }', 'GATEWAY_ARGUMENT_REFUSED'],
    ['first=-1', '{ products(first: -1) { nodes { sku } } }', 'GATEWAY_ARGUMENT_REFUSED'],
    ['a bad cursor', '{ products(after: "x") { nodes { sku } } }', 'GATEWAY_CURSOR_REFUSED'],
    ['a syntax error', '{ product(', 'GRAPHQL_DOCUMENT_INVALID'],
    ['a document as an AST in JSON', '{"kind":"Document","definitions":[]}', 'GRAPHQL_DOCUMENT_INVALID'],
    ['a mutation', 'mutation { x }', 'GRAPHQL_DOCUMENT_INVALID'],
    ['two operations and no name', 'query A { __typename } query B { __typename }', 'GRAPHQL_DOCUMENT_INVALID'],
    ['1,000 aliases', `{ ${Array.from({ length: 1_000 }, (_, index) => `a${String(index)}: __typename`).join(' ')} }`, 'GRAPHQL_TOO_MANY_TOKENS'],
    ['31 aliases', `{ ${Array.from({ length: 31 }, (_, index) => `a${String(index)}: __typename`).join(' ')} }`, 'GRAPHQL_TOO_MANY_ALIASES'],
    ['a deep query', `{ products { edges { node { ${'seo { '.repeat(20)} title ${'}'.repeat(20)} } } } }`, 'GRAPHQL_TOO_DEEP'],
    ['a bomb of fragments', `{ ...f0 } ${Array.from({ length: 30 }, (_, index) => `fragment f${String(index)} on Query { ...f${String(index + 1)} ...f${String(index + 1)} }`).join(' ')} fragment f30 on Query { __typename }`, 'GRAPHQL_TOO_COSTLY'],
    ['a ring of fragments', '{ ...a } fragment a on Query { ...b } fragment b on Query { ...a }', 'GRAPHQL_DOCUMENT_INVALID'],
    ['250 products five times', `{ ${Array.from({ length: 5 }, (_, index) => `p${String(index)}: products(first: 250) { nodes { sku } }`).join(' ')} }`, 'GRAPHQL_TOO_COSTLY'],
  ])('%s is refused with its own code', async (_name, query, code) => {
    expect(await refusal(query)).toMatchObject({ status: 400, code });
  });

  it('counts what a variable asks for', async () => {
    const query = 'query Q($n: Int) { a: products(first: $n) { nodes { sku } } b: products(first: $n) { nodes { sku } } }';
    expect(await refusal({ query, variables: { n: 501 } })).toMatchObject({ status: 400, code: 'GRAPHQL_TOO_COSTLY' });
    // Interpreted first, compiled from the third time on: both say the same.
    for (let time = 0; time < 4; time++) {
      expect(await refusal({ query, variables: { n: 'many' } })).toMatchObject({ status: 400, code: 'GRAPHQL_DOCUMENT_INVALID' });
      expect((await graphql(api, { query, variables: { n: 1 + time } })).status).toBe(200);
    }
  });

  it('a header and a directive that disagree are a conflict, not a guess', async () => {
    const query = '{ product(sku: "cap") { name } }';
    expect(await refusal(`query @inContext(language: "de") ${query}`, { 'steward-language': 'en' })).toMatchObject({ status: 400, code: 'GATEWAY_CONTEXT_CONFLICT', place: '@inContext(language)' });
    expect((await graphql(api, `query @inContext(language: "de") ${query}`, { 'steward-language': 'de' })).status).toBe(200);
    expect(await refusal(`query @inContext(currency: "euro") ${query}`)).toMatchObject({ status: 400, code: 'GATEWAY_CONTEXT_REFUSED' });
    expect(await refusal(query, { 'steward-currency': 'euro' })).toMatchObject({ status: 400, code: 'GATEWAY_CONTEXT_REFUSED', place: 'steward-currency' });
    expect(await refusal(`query @inContext(region: "x") ${query}`)).toMatchObject({ status: 400, code: 'GRAPHQL_DOCUMENT_INVALID' });
  });

  it('a huge body is refused before it is read whole', async () => {
    const { status, json } = await graphql(api, `{ product(sku: "${'x'.repeat(GRAPHQL_BODY_LIMIT)}") { sku } }`);
    expect([status, json.errors[0]?.extensions.code]).toEqual([413, 'GATEWAY_BODY_TOO_LARGE']);
  });

  it('batches, unknown members, bodies that are no JSON and other media types are refused', async () => {
    expect(await refusal([{ query: '{ __typename }' }])).toMatchObject({ status: 400, code: 'GRAPHQL_BATCH_REFUSED' });
    expect(await refusal({ query: '{ __typename }', variable: {} })).toMatchObject({ status: 400, code: 'GATEWAY_ARGUMENT_REFUSED', place: '/variable' });
    expect(await refusal({ variables: {} })).toMatchObject({ status: 400, code: 'GRAPHQL_DOCUMENT_INVALID' });
    const post = (type: string, body: string) => fetch(`${api.storefrontUrl}/graphql`, { method: 'POST', headers: { 'content-type': type }, body });
    expect((await post('application/json', '{')).status).toBe(400);
    expect((await post('text/xml', '<a/>')).status).toBe(415);
    expect((await get(api, '/graphql?query={__typename}&variables=x')).status).toBe(400);
  });

  it('an error of one field leaves the others and says its path', async () => {
    const { status, json } = await graphql(api, '{ product(sku: "cap") { sku } other: product(sku: "nothing") { sku } }');
    expect([status, json.data]).toEqual([200, { product: { sku: 'cap' }, other: null }]);
  });

  it('production refuses introspection and free documents, and has no explorer', async () => {
    expect(await refusal('{ product(sku: "cap") { sku } }', {}, closed)).toMatchObject({ status: 400, code: 'GRAPHQL_FREE_DOCUMENT_REFUSED' });
    expect((await get(closed, '/graphiql')).status).toBe(404);
    expect((await graphql(api, '{ __schema { queryType { name } } }')).status).toBe(200);
    expect((await fetch(`${api.storefrontUrl}/graphiql`)).status).toBe(200);
  });
});
