/** Sales as Tryton keeps them, and what it says to a change. */
import type { EffectOutcome } from '@steward/adapter-kit';
import { StewardError } from '@steward/platform';
import { z } from 'zod';
import type { Said, TrytonSession } from './session.client';

const saleWire = z.object({ id: z.number().int(), number: z.string().nullable(), state: z.enum(['draft', 'quotation', 'confirmed', 'processing', 'done', 'cancelled']), shipments: z.array(z.number().int()) });
const shipmentWire = z.object({ id: z.number().int(), state: z.string() });
const createdWire = z.array(z.number().int());
const saleFields = ['id', 'number', 'state', 'shipments'];

export type TrytonSale = z.output<typeof saleWire>;
export type Refused = Extract<EffectOutcome, { kind: 'refused' }>;
/** What comes next, or why nothing does. */
export type Step<T> = { readonly kind: 'done'; readonly result: T } | Refused;

export interface SaleRecords {
  /** By our number. A cancelled one is passed over as long as there is another. */
  readonly find: (number: string, signal: AbortSignal) => Promise<TrytonSale | undefined>;
  /** One that is known to be there. */
  readonly get: (id: number, signal: AbortSignal) => Promise<TrytonSale>;
  readonly shipmentsOf: (sale: TrytonSale, signal: AbortSignal) => Promise<z.output<typeof shipmentWire>[]>;
  readonly create: (model: string, values: object, signal: AbortSignal) => Promise<Step<number>>;
  readonly change: (model: string, method: string, ids: readonly number[], signal: AbortSignal) => Promise<Said<unknown>>;
}

export function saleRecords({ search, first, write }: TrytonSession): SaleRecords {
  return {
    find: async (number, signal) =>
      (await first(saleWire, 'sale.sale', { domain: [['reference', '=', number], ['state', '!=', 'cancelled']], fields: saleFields }, signal)) ??
      (await first(saleWire, 'sale.sale', { domain: [['reference', '=', number]], fields: saleFields }, signal)),
    get: async (id, signal) => {
      const found = await first(saleWire, 'sale.sale', { domain: [['id', '=', id]], fields: saleFields }, signal);
      if (found === undefined) throw new StewardError('SOURCE_INCONSISTENT', `sale ${id} was there and is gone`);
      return found;
    },
    shipmentsOf: async ({ shipments }, signal) =>
      shipments.length === 0 ? [] : search(shipmentWire, 'stock.shipment.out', { domain: [['id', 'in', shipments]], fields: ['id', 'state'] }, signal),
    create: async (model, values, signal) => {
      const said = await write(createdWire, `model.${model}.create`, [[values]], signal);
      if (said.kind === 'no') return refused(said);
      const [id] = said.result;
      if (id === undefined) throw new StewardError('SOURCE_MALFORMED', `model.${model}.create answers no id`);
      return { kind: 'done', result: id };
    },
    change: (model, method, ids, signal) => write(z.unknown(), `model.${model}.${method}`, [ids], signal),
  };
}

export const refused = ({ code, reason }: Extract<Said<unknown>, { kind: 'no' }>): Refused => ({ kind: 'refused', code, reason });
