/**
 * Reads everything there is; the only reader that may find out by itself that something disappeared.
 * 1. Position, keys seen and totals are in the table with each page: a killed pass goes on where it was.
 * 2. Missing = announced, read before the pass began, not shown by it (O7). Only a complete pass has missing keys (X6).
 * 3. More than the contract's guard allows is one case for the owner, and nothing is deleted (X6).
 * 4. What is deleted, the source was asked for by key once more.
 */
import { randomUUID } from 'node:crypto';
import { lanes } from '@steward/event-bus';
import { accountedBy, countAlive, countDeletedSince, missingIn } from '../announce/announced.store';
import type { Pass } from '../feed/feed.store';
import { checked } from '../feed/poll-changes';
import { type Reading, withRead } from '../feed/reading';
import { guardWindowMs } from '../guard/change-rules';
import { type GuardVerdict, judgeDeletion, judgePass } from '../guard/judge';
import { deleteIfAbsent, maxSuspects } from './confirm-absent';

const restPerWork = 9;
const sampleSize = 20;

export async function fullPass(reading: Reading): Promise<void> {
  const { signal, clock, state } = reading;
  let pass = state.pass ?? (await begin(reading));
  const isFirst = state.lastPassAt === null;
  while (!pass.read && !signal.aborted) {
    const startedAt = performance.now();
    pass = await readOn(reading, pass, isFirst);
    // The first one is awaited by everybody, the later ones by nobody.
    if (!pass.read && !isFirst) await clock.sleep((performance.now() - startedAt) * restPerWork, signal);
  }
  if (!signal.aborted) await conclude(reading, pass);
}

async function begin(reading: Reading): Promise<Pass> {
  const { reads, database, lease, store } = reading;
  const read = await reads.begin();
  reads.end(read);
  const pass: Pass = { id: randomUUID(), cursor: null, readNo: read.no, startedAt: read.at, total: null, nameless: 0, read: false };
  await database.transaction(async (tx) => {
    await lease.assert(tx);
    await store.beginPass(tx, pass);
  });
  reading.state = { ...reading.state, pass };
  return pass;
}

async function readOn(reading: Reading, pass: Pass, isFirst: boolean): Promise<Pass> {
  const { feed, announcer, store, signal } = reading;
  const next = await withRead(reading, 'pass', async (read) => {
    const page = checked(await feed.all(pass.cursor, signal), pass.cursor);
    let after = pass;
    await announcer.announce({
      read,
      items: page.items,
      lane: isFirst ? lanes.backfill : lanes.live,
      also: async (tx, prepared) => {
        const totals = [pass.total, page.total].filter((total) => typeof total === 'number');
        after = {
          ...pass,
          cursor: page.next,
          total: totals.length > 0 ? Math.min(...totals) : null,
          nameless: pass.nameless + page.items.length - prepared.keys.length,
          read: !page.more,
        };
        await store.passPage(tx, after, prepared.keys);
      },
    });
    return after;
  });
  reading.state = { ...reading.state, pass: next };
  return next;
}

async function conclude(reading: Reading, pass: Pass): Promise<void> {
  const { feed, database, held, clock, logger } = reading;
  const { entity, guard, owner } = feed.contract;
  const alive = await countAlive(database, entity);
  const accounted = await accountedBy(database, entity, pass.id, pass.readNo);
  const missing = await missingIn(database, entity, pass.id, pass.readNo);
  const released = await held.released(database);
  const complete = judgePass({ accounted, nameless: pass.nameless, total: pass.total, alive });
  const recent = await countDeletedSince(database, entity, new Date(clock.now() - guardWindowMs));
  const verdict = complete.held ? complete : judgeDeletion(guard, { missing: missing.length, recent, alive });
  if (verdict.held && (verdict.kind === 'truncated' || missing.length > released)) {
    logger.error({ entity, kind: verdict.kind, missing: missing.length, alive, team: owner.team, runbook: owner.runbook }, `held for the owner: ${verdict.detail}`);
    return end(reading, pass, { verdict, missing, alive });
  }
  for (let from = 0; from < missing.length; from += maxSuspects) {
    await deleteIfAbsent(reading, missing.slice(from, from + maxSuspects), { withoutWitness: verdict.held });
  }
  return end(reading, pass);
}

async function end(reading: Reading, pass: Pass, finding?: { verdict: Extract<GuardVerdict, { held: true }>; missing: readonly string[]; alive: number }): Promise<void> {
  const { database, lease, store, held, clock, announcer } = reading;
  const at = new Date(clock.now());
  let committed = (): void => undefined;
  await database.transaction(async (tx) => {
    await lease.assert(tx);
    if (finding) {
      const { verdict, missing, alive } = finding;
      await held.hold(tx, { ...verdict, count: missing.length, total: alive, sample: missing.slice(0, sampleSize) }, at);
    } else {
      await held.settle(tx, 'a later full pass was sound', at);
      committed = await announcer.quarantine.closeGone(tx, pass.id, pass.startedAt, at);
    }
    await store.endPass(tx, pass, at);
  });
  committed();
  reading.state = { ...reading.state, pass: null, lastPassAt: at };
}
