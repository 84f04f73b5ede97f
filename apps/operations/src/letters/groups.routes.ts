/** The desk triages groups, not messages: what fails for one cause is seen, said and decided once. */
import { z } from 'zod';
import { type Answered, pageAnswer, storedInstant } from '../api/answer';
import type { Parts } from '../api/feature';
import { refused } from '../api/input';
import { notFound } from '../api/outcomes';
import { ownersSeen } from '../api/roles';
import { act, type Asking, defineRoute, pageFields, type Route } from '../api/route';
import { audited } from '../audit/audited';
import { historyOf, pastAct } from '../audit/entries';
import { countGroups, findGroup, type GroupRow, groups, groupCount, groupView, showGroup } from './groups.queries';
import { addNote, changeGroup, type GroupNow, lockGroup, refuseResolved } from './groups.store';
import { letters as allLetters, letterView } from './letters.queries';

const text = z.string().min(1).max(1_000);
const filters = { q: z.string().max(1_000).optional(), state: text.optional(), class: text.optional(), owner: text.optional(), consumer: text.optional() };
const assignee = z.string({ error: 'who, or null for nobody' }).trim().min(1, { error: 'who, or null for nobody' }).max(200).nullable();
const note = z.object({ at: storedInstant, actor: z.string(), actorName: z.string(), text: z.string() });
const opened = z.object({ hour: storedInstant, opened: z.int() });
const detailed = z.object({ group: groupView, trend: z.array(opened).describe('Letters opened an hour, of the last day.'), notes: z.array(note), history: z.array(pastAct), letters: pageAnswer(letterView) });
const changed = z.object({ dryRun: z.boolean(), group: groupView });

const DAY_MS = 24 * 3_600_000;
const LONGEST_DAYS = 90;

export function groupRoutes({ database, clock }: Parts): Route[] {
  /** One change of one group with its audit entry, or what it would be. */
  async function change(asking: Asking<unknown, { reason: string; dryRun: boolean }>, name: string, to: (group: GroupNow) => Parameters<typeof changeGroup>[2]): Promise<Answered<typeof changed>> {
    const { who, params, body, allow, traceId } = asking;
    const id = params['id'] ?? '';
    const found = await seen(asking, id);
    await allow('operator', found.owner.team, `group ${id}`);
    await database.transaction(async (tx) => {
      const group = await lockGroup(tx, id);
      const next = to(group);
      if (body.dryRun) return;
      const before = { state: group.state, assignee: group.assignee, ignoredUntil: group.ignored_until };
      await changeGroup(tx, group, next, who, body.reason);
      await audited(tx, { who, owner: group.owner_team, act: `${name} group`, subject: `group ${id}`, reason: body.reason, before, after: { ...before, ...next }, traceId });
    });
    return { dryRun: body.dryRun, group: showGroup(await seen(asking, id)) };
  }

  /** 404 is for whoever may see it: that something is there says nothing to others. */
  async function seen({ allow }: Pick<Asking, 'allow'>, id: string): Promise<GroupRow> {
    const found = await findGroup(database, id);
    if (found === undefined) throw notFound('group', id);
    await allow('viewer', found.owner.team, `group ${id}`);
    return found;
  }

  return [
    defineRoute({
      method: 'GET', path: '/dead-letter-groups', operationId: 'groups', summary: 'Dead letters by cause, the latest seen first', role: 'viewer', query: { ...filters, ...pageFields }, answer: pageAnswer(groupView).extend({ counts: z.array(groupCount) }),
      handle: async ({ who, query }) => {
        const owners = ownersSeen(who);
        return { ...(await groups.page(database, query, owners)), counts: await countGroups(database, query, owners) };
      },
    }),
    defineRoute({
      method: 'GET', path: '/dead-letter-groups/{id}', operationId: 'group', summary: 'One cause: why its letters are one group, what was said of it, its latest letters', role: 'viewer', answer: detailed,
      handle: async (asking) => {
        const { who, params } = asking;
        const group = await seen(asking, params['id'] ?? '');
        const notes = await database.query<Answered<typeof note>>('select at, actor, actor_name as "actorName", text from group_note where group_id = $1 order by note_id desc limit 100', [group.groupId]);
        const history = await historyOf(database, group.owner.team, `group ${group.groupId}`);
        const letters = await allLetters.page(database, { group: group.groupId, first: 20 }, ownersSeen(who));
        return { group: showGroup(group), trend: await trendOf(group.groupId), notes, history, letters };
      },
    }),
    defineRoute({
      method: 'POST', path: '/dead-letter-groups/{id}/acknowledge', operationId: 'acknowledgeGroup', summary: 'Somebody has seen it and works on it', role: 'operator', body: act({}), answer: changed,
      handle: (asking) => change(asking, 'acknowledge', (group) => {
        refuseResolved(group);
        return { state: 'acknowledged', assignee: group.assignee ?? asking.who.id };
      }),
    }),
    defineRoute({
      method: 'POST', path: '/dead-letter-groups/{id}/assign', operationId: 'assignGroup', summary: 'Who works on it; null = nobody', role: 'operator', body: act({ assignee }), answer: changed,
      handle: (asking) => change(asking, 'assign', (group) => ({ assignee: asking.body.assignee, ignoredUntil: group.ignored_until })),
    }),
    defineRoute({
      method: 'POST', path: '/dead-letter-groups/{id}/ignore', operationId: 'ignoreGroup', summary: 'Say nothing of it until then', role: 'operator',
      body: act({ until: z.iso.datetime({ offset: true, error: 'an instant, such as 2026-05-01T08:00:00Z' }) }), answer: changed,
      handle: (asking) => {
        const until = new Date(asking.body.until);
        const ahead = until.getTime() - clock.now();
        if (ahead <= 0 || ahead > LONGEST_DAYS * DAY_MS) throw refused('/until', `is ${asking.body.until}`, `an instant of the next ${String(LONGEST_DAYS)} days`);
        return change(asking, 'ignore', (group) => {
          refuseResolved(group);
          return { state: 'ignored', ignoredUntil: until };
        });
      },
    }),
    defineRoute({
      method: 'POST', path: '/dead-letter-groups/{id}/note', operationId: 'noteGroup', summary: 'Write something down for whoever looks next', role: 'operator', body: act({ text: z.string().trim().min(1).max(4_000) }), answer: changed,
      handle: async (asking) => {
        const { who, params, body, allow, traceId } = asking;
        const id = params['id'] ?? '';
        await allow('operator', (await seen(asking, id)).owner.team, `group ${id}`);
        await database.transaction(async (tx) => {
          const group = await lockGroup(tx, id);
          if (body.dryRun) return;
          await addNote(tx, group, body.text, who);
          await audited(tx, { who, owner: group.owner_team, act: 'note group', subject: `group ${id}`, reason: body.reason, after: { text: body.text }, traceId });
        });
        return { dryRun: body.dryRun, group: showGroup(await seen(asking, id)) };
      },
    }),
  ];

  /** Letters opened an hour, of the last day. */
  async function trendOf(groupId: string): Promise<readonly Answered<typeof opened>[]> {
    return database.query<Answered<typeof opened>>(
      `select hour, (select count(*)::int from letter where group_id = $1 and opened_at >= hour and opened_at < hour + interval '1 hour') as opened
        from generate_series(date_trunc('hour', now()) - interval '23 hours', date_trunc('hour', now()), interval '1 hour') hour order by hour`, [groupId]);
  }
}
