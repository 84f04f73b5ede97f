import { type ManualClock, manualClock } from '@steward/platform';
import fc from 'fast-check';
import { Admission, type AdmissionOptions, type Turn } from './admission';
import { type CallLane, callLanes, calling, currentCaller } from './caller';
import { retryAfterMs } from './retry-after';

interface Scene {
  readonly clock: ManualClock;
  readonly admission: Admission;
  /** Names of those that went, and what the others were told, in order. */
  readonly seen: string[];
  readonly shed: CallLane[];
  readonly enter: (name: string, lane?: CallLane, more?: { withinMs?: number; signal?: AbortSignal }) => void;
  readonly leave: (name: string) => void;
  /** Lets every promise that can settle do so. */
  readonly settle: () => Promise<void>;
}

function openScene(options: Partial<AdmissionOptions> = {}): Scene {
  const clock = manualClock();
  const [seen, shed] = [[] as string[], [] as CallLane[]];
  const inside = new Map<string, () => void>();
  const admission = new Admission({ concurrency: 1, perSecond: Infinity, clock, onShed: (lane) => shed.push(lane), ...options });
  const arrived = (name: string, turn: Turn): void => {
    seen.push(turn.kind === 'go' ? name : `${name} ${turn.kind}`);
    if (turn.kind === 'go') inside.set(name, turn.leave);
  };
  return {
    clock, admission, seen, shed,
    enter: (name, lane = 'catalogue', { withinMs = 60_000, signal } = {}) => void admission.enter({ lane, deadline: clock.now() + withinMs, signal }).then((turn) => arrived(name, turn)),
    leave: (name) => inside.get(name)?.(),
    settle: () => new Promise((resolve) => setImmediate(resolve)),
  };
}

describe('R3: who may call next', () => {
  it('is the dearest that waits, and of those whoever came first', async () => {
    const { seen, enter, leave, settle } = openScene();
    enter('first', 'background');
    for (const [name, lane] of [['b', 'background'], ['c1', 'catalogue'], ['s', 'stock-and-price'], ['o', 'checkout'], ['c2', 'catalogue']] as const) enter(name, lane);
    await settle();
    expect(seen).toEqual(['first']);
    for (const name of ['first', 'o', 's', 'c1', 'c2']) {
      leave(name);
      await settle();
    }
    expect(seen).toEqual(['first', 'o', 's', 'c1', 'c2', 'b']);
  });

  it('is decided when the turn has come: not before the time that the system named', async () => {
    const { clock, admission, seen, enter, settle } = openScene({ concurrency: 8 });
    admission.pause(700);
    enter('early', 'background');
    await settle();
    clock.advance(600);
    enter('dear', 'checkout');
    enter('short', 'checkout', { withinMs: 50 });
    await settle();
    expect(seen).toEqual(['short late']);
    clock.advance(100);
    await settle();
    expect(seen).toEqual(['short late', 'dear', 'early']);
  });

  it('never are there more than seats, whoever comes and goes in whatever order', async () => {
    await fc.assert(fc.asyncProperty(fc.integer({ min: 1, max: 4 }), fc.array(fc.oneof(fc.constantFrom(...callLanes), fc.constant('leave' as const)), { maxLength: 60 }), async (concurrency, steps) => {
      const { admission, seen, enter, leave, settle } = openScene({ concurrency });
      let left = 0;
      for (const [index, step] of steps.entries()) {
        if (step === 'leave') leave(seen[left++] ?? '');
        else enter(String(index), step);
        await settle();
        expect(admission.inFlight).toBeLessThanOrEqual(concurrency);
        expect(admission.waiting === 0 || admission.inFlight === concurrency).toBe(true);
      }
    }), { numRuns: 50 });
  });

  it('spreads calls evenly, refuses a turn after the deadline, and saves nothing up', async () => {
    const { clock, seen, enter, settle } = openScene({ concurrency: 8, perSecond: 10 });
    for (const name of ['a', 'b', 'c', 'd']) enter(name, 'catalogue', { withinMs: 250 });
    await settle();
    expect(seen).toEqual(['d late', 'a']);
    clock.advance(100);
    await settle();
    clock.advance(100);
    await settle();
    expect(seen).toEqual(['d late', 'a', 'b', 'c']);
    clock.advance(60_000);
    for (const name of ['e', 'f']) enter(name);
    await settle();
    expect(seen.slice(4)).toEqual(['e']);
    clock.advance(100);
    await settle();
    expect(seen.slice(4)).toEqual(['e', 'f']);
  });

  it('R2: a wait ends with its deadline and with its caller', async () => {
    const { clock, admission, seen, enter, settle } = openScene();
    const caller = new AbortController();
    enter('first');
    enter('late', 'checkout', { withinMs: 100 });
    enter('gone', 'checkout', { signal: caller.signal });
    await settle();
    caller.abort();
    clock.advance(100);
    await settle();
    expect(seen).toEqual(['first', 'gone aborted', 'late late']);
    expect(admission.waiting).toBe(0);
  });
});

describe('R3: what is turned away', () => {
  it('is the lowest lane first while a dearer one has waited too long, and never the dearest', async () => {
    const { clock, seen, enter, settle } = openScene();
    const arrive = async (name: string): Promise<string[]> => {
      seen.length = 0;
      for (const lane of callLanes) enter(`${name} ${lane}`, lane, { withinMs: 10_000 });
      await settle();
      return seen.filter((each) => each.endsWith('shed'));
    };
    enter('busy', 'checkout');
    enter('waits', 'checkout');
    expect(await arrive('0')).toEqual([]);
    clock.advance(1_100);
    expect(await arrive('1')).toEqual(['1 background shed']);
    clock.advance(1_500);
    expect(await arrive('2')).toEqual(['2 catalogue shed', '2 background shed']);
    clock.advance(2_500);
    expect(await arrive('3')).toEqual(['3 stock-and-price shed', '3 catalogue shed', '3 background shed']);
  });

  it('is the lowest lane first while the process is late', async () => {
    let late = 0;
    const { shed, enter, settle } = openScene({ concurrency: 100, lateMs: () => late });
    for (late of [100, 600, 1_100, 9_000]) for (const lane of callLanes) enter(`${late}`, lane);
    await settle();
    expect(shed).toEqual(['background', 'catalogue', 'background', 'stock-and-price', 'catalogue', 'background']);
  });

  it('is the cheapest that waits when too many do', async () => {
    const { admission, shed, enter, settle } = openScene();
    enter('busy');
    for (let n = 0; n < 64; n += 1) enter(`b${n}`, 'background');
    await settle();
    expect([admission.waiting, shed]).toEqual([64, []]);
    enter('dear', 'checkout');
    await settle();
    expect([admission.waiting, shed]).toEqual([64, ['background']]);
  });
});

describe('R2: for whom a call is made', () => {
  it('a step has no more time than the whole, and keeps its own lane', () => {
    const seen = calling({ lane: 'checkout', until: 100 }, () => calling({ lane: 'background', until: 500 }, () => currentCaller()));
    expect(seen).toEqual({ lane: 'background', until: 100 });
    expect(calling({ lane: 'checkout', until: 500 }, () => calling({ lane: 'checkout', until: 100 }, () => currentCaller().until))).toBe(100);
    expect(currentCaller()).toEqual({ lane: 'catalogue' });
  });

  it('reads Retry-After as seconds or as a date', () => {
    const now = Date.parse('2026-11-24T10:00:00Z');
    expect(retryAfterMs('2', now)).toBe(2_000);
    expect(retryAfterMs('Tue, 24 Nov 2026 10:00:03 GMT', now)).toBe(3_000);
    expect([retryAfterMs(undefined, now), retryAfterMs('soon', now), retryAfterMs('', now)]).toEqual([undefined, undefined, undefined]);
  });
});
