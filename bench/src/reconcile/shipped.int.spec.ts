import { migrations } from './shipped';

// A path into what is built is no import that the compiler follows.
test('what the comparison of digests takes of the shipped code is there', () => {
  const { outboxMigrations, consumerMigrations, kitMigrations } = migrations();
  for (const list of [outboxMigrations, consumerMigrations, kitMigrations]) expect(list).toEqual(expect.arrayContaining([expect.any(Function)]));
});
