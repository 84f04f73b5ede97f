import { RejectedError, StewardError } from '@steward/platform';
import fc from 'fast-check';
import { nothingSent } from '../http/nothing-sent';
import type { OpenState } from './effect.store';
import { afterCall, type Result } from './next-state';

type Before = Parameters<typeof afterCall>[0];

const before = (over: Partial<Before> = {}): Before => ({ was: 'intended', failures: 0, absenceCountsInMs: 1_000, abandoned: false, error: null, answer: null, ...over });
const anyBefore = fc.record({
  was: fc.constantFrom<OpenState>('intended', 'submitted', 'pending', 'unknown'),
  failures: fc.nat(100),
  absenceCountsInMs: fc.integer({ min: -10_000, max: 10_000 }),
  abandoned: fc.boolean(),
  error: fc.constantFrom(null, { code: 'A', reason: 'a' }, { code: 'N', reason: 'n', never: true }),
  answer: fc.constantFrom(null, 'x'),
});
const sent: unknown[] = [new Error('e'), new StewardError('SOURCE_TIMEOUT'), new RejectedError('ITEM_INVALID'), 'text'];
const anyResult = fc.constantFrom<Result>(
  { kind: 'confirmed', answer: 'x' }, { kind: 'refused', code: 'C', reason: 'r' }, { kind: 'pending', answer: 'x', checkAfterMs: 5 }, { kind: 'absent' },
  ...sent.map((error) => ({ kind: 'thrown' as const, error })), { kind: 'thrown', error: nothingSent(new Error('unsent')) },
);

describe('what becomes of an effect', () => {
  it('S6: it is sent again only when it is known not to have happened', () => {
    fc.assert(fc.property(anyBefore, anyResult, (was, result) => {
      if (afterCall(was, result).next.state !== 'intended') return;
      const unsent = result.kind === 'thrown' && !sent.includes(result.error) && was.was === 'intended';
      const absent = result.kind === 'absent' && was.absenceCountsInMs <= 0 && was.was !== 'pending';
      expect(unsent || absent).toBe(true);
      expect(was.abandoned).toBe(false);
    }));
  });

  it('S6: given up before anything was sent, it has not happened and never will', () => {
    const unsent: Result = { kind: 'thrown', error: nothingSent(new Error('the breaker is open')) };
    expect(afterCall(before({ abandoned: true }), unsent).outcome).toMatchObject({ kind: 'refused', code: 'EFFECT_ABANDONED' });
    expect(afterCall(before(), unsent)).toMatchObject({ counts: 'unsent', next: { state: 'intended' } });
    expect(afterCall(before({ was: 'unknown', abandoned: true }), unsent).next.state).toBe('unknown');
  });

  it('C3: it is confirmed or refused by an answer, or refused when it is known not to have happened and never will', () => {
    fc.assert(fc.property(anyBefore, anyResult, (was, result) => {
      const { next, outcome } = afterCall(was, result);
      if (next.state !== 'confirmed' && next.state !== 'refused') return;
      expect(outcome?.kind).toBe(next.state);
      if (result.kind === next.state) return;
      expect(next.state).toBe('refused');
      expect(result.kind === 'absent' || (result.kind === 'thrown' && !sent.includes(result.error))).toBe(true);
      expect(was.abandoned || was.error?.never === true).toBe(true);
    }));
  });

  it('once accepted it stays so, whatever a look shows or fails to show', () => {
    fc.assert(fc.property(anyBefore, anyResult, (was, result) => {
      expect(['pending', 'confirmed', 'refused']).toContain(afterCall({ ...was, was: 'pending' }, result).next.state);
    }));
  });

  it('R2: waits longer with each failure, with full jitter, a minute at most', () => {
    const waits = [0, 3, 50].map((failures) => afterCall(before({ was: 'unknown', failures }), { kind: 'thrown', error: new Error('e') }, () => 1).next.afterMs);
    expect(waits).toEqual([2_050, 16_050, 60_050]);
    expect(afterCall(before({ was: 'unknown', failures: 50 }), { kind: 'thrown', error: new Error('e') }, () => 0).next.afterMs).toBe(50);
  });

  it('R4: waits no longer after an absence that counts, however long the system could not be asked before', () => {
    expect(afterCall(before({ was: 'unknown', failures: 50, absenceCountsInMs: 0 }), { kind: 'absent' }, () => 1).next).toMatchObject({ state: 'intended', afterMs: 1_050 });
  });

  it('is told of a pending answer when it is a new one', () => {
    const pending: Result = { kind: 'pending', answer: { url: 'a' }, checkAfterMs: 10 };
    expect(afterCall(before({ was: 'submitted' }), pending).outcome).toEqual(pending);
    expect(afterCall(before({ was: 'pending', answer: { url: 'a' } }), pending).outcome).toBeUndefined();
    expect(afterCall(before({ was: 'pending', answer: { url: 'b' } }), pending).outcome).toEqual(pending);
  });

  it('keeps why it is hopeless over looks that fail', () => {
    const hopeless = afterCall(before(), { kind: 'thrown', error: new RejectedError('ITEM_INVALID', 'no') }).next;
    const looked = afterCall(before({ was: 'unknown', error: hopeless.error }), { kind: 'thrown', error: new Error('down') }).next;
    const absent = afterCall(before({ was: 'unknown', error: looked.error, absenceCountsInMs: 0 }), { kind: 'absent' });
    expect([hopeless.state, looked.state, absent.outcome]).toEqual(['unknown', 'unknown', { kind: 'refused', code: 'ITEM_INVALID', reason: 'ITEM_INVALID: no' }]);
  });
});
