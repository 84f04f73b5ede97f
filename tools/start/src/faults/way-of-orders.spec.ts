// For orders that came out wrong: what each service on their way has of them. The last that has something is where they stand.
import { cpSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DatabaseOwner } from '../system/databases';
import type { System } from '../system/system';
import { withDatabase } from './side-by-side.spec';

/** $1 = ids of orders. Bodies are left out: they are long, and the order's own state says more. */
const questions: readonly (readonly [DatabaseOwner, string, string])[] = [
  ['gateway', 'sent', 'select entity, key, sequence, created_at, published_at, stream_sequence from outbox where key = any($1) order by id'],
  ['oms', 'applied', 'select handler, key, sequence from event_position where split_part(key, \'/\', 2) = any($1)'],
  ['oms', 'saga', 'select order_id, step, version, due_at, updated_at from saga where order_id = any($1)'],
  ['oms', 'effects', `select kind, key, state, attempts, failures, next_at, claimed_until, submitted_at, answer, error from effect where split_part(key, ':', 1) = any($1) or request::text ~ any($1)`],
  ['oms', 'sent', 'select entity, key, sequence, revision, created_at, published_at, stream_sequence from outbox where key = any($1) order by id'],
  ['erp', 'applied', 'select handler, key, sequence from event_position where split_part(key, \'/\', 2) = any($1)'],
  ['erp', 'reservation', 'select order_id, status, export, giving_up, expires_at, erp_reference, refusal, export_refusal, ended_at from reservation where order_id = any($1)'],
  ['erp', 'effects', `select kind, key, state, attempts, failures, next_at, claimed_until, submitted_at, answer, error from effect where split_part(key, ':', 1) = any($1) or request::text ~ any($1)`],
  ['erp', 'sent', 'select entity, key, sequence, revision, created_at, published_at, stream_sequence from outbox where key = any($1) order by id'],
  ['gateway', 'shown', `select key, revision, data->>'status' as status, applied_at from stored_part where entity = 'order' and key = any($1)`],
];
const troubles = (['oms', 'erp', 'gateway'] as const).flatMap((owner): (readonly [DatabaseOwner, string, string])[] => [
  [owner, 'letters', 'select consumer, entity, key, class, error, opened_at from dead_letter where key = any($1)'],
  [owner, 'waiting', 'select handler, key, sequence, awaits_entity, awaits_key, retry_at, expires_at from held where split_part(key, \'/\', 2) = any($1)'],
  [owner, 'tries', 'select consumer, message_id, attempts, first_at from delivery_attempt where $1::text[] is not null'],
]);

const mostOrders = 3;

export async function wayOfOrders(system: System, orderIds: readonly string[]): Promise<string> {
  const logs = mkdtempSync(join(tmpdir(), 'steward-fault-logs-'));
  cpSync(join(system.dataDir, 'logs'), logs, { recursive: true });
  const lines = [`${new Date().toISOString()}: ${String(orderIds.length)} orders came out wrong, logs in ${logs}`];
  for (const id of orderIds.slice(0, mostOrders)) {
    lines.push('', `order ${id}`);
    for (const [owner, what, text] of [...questions, ...troubles]) {
      const rows = await withDatabase(system, owner, async (client) => (await client.query(text, [[id]])).rows).catch((fault: Error) => [fault.message]);
      for (const row of rows) lines.push(`  ${owner} ${what}: ${JSON.stringify(row).slice(0, 600)}`);
    }
  }
  return lines.join('\n');
}
