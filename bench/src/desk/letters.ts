import type { Client } from 'pg';

const owner = `json_build_object('team', 'Pricing', 'contact', '#team-pricing', 'escalation', 'pricing-on-call', 'runbook', 'docs/runbooks/price.md')`;

/** Open letters, as they stand in the read model of the desk. */
export async function fill(database: Client, letters: number, groups: number): Promise<void> {
  await database.query(
    `insert into letter (letter_id, group_id, service, consumer, kind, entity, key, system, class, message, attempts, state, opened_at, last_seen_at, respond_by, owner_team, owner, versions)
      select n::text, md5((n % $2)::text), 'gateway', 'gateway-prices', 'letter', 'price', 'k' || n, 'pricing', 'contract', 'cause ' || n % $2, 1, 'open', now() - make_interval(secs => n), now() - make_interval(secs => n % $2), now() + interval '1 day', 'Pricing', ${owner}, '{}'
      from generate_series(1, $1::int) n`, [letters, groups]);
  await database.query(
    `insert into letter_group (group_id, service, consumer, entity, class, message, owner_team, owner, open, total, first_seen_at, last_seen_at, respond_by, state, state_since, state_by)
      select group_id, min(service), min(consumer), min(entity), min(class), min(message), 'Pricing', ${owner}, count(*), count(*), min(opened_at), max(last_seen_at), min(respond_by), 'open', min(opened_at), 'steward' from letter group by group_id`);
  await database.query('analyze letter, letter_group');
}

/** What a person with psql would ask: the same page from the letters themselves. */
export async function pageOfGroups(database: Client): Promise<string[]> {
  const { rows } = await database.query<{ id: string }>(
    `select group_id as id, min(message) as message, count(*) as open, min(opened_at) as first, max(last_seen_at) as last, min(respond_by) as due from letter where state = 'open'
      group by group_id order by max(last_seen_at) desc, group_id desc limit 50`);
  return rows.map(({ id }) => id);
}
