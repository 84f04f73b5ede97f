/**
 * Fills the second model (ADR 0029), by the same gate and projections as the live one.
 * 1. First the owners' snapshots, page by page. What the contract or a projection refuses becomes a dead letter in there, which goes with the
 *    second schema: of the live message there is one already.
 * 2. Then what the live model has and the second has not: newer revisions, keys that were applied since filling began, and keys whose
 *    announced state was refused, of which the live model shows the last one that was not. Nothing of the live traffic has to come twice.
 */
import { snapshotSubject, streamOf } from '@steward/contracts';
import { currentTraceparent, type Database } from '@steward/platform';
import { messageOfItem } from '../rebuild/snapshot-message';
import { applyMessages, type AskSnapshot, type Target } from '../rebuild/snapshot-page';
import type { Work } from '../work';
import type { Source } from './beside.store';
import { inSecond, SECOND } from './second-schema';

/** What a source's messages are applied with in the second schema, one for each entity, in the order of the sources. */
export function targetsOf(works: readonly Work[], sources: readonly Source[], database: Database): Target[] {
  const all = works.flatMap((work) => [...work.projections.values()].map(({ contract }) => ({ work: beside(work, database), contract })));
  return [...new Set(sources.map(({ entity }) => entity))].flatMap((entity) => all.filter(({ contract }) => contract.entity === entity));
}

/** What is applied there is no traffic, says nothing about freshness, and is no second effect of its message (T4). */
const beside = (work: Work, database: Database): Work => ({
  ...work, database: inSecond(database), logger: work.logger.child({ model: SECOND }), journal: false, handlers: new Map(),
  meter: { ...work.meter, count: () => undefined, propagated: () => undefined },
});

export interface FilledPage {
  readonly items: number;
  readonly next: string | null;
  /** Above 0: something of it failed and is to be tried again with its page. */
  readonly afterMs: number;
}

export async function fillPage(target: Target, system: string, cursor: string | null, { ask, limit, tries }: { ask: AskSnapshot; limit: number; tries: number }): Promise<FilledPage> {
  const traceparent = currentTraceparent();
  const { items, next } = await ask(snapshotSubject(system), { entity: target.contract.entity, after: cursor, limit, traceparent });
  const afterMs = await applyMessages(target.work, items.map((item) => messageOfItem(target.contract, system, item, traceparent)), tries);
  return { items: items.length, next, afterMs };
}

interface LiveRow {
  readonly key: string;
  readonly revision: number;
  readonly data: string | null;
  readonly changed_at: Date;
  readonly message_id: string;
}

/** What the second model lacks of the live one: `l`, `s` are their rows of a key, `$2` is when filling began. */
export const lacking = `l.revision > s.revision or (s.key is null and (l.applied_at >= $2
  or exists (select from ${SECOND}.dead_letter d where d.entity = l.entity and d.key = l.key)))`;

/** Brings over what the second model lacks; returns how many states that were. Those that are refused there are still lacking afterwards. */
export async function catchUp(database: Pick<Database, 'query'>, { work, contract }: Target, since: Date, limit: number): Promise<number> {
  let brought = 0;
  for (let after = ''; ; ) {
    const rows = await database.query<LiveRow & { [column: string]: unknown }>(
      {
        name: 'steward_beside_lacking',
        text: `select l.key, l.revision::float8 as revision, l.data::text as data, l.changed_at, l.message_id
          from public.stored_part l left join ${SECOND}.stored_part s on s.entity = l.entity and s.key = l.key
          where l.entity = $1 and (${lacking}) and l.key collate "C" > $3 order by l.key collate "C" limit $4`,
      },
      [contract.entity, since, after, limit],
    );
    // Whose they are is not stored; any system of the contract passes the check of its header.
    const system = contract.systems.find((each) => streamOf(contract, each).name === work.stream) ?? '';
    await applyMessages(work, rows.map(({ key, revision, data, changed_at, message_id }) =>
      messageOfItem(contract, system, { key, revision, messageId: message_id, tombstone: data === null, data: data === null ? null : JSON.parse(data), changedAt: changed_at.toISOString() }, null)), 1);
    brought += rows.length;
    if (rows.length < limit) return brought;
    after = rows.at(-1)?.key ?? '';
  }
}
