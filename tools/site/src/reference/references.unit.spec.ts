import { renderAsyncApi } from './asyncapi';
import { renderGraphql } from './graphql';
import { renderOpenApi } from './openapi';

describe('the reference of an HTTP API', () => {
  const page = renderOpenApi('Shop', {
    info: { title: 'Shop', description: 'Sells <things>.' },
    paths: {
      '/orders/{id}': {
        post: {
          operationId: 'changeOrder', summary: 'Change it', description: 'Needs a reason.',
          parameters: [{ name: 'id', in: 'path', required: true }],
          requestBody: { content: { 'application/json': { schema: { type: 'object', required: ['lines'], properties: { lines: { type: 'array', items: { type: 'object', properties: { sku: { type: ['string', 'null'], description: 'a | b' } } } } } } } } },
          responses: { 200: { description: 'Done.', content: { 'application/json': { schema: { $ref: '#/components/schemas/Order' } } } } },
        },
      },
    },
    components: { schemas: { Order: { type: 'object', properties: { state: { enum: ['OPEN', 'DONE'] } } } } },
  }, 'shop.json');

  it('has a place for each operation and each shape, with every field at any depth', () => {
    expect(page).toContain('[`POST /orders/{id}`](#post-ordersid)');
    expect(page).toContain('### `POST /orders/{id}`\n\nChange it. Needs a reason. Id: `changeOrder`.');
    expect(page).toContain('| `lines[].sku` | string or null | no | a \\| b |');
    expect(page).toContain('| 200 | [Order](#order), `application/json` | Done. |');
    expect(page).toMatch(/### Order\n\n[^]*\| `state` \| `OPEN`, `DONE` \| no \|/);
  });

  it('lets no description become an element of the page', () => {
    expect(page).toContain('Sells &lt;things>.');
  });
});

describe('the reference of the GraphQL schema', () => {
  const page = renderGraphql('Shop', '"How." directive @in(market: String) on QUERY\ntype Query { "By id." order(id: ID!, first: Int = 20): [Order!]! }\ntype Order { state: State! }\nenum State { "Still." OPEN }\ninput Filter { words: [String!] }', 'shop.graphql');

  it('has what may be asked first, and links between types', () => {
    expect(page.indexOf('### Query')).toBeLessThan(page.indexOf('### Order'));
    expect(page).toContain('| `order` | [[Order](#order)!]! | `id`: ID!, `first`: Int = `20` | By id. |');
    expect(page).toContain('| `OPEN` | Still. |');
    expect(page).toContain('On `QUERY`, with `market`: String.');
  });
});

describe('the reference of messages', () => {
  it('says of each subject who sends and who takes it', () => {
    const page = renderAsyncApi('Messages', JSON.stringify({
      info: { description: 'CloudEvents.' },
      channels: { 'pim.product.v1': { address: 'evt.pim.product.v1.{key}', messages: { product: {} }, tags: [], 'x-stream': 'PIM_STATE' } },
      operations: {
        a: { action: 'send', channel: { $ref: '#/channels/pim.product.v1' }, tags: [{ name: 'pim' }] },
        b: { action: 'receive', channel: { $ref: '#/channels/pim.product.v1' }, summary: 'durable gateway-catalogue', tags: [{ name: 'gateway' }] },
      },
      components: { schemas: {} },
    }), 'asyncapi.yaml');
    expect(page).toContain('| `evt.pim.product.v1.{key}` | [product](../contracts/product.md) | `PIM_STATE` | pim | gateway (durable gateway-catalogue) |');
  });
});
