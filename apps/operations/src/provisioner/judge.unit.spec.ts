import type { DurableFacts, StreamFacts } from '@steward/event-bus';
import { judgeDurable, judgeStream, type Report } from './judge';
import type { RegisteredStream } from './stream-register.store';

const registered: RegisteredStream = { stream: 'PIM_STATE', epoch: 'e1', floor: 0, created: 't1', lastSequence: 1_000, emptyUpTo: 0, applied: true };
const found: StreamFacts = { created: 't1', mark: { epoch: 'e1', floor: 0, sync: 'lazy' }, messages: 10, firstSequence: 1, lastSequence: 1_000, lastMessageId: 'm1000', lastNumber: 0, differs: [] };
const report = (sequence: number, more: Partial<Report> & { epoch?: string; messageId?: string } = {}): Report => ({
  service: 'pim',
  position: { epoch: more.epoch ?? 'e1', sequence, messageId: more.messageId ?? null },
  ...(more.proof === undefined ? {} : { proof: more.proof }),
});
const reasonOf = (verdict: ReturnType<typeof judgeStream>): string => (verdict.kind === 'lost' ? verdict.reason : verdict.kind);

describe('judgeStream', () => {
  it('B2, B10: says what became of a stream, from evidence alone', () => {
    expect(judgeStream(undefined, undefined, [], true).kind).toBe('first');
    expect(judgeStream({ ...registered, applied: false }, found, [], true).kind).toBe('unfinished');
    expect(reasonOf(judgeStream(registered, undefined, [], true))).toMatch(/gone/);
    expect(reasonOf(judgeStream(registered, { ...found, mark: { epoch: 'e0', floor: 0, sync: 'lazy' } }, [], true))).toMatch(/carries epoch e0/);
    expect(reasonOf(judgeStream(registered, { ...found, mark: undefined }, [], true))).toMatch(/carries epoch none/);
    expect(reasonOf(judgeStream(registered, { ...found, created: 't2' }, [], true))).toMatch(/made anew/);
    expect(reasonOf(judgeStream(registered, { ...found, lastSequence: 999 }, [], true))).toMatch(/fell from 1000 to 999/);
    expect(reasonOf(judgeStream(registered, { ...found, messages: 0 }, [], true))).toMatch(/emptied/);
    expect(judgeStream(registered, { ...found, messages: 0 }, [], false).kind).toBe('intact');
    // Made anew with its numbers going on, and nothing stored since.
    expect(judgeStream({ ...registered, emptyUpTo: 1_000 }, { ...found, messages: 0 }, [], true).kind).toBe('intact');
    expect(judgeStream(registered, found, [], true).kind).toBe('intact');
  });

  it('B10: believes reports of this epoch only', () => {
    expect(reasonOf(judgeStream(registered, found, [report(1_001)], true))).toMatch(/acknowledgement of sequence 1001/);
    expect(judgeStream(registered, found, [report(1_001, { epoch: 'e0' })], true).kind).toBe('intact');
    expect(reasonOf(judgeStream(registered, found, [report(990, { proof: 980 })], true))).toMatch(/got sequence 980/);
    expect(judgeStream(registered, found, [report(990, { proof: 980, epoch: 'e0' })], true).kind).toBe('intact');
    expect(reasonOf(judgeStream(registered, found, [report(1_000, { messageId: 'other' })], true))).toMatch(/holds message m1000/);
    expect(judgeStream(registered, found, [report(1_000, { messageId: 'm1000' }), report(900, { messageId: 'other' })], true).kind).toBe('intact');
  });
});

describe('judgeDurable', () => {
  const durable: DurableFacts = { ackFloor: 600, delivered: 700, behind: 0, epoch: 'e1', differs: [] };
  it('B2: finds a durable that is ahead of its stream', () => {
    expect(judgeDurable(undefined, 1)).toEqual({ kind: 'missing' });
    expect(judgeDurable(durable, 700)).toEqual({ kind: 'ready' });
    expect(judgeDurable(durable, 699).kind).toBe('ahead');
    expect(judgeDurable({ ...durable, differs: ['max_deliver'] }, 700)).toEqual({ kind: 'different', settings: ['max_deliver'] });
  });
});
