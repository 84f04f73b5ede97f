import fc from 'fast-check';
import { instantOf, isTimeZone, offsetAt } from './local-time';

const at = (local: string, zone: string): string | undefined => {
  const instant = instantOf(local, zone);
  return instant === undefined ? undefined : new Date(instant).toISOString();
};

describe('local time', () => {
  it.each([
    ['midnight in winter', '2027-03-08T00:00', 'Europe/Berlin', '2027-03-07T23:00:00.000Z'],
    ['midnight in summer, after the clocks changed', '2027-04-05T00:00', 'Europe/Berlin', '2027-04-04T22:00:00.000Z'],
    ['the same days on the other side of the ocean', '2027-03-08T00:00', 'America/New_York', '2027-03-08T05:00:00.000Z'],
    ['where the clocks change two weeks earlier', '2027-04-05T00:00', 'America/New_York', '2027-04-05T04:00:00.000Z'],
    ['a zone that is ahead by a fraction of an hour', '2027-01-01T00:00:30', 'Asia/Kathmandu', '2026-12-31T18:15:30.000Z'],
    ['a time that the clock skips', '2027-03-28T02:30', 'Europe/Berlin', '2027-03-28T01:00:00.000Z'],
    ['a midnight that the clock skips', '2027-04-30T00:00', 'Africa/Cairo', '2027-04-29T22:00:00.000Z'],
    ['a time that the clock shows twice', '2027-10-31T02:30', 'Europe/Berlin', '2027-10-31T00:30:00.000Z'],
    ['UTC', '2027-10-31T02:30', 'UTC', '2027-10-31T02:30:00.000Z'],
  ])('knows the instant of %s', (_what, local, zone, instant) => {
    expect(at(local, zone)).toBe(instant);
  });

  it('refuses what is no time and what is no zone', () => {
    for (const local of ['2027-02-30T00:00', '2027-01-01', '2027-01-01T24:00', '2027-01-01T00:00Z', '2027-13-01T00:00', '']) expect(at(local, 'UTC')).toBeUndefined();
    expect([isTimeZone('Europe/Berlin'), isTimeZone('Europe/Atlantis'), isTimeZone('')]).toEqual([true, false, false]);
  });

  it('gives back every instant from what its wall clock shows, or the earlier one of two that look the same', () => {
    const zones = fc.constantFrom('Europe/Berlin', 'America/New_York', 'Africa/Cairo', 'Australia/Lord_Howe', 'Asia/Kathmandu', 'Pacific/Apia');
    const seconds = fc.integer({ min: Date.UTC(2015, 0) / 1_000, max: Date.UTC(2040, 0) / 1_000 });
    fc.assert(
      fc.property(seconds, zones, (second, zone) => {
        const instant = second * 1_000;
        const wall = instant + offsetAt(instant, zone);
        const found = instantOf(new Date(wall).toISOString().slice(0, 19), zone) ?? Number.NaN;
        expect(found).toBeLessThanOrEqual(instant);
        expect(found + offsetAt(found, zone)).toBe(wall);
      }),
    );
  });
});
