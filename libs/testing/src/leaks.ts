import { eventually } from './eventually';

/** What a loop, a connection or a server that was not closed leaves behind in the process. */
const kinds = ['Timeout', 'Immediate', 'TCPSocketWrap', 'TCPServerWrap', 'PipeWrap', 'ProcessWrap'] as const;

const count = (): Map<string, number> => {
  const active = process.getActiveResourcesInfo();
  return new Map(kinds.map((kind) => [kind, active.filter((name) => name === kind).length]));
};

/**
 * Fails a test that leaves more timers, sockets, servers or child processes behind than there were before it. Call it
 * once in a describe block, after the hooks that open what lives longer than one test.
 */
export function failOnLeaks({ withinMs = 3_000 }: { withinMs?: number } = {}): void {
  let before = new Map<string, number>();
  beforeEach(() => {
    before = count();
  });
  afterEach(async () => {
    // Sockets close over some turns of the event loop, hence the waiting; the timer of the waiting itself is not alive
    // at the moment of counting.
    await eventually(
      () => {
        const left = [...count()].filter(([kind, now]) => now > (before.get(kind) ?? 0)).map(([kind, now]) => `${now - (before.get(kind) ?? 0)} × ${kind}`);
        if (left.length > 0) throw new Error(`the test leaves open: ${left.join(', ')}`);
        return true;
      },
      { withinMs },
    );
  });
}
