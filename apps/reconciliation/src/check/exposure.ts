import type { DriftRow } from '@steward/contracts';
import type { DifferingField } from './differ';

type Data = Readonly<Record<string, unknown>> | null;

/** Current amount of a piece, where one is known: in minor units. */
export type PriceOf = (sku: string) => { readonly amount: number; readonly currency: string } | undefined;

const numberAt = (data: Data, field: string): number => (typeof data?.[field] === 'number' ? (data[field] as number) : 0);
const textAt = (data: Data, field: string): string | null => (typeof data?.[field] === 'string' ? (data[field] as string) : null);

/** What it costs as long as it stands: the money that is shown or charged wrongly, the pieces that are counted wrongly. Pure. */
export function exposureOf(entity: string, left: unknown, right: unknown, fields: readonly DifferingField[], priceOf: PriceOf): DriftRow['exposure'] {
  const [one, other] = [left as Data, right as Data];
  const currency = textAt(one, 'currency') ?? textAt(other, 'currency');
  switch (entity) {
    case 'price':
      return { amount: Math.abs(numberAt(one, 'amount') - numberAt(other, 'amount')), currency, units: 1 };
    case 'stock-level':
    case 'reserved-stock': {
      const field = entity === 'stock-level' ? 'onHand' : 'reserved';
      const units = Math.abs(numberAt(one, field) - numberAt(other, field));
      const price = priceOf(textAt(one, 'sku') ?? textAt(other, 'sku') ?? '');
      return { units, amount: price === undefined ? null : price.amount * units, currency: price?.currency ?? null };
    }
    case 'payment':
      return { amount: Math.abs(numberAt(one, 'capturedAmount') - numberAt(other, 'capturedAmount')), currency, units: null };
    case 'order': {
      const total = (data: Data): number => numberAt((data?.['totals'] ?? null) as Data, 'grossAmount');
      const whole = one === null || other === null || fields.some(({ pointer }) => pointer === '/status' || pointer.startsWith('/payment'));
      return { amount: whole ? Math.max(total(one), total(other)) : Math.abs(total(one) - total(other)), currency, units: null };
    }
    default:
      return null;
  }
}
