import { judgeDeletion, judgePass } from './guard';

const guard = { delete: { max: 50, ratio: 0.1 } };

describe('X6: the guard', () => {
  it('holds an empty answer, but not an empty source of which nothing was announced', () => {
    expect(judgePass({ accounted: 0, nameless: 0, total: 0, alive: 7 })).toMatchObject({ held: true, kind: 'empty' });
    expect(judgePass({ accounted: 0, nameless: 0, total: 0, alive: 0 })).toEqual({ held: false });
  });

  it('holds a pass that shows fewer than the source says it has', () => {
    expect(judgePass({ accounted: 9, nameless: 0, total: 10, alive: 10 })).toMatchObject({ held: true, kind: 'truncated' });
    expect(judgePass({ accounted: 9, nameless: 1, total: 10, alive: 10 })).toEqual({ held: false });
    expect(judgePass({ accounted: 9, nameless: 0, total: null, alive: 10 })).toEqual({ held: false });
  });

  it('lets through what is under either bound, and holds what is over both', () => {
    expect(judgeDeletion(guard, { missing: 50, recent: 0, alive: 100 })).toEqual({ held: false });
    expect(judgeDeletion(guard, { missing: 51, recent: 0, alive: 100 })).toMatchObject({ held: true, kind: 'shrunken' });
    expect(judgeDeletion(guard, { missing: 51, recent: 0, alive: 10_000 })).toEqual({ held: false });
  });

  it('counts what was deleted lately in other ways: many small steps are one big one', () => {
    expect(judgeDeletion(guard, { missing: 1, recent: 50, alive: 100 })).toMatchObject({ held: true, kind: 'shrunken' });
  });

  it('never lets everything through, however little that is', () => {
    expect(judgeDeletion(guard, { missing: 3, recent: 0, alive: 3 })).toMatchObject({ held: true, kind: 'empty' });
    expect(judgeDeletion(guard, { missing: 0, recent: 0, alive: 0 })).toEqual({ held: false });
  });
});
