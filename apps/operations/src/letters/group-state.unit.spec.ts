import { type GroupState, nextGroupState } from './group-state';

it.each<[GroupState | null, number, number, GroupState]>([
  [null, 0, 1, 'open'],
  [null, 0, 0, 'resolved'],
  ['open', 1, 5, 'open'],
  ['open', 5, 0, 'resolved'],
  ['acknowledged', 1, 9, 'acknowledged'],
  ['acknowledged', 9, 0, 'resolved'],
  ['retrying', 9, 3, 'retrying'],
  ['ignored', 1, 2, 'ignored'],
  ['ignored', 2, 0, 'resolved'],
  ['resolved', 0, 1, 'regressed'],
  ['regressed', 1, 4, 'regressed'],
  ['regressed', 4, 0, 'resolved'],
  ['resolved', 0, 0, 'resolved'],
])('%s with %i open, then %i: %s', (state, before, after, next) => {
  expect(nextGroupState({ state, before, after })).toBe(next);
});
