/**
 * Letters as told, counted by cause. Invariants:
 *   1. The counts of a group are exact: they move with the letters, in one transaction, under locks of letters and groups in their order.
 *   2. Nothing here changes a letter: it is its holder's, and closed there.
 *   3. A group stays when its letters are forgotten: that it regresses can be seen only against its history.
 */
import type { DeadLetter } from '@steward/contracts';
import type { StateChange } from '@steward/event-bus';
import type { PoolClient } from 'pg';
import { type News, tellNews } from '../events/news';
import { noteRegressed } from '../notifier/notice.store';
import { groupIdOf } from './group-id';
import { type GroupState, nextGroupState } from './group-state';

interface Known {
  readonly letter_id: string;
  readonly group_id: string;
  readonly state: string;
}

/** How the counts of a group move; `sample` is the letter that it is told by. */
interface Move {
  open: number;
  total: number;
  sample: DeadLetter | undefined;
  seenFrom: string | null;
  seenTo: string | null;
  closedBy: string | null;
}

type Told = Pick<StateChange<DeadLetter>, 'key' | 'data'>;

export async function applyLetters(tx: PoolClient, changes: readonly Told[]): Promise<void> {
  const { rows: known } = await tx.query<Known>({ name: 'letters-known', text: 'select letter_id, group_id, state from letter where letter_id = any($1::text[]) order by letter_id for update', values: [changes.map(({ key }) => key)] });
  const before = new Map(known.map((row) => [row.letter_id, row]));
  const moves = new Map<string, Move>();
  const move = (groupId: string): Move => {
    const found = moves.get(groupId) ?? { open: 0, total: 0, sample: undefined, seenFrom: null, seenTo: null, closedBy: null };
    moves.set(groupId, found);
    return found;
  };
  for (const { key, data } of changes) {
    const old = before.get(key);
    if (old !== undefined) count(move(old.group_id), old.state, -1);
    if (data === null) continue;
    const next = move(groupIdOf(data));
    count(next, data.state, 1);
    next.sample = data;
    if (next.seenFrom === null || Date.parse(data.openedAt) < Date.parse(next.seenFrom)) next.seenFrom = data.openedAt;
    if (next.seenTo === null || Date.parse(data.lastSeenAt) > Date.parse(next.seenTo)) next.seenTo = data.lastSeenAt;
    if (data.state !== 'open') next.closedBy = data.closedBy;
  }
  await writeLetters(tx, changes);
  await writeGroups(tx, moves);
}

function count(move: Move, state: string, by: 1 | -1): void {
  move.total += by;
  if (state === 'open') move.open += by;
}

async function writeLetters(tx: PoolClient, changes: readonly Told[]): Promise<void> {
  const gone = changes.filter(({ data }) => data === null).map(({ key }) => key);
  if (gone.length > 0) await tx.query({ name: 'letters-gone', text: 'delete from letter where letter_id = any($1::text[])', values: [gone] });
  const rows = changes.flatMap(({ data }) => (data === null ? [] : [rowOf(data)]));
  if (rows.length === 0) return;
  await tx.query({
    name: 'letters-write',
    text: `insert into letter select * from json_populate_recordset(null::letter, $1)
      on conflict (letter_id) do update set group_id = excluded.group_id, class = excluded.class, code = excluded.code, message = excluded.message, frame = excluded.frame,
        attempts = excluded.attempts, state = excluded.state, last_seen_at = excluded.last_seen_at, respond_by = excluded.respond_by, closed_at = excluded.closed_at,
        closed_by = excluded.closed_by, closed_reason = excluded.closed_reason, owner_team = excluded.owner_team, owner = excluded.owner, traceparent = excluded.traceparent,
        versions = excluded.versions, revision = excluded.revision, sequence = excluded.sequence, message_id = excluded.message_id, consumer = excluded.consumer,
        entity = excluded.entity, key = excluded.key, system = excluded.system, kind = excluded.kind, service = excluded.service, opened_at = excluded.opened_at`,
    values: [JSON.stringify(rows)],
  });
}

function rowOf(letter: DeadLetter): Record<string, unknown> {
  const { letterId, service, consumer, kind, entity, key, system, code, message, frame, attempts, state, openedAt, lastSeenAt, respondBy, closedAt, closedBy, closedReason, owner, traceparent, messageId, revision, sequence, versions } = letter;
  return {
    letter_id: letterId, group_id: groupIdOf(letter), service, consumer, kind, entity, key, system, class: letter.class, code, message, frame, attempts, state, opened_at: openedAt, last_seen_at: lastSeenAt,
    respond_by: respondBy, closed_at: closedAt, closed_by: closedBy, closed_reason: closedReason, owner_team: owner.team, owner, traceparent, message_id: messageId, revision, sequence, versions,
  };
}

interface GroupRow {
  readonly group_id: string;
  readonly open: number;
  readonly total: number;
  readonly state: GroupState;
  readonly owner_team: string;
}

async function writeGroups(tx: PoolClient, moves: ReadonlyMap<string, Move>): Promise<void> {
  const ids = [...moves.keys()].toSorted();
  const fresh = ids.flatMap((id) => {
    const sample = moves.get(id)?.sample;
    return sample === undefined ? [] : [{ ...sample, group_id: id, owner_team: sample.owner.team, first_seen_at: sample.openedAt, last_seen_at: sample.lastSeenAt }];
  });
  const { rows: made } = await tx.query<{ group_id: string }>({
    name: 'groups-make',
    text: `insert into letter_group (group_id, service, consumer, entity, class, code, message, frame, owner_team, owner, first_seen_at, last_seen_at, state, state_since, state_by)
      select group_id, service, consumer, entity, class, code, message, frame, owner_team, owner, first_seen_at, last_seen_at, 'open', first_seen_at, 'steward'
      from json_to_recordset($1) as g (group_id text, service text, consumer text, entity text, class text, code text, message text, frame text, owner_team text, owner json, first_seen_at timestamptz, last_seen_at timestamptz)
      order by group_id on conflict do nothing returning group_id`,
    values: [JSON.stringify(fresh)],
  });
  const isNew = new Set(made.map(({ group_id }) => group_id));
  const { rows: groups } = await tx.query<GroupRow>({ name: 'groups-lock', text: 'select group_id, open, total, state, owner_team from letter_group where group_id = any($1::text[]) order by group_id for update', values: [ids] });
  const next = groups.map((group) => nextOf(group, moves.get(group.group_id), isNew.has(group.group_id)));
  await tx.query({
    name: 'groups-write',
    text: `update letter_group g set open = n.open, total = n.total, state = n.state,
        state_since = case when g.state = n.state then g.state_since else now() end,
        state_by = case when g.state = n.state then g.state_by else n.by end,
        state_reason = case when g.state = n.state then g.state_reason else n.reason end,
        ignored_until = case when n.state = 'ignored' then g.ignored_until end,
        regressions = g.regressions + (n.state = 'regressed' and g.state <> 'regressed')::int,
        first_seen_at = least(g.first_seen_at, n.seen_from), last_seen_at = greatest(g.last_seen_at, n.seen_to),
        owner_team = coalesce(n.owner ->> 'team', g.owner_team), owner = coalesce(n.owner, g.owner),
        respond_by = (select min(l.respond_by) from letter l where l.group_id = g.group_id and l.state = 'open')
      from json_to_recordset($1) as n (group_id text, open int, total int, state text, by text, reason text, seen_from timestamptz, seen_to timestamptz, owner json)
      where g.group_id = n.group_id`,
    values: [JSON.stringify(next)],
  });
  const regressed = next.filter(({ state, was }) => state === 'regressed' && was !== 'regressed').map(({ group_id }) => group_id);
  if (regressed.length > 0) await noteRegressed(tx, regressed);
  await tellNews(tx, groups.map(({ group_id, owner_team }): News => ({ kind: 'group', id: group_id, owner: owner_team })));
}

function nextOf(group: GroupRow, move: Move | undefined, isNew: boolean) {
  const open = group.open + (move?.open ?? 0);
  const state = nextGroupState({ before: group.open, after: open, state: isNew ? null : group.state });
  const reason = state === 'resolved' ? 'no letter of it is open any more' : state === 'regressed' ? 'a letter of it opened again' : null;
  const by = state === 'resolved' ? (move?.closedBy ?? 'steward') : 'steward';
  return { group_id: group.group_id, open, total: group.total + (move?.total ?? 0), state, was: group.state, by, reason, seen_from: move?.seenFrom ?? null, seen_to: move?.seenTo ?? null, owner: move?.sample?.owner ?? null };
}
