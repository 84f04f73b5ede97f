/**
 * Writes of customers to Odoo.
 * 1. A person is several records there, and each call is a transaction of its own. All of them are upserts by external id, so a write
 *    that stopped in the middle is sent again as a whole, and reading back compares the whole.
 * 2. Erasing removes what Odoo lets go. A partner that orders or invoices name has to stay: then everything personal is taken out of
 *    it, and its external ids go last, since by them an erasure that stopped in the middle is found again.
 * 3. A partner that several customers have become is erased for none of them alone: that is for people to decide.
 */
import { RejectedError } from '@steward/platform';
import { newestConsents } from '../customer/consents';
import type { CustomerChange, CustomerRecords, Registration, WriteOutcome } from '../customer/customer-records';
import { isMarketing, leadColumns, leadRow } from './consent-lead';
import type { CustomerReads } from './customer-reads';
import { customerName, decodeId, modules } from './external-ids';
import type { OdooClient } from './odoo.client';
import { customerWire, externalIdWire, idWire, languageWire, type OdooCustomer } from './odoo.wire';
import { addressColumns, addressRows, addressValues, postalValues, type Places } from './address-rows';
import { ownAddressId, partnerIdOf } from './to-raw-customer';
import { type CustomerGroups, toCustomer, toLang } from './translate';

const shopTypes = ['delivery', 'invoice', 'other'];

export function odooCustomers(client: OdooClient, reads: CustomerReads, places: Places, groups: CustomerGroups): CustomerRecords {
  const find = async (customerId: string, signal: AbortSignal): Promise<OdooCustomer | undefined> => {
    const [raw] = await reads.byKeys([customerId], signal);
    return raw && customerWire.parse(raw);
  };
  const partnerOf = async (customerId: string, signal: AbortSignal): Promise<number | undefined> => {
    const [row] = await client.search(externalIdWire, 'ir.model.data', { domain: [['module', '=', modules.customer], ['model', '=', 'res.partner'], ['name', '=', customerName(customerId)]], fields: ['id', 'name', 'res_id'] }, signal);
    return row?.res_id;
  };

  const writePartner = async (change: CustomerChange, signal: AbortSignal): Promise<number> => {
    const columns: [string, string][] = [['id', `${modules.customer}.${customerName(change.customerId)}`], ['ref', change.customerId]];
    if (change.email !== undefined) columns.push(['email', change.email]);
    if (change.name !== undefined) columns.push(['name', change.name ?? change.email ?? (await find(change.customerId, signal))?.partner.email ?? change.customerId]);
    if (change.phone !== undefined) columns.push(['phone', change.phone ?? '']);
    if (change.language !== undefined) columns.push(['lang', await langOf(client, change.language, signal)]);
    const [id] = await client.load('res.partner', columns.map(([field]) => field), [columns.map(([, value]) => value)], signal);
    if (id === undefined) throw new RejectedError('ODOO_REFUSED', 'res.partner.load: no record came of it');
    return id;
  };

  const writeAddresses = async (customerId: string, partnerId: number, addresses: Registration['addresses'], signal: AbortSignal): Promise<void> => {
    const found = await client.search(idWire, 'res.partner', { domain: [['parent_id', '=', partnerId], ['type', 'in', shopTypes]], fields: ['id'] }, signal);
    const children = new Set(found.map(({ id }) => id));
    // What a clerk made is named by its record, and only of this partner: an id that the shop sends must not reach anybody else.
    const clerks = new Map(addresses.flatMap((address) => {
      const id = partnerIdOf(address.addressId);
      return id !== undefined && children.has(id) ? [[id, address] as const] : [];
    }));
    const own = addresses.find(({ addressId }) => addressId === ownAddressId(partnerId));
    const kept = new Set(clerks.keys());
    for (const address of addresses.filter((each) => each !== own)) {
      const clerk = [...clerks].find(([, each]) => each === address)?.[0];
      const rows = await addressRows({ customerId, partnerId }, address, places, signal);
      if (clerk !== undefined) await client.write('res.partner', [clerk], await addressValues(address, places, signal), signal);
      const ours = clerk === undefined ? rows : rows.slice(1);
      if (ours.length > 0) for (const id of await client.load('res.partner', addressColumns, ours, signal)) kept.add(id);
    }
    await client.write('res.partner', [partnerId], await postalValues(own, places, signal), signal);
    await removeOrArchive(client, [...children].filter((id) => !kept.has(id)), signal);
  };

  const writeConsents = async (customerId: string, partnerId: number, asked: Registration['consents'], signal: AbortSignal): Promise<void> => {
    const known = (await find(customerId, signal))?.consents ?? [];
    const wanted = newestConsents([...known, ...asked]).filter(isMarketing);
    const isKnown = (purpose: string): boolean => known.some((consent) => consent.purpose === purpose);
    // Who has never agreed needs no lead that says so.
    const rows = wanted.filter(({ granted, purpose }) => granted || isKnown(purpose)).map((consent) => leadRow(modules.consent, customerId, partnerId, consent));
    if (rows.length > 0) await client.load('crm.lead', leadColumns, rows, signal);
  };

  const save = (change: CustomerChange, signal: AbortSignal): Promise<WriteOutcome> =>
    outcomeOf(async () => {
      const partnerId = await writePartner(change, signal);
      if (change.addresses !== undefined) await writeAddresses(change.customerId, partnerId, change.addresses, signal);
      if (change.consents !== undefined) await writeConsents(change.customerId, partnerId, change.consents, signal);
    });

  return {
    register: save,
    update: async (change, signal) => ((await partnerOf(change.customerId, signal)) === undefined ? { kind: 'refused', code: 'not_found', reason: 'Odoo has nobody under this id' } : save(change, signal)),
    erase: async (customerId, signal) => {
      const partnerId = await partnerOf(customerId, signal);
      if (partnerId === undefined) return { kind: 'done' };
      const sharing = await client.search(externalIdWire, 'ir.model.data', { domain: [['module', '=', modules.customer], ['model', '=', 'res.partner'], ['res_id', '=', partnerId]], fields: ['id', 'name', 'res_id'] }, signal);
      if (sharing.length > 1) {
        const others = sharing.flatMap(({ name }) => decodeId(name) ?? []).filter((id) => id !== customerId);
        return { kind: 'refused', code: 'merged', reason: `Odoo has merged them with ${others.join(', ')}: whoever is to stay needs a partner of their own first` };
      }
      return outcomeOf(() => erasePartner(client, partnerId, signal));
    },
    find: async (customerId, signal) => {
      const found = await find(customerId, signal);
      return found && toCustomer(found, groups);
    },
    namesakes: async (customerId, email, signal) => {
      const domain = [['email', '=ilike', email.replace(/[\\%_]/g, '\\$&')], ['parent_id', '=', false]] as const;
      const alike = await client.search(idWire, 'res.partner', { domain, fields: ['id'], limit: 20 }, signal);
      const own = await partnerOf(customerId, signal);
      const ids = alike.map(({ id }) => id).filter((id) => id !== own);
      const names = ids.length === 0 ? [] : await client.search(externalIdWire, 'ir.model.data', { domain: [['module', '=', modules.customer], ['res_id', 'in', ids]], fields: ['id', 'name', 'res_id'] }, signal);
      return ids.map((id) => decodeId(names.find(({ res_id }) => res_id === id)?.name ?? '.') ?? `partner ${id}`);
    },
    // An answer of Odoo is committed, and read from the same database.
    settleMs: 2_000,
  };
}

async function langOf(client: OdooClient, language: string | null, signal: AbortSignal): Promise<string> {
  if (language === null) return '';
  const installed = await client.search(languageWire, 'res.lang', { domain: [['active', '=', true]], fields: ['code'], order: 'code asc' }, signal);
  return toLang(language, installed.map(({ code }) => code)) ?? '';
}

/** What Odoo refuses for what it is, and not because somebody lacks a right or its database is busy. */
async function outcomeOf(act: () => Promise<void>): Promise<WriteOutcome> {
  try {
    await act();
    return { kind: 'done' };
  } catch (error) {
    if (error instanceof RejectedError && error.code === 'ODOO_REFUSED') return { kind: 'refused', code: error.code, reason: (error.detail ?? '').slice(0, 400) };
    throw error;
  }
}

const nobody = {
  name: 'erased', email: false, phone: false, mobile: false, street: false, street2: false, zip: false, city: false, state_id: false, vat: false, website: false, function: false,
  comment: false, company_name: false, ref: false, image_1920: false, active: false,
};
const nobodysLead = { name: 'erased', contact_name: false, partner_name: false, email_from: false, phone: false, mobile: false, street: false, street2: false, zip: false, city: false, description: false };

async function erasePartner(client: OdooClient, partnerId: number, signal: AbortSignal): Promise<void> {
  const ours = async (module: string, model: string, ids: readonly number[]) =>
    ids.length === 0 ? [] : client.search(externalIdWire, 'ir.model.data', { domain: [['module', '=', module], ['model', '=', model], ['res_id', 'in', ids]], fields: ['id', 'name', 'res_id'] }, signal);
  const leads = (await client.search(idWire, 'crm.lead', { domain: [['partner_id', '=', partnerId]], fields: ['id'] }, signal)).map(({ id }) => id);
  const consents = (await ours(modules.consent, 'crm.lead', leads)).map(({ res_id }) => res_id);
  await client.unlink('crm.lead', consents, signal);
  // Opportunities are the business's; who they were about is not.
  const others = leads.filter((id) => !consents.includes(id));
  await client.write('crm.lead', others, nobodysLead, signal);
  await forgetMessages(client, 'crm.lead', others, signal);
  const children = (await client.search(idWire, 'res.partner', { domain: [['parent_id', '=', partnerId]], fields: ['id'] }, signal)).map(({ id }) => id);
  for (const id of [...children, partnerId]) await removeOrShred(client, id, signal);
  const names = [...(await ours(modules.address, 'res.partner', children)), ...(await ours(modules.customer, 'res.partner', [partnerId]))];
  await client.unlink('ir.model.data', names.map(({ id }) => id), signal);
}

async function removeOrShred(client: OdooClient, id: number, signal: AbortSignal): Promise<void> {
  const outcome = await outcomeOf(() => client.unlink('res.partner', [id], signal));
  if (outcome.kind === 'done') return;
  await client.write('res.partner', [id], nobody, signal);
  await forgetMessages(client, 'res.partner', [id], signal);
}

/** The history of a record quotes what it was. */
async function forgetMessages(client: OdooClient, model: string, ids: readonly number[], signal: AbortSignal): Promise<void> {
  if (ids.length === 0) return;
  const messages = await client.search(idWire, 'mail.message', { domain: [['model', '=', model], ['res_id', 'in', ids]], fields: ['id'] }, signal);
  await client.unlink('mail.message', messages.map(({ id }) => id), signal);
}

/** An address that an order was sent to has to stay for it, and is used no more. */
async function removeOrArchive(client: OdooClient, ids: readonly number[], signal: AbortSignal): Promise<void> {
  for (const id of ids) {
    const outcome = await outcomeOf(() => client.unlink('res.partner', [id], signal));
    if (outcome.kind === 'refused') await client.write('res.partner', [id], { active: false, type: 'contact' }, signal);
  }
}
