/** The connector at a server that answers as Medusa has answered, and fails as servers do. */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isNothingSent, resilientHttp } from '@steward/adapter-kit';
import { createLogger, systemClock } from '@steward/platform';
import { freePort } from '@steward/servers';
import type { OmsSource } from '../effects/ports';
import { medusaConnector } from './medusa.connector';
import { answers, order, type Recorded, request as sentOrder } from './recorded.fixture.spec';

const logger = createLogger({ service: 'oms-test', level: 'silent' });
const apiKey = 'sk_only_here_1234567890';
const reference = 'order_01M8G0V7SFB05EHY77YZWN0J3C';

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly authorization: string | undefined;
  readonly body: unknown;
}
type Next = Recorded | readonly [number, unknown] | 'cut' | 'hang';

describe('Medusa as an OMS', () => {
  let server: Server;
  let http: ReturnType<typeof resilientHttp>;
  let asked: Asked[];
  let next: Next[];

  beforeEach(async () => {
    asked = [];
    next = [];
    server = createServer(async (request, response) => {
      const text = await bodyOf(request);
      asked.push({ method: request.method ?? '', path: request.url ?? '', authorization: request.headers.authorization, body: text === '' ? undefined : JSON.parse(text) });
      const answer = next.shift() ?? 'broken';
      if (answer === 'cut') return void request.socket.destroy();
      if (answer === 'hang') return;
      const [status, body] = typeof answer === 'string' ? answers[answer] : answer;
      response.writeHead(status).end(typeof body === 'string' ? body : JSON.stringify(body));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    // Only what hangs is to be late; whatever else answers at once must not be so on a busy machine.
    http = resilientHttp({ dependency: 'oms-medusa', clock: systemClock, logger, limits: { ...medusaConnector.limits, deadlineMs: 4_000, attemptMs: 3_000 } });
  });
  afterEach(async () => {
    await http.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  const at = (port: number): OmsSource =>
    medusaConnector.open({ env: { STEWARD_MEDUSA_URL: `http://127.0.0.1:${port}/`, STEWARD_MEDUSA_API_KEY: apiKey }, http, clock: systemClock, logger }) as OmsSource;
  const medusa = (): OmsSource => at((server.address() as AddressInfo).port);
  const call = { key: 'O-1', idempotencyKey: 'place:O-1', signal: new AbortController().signal, answer: null };
  const place = (...given: Next[]) => {
    next = given;
    return medusa().desk.place.submit({ orderId: 'O-1', order }, call);
  };
  const look = (...given: Next[]) => {
    next = given;
    return medusa().desk.place.look({ orderId: 'O-1', order }, call);
  };
  const cancelling = { orderId: 'O-1', reference, reason: 'cancelled by customer' };
  const cancel = (...given: Next[]) => {
    next = given;
    return medusa().desk.cancel.submit(cancelling, call);
  };
  const faultOf = (work: Promise<unknown>): Promise<Error> => work.then((value) => Promise.reject(new Error(`it answered ${JSON.stringify(value)}`)), (error: Error) => error);

  it('places an order in one request, and finds it by its number', async () => {
    expect(await place('placed')).toEqual({ kind: 'confirmed', answer: { reference } });
    expect(asked).toEqual([{ method: 'POST', path: '/admin/steward/orders', authorization: `Basic ${Buffer.from(`${apiKey}:`).toString('base64')}`, body: sentOrder }]);
    expect(await look('found')).toEqual({ kind: 'confirmed', answer: { reference } });
    expect(asked.at(-1)).toMatchObject({ method: 'GET', path: '/admin/steward/orders?number=W-10000001' });
    expect(await look('none')).toEqual({ kind: 'absent' });
    expect(await look([200, { orders: [{ ...answers.found[1].orders[0], number: 'W-10000002' }] }])).toEqual({ kind: 'absent' });
    // Somebody there was quicker than we: it was placed, and is cancelled.
    expect(await look('foundCancelled')).toEqual({ kind: 'confirmed', answer: { reference } });
  });

  it('is told no', async () => {
    expect(await place('otherTotal')).toEqual({ kind: 'refused', code: 'not_allowed', reason: answers.otherTotal[1].message });
    expect(await place('noRegion')).toMatchObject({ kind: 'refused', code: 'not_allowed' });
    expect(await place('numberTaken')).toMatchObject({ kind: 'refused', code: 'number_taken' });
    const others = { ...answers.found[1].orders[0], steward_order_id: 'O-2' };
    expect(await look([200, { orders: [others] }])).toMatchObject({ kind: 'refused', code: 'number_taken' });
    // Metadata that somebody has edited make nothing of it.
    expect(await look([200, { orders: [{ ...others, steward_order_id: null }] }])).toMatchObject({ kind: 'confirmed' });
  });

  it.each<[string, Next]>([['a wrong key', 'wrongKey'], ['no plugin', 'noPlugin'], ['a plugin that can’t number orders', 'notConfigured'], ['too many requests', [429, { message: 'later' }]]])('S6: knows that nothing was sent: %s', async (_name, answer) => {
    expect(isNothingSent(await faultOf(place(answer)))).toBe(true);
    expect(asked).toHaveLength(1);
  });

  it('S6: knows that nothing was sent: nobody there', async () => {
    expect(isNothingSent(await faultOf(at(await freePort()).desk.place.submit({ orderId: 'O-1', order }, call)))).toBe(true);
  });

  it.each<[string, Next]>([['no answer in time', 'hang'], ['a connection that was cut', 'cut'], ['a failure', 'broken'], ['a request at work', 'atWork'], ['an answer that is none', [200, { order: {} }]], ['a page of somebody else', [200, '<html>']], ['a redirection', [302, '']]])('S6: does not know what became of it, and asks no second time: %s', async (_name, answer) => {
    const fault = await faultOf(place(answer));
    expect(isNothingSent(fault)).toBe(false);
    expect(asked).toHaveLength(1);
  });

  it.each<[string, Next]>([['without its plugin', 'noPlugin'], ['with a wrong key', 'wrongKey'], ['that says something else', [200, { order: [] }]], ['that does not like the question', [400, { type: 'invalid_data', message: 'x' }]]])('takes a Medusa %s for no absence of an order', async (_name, answer) => {
    await expect(look(answer)).rejects.toThrow();
  });

  it('cancels an order, and knows one that was cancelled before', async () => {
    const done = { kind: 'confirmed', answer: { reference } };
    expect(await cancel('cancelled')).toEqual(done);
    expect(asked).toMatchObject([{ method: 'POST', path: `/admin/orders/${reference}/cancel` }]);
    expect(await cancel('cancelledBefore', 'cancelled')).toEqual(done);
    expect(await cancel('beingPacked', 'open')).toEqual({ kind: 'refused', code: 'not_allowed', reason: answers.beingPacked[1].message });
    expect(await cancel('unknown', 'unknown')).toMatchObject({ kind: 'refused', code: 'not_found' });
    next = ['open', 'cancelled', 'unknown'];
    const lookForIt = () => medusa().desk.cancel.look(cancelling, call);
    expect([await lookForIt(), await lookForIt(), await lookForIt()]).toEqual([{ kind: 'absent' }, done, { kind: 'absent' }]);
    expect(isNothingSent(await faultOf(cancel('wrongKey')))).toBe(true);
    expect(isNothingSent(await faultOf(cancel('cut')))).toBe(false);
  });

  it('asks for cancelled orders page by page', async () => {
    const page = (...ids: string[]): Next => [200, { orders: ids.map((id) => ({ id, number: `W-${id}`, steward_order_id: null, status: 'canceled' })), limit: 2 }];
    next = [page('1', '2'), page('3', '4'), page()];
    expect(await medusa().cancelledSince?.(new Date('2026-11-24T10:00:00Z'), call.signal)).toEqual(['W-1', 'W-2', 'W-3', 'W-4']);
    expect(asked.map(({ path }) => path)).toEqual(['', '&after=2', '&after=4'].map((after) => `/admin/steward/orders?canceled_since=2026-11-24T10%3A00%3A00.000Z${after}`));
  });

  it('tells nobody its key', async () => {
    const echo = (status: number): Next => [status, { type: 'x', message: `you said Basic ${Buffer.from(`${apiKey}:`).toString('base64')}` }];
    const faults = [await faultOf(place(echo(500))), await faultOf(place('cut')), await faultOf(place('wrongKey'))];
    expect(faults.map((fault) => `${fault.message} ${fault.stack} ${JSON.stringify(fault)}`).join()).not.toContain(Buffer.from(apiKey).toString('base64').slice(0, 20));
  });
});

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString();
}
