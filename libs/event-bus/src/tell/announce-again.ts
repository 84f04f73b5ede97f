/**
 * Announcing again on request (X3): what every service has in common that announces states, and all of it for one that only tells.
 * 1. One transaction: what is said again, and who wanted it why (I6). Asked again under the same id, the answer is that of the first time.
 * 2. Rows that are told are touched, and their Teller tells them again: what nothing announces by hand, nothing announces again by hand. A row
 *    that was deleted is told as deleted again, as an adapter does; a key that nobody remembers any more is unknown.
 */
import { type AnnounceAgainAnswer, type AnnounceAgainQuestion, type AnnouncedAgain, encodeKey } from '@steward/contracts';
import { type Database, RejectedError } from '@steward/platform';
import type { PoolClient } from 'pg';
import { z } from 'zod';
import type { Told } from './define-told';
import { nextTold, touchTold } from './told.store';

const words = z.string().trim().min(1).max(2_000);
/** What no table or subject takes was never announced either. */
export const announcedKey = z.string().refine((given) => {
  try {
    return !given.includes('\0') && encodeKey(given) !== '';
  } catch {
    return false;
  }
}, 'is no key');

export const announceAgainQuestion = z.strictObject({
  entity: z.string().min(1).max(100),
  keys: z.array(announcedKey).min(1).max(500),
  from: z.enum(['announced', 'source']).default('announced'),
  // Far below where a number of JavaScript stops counting: revisions must be able to grow from here.
  above: z.record(announcedKey, z.int().min(0).max(2 ** 52)).default({}),
  actor: words,
  reason: words,
  dryRun: z.boolean(),
  actId: z.string().min(1).max(200).nullable().default(null),
  origin: z.literal('repair').default('repair'),
  traceparent: z.string().nullable().default(null),
});

export interface AnnouncingAgain {
  readonly database: Pick<Database, 'transaction'>;
  readonly now: () => number;
}

interface Telling extends AnnouncingAgain {
  readonly service: string;
  readonly tells: readonly Told[];
}

/** The announce-again door of a service that announces only rows of its own. */
export async function announceToldAgain(telling: Telling, question: AnnounceAgainQuestion): Promise<AnnounceAgainAnswer> {
  const { service, tells } = telling;
  const told = tells.find(({ contract }) => contract.entity === question.entity);
  if (told === undefined) throw unannounced(service, question.entity, tells.map(({ contract }) => contract.entity));
  refuseSource(service, question);
  return announceOnce(telling, question, (tx, keys) => tellAgain(tx, told, keys, question.dryRun));
}

export const unannounced = (service: string, entity: string, announces: readonly string[]): RejectedError =>
  new RejectedError('DOOR_UNKNOWN_ENTITY', `${service} does not announce ${entity}`, { place: 'entity', accepted: announces.join(', ') });

export function refuseSource(service: string, { entity, from }: AnnounceAgainQuestion): void {
  if (from === 'source') throw new RejectedError('DOOR_UNKNOWN_ENTITY', `${service} reads no ${entity} from a source: it decides on it itself`, { place: 'from', accepted: 'announced' });
}

/** `say` is given each key once. */
export async function announceOnce({ database, now }: AnnouncingAgain, question: AnnounceAgainQuestion, say: (tx: PoolClient, keys: readonly string[]) => Promise<readonly AnnouncedAgain[]>): Promise<AnnounceAgainAnswer> {
  const keys = [...new Set(question.keys)];
  return database.transaction(async (tx) => {
    const before = await answeredBefore(tx, question, keys);
    if (before !== undefined) return { items: before };
    const items = await say(tx, keys);
    if (!question.dryRun) await record(tx, question, { keys, items, at: new Date(now()) });
    return { items };
  });
}

/**
 * Ignores the question's `above`, because a told row numbers itself: if somebody holds a higher revision, the next comparison still finds
 * it.
 */
export async function tellAgain(tx: PoolClient, told: Told, keys: readonly string[], dryRun: boolean): Promise<AnnouncedAgain[]> {
  if (!dryRun) await touchTold(tx, told, keys);
  const next = await nextTold(tx, told, keys, !dryRun);
  return keys.map((key) => {
    const revision = next.get(key);
    return revision === undefined ? { key, outcome: 'unknown-key', revision: null } : { key, outcome: dryRun ? 'would-announce' : 'announced', revision };
  });
}

/** Two that ask under one id at once take turns: the second waits here for the end of the first. */
async function answeredBefore(tx: PoolClient, { actId, entity, dryRun }: AnnounceAgainQuestion, keys: readonly string[]): Promise<readonly AnnouncedAgain[] | undefined> {
  if (actId == null || dryRun) return undefined;
  await tx.query(`select pg_advisory_xact_lock(hashtextextended($1, 0))`, [`announce-again ${actId}`]);
  const { rows } = await tx.query<{ same: boolean; told: AnnouncedAgain[] }>('select entity = $2 and keys = $3::text[] as same, told from announced_again where act_id = $1', [actId, entity, keys]);
  const [row] = rows;
  if (row?.same === false) throw new RejectedError('DOOR_ACT_DIFFERS', `act ${actId} was about other keys`, { place: 'actId' });
  return row?.told;
}

async function record(tx: PoolClient, { actId = null, entity, from = 'announced', actor, reason }: AnnounceAgainQuestion, { keys, items, at }: { keys: readonly string[]; items: readonly AnnouncedAgain[]; at: Date }): Promise<void> {
  await tx.query('insert into announced_again (act_id, entity, origin, actor, reason, keys, told, at) values ($1, $2, $3, $4, $5, $6, $7::json, $8)', [
    actId, entity, from, actor, reason, keys, JSON.stringify(items), at,
  ]);
}
