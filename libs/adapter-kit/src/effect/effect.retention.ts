import { defineRetention } from '@steward/event-bus';

/**
 * The row stays for ever: kind and key are what makes an effect happen once, and the key is what the other system knows it by (ADR 0018). What it
 * asked for and what was answered goes; for a guest's order that is the last place here that names who it was for.
 */
export const effectRetention = defineRetention({
  table: 'effect',
  keepMs: 90 * 86_400_000,
  because: 'an effect with an outcome is not made again, and its outcome was handed on in the transaction that learned it; a quarter later nobody asks what exactly was sent',
  statement: `with old as (
      select kind, key from effect where settled_at < $1 and emptied_at is null order by settled_at limit $2 for update skip locked)
    update effect e set request = 'null', answer = null, emptied_at = now(),
      error = case when e.error is not null then json_build_object('code', e.error ->> 'code', 'reason', 'not kept') end
    from old where e.kind = old.kind and e.key = old.key`,
});
