import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { contracts, customer, order, placeOrder, stockLevel } from '@steward/contracts';
import { withoutPersonal } from './without-personal';

const folder = join(__dirname, '../../../../contracts');
const examples = contracts.flatMap((contract) => globSync(`${contract.entity}/examples/*.json`, { cwd: folder }).map((file) => ({ file, contract, data: JSON.parse(readFileSync(join(folder, file), 'utf8')) as unknown })));

/** All texts and numbers of what the contract calls personal. */
function personalValues(data: unknown, paths: readonly string[]): unknown[] {
  const at = (value: unknown, [name, ...rest]: readonly string[]): unknown[] => {
    if (name === undefined) return leaves(value);
    if (typeof value !== 'object' || value === null) return [];
    return Object.entries(value).flatMap(([key, inner]) => (name === '*' || name === key ? at(inner, rest) : []));
  };
  return paths.flatMap((path) => at(data, path.split('/').slice(1)));
}
const leaves = (value: unknown): unknown[] => (typeof value === 'object' && value !== null ? Object.values(value).flatMap(leaves) : value === null || typeof value === 'boolean' ? [] : [value]);

describe('data without what is personal', () => {
  it.each(examples.filter(({ contract }) => contract.piiPaths.length > 0))('$file: nothing personal is left, and it still fits its contract', ({ contract, data }) => {
    const cleared = withoutPersonal(contract, data);
    expect(contract.validateProduced(cleared)).toEqual([]);
    const left = JSON.stringify(cleared);
    for (const value of personalValues(data, contract.piiPaths)) expect(left).not.toContain(JSON.stringify(value));
  });

  it('leaves everything else as it was', () => {
    const data = { sku: 'S', location: 'main', onHand: 3 };
    expect(withoutPersonal(stockLevel, data)).toEqual(data);
    const full = examples.find(({ contract }) => contract === order)?.data as Record<string, unknown>;
    const { email: _email, shippingAddress: _address, payment: _payment, ...kept } = withoutPersonal(order, full) as Record<string, unknown>;
    expect(full).toMatchObject(kept);
  });

  it('drops what a newer version of the contract has added: nobody knows whether it is personal', () => {
    const full = examples.find(({ contract, file }) => contract === customer && file.endsWith('full.json'))?.data as { consents: object[] };
    const newer = { ...full, birthday: '1990-01-01', consents: full.consents.map((consent) => ({ ...consent, ip: '203.0.113.7' })) };
    const left = JSON.stringify(withoutPersonal(customer, newer));
    expect(left).not.toMatch(/birthday|203\.0\.113/);
    expect(left).toContain('marketing-email');
  });

  it('forgets what was paid with, but not how', () => {
    const paid = examples.find(({ contract, data }) => contract === placeOrder && (data as { payment: { paymentMethodToken: unknown } }).payment.paymentMethodToken !== null)?.data;
    expect(withoutPersonal(placeOrder, paid)).toMatchObject({ payment: { method: 'card', paymentMethodToken: 'erased' } });
  });
});
