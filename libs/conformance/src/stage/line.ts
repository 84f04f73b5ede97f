/** From the system to the outbox: the kit's runner on a real database, without a broker. */
import { FeedRunner, type Feed, kitMigrations, type Page } from '@steward/adapter-kit';
import { consumerMigrations, Lease, outboxMigrations } from '@steward/event-bus';
import { type Database, openDatabase, systemClock } from '@steward/platform';
import { eventually, testDatabase, type TestDatabase } from '@steward/testing';
import { sameKeys } from '../checks/keys';
import type { Scene } from './scene';

interface Reader {
  /** Reads that came to an end, well or not. */
  readonly ended: { changes: number; all: number };
  /** The cursor of its first look for changes. */
  readonly begunAt: () => string | null | undefined;
  /** Resolves when the `count`-th page of changes was read; the page arrives only after `release`. */
  readonly holdPage: (count: number) => Promise<void>;
  readonly release: () => void;
  /** The lease goes to whoever comes next; what is being read still arrives. */
  readonly kill: () => Promise<void>;
}

interface Announced {
  readonly revision: number;
  readonly gone: boolean;
}

/** As often as a check wants to see it happen; a vendor's own pace is for its system's sake. */
const pace = { pollEveryMs: 40, overlapEveryMs: 150, fullPassEveryMs: 200, safetyLagMs: 0 };

export class Line {
  private readonly readers: { stop: () => Promise<void> }[] = [];

  private constructor(
    private readonly scene: Scene,
    private readonly template: TestDatabase,
    private readonly database: Database,
  ) {}

  /** Closed when its check is over. */
  static async open(scene: Scene): Promise<Line> {
    const template = await testDatabase({ migrations: [...outboxMigrations, ...consumerMigrations, ...kitMigrations, ...(scene.stage.options.adapter.migrations ?? [])] });
    const database = await openDatabase({ url: template.url, name: 'conformance', migrations: [], logger: scene.stage.evidence.logger });
    const line = new Line(scene, template, database);
    scene.stage.afterCheck(() => line.close());
    return line;
  }

  /** A process of the adapter, with a connector that knows nothing yet. */
  start(): Reader {
    const { stage } = this.scene;
    const { logger } = stage.evidence;
    const { adapter, vendor } = stage.options;
    const watched = watch(this.scene.feed());
    const lease = new Lease({ database: this.database, name: 'adapter', clock: systemClock, logger, ttlMs: 600 });
    const feed = { ...watched.feed, pace: { ...watched.feed.pace, ...pace } };
    const runner = new FeedRunner({ system: adapter.name, vendor, feed, database: this.database, lease, clock: systemClock, logger, revisionFloor: async () => 0 });
    lease.start();
    runner.start();
    this.readers.push({
      stop: async () => {
        watched.release();
        await runner.stop();
        await lease.stop();
      },
    });
    return { ...watched, kill: () => lease.stop() };
  }

  async announced(): Promise<Map<string, Announced>> {
    const rows = await this.rows<{ key: string } & Announced>('select key, revision::float8, data is null as gone from announced');
    return new Map(rows.map(({ key, ...rest }) => [key, rest]));
  }

  /** Every state that was ever put into the outbox, oldest first. */
  outbox(): Promise<{ key: string; revision: number; tombstone: boolean; body: string }[]> {
    return this.rows(`select key, revision::float8, tombstone, body from outbox where kind = 'state' order by id`);
  }

  /** Keys that are missing at the source and wait for their owner's word (X6). */
  async heldDeletions(): Promise<string[]> {
    const rows = await this.rows<{ sample: string[] }>(`select sample from held_change where state = 'open' and rule is null`);
    return rows.flatMap(({ sample }) => sample);
  }

  letters(): Promise<{ key: string; state: string; error: string }[]> {
    return this.rows('select key, state, error from dead_letter order by key');
  }

  /** Until all that can be announced is, and nothing else. */
  async agrees(): Promise<void> {
    await eventually(async () => {
      const alive = [...(await this.announced())].filter(([, { gone }]) => !gone).map(([key]) => key);
      sameKeys(alive, this.scene.keys());
      return true;
    }, this.scene.stage.patience);
  }

  /** Changes these things at the system, and waits until each is announced anew. */
  async follows(...numbers: readonly number[]): Promise<void> {
    const before = await this.announced();
    await this.scene.change(...numbers);
    const keys = numbers.map((n) => this.scene.things.keyOf(n));
    await eventually(async () => {
      const now = await this.announced();
      const waiting = keys.filter((key) => (now.get(key)?.revision ?? 0) <= (before.get(key)?.revision ?? 0));
      if (waiting.length > 0) throw new Error(`changed at the system and not announced: ${waiting.join(', ')}`);
      return true;
    }, this.scene.stage.patience);
  }

  private async close(): Promise<void> {
    for (const reader of this.readers) await reader.stop();
    const { stage, contract } = this.scene;
    const surprising = (await this.letters()).filter(({ key }) => !this.scene.malformed.has(key));
    stage.evidence.faults.push(...surprising.map(({ key, error }) => `${contract.entity} ${key}: ${error}`));
    const said = await this.outbox();
    const states = said.filter(({ tombstone }) => !tombstone).map(({ body, ...row }) => ({ ...row, data: JSON.parse(body) as unknown }));
    stage.evidence.judge(stage.options.adapter.name, contract, states);
    await this.database.close();
    await this.template.drop();
  }

  private async rows<T>(text: string): Promise<T[]> {
    return (await this.template.pool.query(text)).rows as T[];
  }
}

function watch(feed: Feed) {
  const ended = { changes: 0, all: 0 };
  const reached = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  let begunAt: string | null | undefined;
  let heldPage: number | undefined;
  const counted =
    (name: keyof typeof ended, read: Feed['changes']): Feed['changes'] =>
    async (cursor, signal): Promise<Page> => {
      try {
        return await read(cursor, signal);
      } finally {
        ended[name] += 1;
      }
    };
  const changes = counted('changes', feed.changes);
  return {
    ended,
    begunAt: () => begunAt,
    holdPage: (count: number) => ((heldPage = count), reached.promise),
    release: gate.resolve,
    feed: {
      ...feed,
      all: counted('all', feed.all),
      changes: async (cursor: string | null, signal: AbortSignal): Promise<Page> => {
        if (begunAt === undefined) begunAt = cursor;
        const page = await changes(cursor, signal);
        if (ended.changes !== heldPage) return page;
        reached.resolve();
        await gate.promise;
        return page;
      },
    },
  };
}
