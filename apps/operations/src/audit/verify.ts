/**
 * Whether the audit is what was written. A chain alone shows changes in its middle and not that its end is missing, so heads are anchored:
 * written down beside the chain, and in the log, which leaves this machine. Whoever keeps an anchor elsewhere can have it compared.
 */
import { BackgroundLoop, type Clock, type Database, type Logger } from '@steward/platform';
import { BEGINNING, hashOf, type Entry } from './audited';

export interface Anchor {
  readonly owner: string;
  readonly sequence: number;
  readonly hash: string;
}

export interface Chain {
  readonly owner: string;
  readonly entries: number;
  readonly head: string;
  /** null = whole. */
  readonly fault: { readonly sequence: number; readonly detail: string } | null;
}

const PAGE = 1_000;

export const entryColumns = `owner, sequence, at, actor, actor_name as "actorName", act, subject, outcome, reason, before, after, trace_id as "traceId", previous, hash`;

/** `kept`: anchors that somebody kept elsewhere. */
export async function verifyAudit(database: Pick<Database, 'query'>, kept: readonly Anchor[] = []): Promise<Chain[]> {
  const anchors = [...(await database.query<Anchor & Row>('select owner, sequence, hash from audit.anchor order by owner, sequence')), ...kept];
  const owners = await database.query<{ owner: string }>('select distinct owner from audit.entry');
  const all = new Set([...owners.map(({ owner }) => owner), ...anchors.map(({ owner }) => owner)]);
  const chains: Chain[] = [];
  for (const owner of [...all].toSorted()) chains.push(await verifyChain(database, owner, anchors.filter((anchor) => anchor.owner === owner)));
  return chains;
}

type Row = Record<string, unknown>;

async function verifyChain(database: Pick<Database, 'query'>, owner: string, anchors: readonly Anchor[]): Promise<Chain> {
  const anchored = new Map<number, Set<string>>();
  for (const { sequence, hash } of anchors) anchored.set(sequence, (anchored.get(sequence) ?? new Set()).add(hash));
  let [sequence, head] = [0, BEGINNING];
  const broken = (at: number, detail: string): Chain => ({ owner, entries: sequence, head, fault: { sequence: at, detail } });
  for (;;) {
    const page = await database.query<Entry & Row>(`select ${entryColumns} from audit.entry where owner = $1 and sequence > $2 order by sequence limit ${String(PAGE)}`, [owner, sequence]);
    for (const entry of page) {
      if (entry.sequence !== sequence + 1) return broken(sequence + 1, 'an entry is missing');
      if (entry.previous !== head) return broken(entry.sequence, 'it does not follow the entry before it');
      if (entry.hash !== hashOf(entry)) return broken(entry.sequence, 'it was changed');
      const hashes = anchored.get(entry.sequence);
      if (hashes !== undefined && (hashes.size > 1 || !hashes.has(entry.hash))) return broken(entry.sequence, 'its anchor says something else');
      [sequence, head] = [entry.sequence, entry.hash];
    }
    if (page.length < PAGE) break;
  }
  const last = Math.max(0, ...anchored.keys());
  return last > sequence ? broken(sequence + 1, `entries up to ${String(last)} were anchored, and are missing`) : { owner, entries: sequence, head, fault: null };
}

const EVERY_MS = 60_000;

/** Writes heads down that have moved, here and in the log. */
export class Anchoring {
  private readonly loop: BackgroundLoop;

  constructor(private readonly parts: { readonly database: Database; readonly clock: Clock; readonly logger: Logger }) {
    const turn = (): Promise<number> => this.anchor().then(() => EVERY_MS);
    this.loop = new BackgroundLoop({ ...parts, turn, pauseMs: EVERY_MS, failed: 'audit not anchored, trying again' });
  }

  start(): void {
    this.loop.start();
  }

  /** The last head goes down with the process. */
  async stop(): Promise<void> {
    await this.loop.stop();
    await this.anchor().catch((error: unknown) => this.parts.logger.warn({ err: error }, 'audit not anchored at the end'));
  }

  async anchor(): Promise<void> {
    const moved = await this.parts.database.query<Anchor & Row>(`
      with recursive owners as (
        (select owner from audit.entry order by owner limit 1)
        union all
        select (select owner from audit.entry e where e.owner > o.owner order by owner limit 1) from owners o where o.owner is not null
      )
      insert into audit.anchor (owner, sequence, hash)
      select o.owner, head.sequence, head.hash from owners o
        cross join lateral (select sequence, hash from audit.entry e where e.owner = o.owner order by sequence desc limit 1) head
      on conflict do nothing returning owner, sequence, hash`);
    for (const { owner, sequence, hash } of moved) this.parts.logger.info({ owner, sequence, hash }, 'audit anchored');
  }
}
