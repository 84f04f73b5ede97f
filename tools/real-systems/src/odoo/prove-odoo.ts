/** The CRM adapter on a real Odoo 14, seen from the storefront. */
import { join } from 'node:path';
import { freePortPlan, startSystem, type System } from '@steward/start';
import { Client } from 'pg';
import { until, type Proof } from '../proof';
import { accountSide, type Account, type AccountSide } from './account-side';
import { clerkOf, type Clerk } from './odoo-clerk';
import { startOdoo, type OdooServer } from './odoo-server';

const count = 60;
const pollMs = 1_000;
const accounts = Array.from({ length: count }, (_, index): Account => ({ customerId: `cus.${String(index + 1)}`, email: `planted.${String(index + 1)}@example.org` }));
const [ada, bob, cyd, dan, eve, fay] = accounts as [Account, Account, Account, Account, Account, Account];

export async function proveOdoo({ directory, say }: Proof): Promise<void> {
  const odoo = await startOdoo(join(directory, 'odoo'), say);
  let system: System | undefined;
  try {
    const clerk = clerkOf(odoo.session);
    const club = await clerk.makePricelist('Club');
    const env = { crm: { ...(await settingsOf(odoo, clerk)), STEWARD_ODOO_CUSTOMER_GROUPS: `${String(club)}=club` } };
    system = await startSystem({ dataDir: join(directory, 'steward'), ports: await freePortPlan(), mode: 'test', env, note: say });
    const shop = accountSide(system.gatewayUrl, system.sandbox.url);
    await registering(system, odoo, clerk, shop, say);
    await changing(clerk, shop, club, say);
    await lateRows(system, odoo, clerk, shop, say);
    await doubles(system, clerk, shop, say);
    await erasing(system, odoo, clerk, shop, say);
  } catch (fault) {
    // What the CRM said no to stands nowhere else.
    if (system) for (const { text } of await ask<{ text: string }>(system.databaseUrl('crm'), `select concat_ws(' ', kind, customer_id, detail) as text from customer_case`)) say(`case: ${text}`);
    throw fault;
  } finally {
    await system?.stop();
    await odoo.stop();
  }
}

async function settingsOf({ url, database }: OdooServer, clerk: Clerk): Promise<Record<string, string>> {
  const { user, password } = await clerk.makeUser();
  return {
    STEWARD_CONNECTOR: 'odoo',
    STEWARD_ODOO_URL: url,
    STEWARD_ODOO_DATABASE: database,
    STEWARD_ODOO_USER: user,
    STEWARD_ODOO_PASSWORD: password,
    STEWARD_ODOO_POLL_MS: String(pollMs),
    STEWARD_ODOO_FULL_PASS_MS: '5000',
    STEWARD_ODOO_PAGE: '20',
    STEWARD_SANDBOX_URL: '',
    STEWARD_SANDBOX_TOKEN: '',
    STEWARD_SANDBOX_WEBHOOK_SECRET: '',
  };
}

async function registering(system: System, odoo: OdooServer, clerk: Clerk, shop: AccountSide, say: Proof['say']): Promise<void> {
  const consents = [{ purpose: 'marketing-email', granted: true, source: 'checkout' }];
  await shop.register(ada, { phone: '+49 40 1', consents });
  const ms = await until('the first customer is known', async () => (await shop.show(ada))?.email === ada.email);
  // Odoo has them in several records, so the first look may show the person alone.
  await until('their one address is known', async () => JSON.stringify((await shop.show(ada))?.addresses.map(({ isDefaultShipping, isDefaultBilling }) => [isDefaultShipping, isDefaultBilling])) === '[[true,true]]');
  const partner = (await clerk.partnerOf(ada.customerId)) as number;
  await until('one consent is one lead', async () => JSON.stringify((await clerk.leadsOf(partner)).map(({ active }) => active)) === '[true]');
  say(`✓ a registration is a partner with its addresses and a lead for the newsletter, and comes back to the storefront (${String(ms)} ms, poll every ${String(pollMs)} ms)`);

  const rest = accounts.slice(1);
  for (const account of rest.slice(0, 20)) await shop.register(account, account === bob ? { consents } : {});
  await system.process('crm').kill();
  for (const account of rest.slice(20)) await shop.register(account);
  await until('the adapter is back', async () => system.process('crm').alive);
  await system.process('crm').kill();
  await until('every customer is known', async () => (await Promise.all(accounts.map(shop.show))).every((each, index) => each?.email === accounts[index]?.email));
  const doubled = await odoo.sql<{ email: string }>(`select email from res_partner where email like 'planted%' and parent_id is null group by email having count(*) > 1`);
  if (doubled.length > 0) throw new Error(`registered more than once: ${doubled.map(({ email }) => email).join(', ')}`);
  say(`✓ ${String(count)} registrations, the adapter killed twice in the middle of its writes: each is one partner at Odoo`);
}

async function changing(clerk: Clerk, shop: AccountSide, club: number, say: Proof['say']): Promise<void> {
  const partner = (await clerk.partnerOf(ada.customerId)) as number;
  await shop.change(ada, { phone: null, consents: [{ purpose: 'marketing-email', granted: false, source: 'account' }] });
  await until('the lead is archived', async () => (await clerk.leadsOf(partner))[0]?.active === false);
  await until('the telephone number is gone', async () => (await shop.show(ada))?.phone === null);
  say('✓ a change touches what it names; who withdraws the consent leaves sales’ list');

  await clerk.write(partner, { phone: '+49 40 2', property_product_pricelist: club });
  await until('a clerk’s change shows', async () => (await shop.show(ada))?.phone === '+49 40 2');
  await until('the price list is a customer group', async () => (await shop.show(ada))?.customerGroup === 'club');
  const [child] = await clerk.partners([['parent_id', '=', partner]]);
  await clerk.write((child as { id: number }).id, { city: 'Bremen' });
  await until('an address that a clerk changed shows, although the partner’s own date did not move', async () => (await shop.show(ada))?.addresses.some(({ city }) => city === 'Bremen') === true);
  say('✓ what clerks change shows: a telephone number, a price list, and an address by itself');
}

async function lateRows(system: System, odoo: OdooServer, clerk: Clerk, shop: AccountSide, say: Proof['say']): Promise<void> {
  const slow = new Client(odoo.databaseUrl);
  await slow.connect();
  let moved = 0;
  try {
    await slow.query('begin');
    await slow.query(`update res_partner set phone = 'late', write_date = now() at time zone 'utc' where email like 'planted%' and parent_id is null and email <> $1`, [ada.email]);
    const partner = (await clerk.partnerOf(ada.customerId)) as number;
    // Each of these moves the position past the dates of the rows that are still to be committed.
    for (; moved < 5; moved += 1) {
      await clerk.write(partner, { phone: `moved ${String(moved)}` });
      await until('the newer change shows', async () => (await shop.show(ada))?.phone === `moved ${String(moved)}`);
    }
    await slow.query('commit');
  } finally {
    await slow.end();
  }
  await until('all late rows show', async () => (await Promise.all(accounts.slice(1).map(shop.show))).every((each) => each?.phone === 'late'));
  say(`✓ ${String(count - 1)} rows committed late, behind ${String(moved)} newer ones that were read already: none lost`);

  await odoo.sql(`update res_partner set phone = 'killed', write_date = now() at time zone 'utc' where email like 'planted%' and parent_id is null`);
  await system.process('crm').kill();
  await until('everything shows after a kill', async () => (await Promise.all(accounts.map(shop.show))).every((each) => each?.phone === 'killed'));
  say('✓ killed in the middle of its pages: nothing lost');
}

async function doubles(system: System, clerk: Clerk, shop: AccountSide, say: Proof['say']): Promise<void> {
  const twin = { customerId: 'cus.twin', email: 'twin@example.org' };
  await clerk.createPartner({ name: 'Somebody', email: 'TWIN@example.org' });
  await shop.register(twin);
  await until('the twin is known', async () => (await shop.show(twin))?.email === twin.email);
  const cases = () => ask<{ kind: string }>(system.databaseUrl('crm'), 'select kind from customer_case where customer_id = $1', [twin.customerId]);
  await until('the double is a case', async () => (await cases()).some(({ kind }) => kind === 'duplicate'));
  const found = await clerk.partners([['email', '=ilike', twin.email], ['parent_id', '=', false]]);
  if (found.length !== 2) throw new Error(`${String(found.length)} partners of one address instead of two`);
  say('✓ somebody whose e-mail address Odoo knows already stays another person, and is a case for the owner');

  const [stays, goes] = [(await clerk.partnerOf(cyd.customerId)) as number, (await clerk.partnerOf(dan.customerId)) as number];
  await clerk.merge(stays, goes);
  await until('who was merged is who stays', async () => (await shop.show(dan))?.id === cyd.customerId);
  if ((await shop.show(cyd))?.id !== cyd.customerId) throw new Error('who stays is somebody else');
  say('✓ two that a clerk has merged are told as merged: the one whose reference is left stays');
}

async function erasing(system: System, odoo: OdooServer, clerk: Clerk, shop: AccountSide, say: Proof['say']): Promise<void> {
  const [free, kept] = [bob, eve];
  const keptPartner = (await clerk.partnerOf(kept.customerId)) as number;
  await clerk.sell(keptPartner);
  for (const each of [free, kept]) await clerk.note((await clerk.partnerOf(each.customerId)) as number, `wrote to ${each.email}`);
  for (const each of [free, kept]) await shop.erase(each);
  for (const each of [free, kept]) await until(`${each.customerId} is forgotten`, async () => (await shop.show(each)) === undefined && (await clerk.partnerOf(each.customerId)) === undefined);
  const [left] = await clerk.partners([['id', '=', keptPartner]]);
  if (left?.name !== 'erased' || left.email !== false || left.active) throw new Error(`the partner of an order was to be shredded: ${JSON.stringify(left)}`);
  if ((await clerk.partners([['email', '=ilike', free.email]])).length > 0) throw new Error('the other partner is still there');
  for (const [name, url] of [['odoo', odoo.databaseUrl], ['crm', system.databaseUrl('crm')], ['gateway', system.databaseUrl('gateway')]] as const) {
    for (const each of [free, kept]) {
      for (const text of [each.email, `Planted ${each.customerId}$`, `Planted street ${each.customerId}$`]) await until(`${name} has nothing of ${text}`, async () => (await tablesThatMention(url, text)).length === 0);
    }
  }
  say('✓ erased: removed where Odoo lets go, shredded where an order names it; not a word is left in Odoo’s, the CRM adapter’s or the gateway’s tables');

  const gone = (await clerk.partnerOf(fay.customerId)) as number;
  await clerk.remove(gone);
  await until('whom a clerk deleted is gone', async () => (await shop.show(fay)) === undefined);
  say('✓ a hard delete is found by the full pass');
}

async function ask<T>(url: string, text: string, values: readonly unknown[] = []): Promise<T[]> {
  const client = new Client(url);
  await client.connect();
  return client.query(text, [...values]).then(({ rows }) => rows as T[]).finally(() => client.end());
}

/** Names of tables that hold the text in any column; a `$` at its end stands for the end of a word. */
async function tablesThatMention(url: string, text: string): Promise<string[]> {
  const client = new Client(url);
  await client.connect();
  try {
    const pattern = `${text.replace(/[.+]/g, '\\$&').replace(/\$$/, '\\M')}`;
    const { rows: tables } = await client.query<{ name: string }>(`select quote_ident(relname) as name from pg_class c join pg_namespace n on n.oid = relnamespace where nspname = 'public' and relkind = 'r' order by 1`);
    const found: string[] = [];
    for (const { name } of tables) {
      const { rowCount } = await client.query(`select from ${name} t where t::text ~ $1 or exists (select from jsonb_each_text(to_jsonb(t)) e where e.value ~ '^\\\\x([0-9a-f]{2})*$' and encode(decode(substr(e.value, 3), 'hex'), 'escape') ~ $1) limit 1`, [pattern]);
      if (rowCount) found.push(name);
    }
    return found;
  } finally {
    await client.end();
  }
}
