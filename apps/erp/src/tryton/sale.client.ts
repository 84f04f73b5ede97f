/**
 * Sales in Tryton 6.0.
 *
 * 1. Tryton takes a second sale under the same reference without a word, so the reference is looked up before anything is written.
 *    The effect's claim keeps two of us from doing that at the same time.
 * 2. A sale takes four calls to be processed. What was begun is carried on from the state in which it is found, whoever began it: a
 *    look that finds a draft makes a sale of it.
 * 3. What Tryton refuses on the way is cancelled there, so that no draft waits for a clerk.
 */
import type { EffectOutcome } from '@steward/adapter-kit';
import { StewardError } from '@steward/platform';
import { z } from 'zod';
import type { Sale, SaleDesk, Written } from '../sale/ports';
import type { Said, TrytonSession } from './session.client';
import { toAddress, toUnitPrice } from './translate';

const saleWire = z.object({ id: z.number().int(), number: z.string().nullable(), state: z.enum(['draft', 'quotation', 'confirmed', 'processing', 'done', 'cancelled']), shipments: z.array(z.number().int()) });
type TrytonSale = z.output<typeof saleWire>;

const productWire = z.object({ id: z.number().int(), code: z.string().nullable(), sale_uom: z.number().int().nullable(), default_uom: z.number().int() });
const idWire = z.object({ id: z.number().int() });
const addressWire = idWire.extend({ party_name: z.string().nullable(), street: z.string().nullable(), postal_code: z.string().nullable(), city: z.string().nullable(), country: z.number().int().nullable() });
const shipmentWire = idWire.extend({ state: z.string() });
const ids = z.array(z.number().int());

type Refused = Extract<EffectOutcome, { kind: 'refused' }>;
/** What comes next, or why nothing does. */
type Step<T> = { readonly kind: 'done'; readonly result: T } | Refused;

/** From each state the call that leads on; a sale that is processed is with the warehouse. */
const next = { draft: 'quote', quotation: 'confirm', confirmed: 'process' } as const;
const mostSteps = 6;

export function trytonDesk({ read, write }: TrytonSession): SaleDesk {
  const first = async <T extends { id: number }>(shape: z.ZodType<T>, model: string, domain: unknown[], fields: string[], signal: AbortSignal): Promise<T | undefined> =>
    (await read(z.array(shape), `model.${model}.search_read`, [domain, 0, 1, [['id', 'ASC']], fields], signal))[0];
  const saleFields = ['id', 'number', 'state', 'shipments'];
  /** A cancelled one is passed over as long as there is another. */
  const saleOf = async (number: string, signal: AbortSignal): Promise<TrytonSale | undefined> =>
    (await first(saleWire, 'sale.sale', [['reference', '=', number], ['state', '!=', 'cancelled']], saleFields, signal)) ?? (await first(saleWire, 'sale.sale', [['reference', '=', number]], saleFields, signal));
  const saleBy = async (id: number, signal: AbortSignal): Promise<TrytonSale> => {
    const found = await first(saleWire, 'sale.sale', [['id', '=', id]], saleFields, signal);
    if (found === undefined) throw new StewardError('SOURCE_INCONSISTENT', `sale ${id} was there and is gone`);
    return found;
  };
  const change = (model: string, method: string, records: readonly number[], signal: AbortSignal): Promise<Said<unknown>> => write(z.unknown(), `model.${model}.${method}`, [records], signal);
  const create = async (model: string, values: object, signal: AbortSignal): Promise<Step<number>> => {
    const said = await write(ids, `model.${model}.create`, [[values]], signal);
    if (said.kind === 'no') return refused(said);
    const [id] = said.result;
    if (id === undefined) throw new StewardError('SOURCE_MALFORMED', `model.${model}.create answers no id`);
    return { kind: 'done', result: id };
  };

  const carryOn = async (begun: TrytonSale, signal: AbortSignal): Promise<Written> => {
    let sale = begun;
    for (let steps = 0; steps < mostSteps; steps += 1) {
      if (sale.state === 'processing' || sale.state === 'done') return { kind: 'confirmed', answer: { reference: sale.number ?? String(sale.id) } };
      if (sale.state === 'cancelled') return { kind: 'refused', code: 'CANCELLED', reason: `sale ${sale.number ?? sale.id} is cancelled in Tryton` };
      const said = await change('sale.sale', next[sale.state], [sale.id], signal);
      if (said.kind === 'no') {
        await change('sale.sale', 'cancel', [sale.id], signal);
        return refused(said);
      }
      sale = await saleBy(sale.id, signal);
    }
    throw new StewardError('SOURCE_INCONSISTENT', `sale ${sale.id} stays ${sale.state}`);
  };

  const partyOf = async (sale: Sale, signal: AbortSignal): Promise<Step<number>> => {
    // A guest has no number of his own: each of his orders is somebody else's.
    const code = sale.customerId ?? sale.number;
    const known = await first(idWire, 'party.party', [['identifiers.code', '=', code]], ['id'], signal);
    if (known) return { kind: 'done', result: known.id };
    const contacts = [{ type: 'email', value: sale.email }, ...(sale.shippingAddress.phone ? [{ type: 'phone', value: sale.shippingAddress.phone }] : [])];
    return create('party.party', { name: sale.shippingAddress.name, identifiers: [['create', [{ code }]]], contact_mechanisms: [['create', contacts]] }, signal);
  };

  const addressOf = async (party: number, sale: Sale, signal: AbortSignal): Promise<Step<number>> => {
    const country = await first(idWire, 'country.country', [['code', '=', sale.shippingAddress.country]], ['id'], signal);
    const wanted = { ...toAddress(sale.shippingAddress, country !== undefined), country: country?.id ?? null };
    const known = await read(z.array(addressWire), 'model.party.address.search_read', [[['party', '=', party]], 0, 100, [['id', 'ASC']], ['id', ...Object.keys(wanted)]], signal);
    const same = known.find((address) => (Object.keys(wanted) as (keyof typeof wanted)[]).every((field) => address[field] === wanted[field]));
    return same ? { kind: 'done', result: same.id } : create('party.address', { party, ...wanted }, signal);
  };

  const linesOf = async (sale: Sale, signal: AbortSignal): Promise<Step<object[]>> => {
    const skus = [...new Set(sale.lines.map(({ sku }) => sku))];
    const found = await read(z.array(productWire), 'model.product.product.search_read', [[['code', 'in', skus]], 0, skus.length * 2, [['id', 'ASC']], ['id', 'code', 'sale_uom', 'default_uom']], signal);
    const unknown = skus.filter((sku) => found.filter(({ code }) => code === sku).length !== 1);
    if (unknown.length > 0) return { kind: 'refused', code: 'UNKNOWN_PRODUCT', reason: `not one product, but none or several: ${unknown.join(', ')}` };
    const lines = sale.lines.map(({ sku, quantity, netAmount }) => {
      const product = found.find(({ code }) => code === sku);
      return { product: product?.id, quantity, unit: product?.sale_uom ?? product?.default_uom, unit_price: { __class__: 'Decimal', decimal: toUnitPrice(netAmount, quantity, sale.currency) } };
    });
    return { kind: 'done', result: lines };
  };

  const begin = async (sale: Sale, signal: AbortSignal): Promise<Step<number>> => {
    const [lines, currency, warehouse] = [await linesOf(sale, signal), await first(idWire, 'currency.currency', [['code', '=', sale.currency]], ['id'], signal), await warehouseOf(sale, signal)];
    if (lines.kind === 'refused') return lines;
    if (currency === undefined) return { kind: 'refused', code: 'UNKNOWN_CURRENCY', reason: `Tryton has no currency ${sale.currency}` };
    const party = await partyOf(sale, signal);
    if (party.kind === 'refused') return party;
    const address = await addressOf(party.result, sale, signal);
    if (address.kind === 'refused') return address;
    const values = {
      party: party.result, invoice_address: address.result, shipment_address: address.result, reference: sale.number, currency: currency.id, warehouse: warehouse?.id ?? null,
      // The shop is paid already, and by whom it is paid makes out the invoice.
      invoice_method: 'manual', shipment_method: 'order', lines: [['create', lines.result]],
    };
    return create('sale.sale', values, signal);
  };

  /** One for the whole sale, as Tryton wants it: where most of its lines are held. */
  const warehouseOf = async ({ lines }: Sale, signal: AbortSignal): Promise<{ id: number } | undefined> => {
    const held = lines.flatMap(({ location }) => location ?? []);
    const count = (place: string): number => held.filter((each) => each === place).length;
    const [most] = held.toSorted((a, b) => count(b) - count(a));
    return first(idWire, 'stock.location', [['type', '=', 'warehouse'], ...(most === undefined ? [] : [['code', '=', most]])], ['id'], signal);
  };

  const shipmentsOf = ({ shipments }: TrytonSale, signal: AbortSignal) =>
    shipments.length === 0 ? Promise.resolve([]) : read(z.array(shipmentWire), 'model.stock.shipment.out.search_read', [[['id', 'in', shipments]], 0, null, null, ['id', 'state']], signal);
  /** Cancelled, or with the warehouse and every shipment of it is cancelled. */
  const isOff = async (sale: TrytonSale, signal: AbortSignal): Promise<boolean> => {
    if (sale.state !== 'processing') return sale.state === 'cancelled';
    const shipments = await shipmentsOf(sale, signal);
    return shipments.length > 0 && shipments.every(({ state }) => state === 'cancelled');
  };
  const callOff = async (number: string, signal: AbortSignal): Promise<Written> => {
    const sale = await saleOf(number, signal);
    if (sale === undefined) return { kind: 'refused', code: 'NOT_FOUND', reason: `Tryton has no sale ${number}` };
    const shipments = await shipmentsOf(sale, signal);
    if (sale.state === 'done' || shipments.some(({ state }) => state === 'done')) return alreadyShipped;
    // A sale that is processed can't be cancelled: its shipments are, and a clerk closes it.
    const said = sale.state === 'processing' ? await change('stock.shipment.out', 'cancel', shipments.map(({ id }) => id), signal) : await change('sale.sale', 'cancel', [sale.id], signal);
    if (said.kind === 'no') return refused(said);
    // A change of state that is not allowed (any more) does nothing, and says nothing.
    const after = await saleBy(sale.id, signal);
    return (await isOff(after, signal)) ? { kind: 'confirmed', answer: { reference: after.number ?? String(after.id) } } : alreadyShipped;
  };

  return {
    settleMs: 2_000,
    concurrency: 2,
    place: {
      submit: async (sale, { signal }) => {
        const known = await saleOf(sale.number, signal);
        if (known) return carryOn(known, signal);
        const begun = await begin(sale, signal);
        return begun.kind === 'refused' ? begun : carryOn(await saleBy(begun.result, signal), signal);
      },
      look: async ({ number }, { signal }) => {
        const found = await saleOf(number, signal);
        return found ? carryOn(found, signal) : { kind: 'absent' };
      },
    },
    cancel: {
      submit: ({ number }, { signal }) => callOff(number, signal),
      look: async ({ number }, { signal }) => {
        const found = await saleOf(number, signal);
        return found && (await isOff(found, signal)) ? { kind: 'confirmed', answer: { reference: found.number ?? String(found.id) } } : { kind: 'absent' };
      },
    },
  };
}

const alreadyShipped: Refused = { kind: 'refused', code: 'ALREADY_SHIPPED', reason: 'a part of it has left the warehouse' };
const refused = ({ code, reason }: Extract<Said<unknown>, { kind: 'no' }>): Refused => ({ kind: 'refused', code, reason });
