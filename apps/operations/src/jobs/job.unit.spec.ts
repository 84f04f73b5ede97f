import { decideNext, type JobFacts, retryAfterMs, restAfterMs } from './job';

const running: JobFacts = { state: 'running', canary: 0, stopAfter: 20, perSecond: 50, requested: 1_000, unanswered: false, awaiting: 0, failed: 0, canaryRequested: 0, canaryAwaiting: 0, canaryFailed: 0 };

describe('what a job does next', () => {
  it('sends no more at once than a second may take, and no more than a question may hold', () => {
    expect(decideNext({ ...running, stopAfter: 500 })).toEqual({ do: 'send', size: 50 });
    expect(decideNext({ ...running, perSecond: 5_000, stopAfter: 1_000 })).toEqual({ do: 'send', size: 100 });
    expect(restAfterMs(50, 50)).toBe(1_000);
    expect(restAfterMs(1, 50)).toBe(20);
  });

  it('never has more in flight than may still fail', () => {
    expect(decideNext({ ...running, stopAfter: 5, failed: 3 })).toEqual({ do: 'send', size: 2 });
    expect(decideNext({ ...running, stopAfter: 5, failed: 5 })).toEqual({ do: 'stop', reason: '5 failed' });
  });

  it('sends the canary alone, waits for its confirmation, and stops at its first failure', () => {
    expect(decideNext({ ...running, canary: 3, canaryRequested: 3 })).toEqual({ do: 'send', size: 3 });
    expect(decideNext({ ...running, canary: 3, canaryAwaiting: 1, awaiting: 1 })).toEqual({ do: 'await' });
    expect(decideNext({ ...running, canary: 3, canaryFailed: 1, failed: 1 })).toEqual({ do: 'stop', reason: '1 of the first 3 failed' });
    expect(decideNext({ ...running, canary: 3 })).toEqual({ do: 'send', size: 20 });
  });

  it('settles what an owner was asked, in whatever state the job is', () => {
    for (const state of ['running', 'paused', 'cancelled', 'stopped'] as const) expect(decideNext({ ...running, state, unanswered: true })).toEqual({ do: 'ask-again' });
  });

  it('does not add to what consumers have not got through yet', () => {
    expect(decideNext({ ...running, awaiting: 1_000 })).toEqual({ do: 'await' });
  });

  it('is done when nothing is left to send and nothing to be confirmed', () => {
    expect(decideNext({ ...running, requested: 0, awaiting: 1 })).toEqual({ do: 'await' });
    expect(decideNext({ ...running, requested: 0 })).toEqual({ do: 'finish' });
  });

  it.each(['paused', 'stopped', 'cancelled', 'done', 'awaiting-approval'] as const)('sends nothing while it is %s', (state) => {
    expect(decideNext({ ...running, state })).toEqual({ do: 'nothing' });
  });

  it('asks a silent door again later each time, up to half a minute', () => {
    expect([0, 1, 20].map((tries) => retryAfterMs(tries, 1))).toEqual([500, 1_000, 30_000]);
    expect(retryAfterMs(3, 0)).toBe(2_000);
  });
});
