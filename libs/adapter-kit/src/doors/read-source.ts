/**
 * What the system of record says right now, in our words: for whoever compares it with what is announced (X1). Announces nothing.
 * 1. The same translation and the same checks as a feed's reads have, so that what is equal has an equal hash.
 * 2. What is withheld is told as not there, as it would be announced.
 * 3. "Does not exist" about something that is announced is believed only beside keys that the source must know (X6).
 */
import type { ReadSourceAnswer, SourceItem, SourcePage } from '@steward/contracts';
import { withoutPersonal } from '@steward/event-bus';
import { ambientEnv, type Database, RejectedError } from '@steward/platform';
import { aliveAmong, witnesses } from '../announce/announced.store';
import { type Prepared, prepare } from '../announce/prepare';
import { checked } from '../feed/poll-changes';
import { witnessCount } from '../pass/confirm-absent';
import type { Feed } from '../source/define';

export interface SourceReading {
  readonly system: string;
  readonly database: Pick<Database, 'query' | 'transaction'>;
  readonly feeds: readonly Feed[];
  readonly signal: AbortSignal;
}

/** An answer is one message of the broker, of 1 MiB; the rest is left for the envelope. */
const maxAnswerBytes = 900_000;

function feedOf({ feeds, system }: Pick<SourceReading, 'feeds' | 'system'>, entity: string): Feed {
  const feed = feeds.find(({ contract }) => contract.entity === entity);
  if (feed === undefined) throw new RejectedError('DOOR_UNKNOWN_ENTITY', `${system} reads no ${entity} from a source`, { place: 'entity', accepted: feeds.map(({ contract }) => contract.entity).join(', ') });
  return feed;
}

export async function readSource(reading: SourceReading, question: { readonly entity: string; readonly keys: readonly string[]; readonly reveal: boolean }): Promise<ReadSourceAnswer> {
  const { system, database, signal } = reading;
  const feed = feedOf(reading, question.entity);
  const keys = [...new Set(question.keys)];
  const prepared = prepare(feed, system, await feed.byKeys(keys, signal), undefined);
  const told = new Map((await toldOf(reading, feed, prepared, question.reveal)).map((item) => [item.key, item]));
  const absent = keys.filter((key) => !told.has(key));
  const unproven = await unprovenAmong(database, feed, { absent, nameless: prepared.refusals.some(({ key }) => key === undefined), signal });
  const items: SourceItem[] = [];
  let bytes = 0;
  for (const key of keys) {
    const item = told.get(key) ?? { key, hash: null, data: null, fault: unproven.get(key) ?? null, version: null, record: null };
    bytes += Buffer.byteLength(JSON.stringify(item)) + 1;
    if (bytes > maxAnswerBytes && items.length > 0) break;
    items.push(item);
  }
  return { items, left: keys.slice(items.length), major: feed.contract.major };
}

export async function readSourcePage(reading: SourceReading, { entity, after }: { readonly entity: string; readonly after: string | null }): Promise<SourcePage> {
  const feed = feedOf(reading, entity);
  const page = checked(await feed.all(after, reading.signal), after);
  const prepared = prepare(feed, reading.system, page.items, undefined);
  const items = (await toldOf(reading, feed, prepared, false)).map(({ key, hash, fault, version }) => ({ key, hash, fault, version }));
  return { items, nameless: page.items.length - prepared.keys.length, next: page.more ? page.next : null, total: page.total ?? null };
}

async function toldOf({ database }: SourceReading, feed: Feed, { statements, refusals, keys }: Prepared, reveal: boolean): Promise<SourceItem[]> {
  const { contract } = feed;
  const { withheld: withholds } = feed;
  const withheld = withholds && keys.length > 0 ? await database.transaction((tx) => withholds(tx, keys)) : new Set<string>();
  const out = (key: string): SourceItem => ({ key, hash: null, data: null, fault: null, version: null, record: null });
  const by = ambientEnv().STEWARD_VERSION;
  return [
    ...statements.map(({ key, hash, body, record, version }) => {
      if (withheld.has(key) || body === null || record === null) return out(key);
      const data: unknown = JSON.parse(body);
      return { key, hash, data: reveal ? data : withoutPersonal(contract, data), fault: null, version, record: { hash: record, by } };
    }),
    ...refusals.flatMap(({ key, class: kind, error }) => {
      if (key === undefined) return [];
      return [withheld.has(key) ? out(key) : { ...out(key), fault: { class: kind, message: typeof error === 'string' ? error : error.message } }];
    }),
  ];
}

async function unprovenAmong(database: SourceReading['database'], feed: Feed, { absent, nameless, signal }: { absent: readonly string[]; nameless: boolean; signal: AbortSignal }): Promise<Map<string, NonNullable<SourceItem['fault']>>> {
  const every = (keys: readonly string[], message: string) => new Map(keys.map((key) => [key, { class: 'inconsistent', message }]));
  if (nameless) return every(absent, 'the source shows items without a key: this one may be among them');
  const { entity } = feed.contract;
  const alive = absent.length === 0 ? [] : await aliveAmong(database, entity, absent);
  if (alive.length === 0) return new Map();
  const known = await witnesses(database, entity, alive, witnessCount);
  const shown = known.length === 0 ? [] : await feed.byKeys(known, signal);
  return shown.length > 0 ? new Map() : every(alive, `the source shows neither this nor any of ${String(known.length)} others that are announced`);
}
