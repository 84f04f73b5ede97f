/** What customers ask for themselves. Requests: who they are is the CRM's to say, and what it says is shown. */
import { eraseCustomer, registerCustomer, updateCustomer, type RegisterCustomer, type UpdateCustomer } from '@steward/contracts';
import { appendEvents, type EventDraft } from '@steward/event-bus';
import { currentTraceparent, type Clock, type Database } from '@steward/platform';
import { v7 as uuid } from 'uuid';
import { customerKey } from '../news/notify';
import type { Watch } from '../news/watch';
import type { ConsentInput, CustomerAddressInput, RegisterInput, UpdateInput } from './customer.input';
import { findCustomer, revisionOf, type FoundCustomer } from './customers.queries';

export interface Accounts {
  readonly database: Database;
  readonly watch: Watch;
  readonly clock: Clock;
}

export interface Told {
  /** Whether the CRM has answered while we waited. */
  readonly done: boolean;
  readonly customer: FoundCustomer | undefined;
}

type Draft = Pick<EventDraft, 'contract' | 'data'>;

export function register(accounts: Accounts, customerId: string, input: RegisterInput, waitMs: number): Promise<Told> {
  const at = now(accounts);
  const { email, name, phone, language, addresses, consents } = input;
  const data: RegisterCustomer = { customerId, email, name, phone, language, addresses: (addresses ?? []).map(toAddress), consents: (consents ?? []).map((each) => toConsent(each, at)), requestedAt: at };
  return ask(accounts, customerId, { contract: registerCustomer, data }, waitMs);
}

export function update(accounts: Accounts, customerId: string, { addresses, consents, ...fields }: UpdateInput, waitMs: number): Promise<Told> {
  const at = now(accounts);
  const given = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
  const data: UpdateCustomer = {
    customerId,
    ...given,
    ...(addresses === undefined ? {} : { addresses: addresses.map(toAddress) }),
    ...(consents === undefined ? {} : { consents: consents.map((each) => toConsent(each, at)) }),
    requestedAt: at,
  };
  return ask(accounts, customerId, { contract: updateCustomer, data }, waitMs);
}

export function erase(accounts: Accounts, customerId: string, waitMs: number): Promise<Told> {
  return ask(accounts, customerId, { contract: eraseCustomer, data: { customerId, requestedAt: now(accounts), requestedBy: 'customer' as const } }, waitMs, ({ gone }) => gone);
}

const now = ({ clock }: Accounts): string => new Date(clock.now()).toISOString();

/** Waits for the next word of the CRM on this customer, whatever it says: it may have refused, or merged them into another. */
async function ask({ database, watch, clock }: Accounts, customerId: string, { contract, data }: Draft, waitMs: number, answered: (state: { gone: boolean }) => boolean = () => true): Promise<Told> {
  const before = await revisionOf(database, customerId);
  await database.transaction((tx) => appendEvents(tx, [{ contract, system: 'gateway', key: customerId, data, correlationId: uuid(), traceparent: currentTraceparent() }]));
  const isDone = (state: { revision: number; gone: boolean }): boolean => state.revision > before.revision && answered(state);
  const last = await watch.until(customerKey(customerId), () => revisionOf(database, customerId), isDone, waitMs, clock);
  return { done: isDone(last), customer: await findCustomer(database, customerId) };
}

function toAddress({ addressId, isDefaultShipping, isDefaultBilling, ...address }: CustomerAddressInput) {
  return { addressId: addressId ?? uuid(), isDefaultShipping: isDefaultShipping ?? false, isDefaultBilling: isDefaultBilling ?? false, ...address };
}

function toConsent({ purpose, granted, source }: ConsentInput, at: string) {
  return { purpose, granted, at, source: source ?? 'account' };
}
