/**
 * Customers as Odoo has them, put together from partners, their addresses, their marketing leads and our external ids.
 * 1. A customer is a partner that bears an external id of ours; others are none of the shop's.
 * 2. A partner's own date does not move when an address or a lead of theirs changes, so three kinds of rows are looked at.
 * 3. Archived records are read: archiving hides from clerks, and is no erasure.
 */
import type { Page } from '@steward/adapter-kit';
import { type ChangedRow, changedRows, earlier, isOverBy, newestPosition, type Position } from './changed-rows';
import { addressIdOf, customerName, decodeId, modules } from './external-ids';
import type { Domain, OdooClient } from './odoo.client';
import { changedWire, countryWire, externalIdWire, leadFields, leadWire, partnerFields, partnerWire, type RawCustomer } from './odoo.wire';
import { toRawCustomer } from './to-raw-customer';
import type { z } from 'zod';

type ExternalId = z.output<typeof externalIdWire>;

export interface CustomerReads {
  readonly changes: (cursor: string | null, signal: AbortSignal) => Promise<Page>;
  readonly all: (after: string | null, signal: AbortSignal) => Promise<Page>;
  readonly byKeys: (keys: readonly string[], signal: AbortSignal) => Promise<readonly RawCustomer[]>;
}

interface Cursor {
  readonly partners: Position;
  readonly leads: Position;
}

export function customerReads(client: OdooClient, limit: number, now: () => number): CustomerReads {
  const isOver = isOverBy(now);
  let countries: Promise<Map<number, string>> | undefined;
  const countryCodes = (signal: AbortSignal): Promise<Map<number, string>> => {
    const loading = (countries ??= client.search(countryWire, 'res.country', { domain: [], fields: ['id', 'code'] }, signal).then((rows) => new Map(rows.map(({ id, code }) => [id, code ?? '']))));
    return loading.catch((error: unknown) => {
      if (countries === loading) countries = undefined;
      throw error;
    });
  };

  const namesOf = (module: string, model: string, ids: readonly number[], signal: AbortSignal): Promise<ExternalId[]> =>
    ids.length === 0 ? Promise.resolve([]) : client.search(externalIdWire, 'ir.model.data', { domain: [['module', '=', module], ['model', '=', model], ['res_id', 'in', ids]], fields: ['id', 'name', 'res_id'] }, signal);

  const read = async (found: readonly ExternalId[], signal: AbortSignal): Promise<RawCustomer[]> => {
    if (found.length === 0) return [];
    const ids = [...new Set(found.map(({ res_id }) => res_id))];
    const partners = await client.search(partnerWire, 'res.partner', { domain: [['id', 'in', ids]], fields: partnerFields }, signal);
    const children = await client.search(partnerWire, 'res.partner', { domain: [['parent_id', 'in', ids], ['type', 'in', ['delivery', 'invoice', 'other']]], fields: partnerFields }, signal);
    const sharing = await namesOf(modules.customer, 'res.partner', ids, signal);
    const addressNames = await namesOf(modules.address, 'res.partner', children.map(({ id }) => id), signal);
    const leads = await client.search(leadWire, 'crm.lead', { domain: [['partner_id', 'in', ids]], fields: leadFields }, signal);
    const leadNames = await namesOf(modules.consent, 'crm.lead', leads.map(({ id }) => id), signal);
    const codes = await countryCodes(signal);
    const parts = { partners: byId(partners), children: grouped(children, ({ parent_id }) => parent_id?.id), leads: grouped(leads, ({ partner_id }) => partner_id?.id), codes, addressNames: addressIds(addressNames), leadNames: new Map(leadNames.map(({ res_id, name }) => [res_id, name])) };
    const customerIds = grouped(sharing, ({ res_id }) => res_id);
    return found.flatMap(({ name, res_id }) => {
      const customerId = decodeId(name);
      const partner = parts.partners.get(res_id);
      if (customerId === undefined || partner === undefined) return [];
      const sharedBy = (customerIds.get(res_id) ?? []).flatMap((each) => decodeId(each.name) ?? []).sort();
      return [toRawCustomer(customerId, sharedBy, partner, { ...parts, children: parts.children.get(res_id) ?? [], leads: parts.leads.get(res_id) ?? [] })];
    });
  };

  const find = <Row extends ChangedRow>(model: string, shape: z.ZodType<Row>, fields: readonly string[], signal: AbortSignal) =>
    (domain: Domain, order: string, count: number): Promise<Row[]> => client.search(shape, model, { domain, fields, order, limit: count }, signal);

  return {
    changes: async (cursor, signal) => {
      const from = cursor === null ? await firstCursor(client, signal) : (JSON.parse(cursor) as Cursor);
      const partners = await changedRows(find('res.partner', changedWire.extend({ parent_id: partnerWire.shape.parent_id }), ['id', 'write_date', 'parent_id'], signal), from.partners, limit, isOver);
      const leads = await changedRows(find('crm.lead', leadWire, leadFields, signal), from.leads, limit, isOver);
      const touched = [...partners.rows.flatMap(({ id, parent_id }) => (parent_id ? [id, parent_id.id] : [id])), ...leads.rows.flatMap(({ partner_id }) => (partner_id ? [partner_id.id] : []))];
      const items = await read(await namesOf(modules.customer, 'res.partner', [...new Set(touched)], signal), signal);
      return { items, next: JSON.stringify({ partners: partners.next, leads: leads.next } satisfies Cursor), more: partners.more || leads.more };
    },
    // By the ids of external ids: given once, and never moved.
    all: async (after, signal) => {
      const domain: Domain = [['module', '=', modules.customer], ['model', '=', 'res.partner']];
      const total = await client.count('ir.model.data', domain, signal);
      const found = await client.search(externalIdWire, 'ir.model.data', { domain: [...domain, ['id', '>', Number(after ?? 0)]], fields: ['id', 'name', 'res_id'], limit }, signal);
      return { items: await read(found, signal), next: String(found.at(-1)?.id ?? after ?? 0), more: found.length === limit, total };
    },
    byKeys: async (keys, signal) => {
      const domain: Domain = [['module', '=', modules.customer], ['model', '=', 'res.partner'], ['name', 'in', keys.map(customerName)]];
      return read(await client.search(externalIdWire, 'ir.model.data', { domain, fields: ['id', 'name', 'res_id'] }, signal), signal);
    },
  };
}

export function rewindCustomers(cursor: string, byMs: number): string {
  const { partners, leads } = JSON.parse(cursor) as Cursor;
  return JSON.stringify({ partners: earlier(partners, byMs), leads: earlier(leads, byMs) } satisfies Cursor);
}

async function firstCursor(client: OdooClient, signal: AbortSignal): Promise<Cursor> {
  return { partners: await newestPosition(client, 'res.partner', signal), leads: await newestPosition(client, 'crm.lead', signal) };
}

const byId = <Row extends { readonly id: number }>(rows: readonly Row[]): Map<number, Row> => new Map(rows.map((row) => [row.id, row]));

function grouped<Row>(rows: readonly Row[], keyOf: (row: Row) => number | undefined): Map<number, Row[]> {
  const groups = new Map<number, Row[]>();
  for (const row of rows) {
    const key = keyOf(row);
    if (key !== undefined) groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  return groups;
}

function addressIds(names: readonly ExternalId[]): Map<number, string> {
  return new Map(names.flatMap(({ res_id, name }) => {
    const id = addressIdOf(name);
    return id === undefined ? [] : [[res_id, id] as const];
  }));
}
