import { stage } from '../fixtures/api.fixture.spec';

// An update that touches no index stays on its page (HOT); else it writes into every index of its table.
const changing = {
  stored_part: ['revision', 'data', 'hash', 'changed_at', 'origin', 'message_id', 'applied_at', 'major'],
  document: ['revision', 'content', 'content_revision', 'content_changed_at', 'availability', 'state', 'prices', 'composed_at'],
};

it('a change of a state and of its document touches no index: what changes with every one is in none, nor in the condition of one', async () => {
  const { database, close } = await stage();
  try {
    for (const [table, columns] of Object.entries(changing)) {
      const indexes = await database.query<{ definition: string }>('select pg_get_indexdef(indexrelid) as definition from pg_index where indrelid = $1::regclass', [table]);
      expect(indexes.length).toBeGreaterThan(1);
      for (const { definition } of indexes) expect(definition).not.toMatch(new RegExp(`\\b(${columns.join('|')})\\b`));
    }
  } finally {
    await close();
  }
});
