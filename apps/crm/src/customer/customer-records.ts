/** What a CRM's connector has to offer besides feeds: the records of customers, written under our own ids. */
import type { Source } from '@steward/adapter-kit';
import type { Customer, RegisterCustomer, UpdateCustomer } from '@steward/contracts';

export type Registration = RegisterCustomer;
export type CustomerChange = UpdateCustomer;

export type WriteOutcome =
  | { readonly kind: 'done' }
  /** The CRM says no; the same words will never be accepted. */
  | { readonly kind: 'refused'; readonly code: string; readonly reason: string };

export interface CustomerRecords {
  /** An upsert by `customerId`: done twice it is done once. An e-mail address is never a key. */
  readonly register: (customer: Registration, signal: AbortSignal) => Promise<WriteOutcome>;
  /** Absent fields stay, null clears; of consents the newest of each purpose holds. */
  readonly update: (change: CustomerChange, signal: AbortSignal) => Promise<WriteOutcome>;
  /** Removes the person, or all that is personal where the record has to stay. Nobody there is done. */
  readonly erase: (customerId: string, signal: AbortSignal) => Promise<WriteOutcome>;
  /** As it would be announced; undefined = not there. */
  readonly find: (customerId: string, signal: AbortSignal) => Promise<Customer | undefined>;
  /** Others of the same e-mail address, in words by which the CRM's people find them; no personal data. */
  readonly namesakes: (customerId: string, email: string, signal: AbortSignal) => Promise<readonly string[]>;
  /** S6: how long the CRM may hide what it has taken. */
  readonly settleMs: number;
}

export interface CrmSource extends Source {
  readonly records: CustomerRecords;
}
