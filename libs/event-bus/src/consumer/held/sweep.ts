/**
 * What time alone brings about, looked for every few seconds. Everything here is also safe when a second replica does it.
 * 1. Held events whose turn has come without a message to release them (crash after a commit, retry time, entity already here).
 * 2. Waits that are over (C5b, C8).
 * 3. Letters that a newer state has overtaken (C5) without having seen each other: their transactions ran side by side.
 */
import { StewardError } from '@steward/platform';
import type { Envelope } from '../../envelope';
import type { Handler } from '../declarations';
import { lockPositions, movePositions } from '../gate/held.store';
import { giveUpHeld, releaseHeld } from './release-held';
import type { Work } from '../work';

/** `pausedMs`: for how long nothing was pulled, which no wait is to be blamed for. */
export async function sweep(work: Work, pausedMs = 0): Promise<void> {
  await closeOvertaken(work);
  for (const handler of work.handlers.values()) {
    await freeAwaiting(work, handler);
    for (const place of await placesInTurn(work, handler)) await releaseHeld(work, handler, place);
    for (const place of await placesOverdue(work, handler, pausedMs)) await endWait(work, handler, place);
  }
}

async function closeOvertaken(work: Work): Promise<void> {
  await work.database.query(
    `update dead_letter d set state = 'superseded', closed_at = $2, closed_by = 'steward', closed_reason = 'revision ' || s.revision || ' was applied'
      from stored_part s where d.consumer = $1 and d.state = 'open' and d.kind = 'letter' and s.entity = d.entity and s.key = d.key
        and (d.revision < s.revision or (d.revision = s.revision and d.class <> 'conflict'))`,
    [work.consumer, new Date(work.clock.now())],
  );
}

/** The entity may have been stored between the handler's look and the event's parking. */
async function freeAwaiting(work: Work, handler: Handler): Promise<void> {
  await work.database.query(
    `update held h set awaits_entity = null, awaits_key = null from stored_part s
      where h.handler = $1 and h.awaits_entity = s.entity and h.awaits_key = s.key`,
    [handler.builds],
  );
}

/** Only keys of this handler's entity: two handlers may build the same thing from different contracts. */
const ofEntity = (handler: Handler): string => `%.${handler.contract.entity.replace(/[%_\\]/g, '\\$&')}/%`;

async function placesInTurn(work: Work, handler: Handler): Promise<string[]> {
  const rows = await work.database.query<{ key: string }>(
    `select h.key from held h left join event_position p on p.handler = h.handler and p.key = h.key
      where h.handler = $1 and h.key like $2 and h.sequence <= coalesce(p.sequence, 0) + 1 and h.awaits_entity is null and (h.retry_at is null or h.retry_at <= $3)
      group by h.key limit 500`,
    [handler.builds, ofEntity(handler), new Date(work.clock.now())],
  );
  return rows.map((row) => row.key);
}

async function placesOverdue(work: Work, handler: Handler, pausedMs: number): Promise<string[]> {
  const rows = await work.database.query<{ key: string }>(
    `select h.key from (select distinct on (key) key, expires_at, envelope ->> 'key' as entity_key from held where handler = $1 and key like $2 order by key, sequence) h
      where h.expires_at <= $3 and not exists (select 1 from dead_letter d
        where d.consumer = $4 and d.entity = $5 and d.key = h.entity_key and d.state = 'open' and d.kind = 'letter') limit 500`,
    [handler.builds, ofEntity(handler), new Date(work.clock.now() - pausedMs), work.consumer, handler.contract.entity],
  );
  return rows.map((row) => row.key);
}

async function endWait(work: Work, handler: Handler, place: string): Promise<void> {
  const adopted = await work.database.transaction(async (tx) => {
    const position = (await lockPositions(tx, handler.builds, [place])).get(place) ?? 0;
    const { rows } = await tx.query<{ envelope: Envelope; awaits_key: string | null }>(
      'select envelope, awaits_key from held where handler = $1 and key = $2 order by sequence limit 1 for update', [handler.builds, place]);
    const head = rows[0];
    if (!head) return false;
    const sequence = head.envelope.sequence ?? 0;
    // Nothing of this key was ever applied: what came before left the stream before this consumer was born. An explicit skip.
    if (position === 0 && sequence > 1 && head.awaits_key === null) {
      await movePositions(tx, handler.builds, new Map([[place, sequence - 1]]));
      work.logger.warn({ consumer: work.consumer, key: place, sequence }, 'the first event seen of a key is taken as its beginning');
      return true;
    }
    if (sequence <= position + 1 && head.awaits_key === null) return false;
    const why = head.awaits_key === null
      ? { class: 'gap' as const, error: new StewardError('CONSUMER_GAP', `event ${sequence} waits for ${position + 1}, which did not come`) }
      : { class: 'awaiting' as const, error: new StewardError('CONSUMER_AWAITS', `waits for ${head.awaits_key}, which did not come`) };
    await giveUpHeld(tx, work, { handler, place, envelope: head.envelope }, { ...why, attempts: 0 });
    return false;
  });
  if (adopted) await releaseHeld(work, handler, place);
}
