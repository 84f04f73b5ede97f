// What the consumer's specs share: messages as they come from the wire, and a consumer on a database of its own.
import { randomUUID } from 'node:crypto';
import { headers as createHeaders, type MsgHdrs } from '@nats-io/transport-node';
import { type Contract, type FeedProgress, feedProgress, product, type StockLevel, stockLevel, subjectOf } from '@steward/contracts';
import type { PoolClient } from 'pg';
import { type Clock, createLogger, type Database, openDatabase, systemClock } from '@steward/platform';
import { testDatabase, type TestDatabase } from '@steward/testing';
import { dataSchemaOf, type Envelope, type RawMessage, sourceOf, toHeaders } from '../envelope';
import { readMessage, type Sound } from './arrival';
import { defineHandler, defineProjection, type Handler, type Projection } from './declarations';
import { consumerMigrations } from './migrations';
import { runBatch } from './batch/runner';
import { defaultBudget } from './failure';
import { releaseHeld } from './held/release-held';
import type { Delivered, Outcome, Work } from './work';

export const logger = createLogger({ service: 'test', level: 'silent' });

/** An envelope as the owner would have sent it; `overrides` make the liar. */
export function envelopeOf(contract: Contract, system: string, key: string, data: unknown, overrides: Partial<Envelope> = {}): Envelope {
  return {
    id: randomUUID(), type: `${system}.${contract.entity}.v${contract.major}`, source: sourceOf(system), subject: subjectOf(contract, system, key), key,
    time: '2026-11-24T10:00:00.000Z', dataSchema: dataSchemaOf(contract), revision: contract.kind === 'state' ? 1 : null, sequence: contract.kind === 'state' ? null : 1,
    correlationId: null, causationId: null, origin: 'live', tombstone: data === null, traceparent: null, body: data === null ? '' : JSON.stringify(data), ...overrides,
  };
}

export function messageOf(envelope: Envelope): RawMessage & { headers: MsgHdrs } {
  return { subject: envelope.subject, headers: toHeaders(envelope), data: Buffer.from(envelope.body, 'utf8') };
}

export const stockOf = (key: string, onHand: number): StockLevel => ({ sku: key.split('@')[0] ?? key, location: key.split('@')[1] ?? 'main', onHand });
export const stock = (key: string, revision: number, onHand: number | null = revision, overrides: Partial<Envelope> = {}): Envelope =>
  envelopeOf(stockLevel, 'erp', key, onHand === null ? null : stockOf(key, onHand), { revision, ...overrides });

export const progressOf = (entity: string, sequence: number): FeedProgress => ({ system: 'erp', entity, completeUpTo: '2026-11-24T10:00:00Z', stream: 'ERP_STATE', epoch: 'e', sequence });
export const progress = (entity: string, sequence: number, overrides: Partial<Envelope> = {}): Envelope =>
  envelopeOf(feedProgress, 'erp', entity, progressOf(entity, sequence), { sequence, ...overrides });
export const aProduct = { id: 'P1', status: 'active', categoryIds: [], texts: { en: { name: 'A', slug: 'a' } }, attributes: {}, media: [], variants: [] };
export { createHeaders, feedProgress, product, stockLevel };

let streamSequence = 0;
export function delivered(envelopeOrMessage: Envelope | RawMessage, deliveries = 1): Delivered {
  const message = 'data' in envelopeOrMessage ? envelopeOrMessage : messageOf(envelopeOrMessage);
  return { reading: readMessage(message), message, streamSequence: ++streamSequence, deliveries, receivedAtMs: 0 };
}
export const sound = (envelope: Envelope): Delivered<Sound> => {
  const result = delivered(envelope);
  if (!result.reading.sound) throw new Error(result.reading.error);
  return result as Delivered<Sound>;
};

export interface Rig {
  readonly test: TestDatabase;
  readonly database: Database;
  readonly work: Work;
  /** Runs a batch, releases what may run after it; returns the outcomes by message id or subject. */
  run(...batch: Delivered[]): Promise<Map<string, Outcome>>;
  rows<R>(text: string, values?: unknown[]): Promise<R[]>;
  close(): Promise<void>;
}

/** Counts effects beside the gate's tables: `effect` has a row for every time a projection or handler was called and committed. */
export const effects = `create table if not exists effect (id bigint generated always as identity primary key, entity text, key text, n bigint, value json)`;
type Fail<Args extends unknown[]> = (...args: [...Args, tx: PoolClient]) => Error | undefined | Promise<Error | undefined>;
export const recordingProjection = (fail?: Fail<[key: string]>): Projection =>
  defineProjection<StockLevel>({
    builds: 'availability', contract: stockLevel,
    apply: async (tx, changes) => {
      for (const { key, revision, data } of changes) {
        const error = await fail?.(key, tx);
        if (error) throw error;
        await tx.query('insert into effect (entity, key, n, value) values ($1, $2, $3, $4)', ['stock-level', key, revision, JSON.stringify(data)]);
      }
    },
  });
export const recordingHandler = (fail?: Fail<[sequence: number, key: string]>): Handler =>
  defineHandler<FeedProgress>({
    builds: 'progress', contract: feedProgress,
    handle: async (tx, { key, sequence, data }) => {
      const error = await fail?.(sequence, key, tx);
      if (error) throw error;
      await tx.query('insert into effect (entity, key, n, value) values ($1, $2, $3, $4)', ['feed-progress', key, sequence, JSON.stringify(data)]);
    },
  });

export async function openRig(options: { projection?: Projection; handler?: Handler; clock?: Clock; work?: Partial<Work> } = {}): Promise<Rig> {
  const test = await testDatabase({ migrations: consumerMigrations });
  const database = await openDatabase({ url: test.url, name: test.name, migrations: consumerMigrations, logger });
  await test.pool.query(effects);
  const handler = options.handler ?? recordingHandler();
  const work: Work = {
    consumer: 'gateway-availability', stream: 'ERP_STATE', database, clock: options.clock ?? systemClock, logger,
    projections: new Map([['stock-level', options.projection ?? recordingProjection()]]),
    handlers: new Map([['feed-progress', handler]]),
    budget: defaultBudget, heldForMs: 3_600_000, journal: true,
    meter: { count: () => undefined, propagated: () => undefined, rebound: () => undefined, lag: () => undefined },
    ...options.work,
  };
  return {
    test, database, work,
    run: async (...batch) => {
      const outcomes = new Map<string, Outcome>();
      const releases: { handler: Handler; places: string[] }[] = [];
      await runBatch(work, batch, {
        onSettled: (each, outcome) => outcomes.set(each.reading.envelope?.id ?? each.message.subject, outcome),
        onCommit: (after) => releases.push(...after.releases),
      });
      for (const release of releases) for (const place of release.places) await releaseHeld(work, release.handler, place);
      return outcomes;
    },
    rows: async <R>(text: string, values: unknown[] = []) => (await test.pool.query(text, values)).rows as R[],
    close: async () => {
      await database.close();
      await test.drop();
    },
  };
}
