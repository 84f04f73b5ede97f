/**
 * What is done by hand to money or stock needs two people (`fourEyes` of the contract): the first wants it, the second agrees, and may not
 * be the first.
 * 1. A wish is for what its author has seen: when that is another thing by now, nobody can agree to it.
 * 2. A wish that nobody answered is forgotten after a week: what was meant then may be wrong by now.
 * 3. Of several who agree at once one acts; if its owner does not answer, the wish stands as it did.
 */
import { contracts } from '@steward/contracts';
import type { Database } from '@steward/platform';
import type { PoolClient } from 'pg';
import { z } from 'zod';
import { type Answered, storedInstant } from '../api/answer';
import { conflict } from '../api/outcomes';
import type { Operator } from '../api/roles';
import { Answer } from '../api/route';
import { type Act, audited } from '../audit/audited';

export interface Wanted {
  /** As it stands in the audit: `letter <id>`, `case <id>`. */
  readonly subject: string;
  readonly act: string;
  /** What there was to see of it, where that can change. */
  readonly seen?: string;
}

export const wishView = z.object({ act: z.string(), actor: z.string(), actorName: z.string(), reason: z.string(), at: storedInstant }).meta({ id: 'Wish', description: 'What a first person wants done, and a second one has to agree to.' });
export type Wish = Answered<typeof wishView>;

/** What the first of two is told, under 202. */
export const waitsForSecond = z.object({ dryRun: z.literal(false), waitsFor: z.string() }).meta({ id: 'WaitsForSecondPerson' });

const KEPT = `interval '7 days'`;
export const SECOND_PERSON = 'a second person with the role approver';

export const needsTwo = (entities: readonly (string | null)[]): boolean => contracts.some(({ entity, fourEyes }) => fourEyes && entities.includes(entity));

/** What somebody wants of it already, whatever it is. */
export async function wishesOf(database: Pick<Database, 'query'>, { subject, seen = '' }: Omit<Wanted, 'act'>): Promise<Wish[]> {
  return database.query<Wish>(`select act, actor, actor_name as "actorName", reason, at from wish where subject = $1 and seen = $2 and at > now() - ${KEPT} order by at`, [subject, seen]);
}

/** What is wanted about it whatever its author saw, with that in the words they saw it in. */
export async function wishesAbout(database: Pick<Database, 'query'>, subject: string): Promise<(Wish & { readonly seen: string })[]> {
  return database.query<Wish & { readonly seen: string }>(`select act, seen, actor, actor_name as "actorName", reason, at from wish where subject = $1 and at > now() - ${KEPT} order by at`, [subject]);
}

export const findWish = async (database: Pick<Database, 'query'>, wanted: Wanted): Promise<Wish | undefined> => (await wishesOf(database, wanted)).find(({ act }) => act === wanted.act);

/** Throws OPERATIONS_CONFLICT where somebody else was quicker: theirs is the wish to agree to. */
export async function want(tx: PoolClient, { subject, act, seen = '' }: Wanted, { id, name }: Pick<Operator, 'id' | 'name'>, reason: string): Promise<void> {
  const { rowCount } = await tx.query(
    `insert into wish (subject, act, seen, actor, actor_name, reason) values ($1, $2, $3, $4, $5, $6)
      on conflict (subject, act) do update set seen = excluded.seen, actor = excluded.actor, actor_name = excluded.actor_name, reason = excluded.reason, at = now()
        where wish.at <= now() - ${KEPT} or wish.seen <> excluded.seen or wish.actor = excluded.actor`,
    [subject, act, seen, id, name, reason],
  );
  if (rowCount !== 1) throw conflict('somebody else wanted it in this moment', `to agree, as ${SECOND_PERSON}`);
}

/** Whose turn it is: one is enough, the first wants it, the second agrees to a wish. */
export type Turn = { readonly kind: 'alone' } | { readonly kind: 'first' } | { readonly kind: 'second'; readonly wish: Wish };

export async function turnOf(database: Pick<Database, 'query'>, wanted: Wanted, entity: string | null): Promise<Turn> {
  if (!needsTwo([entity])) return { kind: 'alone' };
  const wish = await findWish(database, wanted);
  return wish === undefined ? { kind: 'first' } : { kind: 'second', wish };
}

export function refuseSame(turn: Turn, { id, name }: Pick<Operator, 'id' | 'name'>): void {
  if (turn.kind === 'second' && turn.wish.actor === id) throw conflict(`it waits for a second person: ${name} wanted it`, 'somebody else with the role approver');
}

/** The first person's turn: nothing is done, and it stands in the audit. */
export async function wantFirst(database: Pick<Database, 'transaction'>, wanted: Wanted, entry: Omit<Act, 'outcome' | 'after'> & { readonly reason: string }): Promise<Answer<Answered<typeof waitsForSecond>>> {
  await database.transaction(async (tx) => {
    await want(tx, wanted, entry.who, entry.reason);
    await audited(tx, { ...entry, outcome: 'asked', after: { waitsFor: 'a second person' } });
  });
  return new Answer(202, { dryRun: false, waitsFor: SECOND_PERSON });
}

/** `act` is given the reasons of both. */
export async function agree<T>(database: Pick<Database, 'query'>, { subject, act: name, seen = '' }: Wanted, wish: Wish, reason: string, act: (reason: string) => Promise<T>): Promise<T> {
  const taken = await database.query('delete from wish where subject = $1 and act = $2 and seen = $3 and actor = $4 and at > now() - ' + KEPT + ' returning 1', [subject, name, seen, wish.actor]);
  if (taken.length === 0) throw conflict('somebody else agreed to it in this moment');
  try {
    return await act(`${wish.reason} (wanted by ${wish.actor}); ${reason}`);
  } catch (error) {
    await database.query('insert into wish (subject, act, seen, actor, actor_name, reason, at) values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing', [subject, name, seen, wish.actor, wish.actorName, wish.reason, wish.at]);
    throw error;
  }
}
