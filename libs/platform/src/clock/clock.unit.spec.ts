import { manualClock, systemClock } from './clock';

describe('manualClock', () => {
  it('stands still, and wakes sleepers in the order of their time, none early', async () => {
    const clock = manualClock(1_000);
    const woken: string[] = [];
    const sleepers = [clock.sleep(30).then(() => woken.push('late')), clock.sleep(10).then(() => woken.push('early')), clock.sleep(99).then(() => woken.push('never'))];
    clock.advance(9);
    await Promise.resolve();
    expect({ now: clock.now(), woken, sleepers: clock.sleepers }).toEqual({ now: 1_009, woken: [], sleepers: 3 });
    clock.advance(50);
    await Promise.all(sleepers.slice(0, 2));
    expect({ woken, sleepers: clock.sleepers }).toEqual({ woken: ['early', 'late'], sleepers: 1 });
  });
});

describe.each([
  ['systemClock', systemClock],
  ['manualClock', manualClock()],
])('%s', (_name, clock) => {
  it('wakes at once when the signal aborts, before or while asleep, and leaves no listener behind', async () => {
    const stop = new AbortController();
    const asleep = clock.sleep(60_000, stop.signal);
    stop.abort();
    await asleep;
    await clock.sleep(60_000, stop.signal);
    expect(clock.now()).toBeGreaterThan(0);
  });
});
