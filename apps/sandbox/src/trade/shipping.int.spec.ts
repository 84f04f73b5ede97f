import { failOnLeaks } from '@steward/testing';
import { aSale, startTrial, type Trial } from '../trial.client';

describe('the warehouse', () => {
  let trial: Trial;
  beforeAll(async () => {
    trial = await startTrial({ STEWARD_SANDBOX_RATE_LIMIT: '0' });
  });
  afterAll(async () => trial.stop());
  beforeEach(async () => {
    await trial.control('POST', '/erp/stock', [{ id: 'TENT-1@HAM-1', quantity: 2 }, { id: 'TENT-1@MUC-2', quantity: 5 }, { id: 'TENT-1@SMALL@HAM-1', quantity: 99 }]);
  });
  failOnLeaks();

  const onHand = async (warehouse: string): Promise<number> => (await trial.control('GET', `/erp/stock/TENT-1%40${warehouse}`)).json.quantity;
  const ship = (body: Record<string, unknown>) => trial.control('POST', '/erp/ship', body);

  test('ships what is open from where there is most, and nothing twice', async () => {
    await trial.call('POST', '/erp/sales', aSale('W-1', 'TENT-1')); // 3 pieces
    const { status, json } = await ship({ reference: 'W-1' });
    expect([status, json.shipments]).toMatchObject([201, [{ reference: 'W-1', warehouse: 'MUC-2', state: 'shipped', positions: [{ line: '1', article: 'TENT-1', pieces: 3 }], shippedAt: expect.stringMatching(/^\d{4}-/) }]]);
    expect([await onHand('HAM-1'), await onHand('MUC-2')]).toEqual([2, 2]);
    expect((await ship({ reference: 'W-1' })).json).toMatchObject({ code: 'SANDBOX_RECORD_INVALID', errors: [{ pointer: '/reference' }] });
  });

  test('splits a line over warehouses, and ships a part of it when told', async () => {
    await trial.call('POST', '/erp/sales', { ...aSale('W-2', 'TENT-1'), positions: [{ line: '1', article: 'TENT-1', pieces: 7, unitPrice: '1', taxPercent: '19', taxIncluded: true, net: '5.88', gross: '7.00' }] });
    expect((await ship({ reference: 'W-2', positions: [{ line: '1', pieces: 1 }], warehouse: 'HAM-1' })).json.shipments).toMatchObject([{ warehouse: 'HAM-1', positions: [{ pieces: 1 }] }]);
    expect((await ship({ reference: 'W-2', positions: [{ line: '1', pieces: 7 }] })).json.errors).toMatchObject([{ pointer: '/positions/0/pieces' }]);
    expect((await ship({ reference: 'W-2' })).json.shipments).toMatchObject([{ warehouse: 'MUC-2', positions: [{ pieces: 5 }] }, { warehouse: 'HAM-1', positions: [{ pieces: 1 }] }]);
    expect([await onHand('HAM-1'), await onHand('MUC-2')]).toEqual([0, 0]);
  });

  test('ships nothing that is not there, and nobody’s order', async () => {
    await trial.control('PUT', '/erp/stock/TENT-1%40MUC-2', { quantity: 0 });
    await trial.call('POST', '/erp/sales', aSale('W-3', 'TENT-1'));
    expect((await ship({ reference: 'W-3' })).json).toMatchObject({ code: 'SANDBOX_RECORD_INVALID' });
    expect(await onHand('HAM-1')).toBe(2);
    expect((await ship({ reference: 'W-9' })).json).toMatchObject({ code: 'SANDBOX_NOT_FOUND' });
  });
});
