import { category, deadLetter, price, product, stockLevel } from '@steward/contracts';
import { defineProjection } from '@steward/event-bus';

/** What a storefront is shown, and so what can be shown too old. */
export const shownEntities = [product, stockLevel, price, category].map(({ entity }) => entity);

/**
 * Letters of the adapters (O8, C5): an item of that key could not be announced, or not yet, so no progress of its feed speaks for it. Only
 * that key is in doubt, and only while the letter is open. A security case says nothing about the key's own messages.
 */
export const parkedProjection = defineProjection({
  builds: 'parked',
  contract: deadLetter,
  apply: async (tx, changes) => {
    const parked = changes.flatMap(({ key: id, data }) =>
      data?.state === 'open' && data.kind === 'letter' && data.entity !== null && data.key !== null && shownEntities.includes(data.entity) ? [{ id, entity: data.entity, key: data.key, at: data.openedAt }] : []);
    await tx.query('delete from parked_key where letter_id = any($1::text[])', [changes.map(({ key }) => key)]);
    await tx.query('insert into parked_key (letter_id, entity, key, parked_at) select * from unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[])', [
      parked.map(({ id }) => id), parked.map(({ entity }) => entity), parked.map(({ key }) => key), parked.map(({ at }) => at),
    ]);
  },
});
