/** A draft in Tryton: for a party, an address, products and a warehouse that are found there, or made where a shopper brings them. */
import { z } from 'zod';
import type { Sale } from '../sale/ports';
import type { SaleRecords, Step } from './sale-records';
import type { TrytonSession } from './session.client';
import { toAddress, toUnitPrice } from './translate';

const idWire = z.object({ id: z.number().int() });
const productWire = idWire.extend({ code: z.string().nullable(), sale_uom: z.number().int().nullable(), default_uom: z.number().int() });
const addressWire = idWire.extend({ party_name: z.string().nullable(), street: z.string().nullable(), postal_code: z.string().nullable(), city: z.string().nullable(), country: z.number().int().nullable() });

/** Of one party: more than a customer has. */
const mostAddresses = 100;

/** Begins a sale, and returns its id. */
export function saleBeginner({ search, first }: TrytonSession, { create }: SaleRecords): (sale: Sale, signal: AbortSignal) => Promise<Step<number>> {
  const idOf = (model: string, domain: readonly unknown[], signal: AbortSignal): Promise<{ id: number } | undefined> => first(idWire, model, { domain, fields: ['id'] }, signal);

  const partyOf = async ({ customerId, number, email, shippingAddress: { name, phone } }: Sale, signal: AbortSignal): Promise<Step<number>> => {
    // A guest has no number of his own: each of his orders is somebody else's.
    const code = customerId ?? number;
    const known = await idOf('party.party', [['identifiers.code', '=', code]], signal);
    if (known) return { kind: 'done', result: known.id };
    const contacts = [{ type: 'email', value: email }, ...(phone ? [{ type: 'phone', value: phone }] : [])];
    return create('party.party', { name, identifiers: [['create', [{ code }]]], contact_mechanisms: [['create', contacts]] }, signal);
  };

  const addressOf = async (party: number, { shippingAddress }: Sale, signal: AbortSignal): Promise<Step<number>> => {
    const country = await idOf('country.country', [['code', '=', shippingAddress.country]], signal);
    const wanted = { ...toAddress(shippingAddress, country !== undefined), country: country?.id ?? null };
    const fields = Object.keys(wanted) as (keyof typeof wanted)[];
    const known = await search(addressWire, 'party.address', { domain: [['party', '=', party]], fields: ['id', ...fields], limit: mostAddresses }, signal);
    const same = known.find((address) => fields.every((field) => address[field] === wanted[field]));
    return same ? { kind: 'done', result: same.id } : create('party.address', { party, ...wanted }, signal);
  };

  const linesOf = async (sale: Sale, signal: AbortSignal): Promise<Step<object[]>> => {
    const skus = [...new Set(sale.lines.map(({ sku }) => sku))];
    const found = await search(productWire, 'product.product', { domain: [['code', 'in', skus]], fields: ['id', 'code', 'sale_uom', 'default_uom'], limit: skus.length * 2 }, signal);
    const unknown = skus.filter((sku) => found.filter(({ code }) => code === sku).length !== 1);
    if (unknown.length > 0) return { kind: 'refused', code: 'UNKNOWN_PRODUCT', reason: `not one product, but none or several: ${unknown.join(', ')}` };
    const lines = sale.lines.map(({ sku, quantity, netAmount }) => {
      const product = found.find(({ code }) => code === sku);
      return { product: product?.id, quantity, unit: product?.sale_uom ?? product?.default_uom, unit_price: { __class__: 'Decimal', decimal: toUnitPrice(netAmount, quantity, sale.currency) } };
    });
    return { kind: 'done', result: lines };
  };

  /** One for the whole sale, as Tryton wants it: where most of its lines are held. */
  const warehouseOf = ({ lines }: Sale, signal: AbortSignal): Promise<{ id: number } | undefined> => {
    const held = lines.flatMap(({ location }) => location ?? []);
    const count = (place: string): number => held.filter((each) => each === place).length;
    const [most] = held.toSorted((a, b) => count(b) - count(a));
    return idOf('stock.location', [['type', '=', 'warehouse'], ...(most === undefined ? [] : [['code', '=', most]])], signal);
  };

  return async (sale, signal) => {
    const lines = await linesOf(sale, signal);
    const currency = await idOf('currency.currency', [['code', '=', sale.currency]], signal);
    const warehouse = await warehouseOf(sale, signal);
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
}
