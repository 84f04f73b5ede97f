import { manualClock } from '@steward/platform';
import { Breaker, type ProbeLease } from './breaker';

describe('R2: a breaker', () => {
  it('counts what ends after it has opened neither for the system nor against it', async () => {
    const clock = manualClock();
    const asked: { coolMs: number; cooled: boolean }[] = [];
    const lease: ProbeLease = { ask: async ({ coolMs, cooled }) => (asked.push({ coolMs, cooled }), cooled ? 'probe' : 'wait'), ended: async () => undefined };
    const breaker = new Breaker({ clock, lease, random: () => 1, onChange: () => undefined });
    const begun = await Promise.all(Array.from({ length: 11 }, () => breaker.enter()));
    for (const end of begun.slice(0, 10)) end?.('fails');
    begun.at(-1)?.('works');
    expect(breaker.state).toBe('open');
    clock.advance(500);
    (await breaker.enter())?.('fails');
    clock.advance(1_000);
    await breaker.enter();
    expect(asked).toEqual([{ coolMs: 500, cooled: true }, { coolMs: 1_000, cooled: true }]);
  });
});
