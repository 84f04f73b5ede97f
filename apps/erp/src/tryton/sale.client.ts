/**
 * Sales in Tryton 6.0.
 *
 * 1. Tryton takes a second sale under the same reference without a word, so the reference is looked up before anything is written.
 *    The effect's claim keeps two of us from doing that at the same time.
 * 2. A sale takes four calls to be processed. What was begun is carried on from the state in which it is found, whoever began it: a
 *    look that finds a draft makes a sale of it.
 * 3. What Tryton refuses on the way is cancelled there, so that no draft waits for a clerk.
 */
import { StewardError } from '@steward/platform';
import type { SaleDesk, Written } from '../sale/ports';
import { saleBeginner } from './begin-sale';
import { type Refused, refused, type SaleRecords, saleRecords, type TrytonSale } from './sale-records';
import type { TrytonSession } from './session.client';

/** From each state the call that leads on; a sale that is processed is with the warehouse. */
const next = { draft: 'quote', quotation: 'confirm', confirmed: 'process' } as const;
const mostSteps = 6;

export function trytonDesk(session: TrytonSession): SaleDesk {
  const records = saleRecords(session);
  const begin = saleBeginner(session, records);
  return {
    settleMs: 2_000,
    concurrency: 2,
    place: {
      submit: async (sale, { signal }) => {
        const known = await records.find(sale.number, signal);
        if (known) return carryOn(records, known, signal);
        const begun = await begin(sale, signal);
        return begun.kind === 'refused' ? begun : carryOn(records, await records.get(begun.result, signal), signal);
      },
      look: async ({ number }, { signal }) => {
        const found = await records.find(number, signal);
        return found ? carryOn(records, found, signal) : { kind: 'absent' };
      },
    },
    cancel: {
      submit: ({ number }, { signal }) => callOff(records, number, signal),
      look: async ({ number }, { signal }) => {
        const found = await records.find(number, signal);
        return found && (await isOff(records, found, signal)) ? confirmed(found) : { kind: 'absent' };
      },
    },
  };
}

async function carryOn({ get, change }: SaleRecords, begun: TrytonSale, signal: AbortSignal): Promise<Written> {
  let sale = begun;
  for (let steps = 0; steps < mostSteps; steps += 1) {
    if (sale.state === 'processing' || sale.state === 'done') return confirmed(sale);
    if (sale.state === 'cancelled') return { kind: 'refused', code: 'CANCELLED', reason: `sale ${sale.number ?? sale.id} is cancelled in Tryton` };
    const said = await change('sale.sale', next[sale.state], [sale.id], signal);
    if (said.kind === 'no') {
      await change('sale.sale', 'cancel', [sale.id], signal);
      return refused(said);
    }
    sale = await get(sale.id, signal);
  }
  throw new StewardError('SOURCE_INCONSISTENT', `sale ${sale.id} stays ${sale.state}`);
}

async function callOff(records: SaleRecords, number: string, signal: AbortSignal): Promise<Written> {
  const { find, get, shipmentsOf, change } = records;
  const sale = await find(number, signal);
  if (sale === undefined) return { kind: 'refused', code: 'NOT_FOUND', reason: `Tryton has no sale ${number}` };
  const shipments = await shipmentsOf(sale, signal);
  if (sale.state === 'done' || shipments.some(({ state }) => state === 'done')) return alreadyShipped;
  // A sale that is processed can't be cancelled: its shipments are, and a clerk closes it.
  const said = sale.state === 'processing' ? await change('stock.shipment.out', 'cancel', shipments.map(({ id }) => id), signal) : await change('sale.sale', 'cancel', [sale.id], signal);
  if (said.kind === 'no') return refused(said);
  // A change of state that is not allowed (any more) does nothing, and says nothing.
  const after = await get(sale.id, signal);
  return (await isOff(records, after, signal)) ? confirmed(after) : alreadyShipped;
}

/** Cancelled, or with the warehouse and every shipment of it is cancelled. */
async function isOff({ shipmentsOf }: SaleRecords, sale: TrytonSale, signal: AbortSignal): Promise<boolean> {
  if (sale.state !== 'processing') return sale.state === 'cancelled';
  const shipments = await shipmentsOf(sale, signal);
  return shipments.length > 0 && shipments.every(({ state }) => state === 'cancelled');
}

const confirmed = ({ id, number }: TrytonSale): Written => ({ kind: 'confirmed', answer: { reference: number ?? String(id) } });
const alreadyShipped: Refused = { kind: 'refused', code: 'ALREADY_SHIPPED', reason: 'a part of it has left the warehouse' };
