/**
 * The scrub on request: a number is drawn for each, and a scrub that began later has done it. Whoever asks whether it is done makes this
 * process do it if nobody else is at it, so that one that was killed half-way costs only its time.
 */
import type { Database } from '@steward/platform';
import { scrubDigest } from './kept';
import type { StateTable } from './tree';

/** All rows of an entity are read, with 9 µs of CPU for each of 2 KB. */
const scrubWithinMs = 1_800_000;

export class Scrubber {
  private readonly running = new Map<string, Promise<void>>();

  /** Told of what was written past the gate. */
  constructor(private readonly logger: { readonly warn: (text: string) => void }) {}

  async ask(database: Pick<Database, 'query'>, held: StateTable, entity: string): Promise<string> {
    const [row] = await database.query<{ asked: number }>(
      `insert into digest_scrub as s (held_in, entity, asked) values ($1, $2, 1) on conflict (held_in, entity) do update set asked = s.asked + 1 returning asked::float8 as asked`,
      [held, entity],
    );
    return String(row?.asked ?? 0);
  }

  async isDone(database: Pick<Database, 'query'>, held: StateTable, entity: string, ticket: string): Promise<boolean> {
    const [row] = await database.query<{ done: number }>('select done::float8 as done from digest_scrub where held_in = $1 and entity = $2', [held, entity]);
    return (row?.done ?? 0) >= Number(ticket);
  }

  /** Begins one, or waits for the one that this process is at; `within` that time. */
  async work(database: Pick<Database, 'transaction'>, held: StateTable, entity: string, withinMs: number): Promise<void> {
    const name = `${held} ${entity}`;
    const known = this.running.get(name);
    const work = known ?? this.scrub(database, held, entity).finally(() => this.running.delete(name));
    if (known === undefined) this.running.set(name, work);
    let timer: NodeJS.Timeout | undefined;
    await Promise.race([work, new Promise<void>((resolve) => (timer = setTimeout(resolve, withinMs)))]).finally(() => clearTimeout(timer));
  }

  /** Resolves when nothing is under way any more. */
  async stop(): Promise<void> {
    await Promise.allSettled(this.running.values());
  }

  private async scrub(database: Pick<Database, 'transaction'>, held: StateTable, entity: string): Promise<void> {
    await database.transaction(async (tx) => {
      const { rows } = await tx.query<{ mine: boolean }>(`select pg_try_advisory_xact_lock(hashtextextended('steward digest scrub ' || $1 || ' ' || $2, 0)) as mine`, [held, entity]);
      if (rows[0]?.mine !== true) return;
      await tx.query(`set local statement_timeout = ${String(scrubWithinMs)}`);
      // Before the rows are read: whoever asks from here on asks for another one.
      const asked = await tx.query<{ asked: string }>('select asked from digest_scrub where held_in = $1 and entity = $2', [held, entity]);
      const { edited, mended } = await scrubDigest(tx, held, entity);
      if (edited + mended > 0) this.logger.warn(`${held} ${entity}: ${String(edited)} rows were edited by hand, and ${String(mended)} leaves written past the gate`);
      await tx.query('update digest_scrub set done = $3, done_at = now(), edited = $4, mended = $5 where held_in = $1 and entity = $2', [held, entity, asked.rows[0]?.asked ?? 0, edited, mended]);
    });
  }
}
