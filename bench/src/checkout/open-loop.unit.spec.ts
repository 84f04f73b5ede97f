import { openLoop } from './open-loop';

test('each is due at its own moment, whenever it begins and however long those before it take', async () => {
  const due: number[] = [];
  let last: (() => void) | undefined;
  // The first is done only once the last has begun: a loop that waited for it would never end.
  const done = await openLoop(4, 1_000, (index, dueAt) => {
    due.push(dueAt);
    if (index === 3) last?.();
    return index === 0 ? new Promise<number>((resolve) => (last = () => resolve(index))) : Promise.resolve(index);
  });
  expect(done).toEqual([0, 1, 2, 3]);
  expect(due.map((at) => Math.round((at - (due[0] ?? 0)) * 10) / 10)).toEqual([0, 1, 2, 3]);
});

test('one that fails at once is told after all have begun', async () => {
  let begun = 0;
  const all = openLoop(3, 1_000, (index) => {
    begun += 1;
    return index === 0 ? Promise.reject(new Error('turned away')) : Promise.resolve();
  });
  await expect(all).rejects.toThrow('turned away');
  expect(begun).toBe(3);
});
