/** What the adapter's own code says of effects, in its own transactions. */
import { currentTraceparent } from '@steward/platform';
import type { PoolClient } from 'pg';

export const effectChannel = 'effect';

export interface EffectDraft {
  readonly kind: string;
  /** The natural key: one effect of a kind under it, for ever. */
  readonly key: string;
  readonly request: unknown;
  readonly notBefore?: Date;
  readonly correlationId?: string | null;
  /** Default: the active trace. */
  readonly traceparent?: string | null;
}

/**
 * Intends effects; returns those that were not intended before. An existing one is left as it is, whatever its state. While this database
 * may have lost effects (ADR 0024), a new one is looked up before it is sent.
 */
export async function intendEffects(tx: PoolClient, drafts: readonly EffectDraft[]): Promise<{ kind: string; key: string }[]> {
  if (drafts.length === 0) return [];
  const active = currentTraceparent();
  const { rows } = await tx.query<{ kind: string; key: string }>({
    name: 'kit-effect-intend',
    text: `with intended as (
        insert into effect (kind, key, request, next_at, correlation_id, traceparent, state, submitted_at)
        select kind, key, request, coalesce(not_before, now()), correlation_id, traceparent, case when doubt.since is null then 'intended' else 'unknown' end, doubt.since
        from (select max(since) as since from effect_doubt where until > now()) doubt, unnest($1::text[], $2::text[], $3::json[], $4::timestamptz[], $5::text[], $6::text[]) as u(kind, key, request, not_before, correlation_id, traceparent)
        order by kind, key on conflict do nothing returning kind, key
      ), woken as (select count(pg_notify('${effectChannel}', kind)) from (select distinct kind from intended) kinds)
      select kind, key from intended where (select count from woken) > 0`,
    values: [
      drafts.map(({ kind }) => kind),
      drafts.map(({ key }) => key),
      drafts.map(({ request }) => JSON.stringify(request)),
      drafts.map(({ notBefore }) => notBefore ?? null),
      drafts.map(({ correlationId }) => correlationId ?? null),
      drafts.map(({ traceparent }) => (traceparent === undefined ? active : traceparent)),
    ],
  });
  return rows;
}

/**
 * Has effects in progress read back now, because their webhook arrived or they have waited long enough. False if there is nothing to find
 * out.
 */
export async function touchEffect(tx: PoolClient, kinds: string | readonly string[], key: string): Promise<boolean> {
  const { rowCount } = await tx.query({
    name: 'kit-effect-touch',
    text: `with due as (
        update effect set next_at = least(next_at, now()), touched = true
        where kind = any($1::text[]) and key = $2 and settled_at is null and state <> 'intended' returning kind)
      select pg_notify('${effectChannel}', kind) from due`,
    values: [[kinds].flat(), key],
  });
  return (rowCount ?? 0) > 0;
}

/**
 * Stops an effect from being sent. `never` = it has not happened and never will; nothing follows. `open` = it may have happened: `settled`
 * receives its outcome as always, which is the refusal EFFECT_ABANDONED if the system does not have it.
 */
export async function abandonEffect(tx: PoolClient, kind: string, key: string): Promise<'never' | 'open' | 'confirmed' | 'refused'> {
  const { rows } = await tx.query<{ was: string }>({
    name: 'kit-effect-abandon',
    text: `with before as (select state from effect where kind = $1 and key = $2 for update), abandoned as (
        update effect set abandoned_at = coalesce(abandoned_at, now()),
          state = case when state = 'intended' then 'refused' else state end,
          settled_at = case when state = 'intended' then now() end,
          error = case when state = 'intended' then json_build_object('code', 'EFFECT_ABANDONED', 'reason', 'given up before it was sent') else error end
        where kind = $1 and key = $2 and settled_at is null and exists (select from before))
      select state as was from before`,
    values: [kind, key],
  });
  const was = rows[0]?.was ?? 'intended';
  if (was === 'intended') return 'never';
  return was === 'confirmed' || was === 'refused' ? was : 'open';
}
