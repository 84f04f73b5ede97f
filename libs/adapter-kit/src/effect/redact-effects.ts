import type { PoolClient } from 'pg';

/**
 * Removes personal data from effects that have their outcome; kind and key stay, so that each still happens only once. An effect without an
 * outcome is left alone, since it may have to be sent again. `keep` says what of a request may stay; answers are in the adapter's own
 * words.
 */
export async function redactEffects(tx: PoolClient, effects: readonly { readonly kind: string; readonly key: string }[], keep: (request: unknown) => unknown): Promise<void> {
  const { rows } = await tx.query<{ kind: string; key: string; request: unknown }>(
    `select e.kind, e.key, e.request from effect e join unnest($1::text[], $2::text[]) as u(kind, key) on e.kind = u.kind and e.key = u.key
      where e.settled_at is not null and e.emptied_at is null order by e.kind, e.key for update of e`,
    [effects.map(({ kind }) => kind), effects.map(({ key }) => key)],
  );
  await tx.query(
    `update effect e set request = u.request::json, error = case when e.error is not null then json_build_object('code', e.error->>'code', 'reason', 'erased') end
      from unnest($1::text[], $2::text[], $3::text[]) as u(kind, key, request) where e.kind = u.kind and e.key = u.key`,
    [rows.map(({ kind }) => kind), rows.map(({ key }) => key), rows.map(({ request }) => JSON.stringify(keep(request)))],
  );
}
