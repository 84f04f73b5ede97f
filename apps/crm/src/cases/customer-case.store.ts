/**
 * What a person has to decide about customers (C3: a case, not an error). Nothing is guessed meanwhile: two people of one address
 * stay two, and what the CRM has merged is told and joined by nobody here.
 * 1. The same question is asked once for ever, also when its answer was "leave it".
 * 2. Who closed it and why are written with the act (I6). Rows name ids only.
 */
import { customer } from '@steward/contracts';
import { counter, type Database } from '@steward/platform';
import type { PoolClient } from 'pg';

const caseKinds = ['duplicate', 'merged', 'refused'] as const;
export type CaseKind = (typeof caseKinds)[number];

export interface NewCase {
  readonly kind: CaseKind;
  readonly customerId: string;
  /** The other customer; of a refusal the write that was refused. */
  readonly other: string;
  readonly detail: string;
}

export interface CustomerCase extends NewCase {
  readonly id: string;
  readonly owner: unknown;
  readonly openedAt: Date;
}

const opened = counter('steward_customer_cases_total', 'Cases of the Customers team, by what they are about', ['kind']);

/** Returns how many were not known. */
export async function openCases(tx: Pick<PoolClient, 'query'>, cases: readonly NewCase[], at: Date): Promise<number> {
  if (cases.length === 0) return 0;
  const { rows } = await tx.query<{ kind: CaseKind }>(
    `insert into customer_case (kind, customer_id, other, detail, owner, opened_at)
      select kind, customer_id, other, detail, $5, $6 from unnest($1::text[], $2::text[], $3::text[], $4::text[]) as u(kind, customer_id, other, detail)
      on conflict do nothing returning kind`,
    [cases.map(({ kind }) => kind), cases.map(({ customerId }) => customerId), cases.map(({ other }) => other), cases.map(({ detail }) => detail), JSON.stringify(customer.owner), at],
  );
  for (const { kind } of rows) opened.inc({ kind });
  return rows.length;
}

export async function listCases(database: Pick<Database, 'query'>): Promise<CustomerCase[]> {
  return database.query<CustomerCase & Record<string, unknown>>(
    `select id, kind, customer_id as "customerId", other, detail, owner, opened_at as "openedAt" from customer_case where state = 'open' order by opened_at, id limit 100`,
  );
}

/** False when there is no open one of this id. */
export async function closeCase(database: Pick<Database, 'query'>, id: string, by: { readonly actor: string; readonly reason: string }): Promise<boolean> {
  const rows = await database.query(`update customer_case set state = 'closed', closed_at = now(), closed_by = $2, closed_reason = $3 where id = $1 and state = 'open' returning id`, [id, by.actor, by.reason]);
  return rows.length === 1;
}
