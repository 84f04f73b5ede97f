import type { StreamState } from '../../broker';
import { BackfillPace } from './backfill-pace';

const stream = (behind?: number): StreamState[] => [{ epoch: 'e', firstSequence: 1, lastSequence: 1, lastMessageId: null, revisionFloor: 0, ...(behind === undefined ? {} : { behind }) }];

describe('O9: the pace of a backfill', () => {
  it('waits for an answer, sends what is missing to the limit, and asks again', () => {
    const pace = new BackfillPace();
    expect([pace.room(0), pace.asks(0), pace.asks(10)]).toEqual([0, true, false]);
    pace.told(stream(1_000), 50);
    expect([pace.room(50), pace.asks(300)]).toEqual([2_000, false]);
    pace.took(2_000);
    expect([pace.room(60), pace.asks(60), pace.asks(300)]).toEqual([0, false, true]);
    pace.told(stream(2_950), 310);
    expect(pace.room(310)).toBe(50);
  });

  it('leaves a trickle where consumers are far behind and move', () => {
    const pace = new BackfillPace();
    for (let now = 0, behind = 90_000; now < 60_000; now += 1_000, behind -= 100) {
      pace.took(pace.room(now));
      expect(pace.asks(now)).toBe(true);
      pace.told(stream(behind), now);
      expect(pace.room(now)).toBe(50);
    }
  });

  it('goes on without pace where nobody answers, or an answer does not know, and asks again later', () => {
    const pace = new BackfillPace();
    pace.asks(0);
    expect([pace.room(1_999), pace.room(2_001), pace.room(32_000), pace.asks(32_002)]).toEqual([0, Infinity, Infinity, true]);
    pace.told(stream(), 32_010);
    expect(pace.room(32_010)).toBe(Infinity);
  });

  it('is not held up by a consumer that is dead', () => {
    const pace = new BackfillPace();
    let now = 0;
    for (let behind = 0; pace.room(now) !== Infinity && now < 60_000; now += 500) {
      behind += pace.room(now);
      pace.took(pace.room(now));
      if (pace.asks(now)) pace.told(stream(behind), now);
    }
    expect(now).toBeGreaterThan(10_000);
    expect(now).toBeLessThan(13_000);
  });
});
