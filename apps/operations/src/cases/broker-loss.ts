/**
 * A stream that lost what it had acknowledged is a case of operations itself (B2), opened in the transaction that opens the new epoch. It is
 * written into the read model directly: a broker that was lost must not be what tells of its loss. Owners publish again by themselves; the
 * case stays until somebody has looked at the broker, which does not lose messages for nothing.
 */
import { randomUUID } from 'node:crypto';
import { currentContracts, streamOf } from '@steward/contracts';
import type { PoolClient } from 'pg';
import { writeCases } from './cases.store';

const RESPOND_WITHIN_MS = 60 * 60_000;

export async function openBrokerLoss(tx: PoolClient, { stream, epoch, reason, at }: { readonly stream: string; readonly epoch: string; readonly reason: string; readonly at: Date }): Promise<void> {
  const entities = currentContracts.filter((contract) => contract.systems.some((system) => streamOf(contract, system).name === stream));
  const [first] = entities;
  const now = at.toISOString();
  await writeCases(tx, [
    {
      caseId: randomUUID(),
      service: 'operations',
      kind: 'broker-loss',
      entity: entities.length === 1 ? (first?.entity ?? null) : null,
      key: null,
      summary: `the broker lost messages of stream ${stream}: ${reason}`.slice(0, 500),
      severity: 'critical',
      owner: { team: 'Platform', contact: '#team-platform', escalation: 'platform-on-call', runbook: 'docs/runbooks/broker-stream-lost.md' },
      state: 'open',
      openedAt: now,
      lastSeenAt: now,
      respondBy: new Date(at.getTime() + RESPOND_WITHIN_MS).toISOString(),
      closedAt: null,
      closedBy: null,
      closedReason: null,
      cause: 'broker-loss',
      exposure: null,
      counts: null,
      detail: { stream, epoch, entities: entities.map(({ entity }) => entity).join(', ') },
    },
  ]);
}
