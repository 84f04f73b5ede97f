/**
 * Writes to the CRM (ADR 0018), in the order of each customer (customer-write.store.ts).
 * - register, update: upserts under our id. There when each field shows what was asked for; sent again, they say the same again.
 * - erase: done when nobody is there any more.
 * A refusal is a case for the Customers team; nobody else waits for an answer.
 */
import { defineEffect, type Effect, type EffectOutcome, type Settled } from '@steward/adapter-kit';
import { customer } from '@steward/contracts';
import type { Clock, Logger } from '@steward/platform';
import type { PoolClient } from 'pg';
import { type NewCase, openCases } from '../cases/customer-case.store';
import { forget } from '../erasure/forget';
import { shows } from './shows';
import type { CustomerChange, CustomerRecords, Registration, WriteOutcome } from './customer-records';
import { dequeue, lockCustomers, type WriteKind } from './customer-write.store';

interface Answer {
  /** Others of the same e-mail address at the CRM. */
  readonly namesakes: readonly string[];
}

const deadlineMs = 20_000;

export function customerEffects(records: CustomerRecords, { clock, logger }: { readonly clock: Clock; readonly logger: Logger }): readonly Effect[] {
  const settle = settleWith(clock, logger);
  const common = { deadlineMs, settleMs: records.settleMs };
  const withNamesakes = async (outcome: WriteOutcome, { customerId, email }: { readonly customerId: string; readonly email?: string }, signal: AbortSignal): Promise<EffectOutcome<Answer>> => {
    if (outcome.kind === 'refused') return outcome;
    return { kind: 'confirmed', answer: { namesakes: email === undefined ? [] : await records.namesakes(customerId, email, signal) } };
  };
  return [
    defineEffect<Registration, Answer>({
      kind: 'register-customer',
      submit: async (request, { signal }) => withNamesakes(await records.register(request, signal), request, signal),
      readBack: async (request, { signal }) => (shows(await records.find(request.customerId, signal), request) ? withNamesakes({ kind: 'done' }, request, signal) : { kind: 'absent' }),
      settled: settle('register-customer'),
      ...common,
    }),
    defineEffect<CustomerChange, Answer>({
      kind: 'update-customer',
      submit: async (request, { signal }) => withNamesakes(await records.update(request, signal), request, signal),
      readBack: async (request, { signal }) => (shows(await records.find(request.customerId, signal), request) ? withNamesakes({ kind: 'done' }, request, signal) : { kind: 'absent' }),
      settled: settle('update-customer'),
      ...common,
    }),
    defineEffect<{ readonly customerId: string }, Answer>({
      kind: 'erase-customer',
      submit: async ({ customerId }, { signal }) => withNamesakes(await records.erase(customerId, signal), { customerId }, signal),
      readBack: async ({ customerId }, { signal }) => ((await records.find(customerId, signal)) ? { kind: 'absent' } : { kind: 'confirmed', answer: { namesakes: [] } }),
      settled: settle('erase-customer'),
      ...common,
    }),
  ];
}

function settleWith(clock: Clock, logger: Logger) {
  return <Request extends { readonly customerId: string }>(kind: WriteKind) =>
    async (tx: PoolClient, { key, request: { customerId }, outcome, correlationId }: Settled<Request, Answer>): Promise<void> => {
      const at = new Date(clock.now());
      await lockCustomers(tx, [customerId]);
      await openCases(tx, casesOf(kind, key, customerId, outcome), at);
      // The reason may quote the person, so it stands in the case only, which is forgotten with them.
      if (outcome.kind === 'refused') logger.error({ kind, key: customerId, code: outcome.code, team: customer.owner.team, runbook: customer.owner.runbook }, 'the CRM has refused a write: a case for its owner');
      if (kind === 'erase-customer' && outcome.kind === 'confirmed') await forget(tx, customerId, { at, correlationId });
      await dequeue(tx, customerId, kind, key);
    };
}

function casesOf(kind: WriteKind, key: string, customerId: string, outcome: EffectOutcome<Answer>): NewCase[] {
  if (outcome.kind === 'pending') return [];
  if (outcome.kind === 'refused') return [{ kind: 'refused', customerId, other: `${kind} ${key}`, detail: `the CRM refused ${kind}: ${outcome.code}: ${outcome.reason}` }];
  return outcome.answer.namesakes.map((other) => ({ kind: 'duplicate', customerId, other, detail: 'the CRM has the same e-mail address under both' }));
}
