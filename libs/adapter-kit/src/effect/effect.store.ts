/**
 * The rows of effects, as the runner moves them. All times are the database's: replicas have clocks of their own, and S6 compares
 * times that two of them took.
 */
import { mayFlow } from '@steward/event-bus';
import type { Database } from '@steward/platform';
import type { PoolClient } from 'pg';

export type OpenState = 'intended' | 'submitted' | 'pending' | 'unknown';

/** Why an effect is not confirmed: what a person reads. `never` = its own code said that trying again is of no use. */
export interface EffectFault {
  readonly code: string;
  readonly reason: string;
  readonly never?: boolean;
}

/** An effect that this process may work at until its claim runs out. */
export interface Claimed {
  readonly key: string;
  readonly request: unknown;
  /** Whoever has a higher one has it now. */
  readonly claim: number;
  /** Before it was claimed; what was intended is submitted now, unless it is abandoned. */
  readonly was: OpenState;
  /** S6: an absence counts only in a look that began after the deadline and the settle time. */
  readonly absenceCountsInMs: number;
  readonly failures: number;
  readonly abandoned: boolean;
  readonly answer: unknown;
  readonly error: EffectFault | null;
  readonly traceparent: string | null;
  readonly correlation_id: string | null;
}

// `submitted` is committed by this very statement, before the call (ADR 0018). Skip locked, because order means nothing here:
// effects that depend on each other are not intended at the same time. Nor is anything of a paused flow claimed, in whichever replica: a
// look at what the process knows could be a second old.
//
// When the next one is due comes with it, for a loop that asks once and not twice; but not where others may be due now, since all open
// ones are looked at for it.
const claimText = `
with due as (
  select key from effect where kind = $1 and settled_at is null and next_at <= now() and (claimed_until is null or claimed_until <= now()) and key <> all($6::text[]) and ${mayFlow('$5')}
  order by next_at limit $2 for update skip locked
), claimed as (
update effect e set
  state = case when e.state = 'intended' and e.abandoned_at is null then 'submitted' else e.state end,
  submitted_at = case when e.state = 'intended' then now() else e.submitted_at end,
  attempts = e.attempts + case when e.state = 'intended' and e.abandoned_at is null then 1 else 0 end,
  next_at = case when e.state = 'intended' then now() + make_interval(secs => $3) else e.next_at end,
  claim = e.claim + 1, claimed_until = now() + make_interval(secs => $3), touched = false
from due where e.kind = $1 and e.key = due.key
returning e.key, e.request, e.claim::float8 as claim, old.state as was, e.failures, e.abandoned_at is not null as abandoned, e.answer, e.error, e.traceparent, e.correlation_id,
  extract(epoch from e.submitted_at + make_interval(secs => $4) - now())::float8 * 1000 as "absenceCountsInMs"
)
select c.*, next."dueInMs" from (
  select case when (select count(*) from claimed) < $2 then (
    select extract(epoch from min(greatest(next_at, claimed_until)) - now())::float8 * 1000
    from effect where kind = $1 and settled_at is null and key not in (select key from claimed) and ${mayFlow('$5')}) end as "dueInMs") next
left join claimed c on true`;

interface ClaimLimits {
  readonly limit: number;
  /** Until it runs out, unless it is renewed. */
  readonly claimMs: number;
  /** Keys that this process still works at, whose claims an outage of the database may have cost. */
  readonly except?: readonly string[];
  /** Deadline and settle time together. */
  readonly absenceAfterMs: number;
  readonly flow: string;
}

export interface Claims {
  readonly claimed: readonly Claimed[];
  /** When the next one is due that nobody has; undefined when there is none, the flow is paused, or as many were claimed as may be. */
  readonly dueInMs: number | undefined;
}

export async function claimEffects(database: Pick<Database, 'query'>, kind: string, { limit, claimMs, absenceAfterMs, flow, except = [] }: ClaimLimits): Promise<Claims> {
  const rows = await database.query<Claimed & { dueInMs: number | null; [column: string]: unknown }>({ name: 'kit-effect-claim', text: claimText }, [kind, limit, claimMs / 1_000, absenceAfterMs / 1_000, flow, except]);
  // A row without an effect says only when there will be one.
  return { claimed: rows.filter(({ key }) => key !== null), dueInMs: rows[0]?.dueInMs ?? undefined };
}

/** So long from now, for those that nobody else has by now. */
export async function renewClaims(database: Pick<Database, 'query'>, claims: readonly { readonly kind: string; readonly key: string; readonly claim: number }[], claimMs: number): Promise<void> {
  await database.query(
    {
      name: 'kit-effect-renew',
      text: `update effect e set claimed_until = now() + make_interval(secs => $4) from unnest($1::text[], $2::text[], $3::bigint[]) u(kind, key, claim)
        where e.kind = u.kind and e.key = u.key and e.claim = u.claim and e.claimed_until is not null and e.settled_at is null`,
    },
    [claims.map(({ kind }) => kind), claims.map(({ key }) => key), claims.map(({ claim }) => claim), claimMs / 1_000],
  );
}

/** What becomes of a claimed effect. */
export interface NextState {
  readonly state: OpenState | 'confirmed' | 'refused';
  readonly answer?: unknown;
  readonly error: EffectFault | null;
  readonly failures: number;
  /** When the runner looks at it again; of no meaning to what is settled. */
  readonly afterMs: number;
}

/** Ends the claim. False when it was ended before, or has run out and another process has the effect. A touch that came meanwhile is not forgotten. */
export async function moveEffect(tx: PoolClient, kind: string, { key, claim }: Pick<Claimed, 'key' | 'claim'>, next: NextState): Promise<boolean> {
  const { rowCount } = await tx.query({
    name: 'kit-effect-move',
    text: `update effect set state = $4, answer = coalesce($5::json, answer), error = $6::json, failures = $7, claimed_until = null,
        next_at = case when touched and $4 <> 'intended' then clock_timestamp() else clock_timestamp() + make_interval(secs => $8) end,
        settled_at = case when $4 in ('confirmed', 'refused') then clock_timestamp() end
      where kind = $1 and key = $2 and claim = $3 and claimed_until is not null and settled_at is null`,
    values: [
      kind, key, claim, next.state, next.answer === undefined ? null : JSON.stringify(next.answer), next.error && JSON.stringify(next.error), next.failures, next.afterMs / 1_000,
    ],
  });
  return rowCount === 1;
}

/** What met a failure waits no longer than `withinMs` more, in any order: the system is back. An absence counts no sooner for that (S6). */
export async function hurryEffects(database: Pick<Database, 'query'>, withinMs: number): Promise<void> {
  await database.query(
    { name: 'kit-effect-hurry', text: `update effect set next_at = least(next_at, now() + random() * make_interval(secs => $1)) where settled_at is null and failures > 0` },
    [withinMs / 1_000],
  );
}

/** One of each kind that met a failure is due now: its call finds out whether the system is back. */
export async function hurryOne(database: Pick<Database, 'query'>): Promise<void> {
  await database.query({
    name: 'kit-effect-hurry-one',
    text: `update effect e set next_at = now()
      from (select distinct on (kind) kind, key from effect where settled_at is null and failures > 0 and claimed_until is null order by kind, next_at) first
      where e.kind = first.kind and e.key = first.key and e.next_at > now() and e.claimed_until is null`,
  });
}

/** How many have no outcome, and for how long the oldest that waits for us has had none: not one that waits for its payer, or its time. */
export async function lookAtEffects(database: Pick<Database, 'query'>, kind: string): Promise<{ count: number; oldestMs: number }> {
  const [row] = await database.query<{ count: number; oldestMs: number }>(
    {
      name: 'kit-effect-look',
      text: `select count(*)::int as count, coalesce(extract(epoch from now() - min(created_at) filter (
          where state <> 'pending' and not (attempts = 0 and failures = 0 and next_at > now()))), 0)::float8 * 1000 as "oldestMs"
        from effect where kind = $1 and settled_at is null`,
    },
    [kind],
  );
  return row ?? { count: 0, oldestMs: 0 };
}

export async function countOpenEffects(database: Pick<Database, 'query'>): Promise<{ kind: string; state: OpenState; count: number }[]> {
  return database.query<{ kind: string; state: OpenState; count: number }>('select kind, state, count(*)::int as count from effect where settled_at is null group by kind, state');
}
