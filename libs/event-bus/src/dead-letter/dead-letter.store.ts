/**
 * Dead letters live in the consumer's own database (C4).
 * 1. A letter is committed before its message is acknowledged: there is no moment at which neither holds it (I5).
 * 2. Bytes stay bytes: body and headers are stored as they came; what PostgreSQL's text refuses is only replaced in descriptions.
 * 3. One open letter per logical message and consumer; the same failure seen again counts its attempts on that letter.
 * 4. What others are told of a failure has no values in it (fingerprint.ts); `error`, `stack`, headers and body never leave this table but
 *    through its own door.
 * 5. The owner is the contract's; a security case (B9) belongs to the platform team, never to the owner of the subject.
 */
import type { Contract, Owner } from '@steward/contracts';
import type { Pool, PoolClient } from 'pg';
import { isStorable } from '../consumer/arrival';
import type { HeaderLines } from '../envelope';
import type { FaultClass } from '../consumer/failure';
import { describeFailure } from './fingerprint';

/** Someone has to own what was forged; contracts only name owners of entities. */
export const platformOwner: Owner = {
  team: 'Platform',
  contact: '#team-platform',
  escalation: 'platform-on-call',
  runbook: 'docs/runbooks/security-case.md',
};

export interface NewLetter {
  readonly consumer: string;
  /** What makes it the same logical message: the event id, or stream and position where there is none to trust. */
  readonly identity: string;
  readonly contract: Contract | undefined;
  readonly system?: string | undefined;
  readonly key: string | undefined;
  readonly messageId: string | undefined;
  readonly revision: number | null;
  readonly sequence: number | null;
  readonly stream?: string;
  readonly streamSequence?: number;
  readonly subject: string;
  readonly headers: Record<string, string[]>;
  readonly body: Uint8Array;
  readonly class: FaultClass;
  readonly error: Error | string;
  readonly attempts: number;
  readonly traceparent?: string | null;
}

const insertStatement = `
insert into dead_letter (kind, consumer, identity, entity, key, message_id, revision, sequence, system, stream, stream_sequence, subject,
  headers, body, class, code, error, stack, fingerprint, attempts, versions, owner, traceparent, opened_at, last_seen_at, respond_by,
  cause, message, frame, state, closed_at, closed_reason)
select $1, $2, $3, $4, $5, $6, $7::bigint, $8::bigint, $9, $10, $11::bigint, $12, $13::json, $14, $15, $16, $17, $18, $19, $20::int,
  $21::json, $22::json, $23, $24, $24, $25, $26, $27, $28, case when newer then 'superseded' else 'open' end, case when newer then $24::timestamptz end,
  case when newer then 'a newer state was already stored' end
from (select $1 = 'letter' and $15 <> 'conflict' and exists (
  select 1 from stored_part where entity = $4 and key = $5 and revision > $7::bigint) as newer) s
on conflict (consumer, identity) where state = 'open' do update
  set attempts = greatest(dead_letter.attempts + 1, excluded.attempts), last_seen_at = excluded.last_seen_at, class = excluded.class,
    code = excluded.code, error = excluded.error, stack = excluded.stack, fingerprint = excluded.fingerprint,
    cause = excluded.cause, message = excluded.message, frame = excluded.frame,
    headers = excluded.headers, body = excluded.body
returning id`;

/** Stores letters in the given transaction; returns their ids in order. Letters are rare, so each is a statement of its own. */
export async function storeDeadLetters(tx: PoolClient, letters: readonly NewLetter[], now: Date): Promise<string[]> {
  const ids: string[] = [];
  for (const letter of letters) {
    const { contract, error } = letter;
    const told = describeFailure(letter);
    const security = letter.class === 'security';
    const { rows } = await tx.query<{ id: string }>({
      name: 'steward_dead_letter',
      text: insertStatement,
      values: [
        security ? 'security' : 'letter', letter.consumer, letter.identity, contract?.entity ?? null, storableKey(letter.key), letter.messageId ?? null,
        letter.revision, letter.sequence, letter.system ?? null, letter.stream ?? null, letter.streamSequence ?? null, storableText(letter.subject),
        JSON.stringify(letter.headers), Buffer.from(letter.body.buffer, letter.body.byteOffset, letter.body.byteLength),
        letter.class, told.code, storableText(typeof error === 'string' ? error : error.message).slice(0, 8_000),
        typeof error === 'string' ? null : storableText(stackOf(error)), told.fingerprint, letter.attempts,
        JSON.stringify({ contract: contract ? `${contract.entity}.v${contract.major}` : null, node: process.version }),
        JSON.stringify(security || !contract ? platformOwner : contract.owner), letter.traceparent ?? null, now,
        contract && !security ? new Date(now.getTime() + contract.deadLetter.respondWithinMs) : null,
        told.cause, told.message, told.frame === null ? null : storableText(told.frame),
      ],
    });
    ids.push(...rows.map((row) => row.id));
  }
  return ids;
}

/** C5: closes letters of keys whose stored state is now newer, or whose very message has been applied after all. */
export async function closeSuperseded(tx: PoolClient | Pool, consumer: string, stored: { readonly entity: string; readonly keys: readonly string[]; readonly revisions: readonly number[] }, now: Date): Promise<void> {
  await tx.query({
    name: 'steward_dead_letter_superseded',
    text: `update dead_letter d set state = 'superseded', closed_at = $5, closed_by = 'steward',
        closed_reason = case when d.revision = u.revision then 'this revision was applied' else 'revision ' || u.revision || ' was applied' end
      from unnest($3::text[], $4::bigint[]) as u(key, revision)
      where d.consumer = $1 and d.entity = $2 and d.key = u.key and d.state = 'open' and d.kind = 'letter'
        and (d.revision < u.revision or (d.revision = u.revision and d.class <> 'conflict'))`,
    values: [consumer, stored.entity, stored.keys, stored.revisions, now],
  });
}

/** The same for what has no revision: applied events, and items of a feed that can be translated again. */
export async function closeApplied(tx: PoolClient, consumer: string, identities: readonly string[], { reason, now }: { readonly reason: string; readonly now: Date }): Promise<void> {
  await tx.query({
    name: 'steward_dead_letter_applied',
    text: `update dead_letter set state = 'superseded', closed_at = $4, closed_by = 'steward', closed_reason = $3
      where consumer = $1 and identity = any($2::text[]) and state = 'open' and kind = 'letter'`,
    values: [consumer, identities, reason, now],
  });
}

/** For the metric: open letters by owner's team, consumer and class. */
export async function countOpen(pool: Pool, consumers: readonly string[]): Promise<{ owner: string; consumer: string; class: string; count: number }[]> {
  const { rows } = await pool.query<{ owner: string; consumer: string; class: string; count: number }>({
    name: 'steward_dead_letter_count',
    text: `select owner ->> 'team' as owner, consumer, class, count(*)::int as count from dead_letter
      where state = 'open' and consumer = any($1::text[]) group by 1, 2, 3`,
    values: [consumers],
  });
  return rows;
}

export function headersToRecord(headers: HeaderLines | undefined): Record<string, string[]> {
  const record = new Map<string, string[]>();
  for (const [name, values] of headers ?? []) record.set(name, [...(record.get(name) ?? []), ...values]);
  return Object.fromEntries(record);
}

/** A key that text can't hold is shown percent-encoded: unique enough to find it, and printable. */
function storableKey(key: string | undefined): string | null {
  if (key === undefined) return null;
  return isStorable(key) ? key : encodeURIComponent(key.toWellFormed());
}

const storableText = (text: string): string => text.toWellFormed().replaceAll('\u0000', '\uFFFD');

function stackOf(error: Error): string {
  const causes: string[] = [];
  for (let each: unknown = error; each instanceof Error && causes.length < 5; each = each.cause) causes.push(each.stack ?? each.message);
  return causes.join('\ncaused by: ').slice(0, 16_000);
}
