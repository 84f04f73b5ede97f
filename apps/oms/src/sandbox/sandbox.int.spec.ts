/** The connector against the sandbox process's OMS. */
import { isNothingSent, type ResilientHttp, resilientHttp } from '@steward/adapter-kit';
import { createLogger, systemClock } from '@steward/platform';
import type { OrderDesk } from '../effects/ports';
import { placedUnder, type SandboxProcess, startSandbox, token } from '../fixtures/sandbox.fixture.spec';
import { orderOf } from '../saga/orders.fixture.spec';
import type { KeptOrder } from '../saga/saga';
import { sandboxConnector } from './sandbox.connector';

const logger = createLogger({ service: 'oms-test', level: 'silent' });

describe('the sandbox as an OMS', () => {
  let sandbox: SandboxProcess;
  let http: ResilientHttp;
  let desk: OrderDesk;
  beforeAll(async () => {
    sandbox = await startSandbox();
  });
  beforeEach(async () => {
    await sandbox.control('DELETE', 'oms/faults');
    http = resilientHttp({ dependency: 'oms-sandbox', clock: systemClock, logger, limits: { deadlineMs: 1_000, attemptMs: 1_000 } });
    ({ desk } = sandboxConnector.open({ env: { STEWARD_SANDBOX_URL: sandbox.url, STEWARD_SANDBOX_TOKEN: token }, http, clock: systemClock, logger }));
  });
  afterEach(() => http.close());
  afterAll(() => sandbox.stop());

  const call = (kind: string, key: string) => ({ key, idempotencyKey: `${kind}:${key}`, signal: new AbortController().signal });
  function order(number: string, more: Partial<KeptOrder> = {}): { orderId: string; order: KeptOrder } {
    const { payment: _payment, idempotencyHash: _hash, lines, ...rest } = orderOf({ lines: [{ quantity: 3, grossAmount: 1_000 }], shipping: 490 }, number);
    return { orderId: number, order: { ...rest, number, lines: lines.map(({ promise: _promise, ...line }) => line), ...more } };
  }
  const place = (request: ReturnType<typeof order>) => desk.place.submit(request, call('place', request.orderId));
  const look = (request: ReturnType<typeof order>) => desk.place.look(request, { ...call('look', request.orderId), answer: null });
  const fault = (kind: string, more: object = {}) => sandbox.control('POST', 'oms/faults', { kind, times: 1, match: { method: 'POST' }, ...more });

  it('takes an order, shows it under our number, and cancels it', async () => {
    const request = order('W-SANDBOX1');
    expect(await look(request)).toEqual({ kind: 'absent' });
    const placed = await place(request);
    expect(placed).toMatchObject({ kind: 'confirmed' });
    expect(await look(request)).toEqual(placed);
    const reference = placed.kind === 'confirmed' ? placed.answer.reference : '';
    const cancel = { orderId: request.orderId, reference, reason: 'cancelled by customer' };
    const lookForCancel = () => desk.cancel.look(cancel, { ...call('look', request.orderId), answer: null });
    expect(await lookForCancel()).toEqual({ kind: 'absent' });
    expect(await desk.cancel.submit(cancel, call('cancel-placed', request.orderId))).toEqual({ kind: 'confirmed', answer: { reference } });
    expect(await lookForCancel()).toMatchObject({ kind: 'confirmed' });
    expect(await placedUnder(sandbox, 'W-SANDBOX1')).toMatchObject([{ state: 'cancelled', total: '14.90', positions: [{ article: 'SKU-1', pieces: 3, sum: '10.00', taxPercent: '19.00' }], freight: '4.90' }]);
  });

  it('refuses with its own code what does not add up', async () => {
    const request = order('W-SANDBOX2', { totals: { netAmount: 1, taxAmount: 0, grossAmount: 1 } });
    expect(await place(request)).toMatchObject({ kind: 'refused', code: 'total_mismatch' });
    expect(await placedUnder(sandbox, 'W-SANDBOX2')).toEqual([]);
  });

  it('S6: a lost answer is not known, found by our number, and with the same key no second order', async () => {
    const request = order('W-SANDBOX3');
    await fault('drop-after-commit');
    const failure = await place(request).then(() => undefined, (error: unknown) => error);
    expect([failure instanceof Error, isNothingSent(failure)]).toEqual([true, false]);
    expect(await look(request)).toMatchObject({ kind: 'confirmed' });
    expect(await place(request)).toMatchObject({ kind: 'confirmed' });
    expect(await placedUnder(sandbox, 'W-SANDBOX3')).toHaveLength(1);
  });

  it('S6: while the first request is still being done, the second one knows nothing', async () => {
    const request = order('W-SANDBOX4');
    await fault('late-commit', { delayMs: 2_500 });
    await expect(place(request)).rejects.toMatchObject({ code: 'SOURCE_TIMEOUT' });
    await expect(place(request)).rejects.toMatchObject({ code: 'SOURCE_UNAVAILABLE' });
  });
});
