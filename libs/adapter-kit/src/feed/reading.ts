import type { Lease } from '@steward/event-bus';
import { type Clock, counter, type Database, inSpan, type Logger } from '@steward/platform';
import type { Announcer } from '../announce/announcer';
import type { Read, ReadNumbers } from '../announce/read-numbers';
import type { HeldChangeStore } from '../guard/held-change.store';
import { type CallLane, calling } from '../http/caller';
import type { Feed } from '../source/define';
import type { Bell } from '../loop/bell';
import type { FeedState, FeedStore } from './feed.store';

/** What all readers of one feed share while this process holds the lease. */
export interface Reading {
  readonly system: string;
  readonly feed: Feed;
  readonly database: Pick<Database, 'query' | 'transaction'>;
  readonly lease: Pick<Lease, 'assert'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly reads: ReadNumbers;
  readonly announcer: Announcer;
  readonly store: FeedStore;
  readonly held: HeldChangeStore;
  /** Ends when the lease is lost or the service stops. */
  readonly signal: AbortSignal;
  readonly bells: { readonly poll: Bell; readonly hints: Bell; /** Rung by each page that the poll commits. */ readonly page: Bell };
  /** Follows the table; only the reader that changed a row changes it here. */
  state: FeedState;
  /** Of the strict poll: rounds begun and ended, and pages committed. */
  readonly polling: { begun: number; ended: number; pages: number };
}

export type How = 'changes' | 'overlap' | 'pass' | 'keys';

const reads = counter('steward_source_reads_total', 'Reads of a system of record, by what they were for', ['system', 'entity', 'how', 'outcome']);

/** Soon enough to sell by what is shown. */
const urgentMs = 30_000;

/** R3: an import and a full pass wait for everybody, what shows stock and prices for writes of orders only. */
function laneOf({ feed, state }: Reading, how: How): CallLane {
  if (how === 'pass' || state.importedAt === null) return 'background';
  const targets = Object.values(feed.contract.freshness).map(({ targetMs }) => targetMs);
  return Math.min(...targets) <= urgentMs ? 'stock-and-price' : 'catalogue';
}

/** One read of the source: numbered before its request (O7), one span from request to commit. */
export async function withRead<T>(reading: Reading, how: How, work: (read: Read) => Promise<T>): Promise<T> {
  const { system, feed } = reading;
  const { entity } = feed.contract;
  const labels = { system, entity, how };
  return inSpan(`read ${entity}`, { kind: 'internal', attributes: { 'steward.system': system, 'steward.entity': entity, 'steward.read': how } }, async () => {
    const read = await reading.reads.begin();
    try {
      const result = await calling({ lane: laneOf(reading, how), signal: reading.signal }, () => work(read));
      reads.inc({ ...labels, outcome: 'ok' });
      return result;
    } catch (error) {
      reads.inc({ ...labels, outcome: 'failed' });
      throw error;
    } finally {
      reading.reads.end(read);
    }
  });
}
