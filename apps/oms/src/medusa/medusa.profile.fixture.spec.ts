/** As much of Medusa 2 with our plugin as the connector asks for: orders under numbers that are given once, and their cancellation. */
import { type FakeAnswer, type FakeRequest, startFake, type VendorProfile } from '@steward/conformance';
import { writings } from '../fixtures/writings.fixture.spec';

const apiKey = 'sk_conformance_1234567890';

export const profile: VendorProfile = {
  start: async () => {
    const orders = new Orders();
    const standIn = await startFake({ things: {}, answer: (request) => answer(request, orders) });
    const writes = writings({
      placed: async (number) => orders.all().filter((order) => order.number === number).length,
      known: (n) => orders.known(n).id,
      cancelled: async (reference) => orders.all().filter(({ id, status }) => id === reference && status === 'canceled').length,
    });
    return { ...standIn, writes };
  },
  settings: (url) => ({ STEWARD_MEDUSA_URL: url, STEWARD_MEDUSA_API_KEY: apiKey }),
  empty: (given) => given,
  truncated: (given) => given,
  lacks: [
    'Make an order with the promised taxes by its own interface: a plugin in it does.',
    'Tell others of what happens in it: events end in its own process, so cancellations are asked for every 15 s.',
    'Show by a time that an order changed: it stands still while payments are captured, so nothing is read by it.',
    'Round: the tax it shows may differ from the promised one by up to a cent a line. Gross amounts and totals don’t.',
    'Know what is paid and shipped: its orders stay `not_paid` and `not_fulfilled`.',
    'Cancel an order of which something is being packed there: it becomes a case.',
    '[Connect Medusa as the OMS](how-to/connect-medusa.md) tells what to do about each.',
  ],
};

interface Kept {
  readonly id: string;
  readonly number: string;
  readonly steward_order_id: string;
  status: string;
}

class Orders {
  private readonly byId = new Map<string, Kept>();

  all(): Kept[] {
    return [...this.byId.values()];
  }
  find(id: string): Kept | undefined {
    return this.byId.get(id);
  }
  place(number: string, owner: string): Kept {
    const found = this.all().find((order) => order.number === number) ?? { id: `order_${this.byId.size + 1}`, number, steward_order_id: owner, status: 'pending' };
    this.byId.set(found.id, found);
    return found;
  }
  known(n: number): Kept {
    return this.place(`W-KNOWN${n}`, `known-${n}`);
  }
}

interface Placing {
  readonly number: string;
  readonly order: { readonly metadata: { readonly steward_order_id: string } };
}

function answer({ method, path, query, headers, body }: FakeRequest, orders: Orders): FakeAnswer {
  if (headers['authorization'] !== `Basic ${Buffer.from(`${apiKey}:`).toString('base64')}`) return { status: 401, body: { message: 'Unauthorized' } };
  if (path === '/admin/steward/orders') {
    if (method === 'GET') return { body: { orders: orders.all().filter(({ number }) => number === query.get('number')) } };
    const { number, order } = body as Placing;
    return { body: { order: orders.place(number, order.metadata.steward_order_id) } };
  }
  const [, id = '', doing] = /^\/admin\/orders\/([^/]+)(\/cancel)?$/.exec(path) ?? [];
  const order = orders.find(id);
  if (order === undefined) return { status: 404, body: { type: 'not_found', message: `Order id not found: ${id}` } };
  if (doing !== undefined) {
    if (order.status === 'canceled') return { status: 400, body: { type: 'invalid_data', message: `Order with id ${id} has been canceled.` } };
    order.status = 'canceled';
  }
  return { body: { order: { id, status: order.status } } };
}
